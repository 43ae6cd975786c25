"""What does it take to know how many records match? Rows are counted, not time."""

import itertools
from functools import partial

import pytest

from cliquet.storage import Filter, Sort
from cliquet.storage.memory import Storage as Memory
from cliquet.storage.postgresql import lists, totals
from cliquet.storage.query import COMPARISON, FieldNames, Path, Query, Scope
from tests.postgresql.plans import explain, rows_read

NEWEST_FIRST = (Sort("last_modified", -1), Sort("id", 1))
FIRST = 1_000_000
PAGE = 51

FEW = Filter("kind", 3, COMPARISON.EQ)
ALL = Filter("kind", True, COMPARISON.HAS)
POLL = Filter("last_modified", 0, COMPARISON.GT)


def listed(parent, *filters, **more):
    names, order = FieldNames(), more.pop("order", NEWEST_FIRST)
    return Query(Scope("c", parent), names, filters, order, **more)


def fill(run, parent, count):
    run(f"""INSERT INTO records (id, parent_id, collection_id, last_modified, data)
        SELECT 'r' || n, '{parent}', 'c', from_epoch({FIRST} + n),
        jsonb_build_object('kind', n / 100, 'name', 'n' || n)
        FROM generate_series(0, {count} - 1) AS n""")


@pytest.fixture
def filled(storage, run):
    storage.initialize_schema()
    fill(run, "p", 10_000)
    run("""INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT 'd' || n, 'p', 'c', from_epoch(1000000 + n)
        FROM generate_series(5000, 14999) AS n""")
    run("ANALYZE records; ANALYZE deleted; ANALYZE timestamps")
    return storage


@pytest.mark.parametrize(
    "query",
    [
        listed("p", FEW),
        listed("p", FEW, order=(Sort("name", 1), *NEWEST_FIRST)),
        listed("p", FEW, POLL, include_deleted=True),
    ],
    ids=["by time", "by name", "with tombstones"],
)
def test_a_full_page_of_few_records_takes_one_search(filled, query):
    records, total = filled.get_all(
        "c", "p", filters=query.filters, sorting=query.order, limit=PAGE
    )

    assert (len(records), total) == (PAGE, 100)
    assert rows_read(explain(filled, query, PAGE), "records") == 10_000


def test_a_full_page_of_many_records_costs_little_besides_the_count(filled):
    read = rows_read(explain(filled, listed("p", ALL), PAGE), "records")

    assert 10_000 <= read <= 10_000 + totals.SOME


@pytest.mark.parametrize(
    "order", [NEWEST_FIRST, (Sort("last_modified", 1), Sort("id", 1))]
)
def test_a_poll_from_the_beginning_counts_what_it_leaves_out(filled, order):
    query = listed("p", POLL, order=order, include_deleted=True)
    skips = (Filter("last_modified", FIRST + 10, COMPARISON.MIN),)

    plan = explain(filled, query, PAGE)
    later = explain(filled, query._replace(filters=skips), PAGE)

    # One more tells that no other has the timestamp of the last one.
    assert rows_read(plan, "records") <= PAGE + 1
    assert rows_read(later, "records") <= PAGE + 1 + 10
    assert filled.get_all("c", "p", filters=[POLL], limit=1)[1] == 10_000
    assert filled.get_all("c", "p", filters=skips, limit=1)[1] == 9_990


@pytest.mark.long
def test_plans_hold_in_a_table_of_a_million(filled, run):
    """Of 10,000 records in the collection, and of 500,000."""
    for other in range(49):
        fill(run, f"other {other}", 10_000)
    fill(run, "q", 500_000)
    run("ANALYZE records; ANALYZE timestamps")

    # Of half the table, all of it may be read: that is faster than by an index.
    for parent, size, most in (("p", 10_000, 10_000), ("q", 500_000, 1_000_000)):
        few = explain(filled, listed(parent, FEW), PAGE)
        many = explain(filled, listed(parent, ALL), PAGE)
        poll = explain(filled, listed(parent, POLL), PAGE)

        assert size <= rows_read(few, "records") <= most
        assert size <= rows_read(many, "records") <= most + totals.SOME
        assert rows_read(poll, "records") <= PAGE + 1


# --- exactness ---------------------------------------------------------------------

VALUES = [1, 1.0, "1", None, True, [1], {"a": 1}, "é", "É", 2, 10, -0.5]
TIME = partial(Filter, "last_modified")
FILTERS = [
    [Filter("a", 1, COMPARISON.EQ)],
    [Filter("a", None, COMPARISON.EQ)],
    [Filter("a", 1, COMPARISON.NOT)],
    [Filter("a", "é", COMPARISON.LIKE)],
    [Filter("a", 1, COMPARISON.MIN)],
    [Filter("a", True, COMPARISON.HAS)],
    [Filter("a", [1], COMPARISON.CONTAINS)],
    [Filter(Path("a.a"), 1, COMPARISON.EQ)],
    [Filter("id", "r01", COMPARISON.NOT)],
    [Filter("a", 2, COMPARISON.EXCLUDE)._replace(value=[2]), TIME(103, COMPARISON.GT)],
    *([TIME(value, operator)] for value, operator in itertools.product(
        (0, 101, 108, 2**70, 105.5),
        (COMPARISON.GT, COMPARISON.MIN, COMPARISON.LT, COMPARISON.MAX,
         COMPARISON.EQ, COMPARISON.NOT),
    )),
    [TIME(101, COMPARISON.GT), TIME(110, COMPARISON.LT)],
    [TIME(110, COMPARISON.GT), TIME(101, COMPARISON.LT)],
    [TIME(100, COMPARISON.GT), TIME(103, COMPARISON.GT), TIME(120, COMPARISON.MAX)],
]  # fmt: skip
ORDERS = [[], [Sort("a", -1), Sort("id", -1)]]


@pytest.mark.parametrize(
    ("some", "large"),
    [(3, 2**30), (totals.SOME, 2**30), (totals.SOME, 0)],
    ids=["many", "few", "row by row"],
)
def test_lists_are_those_of_the_engine_in_memory(storage, monkeypatch, some, large):
    monkeypatch.setattr(lists, "_LARGE", large)
    monkeypatch.setattr(totals, "SOME", some)
    monkeypatch.setattr(totals, "_LEFT_OUT", some)
    storage.initialize_schema()
    memory = Memory()
    for engine in (storage, memory):
        for number, value in enumerate(VALUES):
            fields = {"id": f"r{number:02}", "last_modified": 100 + number, "a": value}
            engine.create("c", "p", fields)
        engine.create("c", "p", {"id": "without", "last_modified": 120})
        for number in (3, 7):
            engine.delete("c", "p", f"r{number:02}")

    asked = itertools.product(FILTERS, ORDERS, (1, 4), (False, True))
    for filters, sorting, limit, dead in asked:
        options = {"sorting": sorting, "limit": limit, "include_deleted": dead}
        found = storage.get_all("c", "p", filters=filters, **options)
        wanted = memory.get_all("c", "p", filters=filters, **options)
        assert found[1] == wanted[1], (filters, options)
        assert shown(found[0]) == shown(wanted[0]), (filters, options)


def shown(records):
    """Return records without timestamps of tombstones, which are of the clock."""
    return [
        {**record, "last_modified": None} if record.get("deleted") else record
        for record in records
    ]
