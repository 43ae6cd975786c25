"""What is undone in the midst of a transaction, and what that costs."""

import uuid

import psycopg2.extensions
import pytest
import sqlalchemy
import transaction
from pyramid.config import Configurator
from sqlalchemy import event
from sqlalchemy.orm import declarative_base
from webtest import TestApp

from cliquet.engines.sql import sqlite
from tests.postgresql.conftest import build_sharing_app, create_kept
from tests.postgresql.test_client import make

pytestmark = pytest.mark.usefixtures("unhurried")

HEADERS = {"Authorization": "Basic bWF0OjE="}
INSERT = "INSERT INTO kept VALUES (:name)"


@pytest.fixture(params=["psycopg2", "psycopg", "listened to", "sqlite"])
def client(request, url, tmp_path):
    """A client of each driver; statements that are listened to go another way."""
    if request.param == "sqlite":
        config = Configurator(settings={
            "storage_url": f"sqlite:///{tmp_path}/kept.db", "storage_pool_size": 5,
        })  # fmt: skip
        found = sqlite.create_from_config(config, "storage_", per_request=True)
    else:
        driver = "psycopg" if request.param == "psycopg" else "psycopg2"
        place = url.partition("://")[2]
        found = make(f"postgresql+{driver}://{place}", transaction_per_request=True)
    create_kept(found)
    heard = []
    if request.param == "listened to":
        event.listen(found.engine, "before_cursor_execute", lambda *a: heard.append(a))
    yield found
    transaction.abort()
    assert bool(heard) == (request.param == "listened to")
    found.engine.dispose()


def insert(client, name):
    with client.connect() as connection:
        connection.run(INSERT, name=name)


def names(client):
    with client.connect(readonly=True) as connection:
        return [name for (name,) in connection.rows("SELECT name FROM kept ORDER BY 1")]


def kept(client):
    transaction.commit()
    return names(client)


def test_one_after_the_other(client):
    insert(client, "a")
    for name in "bcd":
        savepoint = transaction.savepoint()
        insert(client, name)
        if name == "c":
            savepoint.rollback()

    assert kept(client) == ["a", "b", "d"]


def test_one_in_another(client):
    insert(client, "a")
    outer = transaction.savepoint()
    insert(client, "b")
    inner = transaction.savepoint()
    insert(client, "c")
    inner.rollback()
    insert(client, "d")
    inner.rollback()
    seen = names(client)
    outer.rollback()
    insert(client, "e")
    outer.rollback()
    insert(client, "f")

    assert seen == ["a", "b"]
    assert kept(client) == ["a", "f"]


def test_several_before_a_statement(client):
    insert(client, "a")
    first = transaction.savepoint()
    transaction.savepoint()
    insert(client, "b")
    first.rollback()
    first.rollback()
    second = transaction.savepoint()
    second.rollback()
    insert(client, "c")

    assert kept(client) == ["a", "c"]


def test_several_before_what_goes_another_way(client):
    """They are begun in their order."""
    insert(client, "a")
    outer = transaction.savepoint()
    inner = transaction.savepoint()
    client.session_factory().add(Kept(name="b"))
    inner.rollback()
    insert(client, "c")
    outer.rollback()

    assert kept(client) == ["a"]


def test_before_the_first_write(client):
    savepoint = transaction.savepoint()
    insert(client, "a")
    savepoint.rollback()
    during = client.engine.pool.checkedout()
    insert(client, "b")

    assert during == 0
    assert kept(client) == ["b"]


@pytest.mark.parametrize("looked", ["before", "after"])
def test_sessions_go_back_too(client, looked):
    """What a session sends is undone, and it does not know of it any more."""
    insert(client, "a")
    statement = sqlalchemy.text(INSERT)
    if looked == "before":
        client.session_factory().execute(statement, {"name": "b"})
    savepoint = transaction.savepoint()
    insert(client, "c")
    session = client.session_factory()
    session.execute(statement, {"name": "d"})
    insert(client, "e")
    savepoint.rollback()
    client.session_factory().execute(statement, {"name": "f"})
    insert(client, "g")

    assert kept(client) == ["a", *(["b"] if looked == "before" else []), "f", "g"]


def test_sessions_of_their_own_go_back_too(client):
    """One that began its transaction before we did."""
    statement = sqlalchemy.text(INSERT)
    session = client.session_factory()
    session.execute(statement, {"name": "a"})
    insert(client, "b")
    savepoint = transaction.savepoint()
    session.execute(statement, {"name": "c"})
    insert(client, "d")
    savepoint.rollback()
    insert(client, "e")

    assert kept(client) == ["a", "b", "e"]


class Kept(declarative_base()):
    """A row of an application that uses the ORM."""

    __tablename__ = "kept"
    name = sqlalchemy.Column(sqlalchemy.Text, primary_key=True)


