"""Statements that are sent all the time are prepared where the session is ours."""

from unittest import mock

import psycopg2
import pytest

from cliquet.engines.exceptions import BackendError, TransientError
from cliquet.engines.sql.driver import Prepared, compile_statement

DRIVER = "postgresql+psycopg2"
PREPARED = "SELECT count(*) FROM pg_prepared_statements"


@pytest.fixture
def client(storage, monkeypatch):
    # Sentry listens to all engines, once a test has started it.
    monkeypatch.setattr(
        "cliquet.engines.sql.connection.has_listeners", lambda engine: False
    )
    return storage.client


def read(client, statement, **values):
    with client.connect(readonly=True) as connection:
        return connection.row(statement, **values)


def test_values_keep_their_places():
    compiled = compile_statement(
        Prepared("SELECT :b, :a, '100%' WHERE :b = 1 AND :c"), DRIVER
    )

    name = compiled.name
    assert compiled.execute == f"EXECUTE {name} (%(b)s, %(a)s, %(c)s)"
    assert compiled.prepare == (
        f"PREPARE {name} AS SELECT $1, $2, '100%%' WHERE $1 = 1 AND $3;"
        f" {compiled.execute}"
    )


def test_long_statements_are_not_remembered():
    short, long = "SELECT 1", f"SELECT {'1 + ' * 2_000} 1"

    assert compile_statement(short, DRIVER) is compile_statement(short, DRIVER)
    assert compile_statement(long, DRIVER) is not compile_statement(long, DRIVER)


def test_a_statement_that_is_sent_often_is_prepared_once(client):
    statement = Prepared("SELECT CAST(:a AS int) + 1 AS more, '100%' AS rate")

    answers = [read(client, statement, a=number) for number in (1, 2, 3)]

    assert [tuple(row) for row in answers] == [(2, "100%"), (3, "100%"), (4, "100%")]
    assert answers[0].more == 2
    assert read(client, PREPARED)[0] == 1


def test_a_statement_that_failed_at_first_is_sent_again(client):
    statement = Prepared("SELECT 12 / CAST(:a AS int) AS share")
    with pytest.raises(BackendError, match="division by zero"):
        read(client, statement, a=0)

    answers = [read(client, statement, a=number).share for number in (2, 3)]

    assert answers == [6, 4]


def test_other_statements_are_not_prepared(client):
    read(client, "SELECT 1")

    assert read(client, PREPARED)[0] == 0


def test_nothing_is_prepared_where_a_pooler_answers_for_the_server(client):
    statement = Prepared("SELECT CAST(:a AS int) AS a")
    real = psycopg2.extensions.connection.get_backend_pid

    class Pooled(psycopg2.extensions.connection):
        def get_backend_pid(self):
            return real(self) + 1

    connect = psycopg2.connect
    with mock.patch.object(
        client.session_factory.engine.dialect.loaded_dbapi,
        "connect",
        lambda *args, **more: connect(*args, connection_factory=Pooled, **more),
    ):
        assert [read(client, statement, a=number)[0] for number in (1, 2)] == [1, 2]

    assert read(client, PREPARED)[0] == 0


@pytest.mark.parametrize(
    "spoiled",
    ["DEALLOCATE ALL", "PREPARE {other} AS SELECT 'of somebody else'"],
    ids=["gone", "taken"],
)
def test_a_session_that_others_use_too_prepares_no_more(client, spoiled):
    known, other = Prepared("SELECT 1 AS known"), Prepared("SELECT 2 AS other")
    read(client, known)
    name = compile_statement(other, DRIVER).name
    read_again = other if "{other}" in spoiled else known
    with client.connect() as connection:
        connection.run_script(spoiled.format(other=name))

    with pytest.raises(TransientError):
        read(client, read_again)

    assert read(client, read_again)[0] in (1, 2)
    assert read(client, Prepared("SELECT 3 AS another"))[0] == 3


def test_columns_that_have_other_types_now_are_read(client):
    with client.connect() as connection:
        connection.run_script("CREATE TABLE odd AS SELECT 1 AS number")
    statement = Prepared("SELECT number FROM odd")
    read(client, statement)
    with client.connect() as connection:
        connection.run_script("ALTER TABLE odd ALTER number TYPE text")

    with pytest.raises(TransientError):
        read(client, statement)

    assert read(client, statement).number == "1"
