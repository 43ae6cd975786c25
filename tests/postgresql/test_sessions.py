"""Sessions, reads and writes take turns at one connection, and leave none behind."""

import threading
import time

import pytest
import sqlalchemy
import transaction
from sqlalchemy.orm import declarative_base
from transaction.interfaces import TransactionFailedError
from webtest import TestApp

from cliquet.engines.exceptions import BackendError
from cliquet.engines.sql import orm
from cliquet.storage.postgresql import lists as listing
from tests.postgresql.conftest import build_sharing_app, create_kept
from tests.postgresql.test_client import make

ALICE = {"Authorization": "Basic YWxpY2U6"}
ONE = {"storage_pool_size": 1, "storage_max_overflow": 0, "storage_pool_timeout": 1}
INSERT = "INSERT INTO kept VALUES (:name)"
NAMES = sqlalchemy.text("SELECT name FROM kept")


@pytest.fixture(params=[False, True], ids=["at once", "per request"])
def client(request, url):
    client = make(url, transaction_per_request=request.param, **ONE)
    create_kept(client)
    yield client
    transaction.abort()


@pytest.fixture
def application(url):
    return build_sharing_app(url, **ONE)


@pytest.fixture
def app(application):
    return TestApp(application)


def in_use(client):
    return client.session_factory.engine.pool.checkedout()


def read(client):
    with client.connect(readonly=True) as connection:
        return [row.name for row in connection.rows("SELECT name FROM kept")]


def insert(client, name):
    with client.connect() as connection:
        connection.run(INSERT, name=name)


def test_a_session_of_an_application_takes_its_place(client):
    insert(client, "a")
    transaction.commit()

    read(client)
    session = client.session_factory()
    assert session.execute(NAMES).scalar() == "a"
    session.close()
    assert read(client) == ["a"]

    assert in_use(client) == 0


def test_threads_that_ask_at_once_get_one_factory(client, monkeypatch):
    made, both = [], threading.Barrier(2)

    class Slow(orm.Sessions):
        def __init__(self, *args):
            time.sleep(0.1)
            super().__init__(*args)

    def ask():
        both.wait(60)
        made.append(client.session_factory)

    monkeypatch.setattr(orm, "Sessions", Slow)
    vars(client).pop("session_factory", None)
    client._sessions = None
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len({id(each) for each in [*made, client._sessions]}) == 1


def test_what_a_session_holds_back_is_sent_before_the_commit(client):
    class Kept(declarative_base()):
        __tablename__ = "kept"
        name = sqlalchemy.Column(sqlalchemy.Text, primary_key=True)

    with client.connect() as connection:
        connection.run(INSERT, name="a")
        connection.session.add(Kept(name="b"))
    transaction.commit()

    assert read(client) == ["a", "b"]


def test_statements_of_an_application_take_its_place(client):
    insert(client, "a")
    transaction.commit()

    with transaction.manager:
        with client.connect(readonly=True) as connection:
            assert connection.row("SELECT name FROM kept").name == "a"
            found = connection.execute("SELECT name FROM kept").fetchall()
            assert [row["name"] for row in found] == ["a"]
            assert connection.row("SELECT name FROM kept").name == "a"
        assert read(client) == ["a"]
    transaction.abort()

    assert in_use(client) == 0


@pytest.mark.parametrize("per_request", [False, True])
def test_a_block_that_reads_may_write_meanwhile(url, per_request):
    client = make(url, transaction_per_request=per_request)
    create_kept(client)
    insert(client, "a")
    transaction.commit()

    with client.connect(readonly=True) as connection:
        names = [row.name for row in connection.rows("SELECT name FROM kept")]
        for name in names:
            insert(client, name * 2)
        with pytest.raises(BackendError), client.connect(readonly=True) as inner:
            inner.row("SELECT nowhere")
        transaction.abort()
        assert connection.row("SELECT 1")[0] == 1
    read(client)

    assert in_use(client) == 0


def test_a_session_is_in_the_transaction_of_what_was_written(url):
    client = make(url, transaction_per_request=True, **ONE)
    create_kept(client)

    insert(client, "a")
    session = client.session_factory()
    session.execute(sqlalchemy.text("INSERT INTO kept VALUES ('b')"))
    seen = session.execute(NAMES).scalars().all()
    insert(client, "c")
    assert session.get_bind() is client.session_factory.engine
    assert in_use(client) == 1
    transaction.commit()

    assert seen == ["a", "b"]
    assert read(client) == ["a", "b", "c"]
    assert in_use(client) == 0


def test_a_write_that_joins_no_transaction_is_not_kept_aside(url):
    class Refusing:
        transaction_manager = transaction.manager

        def sortKey(self):
            return "~"

        def refuse(self, transaction):
            raise ValueError("no")

        def ignore(self, transaction):
            """Nothing was done."""

        tpc_begin = commit = abort = tpc_finish = tpc_abort = ignore
        tpc_vote = refuse

    client = make(url, transaction_per_request=True)
    create_kept(client)
    transaction.get().join(Refusing())
    with pytest.raises(ValueError, match="no"):
        transaction.commit()
    with pytest.raises(TransactionFailedError):
        insert(client, "a")
    transaction.abort()

    insert(client, "b")
    transaction.commit()

    assert read(client) == ["b"]
    assert in_use(client) == 0


@pytest.mark.parametrize("per_request", [False, True])
def test_a_transaction_whose_connection_was_cut_goes_on_failing(url, run, per_request):
    client = make(url, transaction_per_request=per_request)
    with client.connect() as connection:
        connection.row("SELECT 1")
        run("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()""")
        for _ in range(2):
            with pytest.raises(BackendError):
                with client.connect(readonly=not per_request) as inner:
                    inner.row("SELECT 1")
        transaction.abort()

    with client.connect(readonly=True) as connection:
        assert connection.row("SELECT 1")[0] == 1


def test_batches_keep_no_connection(app, application):
    entries = [
        {"method": "PATCH", "path": "/toadstools", "headers": {"X-A": "a\u0001b"}},
        {"method": "POST", "path": "/mushrooms", "body": {"data": {"name": "a"}}},
    ]

    app.post_json("/v0/batch", {"requests": entries})
    application.registry.storage.get_all("toadstool", "")

    assert in_use(application.registry.storage.client) == 0


def test_requests_need_one_connection(app, application):
    created = app.post_json("/v0/toadstools", {"data": {"name": "a"}}, headers=ALICE)
    path = f"/v0/toadstools/{created.json['data']['id']}"
    own = created.json["permissions"]["write"]
    body = {"data": {"name": "b"}, "permissions": {"read": own}}

    app.put_json(path, body, headers=ALICE)
    app.get(path, headers=ALICE)
    app.get("/v0/toadstools", headers=ALICE)
    app.patch_json(path, {"data": {"name": "c"}}, headers=ALICE)
    app.delete(path, headers=ALICE)

    assert in_use(application.registry.storage.client) == 0


@pytest.mark.parametrize("include_deleted", [False, True])
def test_large_pages_are_read_row_by_row(storage, monkeypatch, include_deleted):
    storage.initialize_schema()
    for number in range(5):
        storage.create("c", "p", {"id": f"{number}", "text": "x" * number})
    storage.delete("c", "p", "3")
    found = storage.get_all("c", "p", limit=3, include_deleted=include_deleted)
    monkeypatch.setattr(listing, "_LARGE", 10)

    large = storage.get_all("c", "p", limit=3, include_deleted=include_deleted)

    assert large == found
    assert len(large[0]) == 3
