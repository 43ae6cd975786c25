"""Engines, sessions and pools."""

import threading
import warnings
from unittest import mock

import pytest
import sqlalchemy
from pyramid.config import Configurator

from cliquet.engines.exceptions import BackendError, TransientError
from cliquet.settings import SETTINGS
from cliquet.storage.postgresql import client as client_module
from cliquet.storage.postgresql.client import PostgreSQLClient, create_from_config
from cliquet.storage.postgresql.pool import (
    QueuePoolWithMaxBacklog,
    _QueueWithMaxBacklog,
)
from tests.waiting import eventually


def make(url, **settings):
    config = Configurator(
        settings={"storage_url": url, "storage_backend": "x", **settings}
    )
    return create_from_config(config, prefix="storage_")


def engine_of(client):
    return client.session_factory().get_bind()


def test_schemes_of_all_times_are_accepted(url):
    place = url.partition("://")[2]
    for scheme in ("postgres", "postgresql", "postgresql+psycopg2"):
        assert engine_of(make(f"{scheme}://{place}")).driver == "psycopg2"
    assert engine_of(make(f"postgresql+psycopg://{place}")).driver == "psycopg"


def test_any_other_database_of_sqlalchemy_goes_through():
    client = make("sqlite:///:memory:", storage_poolclass="sqlalchemy.pool.StaticPool",
                  storage_pool_size=25)  # fmt: skip

    with client.connect() as connection:
        assert connection.execute("SELECT 1").fetchone()[0] == 1


@pytest.mark.parametrize("kind", ["storage", "permission", "cache"])
def test_each_kind_may_have_a_database_of_its_own(kind, url):
    """Settings of the table that are for the backend are none of the pool."""
    settings = {name: setting.default for name, setting in SETTINGS.items()}
    config = Configurator(settings={**settings, f"{kind}_url": url})

    client = create_from_config(config, prefix=f"{kind}_")

    with client.connect() as connection:
        assert connection.execute("SELECT 1").fetchone()[0] == 1


def test_one_url_has_one_client_and_the_reuse_is_told(url):
    first = make(url)

    with mock.patch("cliquet.storage.postgresql.client.warnings.warn") as warn:
        second = make(url, storage_pool_size="7")

    assert second is first
    warn.assert_called_once_with(
        "Reuse existing PostgreSQL connection. Parameters storage_* will be ignored."
    )


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ({}, {}, False),
        ({"pool_size": 25}, {"pool_size": "25"}, False),
        # What nobody asked for is there by default.
        ({"pool_size": "50"}, {"pool_size": 25}, False),
        ({"max_overflow": "5"}, {}, False),
        ({"maxoverflow": "5"}, {"max_overflow": 5}, False),
        ({"pool_size": 25}, {"pool_size": "50"}, True),
        ({}, {"max_overflow": 5}, True),
        ({"max_backlog": "5"}, {"max_backlog": "6"}, True),
        ({}, {"poolclass": "sqlalchemy.pool.StaticPool"}, True),
    ],
)
def test_only_options_that_are_ignored_are_told(url, first, second, is_told):
    make(url, **{f"storage_{name}": value for name, value in first.items()})
    with mock.patch("warnings.warn") as warn:
        make(url, **{f"storage_{name}": value for name, value in second.items()})

    assert warn.called is is_told


def test_clients_differ_by_the_way_they_commit(url):
    assert make(url) is not make(url, transaction_per_request=True)


def test_the_url_is_mandatory():
    with pytest.raises(KeyError):
        create_from_config(Configurator(settings={}), prefix="storage_")


def test_a_missing_library_is_told_before_settings_are_read():
    with mock.patch.object(client_module, "sqlalchemy", None):
        with pytest.raises(ImportWarning, match="pip install"):
            create_from_config(Configurator(settings={}), prefix="storage_")


def test_settings_of_the_pool_reach_it(url):
    pool = engine_of(
        make(url, storage_pool_size="3", storage_maxoverflow="4",
             storage_max_backlog="5", storage_pool_timeout="6")
    ).pool  # fmt: skip

    assert isinstance(pool, QueuePoolWithMaxBacklog)
    assert (pool.size(), pool._max_overflow, pool._timeout) == (3, 4, 6)
    assert pool._pool.max_backlog == 5


def test_unknown_settings_are_refused(url):
    with pytest.raises(TypeError, match="pool_maxconn"):
        make(url, storage_pool_maxconn=3)


def test_a_pool_made_again_keeps_its_backlog():
    pool = QueuePoolWithMaxBacklog(creator=None, pool_size=2, max_backlog=2)

    again = pool.recreate()

    assert isinstance(again._pool, _QueueWithMaxBacklog)
    assert (again._pool.max_backlog, again._pool.maxsize) == (2, 2)


