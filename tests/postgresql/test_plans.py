"""How many statements does a request cost, how many rows does a list read?"""

import json
import uuid
from contextlib import contextmanager
from functools import partial

import pytest
from pyramid.config import Configurator
from sqlalchemy import event
from webtest import TestApp

from cliquet.storage import Filter, Sort
from cliquet.storage.query import COMPARISON, FieldNames, Query, Scope
from cliquet.tests.testapp import main as build_app
from tests.postgresql.conftest import ENGINE
from tests.postgresql.plans import explain
from tests.sync.proof import settings_for

HEADERS = {"Authorization": "Basic bWF0OjE="}


@pytest.fixture
def app(url):
    settings = {
        **settings_for("postgresql", url),
        "toadstool_create_principals": "system.Authenticated",
    }
    ENGINE.prepare(settings)
    return TestApp(build_app(config=Configurator(settings=settings)))


@pytest.fixture
def counted(app):
    """Statements that the block sends."""
    client = app.app.registry.storage.client
    engine = client.session_factory().get_bind()

    @contextmanager
    def count():
        sent = []

        def note(connection, cursor, statement, *more):
            sent.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        yield sent
        event.remove(engine, "before_cursor_execute", note)

    return count


RECORD = {"data": {"name": "a"}}

REQUESTS = [
    ("create by POST", "POST", "/v0/mushrooms", {}, 1),
    ("read", "GET", "{record}", {}, 1),
    ("read what did not change", "GET", "{record}", {"If-None-Match": "{etag}"}, 1),
    ("replace", "PUT", "{record}", {}, 2),
    ("replace if unchanged", "PUT", "{record}", {"If-Match": "{etag}"}, 2),
    ("create by PUT", "PUT", "/v0/mushrooms/{new}", {}, 2),
    ("change", "PATCH", "{record}", {}, 2),
    ("delete", "DELETE", "{record}", {}, 2),
    ("list", "GET", "/v0/mushrooms", {}, 2),
    ("list a page", "GET", "/v0/mushrooms?_limit=1", {}, 2),
    ("poll", "GET", "/v0/mushrooms?_since=5", {}, 2),
    ("poll, nothing new", "GET", "/v0/mushrooms", {"If-None-Match": "{etag}"}, 1),
    ("delete all", "DELETE", "/v0/mushrooms", {}, 2),
    ("hello", "GET", "/v0/", {}, 0),
]


@pytest.mark.parametrize(
    ("method", "path", "headers", "statements"),
    [request[1:] for request in REQUESTS],
    ids=[request[0] for request in REQUESTS],
)
def test_statements_of_a_request(app, counted, method, path, headers, statements):
    created = app.post_json("/v0/mushrooms", {"data": {"name": "z"}}, headers=HEADERS)
    place = "/v0/mushrooms/" + created.json["data"]["id"]
    names = {"record": place, "new": uuid.uuid4()}
    names["etag"] = app.get(place, headers=HEADERS).headers["ETag"]
    sent = {name: value.format(**names) for name, value in headers.items()}
    body = {} if method in ("GET", "DELETE") else {"params": json.dumps(RECORD)}

    with counted() as log:
        app.request(
            path.format(**names),
            method=method,
            headers={**HEADERS, **sent, "Content-Type": "application/json"},
            **({"body": body["params"].encode()} if body else {}),
        )

    assert len(log) == statements, log


SHARED = [
    ("create by POST", "POST", "/v0/toadstools", 2),
    ("read", "GET", "{record}", 2),
    ("replace", "PUT", "{record}", 3),
    ("change", "PATCH", "{record}", 3),
    # The permissions of the record are written, or deleted, too.
    ("create by PUT", "PUT", "/v0/toadstools/{new}", 3),
    ("delete", "DELETE", "{record}", 4),
    # Which records are shared with the user?
    ("list", "GET", "/v0/toadstools", 4),
]


@pytest.mark.parametrize(
    ("method", "path", "statements"),
    [request[1:] for request in SHARED],
    ids=[request[0] for request in SHARED],
)
@pytest.mark.usefixtures("unhurried")
def test_permissions_are_looked_up_once(app, counted, method, path, statements):
    body = {**RECORD, "permissions": {"read": ["system.Authenticated"]}}
    created = app.post_json("/v0/toadstools", body, headers=HEADERS)
    place = "/v0/toadstools/" + created.json["data"]["id"]
    sent = {} if method in ("GET", "DELETE") else {"body": json.dumps(RECORD).encode()}

    with counted() as log:
        app.request(
            path.format(record=place, new=uuid.uuid4()),
            method=method,
            headers={**HEADERS, "Content-Type": "application/json"},
            **sent,
        )

    assert len(log) == statements, log


def test_statements_of_a_batch_are_those_of_its_entries(app, counted):
    entries = [{"path": "/v0/mushrooms"}] * 10
    defaults = {"method": "POST", "body": RECORD}

    with counted() as log:
        app.post_json(
            "/v0/batch", {"defaults": defaults, "requests": entries}, headers=HEADERS
        )

    # Each savepoint goes with a statement.
    assert len(log) == 10


