"""All permissions of an object are found without looking through all keys."""

import pytest
import redis
from pyramid.config import Configurator

from cliquet.permission import redis as engine


@pytest.fixture
def client(services):
    return redis.Redis.from_url(services.redis_url())


@pytest.fixture
def permission(services):
    settings = {"permission_url": services.redis_url(), "permission_pool_size": 5}
    backend = engine.load_from_config(Configurator(settings=settings))
    backend.flush()
    yield backend
    backend.flush()


def scans(client):
    return client.info("commandstats").get("cmdstat_scan", {}).get("calls", 0)


def test_data_of_before_is_found(permission, client):
    client.sadd("permission:/a/1:write", "bob")
    client.sadd("permission:/a/1:read", "alice")
    client.sadd("permission:/a/2:seal", "carol")

    assert permission.object_permissions("/a/1") == {
        "write": {"bob"},
        "read": {"alice"},
    }
    permission.delete_object_permissions("/a/2")
    assert client.keys("permission:/a/2*") == []


def test_what_is_written_first_does_not_hide_data_of_before(permission, client):
    client.sadd("permission:/a/1:read", "alice")

    permission.add_principal_to_ace("/a/2", "write", "bob")

    assert permission.object_permissions("/a/1") == {"read": {"alice"}}
    permission.delete_object_permissions("/a/1")
    assert permission.object_permissions("/a/1") == {}


def test_keys_are_looked_through_once(permission, client):
    permission.object_permissions("/a/1")
    before = scans(client)

    permission.add_principal_to_ace("/a/1", "new", "bob")
    permission.replace_object_permissions("/a/1", {"newer": ["bob"]})
    found = permission.read_access("bob", ["/a/1", "/a/2"])
    permission.delete_object_permissions("/a/1")

    assert found == (set(), {"/a/1": {"new": {"bob"}, "newer": {"bob"}}, "/a/2": {}})
    assert permission.object_permissions("/a/1") == {}
    assert scans(client) == before
