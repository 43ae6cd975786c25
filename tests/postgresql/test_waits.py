"""Nobody is waited for without bound: what takes too long is a 503, and written nowhere.

Each test holds what is waited for by a connection of its own, and lets go of it after
the request has ended.
"""

import os
import signal
import socket
import threading
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import psycopg2
import pytest
import transaction
from pyramid.config import Configurator
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from webtest import TestApp
from webtest.http import StopableWSGIServer

from cliquet.engines.exceptions import BackendError, BusyError
from cliquet.engines.sql.postgresql import limit_statements
from cliquet.engines.waiting import read_waits
from cliquet.scripts.waiting import without_limits
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.testing.servers import free_port
from cliquet.tests.testapp import main as build_app
from tests.postgresql.conftest import ENGINE
from tests.sync.proof import HEADERS, Client, settings_for

KINDS = ("storage", "permission", "cache")
BODY = {"data": {"name": "a"}}
LIST = "/v0/mushrooms"
#: What a writer of a collection takes.
ROW = "UPDATE timestamps SET records = records"


def pytest_generate_tests(metafunc):
    """Take each driver in turn, unless one was asked for."""
    chosen = metafunc.config.getoption("--driver")
    if "url" in metafunc.fixturenames:
        drivers = [chosen] if chosen else ["psycopg2", "psycopg"]
        metafunc.parametrize("url", drivers, indirect=True)


@pytest.fixture
def url(request, services):
    """An empty database, by a driver."""
    _, _, place = services.postgresql_url().partition("://")
    return f"postgresql+{request.param}://{place}"


