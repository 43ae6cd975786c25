"""A connection takes part in the transaction of a request, as sessions do."""

import pytest
import sqlalchemy
import transaction
import zope.sqlalchemy

from cliquet.engines.exceptions import BackendError
from tests.postgresql.conftest import create_kept
from tests.postgresql.test_client import make

INSERT = "INSERT INTO kept VALUES (:name)"


@pytest.fixture
def client(url):
    client = make(url, transaction_per_request=True)
    create_kept(client)
    yield client
    transaction.abort()


@pytest.fixture
def names(run):
    return lambda: [name for (name,) in run("SELECT name FROM kept ORDER BY name")]


def insert(client, name):
    with client.connect() as connection:
        connection.run(INSERT, name=name)


def in_use(client):
    return client.session_factory.engine.pool.checkedout()


def test_what_was_written_is_kept_with_the_transaction(client, names):
    insert(client, "a")
    insert(client, "b")
    before = names()
    transaction.commit()

    assert before == []
    assert names() == ["a", "b"]
    assert in_use(client) == 0


def test_what_was_written_is_undone_with_the_transaction(client, names):
    insert(client, "a")
    transaction.abort()

    assert names() == []
    assert in_use(client) == 0


def test_reads_see_what_was_written_before_them(client):
    insert(client, "a")

    with client.connect(readonly=True) as connection:
        assert connection.row("SELECT name FROM kept").name == "a"


def test_statements_of_an_application_are_in_the_same_transaction(client, names):
    insert(client, "a")
    with client.connect() as connection:
        found = connection.execute("SELECT name FROM kept").fetchall()
        connection.execute(INSERT, {"name": "b"})
    during = in_use(client)
    transaction.commit()

    assert [row["name"] for row in found] == ["a"]
    assert during == 1
    assert names() == ["a", "b"]


def test_statements_of_an_application_are_undone_with_the_transaction(client, names):
    with client.connect() as connection:
        connection.execute(INSERT, {"name": "a"})
        zope.sqlalchemy.mark_changed(connection.session)
    transaction.abort()

    assert names() == []
    assert in_use(client) == 0


def test_an_application_may_commit_within_a_block(client, names):
    with client.connect() as connection:
        connection.execute(INSERT, {"name": "a"})
        connection.commit()
        assert names() == ["a"]
        connection.run(INSERT, name="b")
        connection.execute(INSERT, {"name": "c"})
    insert(client, "d")
    transaction.commit()

    assert names() == ["a", "b", "c", "d"]


def test_the_session_of_an_application_comes_first(client, names):
    session = client.session_factory()
    session.execute(sqlalchemy.text("INSERT INTO kept VALUES ('a')"))
    insert(client, "b")
    with client.connect(readonly=True) as connection:
        seen = connection.row("SELECT count(*) FROM kept")[0]
    during = in_use(client)
    transaction.commit()

    assert (seen, during) == (2, 1)
    assert names() == ["a", "b"]


def test_part_of_a_transaction_can_be_undone(client, names):
    insert(client, "a")
    savepoint = transaction.savepoint()
    insert(client, "b")
    savepoint.rollback()
    insert(client, "c")
    transaction.commit()

    assert names() == ["a", "c"]


def test_a_commit_that_fails_keeps_nothing(client, run, names):
    run("""CREATE FUNCTION refuse() RETURNS trigger AS $$
        BEGIN RAISE EXCEPTION 'no'; END; $$ LANGUAGE plpgsql;
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON kept
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE PROCEDURE refuse()""")
    insert(client, "a")

    with pytest.raises(Exception, match="no"):
        transaction.commit()
    transaction.abort()

    assert names() == []
    assert in_use(client) == 0
    run("DROP TRIGGER refuse ON kept")
    insert(client, "b")
    transaction.commit()
    assert names() == ["b"]


def test_after_an_error_nothing_goes_on_until_the_transaction_ends(client, names):
    insert(client, "a")
    for _ in range(2):
        with pytest.raises(BackendError), client.connect() as connection:
            connection.row("SELECT 1 FROM nowhere")
    transaction.abort()
    insert(client, "b")
    transaction.commit()

    assert names() == ["b"]


def test_blocks_in_blocks_are_kept_one_by_one_without_requests(url, run):
    client = make(url)
    with client.connect() as outer:
        outer.run_script("CREATE TABLE kept (name TEXT)")
        insert(client, "inner")
        kept = run("SELECT name FROM kept")
        outer.run(INSERT, name="outer")

    assert kept == [("inner",)]
    assert sorted(run("SELECT name FROM kept")) == [("inner",), ("outer",)]
    assert in_use(client) == 0