def test_a_full_backlog_fails_at_once(url):
    client = make(url, storage_pool_size=2, storage_max_overflow=1,
                  storage_pool_timeout=120, storage_max_backlog=2)  # fmt: skip
    engine = engine_of(client)
    held = [engine.connect() for _ in range(3)]
    failures = []

    def wait():
        try:
            engine.connect().close()
        except sqlalchemy.exc.TimeoutError as error:
            failures.append(error)

    waiting = [threading.Thread(target=wait) for _ in range(2)]
    for thread in waiting:
        thread.start()
    assert eventually(lambda: engine.pool._pool.cur_backlog == 2)
    wait()

    assert len(failures) == 1
    assert all(thread.is_alive() for thread in waiting)
    for connection in held:
        connection.close()
    for thread in waiting:
        thread.join()
    assert len(failures) == 1


@pytest.fixture
def client(url):
    return make(url)


@pytest.fixture
def table(client):
    with client.connect() as connection:
        connection.execute("CREATE TABLE kept (name TEXT, number INT)")


def names(client):
    with client.connect(readonly=True) as connection:
        return [row["name"] for row in connection.execute("SELECT name FROM kept")]


def test_a_block_that_ends_well_is_kept(client, table):
    with client.connect() as connection:
        result = connection.execute(
            "INSERT INTO kept VALUES (:name, 1) RETURNING name, number",
            {"name": "100% :x"},
        )
        row = result.fetchone()

    assert (row[0], row["number"], result.rowcount) == ("100% :x", 1, 1)
    assert names(client) == ["100% :x"]


def test_a_block_that_fails_keeps_what_was_committed_in_it(client, table):
    with pytest.raises(BackendError) as failure:
        with client.connect() as connection:
            connection.execute("INSERT INTO kept VALUES ('a', 1)")
            connection.commit()
            connection.execute("INSERT INTO kept VALUES ('b', 1)")
            connection.execute("INSERT INTO nowhere VALUES (1)")

    assert isinstance(failure.value.original, sqlalchemy.exc.SQLAlchemyError)
    assert names(client) == ["a"]


def test_other_exceptions_undo_the_block_and_go_on(client, table):
    with pytest.raises(ZeroDivisionError):
        with client.connect() as connection:
            connection.execute("INSERT INTO kept VALUES ('a', 1)")
            _ = 1 / 0

    assert names(client) == []


def test_sessions_that_cannot_be_had_are_backend_errors(client):
    broken = mock.patch.object(
        client, "session_factory", side_effect=sqlalchemy.exc.SQLAlchemyError
    )
    with broken, pytest.raises(BackendError), client.connect(readonly=True):
        pass
    with broken, pytest.raises(BackendError), client.connect():
        pass


def test_reads_hold_no_transaction(client, run):
    with client.connect(readonly=True) as connection:
        connection.row("SELECT 1")
        states = run(
            "SELECT state FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    assert states == [("idle",)]


def test_a_connection_cut_by_the_server_may_be_tried_again(client, run):
    with client.connect(readonly=True) as connection:
        connection.row("SELECT 1")
    run("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()""")

    with pytest.raises(TransientError):
        with client.connect(readonly=True) as connection:
            connection.row("SELECT 1")
    with client.connect(readonly=True) as connection:
        assert connection.row("SELECT 1")[0] == 1


def test_logged_errors_hold_no_parameters(client, caplog):
    # Tracebacks show this file: the secret is not in it.
    secret = "secret" * 3
    with pytest.raises(BackendError):
        with client.connect() as connection:
            connection.execute("SELECT :x FROM nowhere", {"x": secret})

    assert "nowhere" in caplog.text
    assert secret not in caplog.text


def test_the_class_takes_a_session_factory():
    factory = mock.MagicMock()
    client = PostgreSQLClient(factory, commit_manually=True)

    with warnings.catch_warnings():
        with client.connect() as connection:
            connection.commit()

    assert factory.return_value.commit.call_count == 2
    factory.return_value.close.assert_called_once_with()


def test_who_listens_to_statements_hears_of_reads(storage):
    storage.initialize_schema()
    heard = []
    engine = engine_of(storage.client)

    def listen(connection, cursor, statement, *rest):
        heard.append(statement)

    sqlalchemy.event.listen(engine, "before_cursor_execute", listen)
    try:
        storage.collection_timestamp("c", "p")
    finally:
        sqlalchemy.event.remove(engine, "before_cursor_execute", listen)

    assert any("timestamps" in statement for statement in heard)


def test_who_listens_leaves_connections_as_they_were(storage):
    """A connection that was read by, outside of transactions, begins them again."""
    storage.initialize_schema()
    engine = engine_of(storage.client)
    heard = []

    def listen(connection, cursor, statement, *rest):
        heard.append(connection.connection.driver_connection.autocommit)

    sqlalchemy.event.listen(engine, "before_cursor_execute", listen)
    try:
        storage.collection_timestamp("c", "p", initialize=False)
    finally:
        sqlalchemy.event.remove(engine, "before_cursor_execute", listen)

    assert heard == [True]
    with engine.connect() as connection:
        assert connection.connection.driver_connection.autocommit is False