@pytest.fixture
def hold(url):
    """Hold what a statement locks, as a forgotten session does; what lets go of it."""
    _, _, place = url.partition("://")
    connection = psycopg2.connect(f"postgresql://{place}")

    def begin(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
        return connection.rollback

    yield begin
    connection.close()


def bounds(**seconds):
    return {f"{kind}_{name}": seconds[name] for kind in KINDS for name in seconds}


def serve(url, **settings):
    settings = {**settings_for("postgresql", url), **settings}
    ENGINE.prepare(settings)
    return build_app(config=Configurator(settings=settings))


def test_a_writer_that_waits_for_a_lock_is_refused(url, hold):
    app = TestApp(serve(url, **bounds(lock_timeout=0.1)))
    app.post_json(LIST, BODY, headers=HEADERS)
    release = hold(ROW)

    refused = app.post_json(LIST, BODY, headers=HEADERS, status=503)
    read = app.get(LIST, headers=HEADERS)
    release()
    written = app.post_json(LIST, BODY, headers=HEADERS)

    assert refused.json["errno"] == 201
    # Nothing is broken: it may be over in a moment.
    assert refused.headers["Retry-After"] == "3"
    assert len(read.json["data"]) == 1
    assert written.status_int == 201
    assert len(app.get(LIST, headers=HEADERS).json["data"]) == 2


def test_who_asks_for_an_earlier_attempt_gets_it(url, hold):
    app = TestApp(serve(url, retry_after_seconds=1, **bounds(lock_timeout=0.1)))
    app.post_json(LIST, BODY, headers=HEADERS)
    hold(ROW)

    refused = app.post_json(LIST, BODY, headers=HEADERS, status=503)

    assert refused.headers["Retry-After"] == "1"


def test_a_statement_that_takes_long_is_cut(url, hold):
    app = TestApp(serve(url, **bounds(lock_timeout="", statement_timeout=0.1)))
    app.post_json(LIST, BODY, headers=HEADERS)
    hold(ROW)

    refused = app.post_json(LIST, BODY, headers=HEADERS, status=503)

    assert refused.headers["Retry-After"] == "30"


def test_a_batch_that_waits_is_refused_as_a_whole(url, hold):
    app = TestApp(serve(url, **bounds(lock_timeout=0.1)))
    app.post_json(LIST, BODY, headers=HEADERS)
    hold(ROW)
    entry = {"method": "POST", "path": "/mushrooms", "body": BODY}

    app.post_json("/v0/batch", {"requests": [entry] * 2}, headers=HEADERS, status=503)

    assert len(app.get(LIST, headers=HEADERS).json["data"]) == 1


#: A statement outside of transactions, for each kind of backend.
READS = {
    "storage": ("records", lambda backend: backend.get("a", "b", "c")),
    "permission": ("user_principals", lambda backend: backend.user_principals("a")),
    "cache": ("cache", lambda backend: backend.get("a")),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_outside_of_transactions_is_bounded_too(url, hold, kind):
    table, read = READS[kind]
    backend = ENGINE.load(kind, url, **bounds(lock_timeout=0.1))
    release = hold(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")

    with pytest.raises(BusyError):
        read(backend)
    release()

    with suppress(RecordNotFoundError):
        read(backend)


SHOW = """SELECT current_setting('lock_timeout') AS lock,
current_setting('statement_timeout') AS statement"""


def test_statements_are_bounded_wherever_they_are_sent(url):
    client = ENGINE.load(
        "storage", url, **bounds(lock_timeout=1.5, statement_timeout=7)
    ).client
    found = []

    with client.connect(readonly=True) as connection:
        found += [connection.row(SHOW), connection.row(SHOW)]
    with client.connect() as connection:
        found += [connection.row(SHOW), connection.execute(SHOW).fetchone()]
    session = client.session_factory()
    found.append(session.connection().exec_driver_sql(SHOW).one())
    session.close()

    assert {tuple(row) for row in found} == {("1500ms", "7s")}


def test_statements_of_a_request_are_bounded_after_a_savepoint_too(url):
    application = serve(url, **bounds(lock_timeout=1.5))
    client = application.registry.storage.client

    with client.connect() as connection:
        savepoint = transaction.savepoint()
        first = connection.row(SHOW).lock
        savepoint.rollback()
        second = connection.row(SHOW).lock
    transaction.abort()

    assert (first, second) == ("1500ms", "1500ms")


def test_the_session_of_the_server_knows_nothing_of_it(url, hold):
    """A pooler hands it to somebody else."""
    client = ENGINE.load("storage", url, **bounds(lock_timeout=1.5)).client
    with client.connect(readonly=True) as connection:
        connection.row(SHOW)
    with client.connect() as connection:
        connection.row(SHOW)

    with client.engine.connect() as connection:
        shown = connection.exec_driver_sql(SHOW).one()

    assert shown.lock != "1500ms"


def test_without_bounds_nothing_is_said_to_the_server(url):
    nothing = bounds(lock_timeout="", statement_timeout="")
    client = ENGINE.load("storage", url, **nothing).client

    assert client.limits == ()
    with client.connect(readonly=True) as connection:
        assert connection.row("SELECT 1 AS one").one == 1


def test_a_tracer_sees_bounded_statements_as_well(url):
    backend = ENGINE.load("storage", url, **bounds(lock_timeout=1.5))
    seen = []
    engine = backend.client.engine

    def note(*args):
        seen.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        with backend.client.connect(readonly=True) as connection:
            shown = connection.row(SHOW)
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert shown.lock == "1500ms"
    assert any("current_setting" in each for each in seen)


class Turns:
    """Stands between a client and a server, and counts how often one waits for the other."""

    def __init__(self, port):
        self.count = 0
        self._speaker = ""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._target = port
        self._sockets = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._sockets += [client, server]
            for name, source, target in (
                ("client", client, server), ("server", server, client),
            ):  # fmt: skip
                threading.Thread(
                    target=self._pass, args=(name, source, target), daemon=True
                ).start()

    def _pass(self, name, source, target):
        try:
            while data := source.recv(65536):
                self.count += name == "client" and self._speaker != name
                self._speaker = name
                target.sendall(data)
        except OSError:
            pass

    def of(self, work):
        before = self.count
        work()
        return self.count - before

    def close(self):
        for each in self._sockets:
            each.close()


@pytest.mark.parametrize("kind", ["read", "write"])
def test_bounds_cost_no_round_trip(url, kind):
    counts = []
    port = int(url.rpartition(":")[2].partition("/")[0])
    for seconds in ("", 20):
        turns = Turns(port)
        there = url.replace(f":{port}/", f":{turns.port}/")
        storage = ENGINE.load(
            "storage", there, **bounds(lock_timeout=seconds, statement_timeout=seconds)
        )

        def work(storage=storage):
            if kind == "read":
                storage.collection_timestamp("c", "p")
            else:
                storage.create("c", "p", {"a": 1})

        # What is prepared, and what the driver asks first.
        for _ in range(2):
            work()
        counts.append(turns.of(work))
        storage.client.engine.dispose()
        turns.close()

    without, bounded = counts
    # One less with psycopg 3: the beginning of the transaction comes along.
    assert 0 < bounded <= without


def test_a_forgotten_session_leaves_threads_for_the_others(url, hold):
    """More writers than threads wait for it; then others are answered, all the same."""
    application = serve(url, **bounds(lock_timeout=0.2))
    threads = 2
    server = StopableWSGIServer.create(
        application, host="127.0.0.1", port=free_port(), threads=threads
    )
    port = server.effective_port
    with Client(port) as client:
        client.send("POST", LIST, BODY)
    release = hold(ROW)
    statuses = []

    def write():
        with Client(port) as client:
            statuses.append(client.send("POST", LIST, BODY)[0])

    writers = [threading.Thread(target=write) for _ in range(3 * threads)]
    for writer in writers:
        writer.start()
    with Client(port) as client:
        read, _, body = client.send("GET", LIST)
    for writer in writers:
        writer.join()
    release()
    with Client(port) as client:
        _, _, after = client.send("GET", LIST)
    server.shutdown()

    assert read == 200
    assert statuses == [503] * len(writers)
    assert len(body["data"]) == len(after["data"]) == 1


def test_a_full_pool_is_not_waited_for_long(url):
    pool = bounds(pool_timeout=0.1, pool_size=1, max_overflow=0)
    application = serve(url, **pool)
    app = TestApp(application)
    app.get(LIST, headers=HEADERS)
    with application.registry.storage.client.engine.connect():
        refused = app.get(LIST, headers=HEADERS, status=503)

    assert refused.headers["Retry-After"] == "3"
    assert app.get(LIST, headers=HEADERS).status_int == 200


@pytest.fixture
def backends(url, run):
    """Stop the processes that serve the database, as a lost network does; until the end."""
    stopped = []

    def stop():
        query = """SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        for (pid,) in run(query):
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
        return stopped

    yield stop
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def run(url):
    """Send SQL to the database, past the package."""
    _, _, place = url.partition("://")

    def send(sql):
        connection = psycopg2.connect(f"postgresql://{place}")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()

    return send


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_process_of_the_server_that_hangs_is_left(
    url, backends, monkeypatch, request, method
):
    if request.config.getoption("--postgresql") == "pooled":
        pytest.skip("who looks for processes of the server gets the pooler's only one")
    monkeypatch.setattr("cliquet.engines.sql.postgresql.GRACE_SECONDS", 0.1)
    app = TestApp(serve(url, **bounds(statement_timeout=0.1)))
    app.post_json(LIST, BODY, headers=HEADERS)

    for _ in range(20):
        stopped = backends()
        if stopped:
            break
        # On a busy machine, bounds this short cut connections by themselves.
        app.get(LIST, headers=HEADERS, status="*")
    send = app.get if method == "GET" else partial(app.post_json, params=BODY)
    answer = send(LIST, headers=HEADERS, status="*")

    assert stopped
    # It was run again, on a connection to another process: the others still hang.
    assert answer.status_int in (200, 201)
    written = 2 if method == "POST" else 1
    assert len(app.get(LIST, headers=HEADERS).json["data"]) == written


def test_a_commit_that_is_not_answered_is_no_success(url, run, monkeypatch):
    monkeypatch.setattr("cliquet.engines.sql.postgresql.GRACE_SECONDS", 0.1)
    application = serve(url, **bounds(statement_timeout=0.1))
    client = application.registry.storage.client
    stopped = []

    try:
        with pytest.raises(OperationalError):
            with client.connect() as connection:
                pid = connection.row("SELECT pg_backend_pid()")[0]
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
            transaction.commit()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        transaction.abort()

    assert stopped
    assert client.engine.pool.checkedout() == 0


def test_commands_are_not_cut(url, monkeypatch):
    monkeypatch.setattr("cliquet.engines.sql.postgresql.GRACE_SECONDS", 0.1)
    storage = ENGINE.load("storage", url, **bounds(statement_timeout=0.1))
    registry = SimpleNamespace(storage=storage)

    with without_limits(registry), storage.client.connect(readonly=True) as connection:
        connection.row("SELECT pg_sleep(1.5)")

    assert storage.client.limits


@pytest.mark.long
def test_a_server_that_accepts_and_says_nothing_is_not_waited_for(url):
    scheme = url.partition("://")[0]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = f"{scheme}://user@127.0.0.1:{silent.getsockname()[1]}/shop"
        config = Configurator(
            settings=ENGINE.settings(there, **bounds(connect_timeout=1))
        )
        storage = config.maybe_dotted("cliquet.storage.postgresql").load_from_config(
            config
        )
        with pytest.raises(BackendError, match="time"):
            storage.get("a", "b", "c")


def test_a_url_says_more_than_a_setting(url):
    storage = ENGINE.load("storage", f"{url}?connect_timeout=11")

    with storage.client.engine.connect() as connection:
        driver = connection.connection.driver_connection
    told = driver.dsn if hasattr(driver, "dsn") else driver.info.get_parameters()

    assert "11" in str(told)


def test_a_stuck_database_is_ill(url, hold):
    app = TestApp(serve(url, **bounds(lock_timeout=0.1)))
    assert app.get("/v0/__heartbeat__").json["storage"] is True
    release = hold("LOCK TABLE records IN ACCESS EXCLUSIVE MODE")

    ill = app.get("/v0/__heartbeat__", status=503)
    alive = app.get("/v0/__lbheartbeat__")
    release()

    assert ill.json == {"storage": False, "permission": True, "cache": True}
    assert alive.status_int == 200
    assert app.get("/v0/__heartbeat__").json["storage"] is True


def test_no_bound_is_so_short_that_it_is_none():
    waits = read_waits({"x_lock_timeout": 0.0004, "x_statement_timeout": None}, "x_")

    # 0 would be for ever.
    assert limit_statements(waits) == ("SET LOCAL lock_timeout = 1",)
