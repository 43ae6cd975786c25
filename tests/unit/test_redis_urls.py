"""URLs of several servers of Redis, read and refused."""

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from cliquet.engines.redis.client import (
    client_settings,
    create_from_config,
    database_of_client,
)
from cliquet.engines.redis.urls import CLUSTER, SENTINEL, parse


def create(url, **settings):
    found = {"storage_url": url, "storage_pool_size": 2, **settings}
    return create_from_config(Configurator(settings=found), "storage_")


@pytest.mark.parametrize(
    ("url", "kind", "hosts", "service", "options"),
    [
        (
            "redis+sentinel://a/records",
            SENTINEL, [("a", 26379)], "records", {"db": 0},
        ),
        (
            "redis+sentinel://user:p%40w%2F@a:1,b,[::1]:3/records/2?socket_timeout=3",
            SENTINEL, [("a", 1), ("b", 26379), ("::1", 3)], "records",
            {"username": "user", "password": "p@w/", "db": 2, "socket_timeout": 3.0},
        ),
        (
            "rediss+sentinel://:pw@a:1/records?ssl_ca_certs=/ca.crt",
            SENTINEL, [("a", 1)], "records",
            {"password": "pw", "db": 0, "ssl": True, "ssl_ca_certs": "/ca.crt"},
        ),
        (
            "redis+cluster://a:1,b:2/",
            CLUSTER, [("a", 1), ("b", 2)], "", {"db": 0},
        ),
        (
            "rediss+cluster://user:pw@a",
            CLUSTER, [("a", 6379)], "",
            {"username": "user", "password": "pw", "db": 0, "ssl": True},
        ),
    ],
)  # fmt: skip
def test_urls_of_several_servers(url, kind, hosts, service, options):
    found = parse(url)

    assert (found.kind, [*found.hosts], found.service) == (kind, hosts, service)
    assert found.options == options


@pytest.mark.parametrize(
    "url",
    ["redis://a:1/0", "rediss://a", "unix:///tmp/redis.sock"],
)
def test_urls_of_one_server_are_those_of_the_library(url):
    assert parse(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://",
        "redis+sentinel://a:1",
        "redis+sentinel://a:1/",
        "redis+sentinel://a:1/records/x",
        "redis+sentinel://a:1/records/0/1",
        "redis+sentinel://a:port/records",
        "redis+sentinel://a:0/records",
        "redis+sentinel://a:65536/records",
        "redis+sentinel://a:1,/records",
        "redis+sentinel://a:1;b:2/records",
        "redis+sentinel://user:url-password@a:1",
        "redis+sentinel://user:url-password/@a:1/records",
        "redis+sentinel://a/records?socket_timeout=soon",
        "redis+sentinel://a/records?no_option=url-password",
        "redis+sentinel://a/records?sentinel_no_option=url-password",
        "rediss+sentinel://a/records?ssl_cert_reqs=sometimes",
        "redis+cluster://a:1/1",
        "redis+cluster://a:1/records",
        "redis+cluster://",
        "redis+sentry://a/records",
        "redis://a/?no_option=url-password",
        "rediss://a/?ssl_cert_reqs=sometimes",
    ],
)
def test_wrong_urls_are_refused_with_their_setting(url):
    with pytest.raises(ConfigurationError) as refused:
        create(url)

    assert "'storage_url'" in str(refused.value)
    assert "url-password" not in str(refused.value)


def test_an_example_is_of_the_kind_that_was_meant():
    with pytest.raises(ConfigurationError, match=r"like redis\+sentinel://\S+/service"):
        create("redis+sentinel://a:1")


def test_urls_of_the_same_servers_are_one_database():
    one, same, other, another = (
        database_of_client(create(f"redis+sentinel://{rest}"))
        for rest in (
            "a:1,b:2/records/0",
            "b:2,a:1/records",
            "a:1,b:2/others/0",
            "a:1,b:2/records/1",
        )
    )

    assert one == same
    assert len({one, other, another}) == 3


def test_where_several_servers_are_is_where_the_first_one_is():
    client = create("redis+sentinel://:pw@a:1,b:2/records/3")

    assert client_settings(client) == {
        "host": "a", "port": 1, "db": 3, "password": "pw",
    }  # fmt: skip


def test_waiting_is_bounded_for_servers_and_sentinels():
    pool = create(
        "redis+sentinel://a:1,b:2/records",
        storage_answer_timeout="3",
        storage_connect_timeout="2",
    ).connection_pool
    asked = [each.connection_pool for each in pool.sentinel_manager.sentinels]

    for each in (pool, *asked):
        assert each.connection_kwargs["socket_timeout"] == 3
        assert each.connection_kwargs["socket_connect_timeout"] == 2
