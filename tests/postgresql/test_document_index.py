"""The index on documents: built while the service writes, once, and used by filters."""

import logging
import threading
from functools import partial

import psycopg2
import pytest

from cliquet.storage import Filter, Sort
from cliquet.storage.postgresql.document_index import NAME
from cliquet.storage.query import COMPARISON, FieldNames, Path, Query, Scope
from tests.contract.storage.matrix import INSIDE, filters_of, records
from tests.contract.storage.naive import matches
from tests.postgresql.plans import explain
from tests.waiting import eventually

EQ, HAS, CONTAINS = COMPARISON.EQ, COMPARISON.HAS, COMPARISON.CONTAINS
TURN = "SELECT pg_advisory_xact_lock(1668049265, 2)"
STATE = f"""SELECT indisvalid, indexrelid::int FROM pg_index
WHERE indexrelid = to_regclass('{NAME}')"""
SIZE = 20_000


@pytest.fixture
def tables(storage):
    storage.initialize_schema()
    return storage


@pytest.fixture
def build(tables, caplog):
    caplog.set_level(logging.INFO)

    def call(**options):
        caplog.clear()
        tables.initialize_schema(with_index=True, **options)
        return caplog.text

    return call


@pytest.fixture
def other(url, tables):
    """A connection of somebody else, in a transaction."""
    connection = psycopg2.connect(url)
    yield connection
    connection.close()


def test_the_index_is_built_once(build, run):
    assert "Would build" in build(dry_run=True)
    assert run(STATE) == []

    assert "Done in" in build()
    built = run(STATE)
    assert "is there" in build()

    assert [valid for valid, _ in built] == [True]
    assert run(STATE) == built


def test_nobody_else_gets_the_index(tables, run):
    tables.initialize_schema()

    assert run(STATE) == []


def test_what_an_interrupted_build_left_is_built_anew(build, other, run):
    other.autocommit = True
    with (
        other.cursor() as cursor,
        pytest.raises(psycopg2.errors.InvalidTextRepresentation),
    ):
        tell_apart = "((data ->> 'n')::int)"
        run("INSERT INTO records (id, parent_id, collection_id, data)"
            """ VALUES ('a', 'p', 'c', '{"n": "x"}')""")  # fmt: skip
        cursor.execute(f"CREATE INDEX CONCURRENTLY {NAME} ON records ({tell_apart})")
    ((valid, left),) = run(STATE)

    told = build()

    assert not valid
    assert "interrupted" in told
    ((valid, built),) = run(STATE)
    assert valid
    assert built != left


@pytest.mark.parametrize("migrates", [False, True], ids=["builds", "migrates"])
def test_who_builds_or_migrates_waits_for_who_does(
    url, storage, install, run, caplog, migrates
):
    caplog.set_level(logging.INFO)
    if migrates:
        install(11)
    else:
        storage.initialize_schema()
    other = psycopg2.connect(url)
    other.cursor().execute(TURN)
    work = partial(storage.initialize_schema, with_index=not migrates)
    thread = threading.Thread(target=work)

    thread.start()
    waits = eventually(lambda: "wait for it" in caplog.text)
    before = storage._get_installed_version(), run(STATE)
    other.rollback()
    other.close()
    thread.join()

    assert waits
    assert before == (11 if migrates else storage.schema_version, [])
    assert storage._get_installed_version() == storage.schema_version
    assert len(run(STATE)) == (0 if migrates else 1)


def test_a_build_waits_for_writers_and_keeps_none_waiting(build, tables, other, run):
    """One that is in its transaction holds the build; others go on."""
    with other.cursor() as cursor:
        cursor.execute("""INSERT INTO records (id, parent_id, collection_id)
            VALUES ('open', 'p', 'c')""")
    thread = threading.Thread(target=build)

    thread.start()
    waits = eventually(lambda: run("SELECT 1 FROM pg_locks WHERE NOT granted"))
    created = tables.create("d", "q", {"n": 1})
    other.commit()
    thread.join()

    assert waits
    assert run(STATE)[0][0]
    assert tables.get("d", "q", created["id"]) == created
    found = tables.get_all("d", "q", filters=[Filter("n", 1, EQ)])
    assert found == ([created], 1)


# --- plans -----------------------------------------------------------------------

listed = partial(
    Query,
    Scope("c", "p"),
    FieldNames(),
    order=(Sort("last_modified", -1), Sort("id", 1)),
)
FILTERS = {
    "equality": Filter("status", 8, EQ),
    "equality below": Filter(Path("owner.name"), "n8", EQ),
    "has": Filter("rare", True, HAS),
    "has below": Filter(Path("more.rare"), True, HAS),
    "contains": Filter("tags", ["t8"], CONTAINS),
    "contains below": Filter(Path("owner.tags"), ["t8", "all"], CONTAINS),
}


@pytest.fixture
def filled(tables, run):
    run(f"""INSERT INTO records (id, parent_id, collection_id, last_modified, data)
        SELECT 'r' || n, 'p', CASE WHEN n % 2 = 0 THEN 'c' ELSE 'd' END,
            from_epoch(1000000 + n), jsonb_build_object(
                'status', n % 1000, 'tags', tags, 'owner', jsonb_build_object(
                    'name', 'n' || n % 1000, 'tags', tags)) || more
        FROM generate_series(1, {SIZE}) AS n,
        LATERAL (SELECT jsonb_build_array('all', 't' || n % 1000) AS tags,
            CASE WHEN n % 1000 = 8 THEN '{{"rare": null, "more": {{"rare": 1}}}}'
            ELSE '{{}}' END::jsonb AS more) AS made""")
    run("ANALYZE records; ANALYZE timestamps")
    return tables


@pytest.mark.parametrize("field", ["f", INSIDE])
def test_by_the_index_all_types_are_told_apart(tables, build, run, field):
    kept = {f"{n:02}": each for n, (_, each) in enumerate(records(field == INSIDE))}
    for name, record in kept.items():
        tables.create("c", "p", {**record, "id": name})
    run("""INSERT INTO records (id, parent_id, collection_id, data)
        SELECT 'r' || n, 'p', 'c', '{"g": 1}' FROM generate_series(1, 8000) AS n""")
    build()

    asked = [
        item
        for operator in (EQ, HAS, CONTAINS)
        for _, item in filters_of(operator, field)
        if item.value is not None and item.value is not False
    ]
    for item in asked:
        query = listed(filters=(item,))
        assert NAME in {node.get("Index Name") for node in explain(tables, query)}, item
        found, _ = tables.get_all("c", "p", filters=[item])
        wanted = [name for name in kept if matches(kept[name], item)]
        assert sorted(record["id"] for record in found) == wanted, item


@pytest.mark.parametrize("name", FILTERS)
def test_filters_use_the_index_when_it_is_there(filled, build, name):
    query = listed(filters=(FILTERS[name],))
    before = filled.get_all("c", "p", filters=query.filters)
    plain = explain(filled, query)

    build()
    plan = explain(filled, query)

    assert NAME not in {node.get("Index Name") for node in plain}
    used = [node for node in plan if node.get("Index Name") == NAME]
    assert used
    heap = [node for node in plan if node.get("Relation Name") == "records"]
    assert sum(node["Actual Rows"] for node in heap) == SIZE / 1000
    assert sum(node.get("Rows Removed by Filter", 0) for node in heap) == 0
    assert filled.get_all("c", "p", filters=query.filters) == before
    assert before[1] == SIZE // 1000