# --- plans -----------------------------------------------------------------------

SCOPE, NAMES = Scope("c", "p"), FieldNames()
NEWEST_FIRST = (Sort("last_modified", -1), Sort("id", 1))
listed = partial(Query, SCOPE, NAMES, order=NEWEST_FIRST)
SIZE = 20_000


@pytest.fixture
def filled(storage, run):
    storage.initialize_schema()
    run(f"""INSERT INTO records (id, parent_id, collection_id, last_modified, data)
        SELECT 'r' || n, 'p', 'c', from_epoch(1000000 + n),
        jsonb_build_object('status', n % 1000, 'name', 'n' || n)
        FROM generate_series(1, {SIZE}) AS n""")
    run(f"""INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT 'd' || n, 'p', 'c', from_epoch(2000000 + n)
        FROM generate_series(1, {SIZE}) AS n""")
    run("ANALYZE records; ANALYZE deleted; ANALYZE timestamps")
    return storage


def after(modified, object_id, operator):
    return (
        (Filter("last_modified", modified, operator),),
        (
            Filter("last_modified", modified, COMPARISON.EQ),
            Filter("id", object_id, COMPARISON.GT),
        ),
    )


MIDDLE = 1_000_000 + SIZE // 2
SINCE_0 = (Filter("last_modified", 0, COMPARISON.GT),)
BY_AGE = (Sort("last_modified", 1), Sort("id", 1))
FLAT = {
    "first page": listed(),
    "deep page": listed(rules=after(MIDDLE, "r1", COMPARISON.LT)),
    "oldest first": listed(order=BY_AGE),
    "oldest first, deep page": listed(
        order=BY_AGE, rules=after(MIDDLE, "r1", COMPARISON.GT)
    ),
    **{
        f"walk from the beginning, {place}": listed(
            filters=SINCE_0, rules=rules, include_deleted=True, with_total=not rules
        )
        for place, rules in {
            "first page": (),
            "of tombstones": after(2_000_000 + SIZE // 2, "d1", COMPARISON.LT),
            "of both": after(2_000_010, "d1", COMPARISON.LT),
            "of records": after(MIDDLE, "r1", COMPARISON.LT),
            "last page": after(1_000_050, "r1", COMPARISON.LT),
        }.items()
    },
    "walk by _before": listed(
        filters=(*SINCE_0, Filter("last_modified", MIDDLE, COMPARISON.LT)),
        include_deleted=True,
        with_total=False,
    ),
    "poll": listed(
        filters=(Filter("last_modified", 1_000_000 + SIZE - 10, COMPARISON.GT),)
    ),
    "poll with tombstones": listed(
        filters=(Filter("last_modified", 2_000_000 + SIZE - 10, COMPARISON.GT),),
        include_deleted=True,
    ),
}


@pytest.mark.parametrize("query", FLAT.values(), ids=FLAT)
def test_lists_read_a_page_and_sort_no_collection(filled, query):
    plan = [node for node in explain(filled, query) if node["Actual Loops"]]

    assert not [node for node in plan if node["Node Type"] == "Seq Scan"
                and node["Relation Name"] in ("records", "deleted")]  # fmt: skip
    scans = [node for node in plan if "Relation Name" in node
             and node["Relation Name"] in ("records", "deleted")]  # fmt: skip
    assert scans
    for node in scans:
        assert node["Actual Rows"] + node.get("Rows Removed by Filter", 0) <= 110
    for node in plan:
        if node["Node Type"] == "Sort":
            assert node["Actual Rows"] <= 200


def test_equality_uses_an_index_that_the_operator_made(filled, run):
    run("""CREATE INDEX ON records (parent_id, collection_id, (data -> 'status'))""")
    run("ANALYZE records")
    query = listed(filters=(Filter("status", 7, COMPARISON.EQ),))

    plan = explain(filled, query)

    reads = [node for node in plan if node.get("Relation Name") == "records"]
    assert reads
    for node in reads:
        assert node["Node Type"] != "Seq Scan"
        assert node["Actual Rows"] + node.get("Rows Removed by Filter", 0) <= 20
    assert filled.get_all("c", "p", filters=query.filters)[1] == SIZE // 1000


def test_totals_are_exact_after_all_kinds_of_writes(filled, run):
    filled.create("c", "p", {})
    filled.update("c", "p", "r1", {})
    filled.delete("c", "p", "r2")
    filled.delete("c", "p", "r3", with_deleted=False)
    filled.delete_all("c", "p", filters=[Filter("status", 5, COMPARISON.EQ)])
    run("DELETE FROM records WHERE id IN ('r100', 'r101')")

    _, total = filled.get_all("c", "p", limit=1)

    assert [(total,)] == run("SELECT count(*) FROM records")
    assert total == SIZE + 1 - 2 - SIZE // 1000 - 2
