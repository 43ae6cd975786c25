"""Servers die, databases go away, disks fill up: nothing acknowledged is lost.

Each test writes under load, breaks something, and compares what was acknowledged with
what is there afterwards. Batches write all their records or none.
"""

import http.client
import itertools
import threading
import time
import uuid
from pathlib import Path
from typing import Self

import psycopg2
import pytest
from pyramid.config import Configurator
from sqlalchemy import event
from webtest import TestApp

from cliquet.testing.servers import PostgreSQLServer, RedisServer
from cliquet.tests.testapp import main as build_app
from tests.contract.backends import APP_ENGINES
from tests.sync.proof import HEADERS, Client, servers, settings_for
from tests.waiting import eventually

pytestmark = pytest.mark.long

ENGINES = {engine.id: engine for engine in APP_ENGINES if engine.id != "memory"}
BATCH = 5


class Writer:
    """A client that keeps account of what the server acknowledged."""

    def __init__(self, port: int, number: int, stopped: threading.Event) -> None:
        self.port, self.number, self.stopped = port, number, stopped
        self.acknowledged: dict[str, str] = {}
        self.refused = 0
        self.cut = 0
        self.wrong: list[object] = []

    def run(self) -> None:
        for turn in itertools.count():
            if self.stopped.is_set():
                return
            try:
                self._write(turn)
            except (OSError, http.client.HTTPException):
                # Whether it was written is unknown: it was not acknowledged.
                self.cut += 1
                time.sleep(0.02)

    def _write(self, turn: int) -> None:
        names = [f"{self.number}-{turn}-{part}" for part in range(BATCH)]
        if turn % 2:
            names = names[:1]
        ids = [str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in names]
        entries = [
            {"method": "PUT", "path": f"/v0/mushrooms/{key}",
             "body": {"data": {"name": name}}}
            for key, name in zip(ids, names, strict=True)
        ]  # fmt: skip
        with Client(self.port) as client:
            if len(entries) > 1:
                status, headers, body = client.send(
                    "POST", "/v0/batch", {"requests": entries}
                )
            else:
                status, headers, body = client.send(
                    "PUT", entries[0]["path"], entries[0]["body"]
                )
        if status in (200, 201):
            self.acknowledged.update(zip(ids, names, strict=True))
        elif status == 503 and "retry-after" in headers and body["errno"] == 201:
            self.refused += 1
            time.sleep(0.02)
        else:
            self.wrong.append((status, headers, body))


