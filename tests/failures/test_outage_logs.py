"""An outage is one line of the log, and a 503, on every engine with a server."""

import logging
from unittest import mock

import pytest
import redis
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.cache.redis import Cache
from cliquet.engines.exceptions import BackendError
from cliquet.testing.servers import PostgreSQLServer, RedisServer
from cliquet.tests.testapp import main as build_app
from tests.contract.backends import APP_ENGINES
from tests.sync.proof import HEADERS, settings_for

pytestmark = pytest.mark.long

ENGINES = {engine.id: engine for engine in APP_ENGINES}
SERVERS = {
    "postgresql": (PostgreSQLServer, lambda server: server.create_database()),
    "redis": (RedisServer, lambda server: server.url),
}


@pytest.fixture(params=SERVERS)
def app(request):
    """An application whose server has gone away."""
    make, find_url = SERVERS[request.param]
    server = make()
    try:
        settings = settings_for(request.param, find_url(server))
        ENGINES[request.param].prepare(settings)
        made = TestApp(build_app(config=Configurator(settings=settings)))
        made.get("/v0/mushrooms", headers=HEADERS)
        server.stop()
        yield made
    finally:
        server.close()


def test_every_engine_with_a_server_is_here():
    assert set(SERVERS) == {engine.id for engine in APP_ENGINES if engine.can_fail}


BODY = {"data": {"name": "a"}}
REQUESTS = {
    "read": lambda app: app.get("/v0/mushrooms", headers=HEADERS, status=503),
    "write": lambda app: app.post_json(
        "/v0/mushrooms", BODY, headers=HEADERS, status=503
    ),
    "batch": lambda app: app.post_json(
        "/v0/batch",
        {"requests": [{"path": "/mushrooms"}] * 3},
        headers=HEADERS,
        status=503,
    ),
}


@pytest.mark.parametrize("send", REQUESTS.values(), ids=REQUESTS)
def test_one_line_tells_of_it(app, caplog, send):
    with caplog.at_level(logging.ERROR):
        answer = send(app)

    told = [each for each in caplog.records if each.name.startswith("cliquet")]
    assert len(told) == 1
    assert told[0].levelname == "ERROR"
    assert told[0].exc_info
    assert answer.json["errno"] == 201
    assert "Retry-After" in answer.headers


def test_a_heartbeat_that_fails_is_one_line(app, caplog):
    with caplog.at_level(logging.ERROR):
        assert app.app.registry.heartbeats["cache"](None) is False

    assert (
        len([each for each in caplog.records if each.name.startswith("cliquet")]) == 1
    )


def test_methods_of_backends_on_redis_raise_our_errors():
    class Mine(Cache):
        def touch(self):
            raise redis.TimeoutError("late")

    cache = Mine(mock.MagicMock(**{"get.side_effect": redis.ConnectionError("gone")}))
    with mock.patch("cliquet.storage.logger.exception") as logged:
        for fail, args in ((cache.get, ("a",)), (cache.touch, ())):
            with pytest.raises(BackendError) as failure:
                fail(*args)
            assert isinstance(failure.value.original, redis.RedisError)

    assert logged.call_count == 2
