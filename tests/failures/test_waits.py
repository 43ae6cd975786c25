"""Redis and SQLite are not waited for without bound either."""

import signal
import sqlite3

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.testing.servers import RedisServer
from cliquet.tests.testapp import main as build_app
from tests.contract.backends import APP_ENGINES
from tests.sync.proof import HEADERS, settings_for

pytestmark = pytest.mark.long

ENGINES = {engine.id: engine for engine in APP_ENGINES}
LIST = "/v0/mushrooms"
BODY = {"data": {"name": "a"}}


def serve(engine, url, **seconds):
    settings = settings_for(engine, url)
    for kind in ("storage", "permission", "cache"):
        settings |= {f"{kind}_{name}": seconds[name] for name in seconds}
    for kind in ("storage", "permission", "cache"):
        ENGINES[engine].load(kind, url, **settings)
    return TestApp(build_app(config=Configurator(settings=settings)))


@pytest.fixture
def server():
    found = RedisServer()
    yield found
    found.close()


def test_a_redis_that_hangs_is_a_503(server):
    app = serve("redis", server.url, answer_timeout=0.1, connect_timeout=0.1)
    app.post_json(LIST, BODY, headers=HEADERS)

    server.process.send_signal(signal.SIGSTOP)
    try:
        read = app.get(LIST, headers=HEADERS, status=503)
        ill = app.get("/v0/__heartbeat__", status=503)
    finally:
        server.process.send_signal(signal.SIGCONT)

    assert read.json["errno"] == 201
    assert read.headers["Retry-After"] == "30"
    assert set(ill.json.values()) == {False}
    assert len(app.get(LIST, headers=HEADERS).json["data"]) == 1


def test_a_full_pool_of_redis_is_not_waited_for_long(server):
    app = serve("redis", server.url, pool_timeout=0.1, pool_size=1)
    pool = app.app.registry.storage._client.connection_pool
    taken = pool.get_connection()

    refused = app.get(LIST, headers=HEADERS, status=503)
    pool.release(taken)

    assert refused.headers["Retry-After"] == "3"
    assert app.get(LIST, headers=HEADERS).status_int == 200


def test_a_file_that_another_one_writes_is_not_waited_for_long(tmp_path):
    file = tmp_path / "test.db"
    url = f"sqlite:///{file}"
    app = serve("sqlite", url, lock_timeout=0.1)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    refused = app.post_json(LIST, BODY, headers=HEADERS, status=503)
    read = app.get(LIST, headers=HEADERS)
    other.execute("ROLLBACK")
    other.close()

    assert refused.headers["Retry-After"] == "3"
    assert read.json["data"] == []
    assert app.post_json(LIST, BODY, headers=HEADERS).status_int == 201