class Load:
    """Writers in threads, until the block ends."""

    def __init__(self, port: int, writers: int = 4) -> None:
        self.stopped = threading.Event()
        self.writers = [Writer(port, number, self.stopped) for number in range(writers)]
        self.threads = [threading.Thread(target=each.run) for each in self.writers]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    @property
    def acknowledged(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for writer in self.writers:
            found.update(writer.acknowledged)
        return found

    def wait_for_more(self, records: int = 40) -> None:
        """Let some more writes be acknowledged."""
        wanted = len(self.acknowledged) + records
        deadline = time.monotonic() + 120
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, "the service did not recover"
            time.sleep(0.01)

    def is_refused(self) -> bool:
        return any(writer.refused for writer in self.writers)

    def check(self) -> None:
        assert [wrong for writer in self.writers for wrong in writer.wrong] == []


def stored(port: int) -> dict[str, str]:
    with Client(port) as client:
        _, _, body = client.send("GET", "/v0/mushrooms")
    return {record["id"]: record["name"] for record in body["data"]}


def check_nothing_lost(load: Load, port: int, batches: bool = True) -> None:
    load.check()
    found = stored(port)
    lost = {key: name for key, name in load.acknowledged.items() if key not in found}
    assert lost == {}
    if not batches:
        return
    turns: dict[tuple[str, str], int] = {}
    for name in found.values():
        number, turn, _ = name.split("-")
        turns[number, turn] = turns.get((number, turn), 0) + 1
    for (number, turn), size in turns.items():
        assert size == (1 if int(turn) % 2 else BATCH), f"half a batch: {number}-{turn}"


def health(port: int) -> tuple[int, dict[str, bool]]:
    with Client(port) as client:
        status, _, body = client.send("GET", "/v0/__heartbeat__")
    return status, body


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_a_server_that_is_killed_loses_nothing(name, services, tmp_path):
    engine = ENGINES[name]
    settings = settings_for(name, engine.url(services, tmp_path))
    engine.prepare(settings)

    with servers(settings, 1) as (port,), Load(port) as load:
        load.wait_for_more()
        # Leaving the block kills the server, in the middle of writes and batches.
    with servers(settings, 1) as (port,):
        check_nothing_lost(load, port)
        with Load(port) as again:
            again.wait_for_more(10)
        again.check()


def test_a_server_that_is_killed_keeps_what_redis_acknowledged(services, tmp_path):
    """Redis has no transaction of a request: batches may be cut (documented)."""
    settings = settings_for("redis", services.redis_url())
    ENGINES["redis"].prepare(settings)

    with servers(settings, 1) as (port,), Load(port) as load:
        load.wait_for_more()
    with servers(settings, 1) as (port,):
        check_nothing_lost(load, port, batches=False)


@pytest.fixture(params=[PostgreSQLServer, RedisServer])
def database(request):
    server = request.param()
    yield server
    server.close()


def test_a_database_that_restarts_is_waited_for(database):
    is_redis = isinstance(database, RedisServer)
    url = database.url if is_redis else database.create_database()
    engine = ENGINES["redis" if is_redis else "postgresql"]
    settings = settings_for(engine.id, url)
    engine.prepare(settings)

    with servers(settings, 1) as (port,):
        with Load(port) as load:
            load.wait_for_more()
            healthy = health(port)
            database.stop()
            assert eventually(load.is_refused)
            ill = health(port)
            database.start()
            load.wait_for_more()
        recovered = health(port)
        check_nothing_lost(load, port, batches=not is_redis)

    assert healthy[0] == recovered[0] == 200
    assert ill == (503, {"storage": False, "cache": False, "permission": False})
    assert sum(writer.cut for writer in load.writers) == 0


def test_connections_that_the_database_cuts_are_not_seen_by_clients(services):
    url = services.postgresql_url()
    settings = settings_for("postgresql", url)
    ENGINES["postgresql"].prepare(settings)
    other = psycopg2.connect(url)
    other.autocommit = True

    with servers(settings, 1) as (port,):
        with Load(port) as load:
            for _ in range(5):
                load.wait_for_more(20)
                with other.cursor() as cursor:
                    cursor.execute(
                        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database()
                        AND pid <> pg_backend_pid()"""
                    )
            load.wait_for_more(20)
        check_nothing_lost(load, port)
    other.close()


def test_a_full_disk_refuses_writes_and_keeps_the_rest(tmp_path: Path):
    settings = settings_for("sqlite", f"sqlite:///{tmp_path}/full.db")
    ENGINES["sqlite"].prepare(settings)
    application = build_app(config=Configurator(settings=settings))
    engine = application.registry.storage.client.session_factory().get_bind()
    engine.dispose()
    limit = 60

    def bound(connection, record):
        connection.execute(f"PRAGMA max_page_count = {limit}")

    event.listen(engine, "connect", bound)
    app = TestApp(application)
    kept = []
    for _ in range(200):
        answer = app.post_json(
            "/v0/mushrooms", {"data": {"name": "x" * 3000}}, headers=HEADERS, status="*"
        )
        if answer.status_int != 201:
            break
        kept.append(answer.json["data"]["id"])
    entry = {"method": "POST", "path": "/v0/mushrooms",
             "body": {"data": {"name": "y" * 3000}}}  # fmt: skip
    batch = app.post_json(
        "/v0/batch", {"requests": [entry] * 5}, headers=HEADERS, status="*"
    )
    listed = app.get("/v0/mushrooms", headers=HEADERS)

    assert answer.status_int == batch.status_int == 503
    assert "Retry-After" in answer.headers
    assert len(kept) > 10
    assert {record["id"] for record in listed.json["data"]} == set(kept)

    limit = 10_000
    engine.dispose()
    app.post_json("/v0/mushrooms", {"data": {"name": "z" * 3000}}, headers=HEADERS)
    with application.registry.storage.client.connect(readonly=True) as connection:
        assert connection.execute("PRAGMA integrity_check").first()[0] == "ok"