def test_what_sessions_hold_back_is_sent_by_the_end(client):
    def add(name):
        client.session_factory().add(Kept(name=name))

    insert(client, "a")
    add("b")
    savepoint = transaction.savepoint()
    add("c")
    savepoint.rollback()
    add("d")
    transaction.commit()
    insert(client, "e")
    savepoint = transaction.savepoint()
    add("f")
    savepoint.rollback()
    add("g")

    assert kept(client) == ["a", "b", "d", "e", "g"]


def test_what_a_session_wrote_is_undone_with_the_transaction(client):
    """Also if nothing of ours was written before, or since."""
    statement = sqlalchemy.text(INSERT)
    for write in (
        lambda session: session.execute(statement, {"name": "a"}),
        lambda session: session.execute(sqlalchemy.insert(Kept), {"name": "b"}),
        lambda session: (session.add(Kept(name="c")), session.flush()),
    ):
        session = client.session_factory()
        session.execute(sqlalchemy.text("SELECT name FROM kept")).all()
        write(session)
        transaction.abort()

    assert kept(client) == []


def test_what_a_session_wrote_as_text_is_kept(client):
    client.session_factory().execute(sqlalchemy.text(INSERT), {"name": "a"})

    assert kept(client) == ["a"]


def test_after_an_error(client):
    insert(client, "a")
    savepoint = transaction.savepoint()
    with pytest.raises(Exception), client.connect() as connection:  # noqa: B017
        connection.run("SELECT nothing FROM nowhere")
    savepoint.rollback()
    insert(client, "b")

    assert kept(client) == ["a", "b"]


def test_many_rows_and_scripts_come_after_it(client):
    insert(client, "a")
    for send in (
        lambda connection: connection.run_many(INSERT, [{"name": "b"}, {"name": "c"}]),
        lambda connection: connection.run_script("INSERT INTO kept VALUES ('d')"),
        lambda connection: connection.execute(INSERT, {"name": "e"}),
    ):
        savepoint = transaction.savepoint()
        with client.connect() as connection:
            send(connection)
        savepoint.rollback()

    assert kept(client) == ["a"]


# --- What it costs --------------------------------------------------------------------


@pytest.fixture
def app(url, request):
    return TestApp(build_sharing_app(url, **getattr(request, "param", {})))


@pytest.fixture
def sent(app, monkeypatch):
    """What is sent to the server."""
    found = []

    class Cursor(psycopg2.extensions.cursor):
        def execute(self, statement, values=None):
            found.append(statement)
            return super().execute(statement, values)

    monkeypatch.setattr(
        "cliquet.engines.sql.connection.has_listeners", lambda engine: False
    )
    engine = app.app.registry.storage.client.engine

    def count(connection, record):
        connection.cursor_factory = Cursor

    engine.dispose()
    event.listen(engine, "connect", count)
    return found


#: Of a PUT alone, BEGIN and COMMIT left out.
STATEMENTS = {"/v0/mushrooms": 2, "/v0/toadstools": 3}


def put(path, number):
    body = {"data": {"name": str(number)}}
    return {"method": "PUT", "path": f"{path}/{uuid.uuid4()}", "body": body}


@pytest.mark.parametrize("path", STATEMENTS)
def test_savepoints_take_no_round_trip(app, sent, path):
    """They travel with the first statement after them: none but the first entry's."""
    for _ in range(2):
        entries = [put(path, number) for number in range(25)]
        sent.clear()
        app.post_json("/v0/batch", {"requests": entries}, headers=HEADERS)

    with_savepoint = [text for text in sent if "SAVEPOINT" in text]
    assert len(with_savepoint) == 24
    assert not [
        text for text in sent if text.startswith("SAVEPOINT") and ";" not in text
    ]
    assert len(sent) == 25 * STATEMENTS[path]


def test_two_collections_take_few_statements_more(app, sent):
    """Permissions are read for all entries at once, and locks are taken at once.

    One record is looked for in each shared collection, to know who may write it.
    """
    for _ in range(2):
        entries = [
            put(path, number)
            for number in range(12)
            for path in ("/v0/mushrooms", "/v0/toadstools")
        ]
        sent.clear()
        app.post_json("/v0/batch", {"requests": entries}, headers=HEADERS)

    locks = [text for text in sent if "pg_advisory_xact_lock" in text]
    assert len(locks) == 1
    assert len(sent) == 12 * sum(STATEMENTS.values()) + 3


@pytest.mark.parametrize("app", [{"transaction_per_request": "false"}], indirect=True)
def test_where_each_write_commits_nothing_is_asked_to_lock(app, sent):
    def count(paths):
        for _ in range(2):
            entries = [put(path, 1) for path in paths]
            sent.clear()
            app.post_json("/v0/batch", {"requests": entries}, headers=HEADERS)
        return len(sent)

    assert count(STATEMENTS) == sum(count([path]) for path in STATEMENTS)


def test_reads_need_none(app, sent):
    entries = [{"path": "/v0/mushrooms"}, {"path": "/v0/nothing"}] * 5

    app.post_json("/v0/batch", {"requests": entries}, headers=HEADERS)

    assert not [text for text in sent if "SAVEPOINT" in text]
