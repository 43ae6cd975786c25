"""Filters, orders, pages, totals, tombstones."""

import pytest

from cliquet.storage import Filter, Sort
from cliquet.storage.query import COMPARISON, Rank

EQ, NOT, LT, GT = COMPARISON.EQ, COMPARISON.NOT, COMPARISON.LT, COMPARISON.GT
MIN, MAX, IN, EXCLUDE = (
    COMPARISON.MIN, COMPARISON.MAX, COMPARISON.IN, COMPARISON.EXCLUDE,
)  # fmt: skip

# One record for each value, in ascending order; `...` is for a missing field.
ORDERED = [
    None, "", "1", "10", "2", "A", "a", "e", "é", "☃", "𝄞",
    -(10**30), -1.5, -1, 0, 0.5, 1, 2, 10, 2**53 + 1, 10**30,
    False, True, [2], {"a": 1}, ...,
]  # fmt: skip


@pytest.fixture
def values(collection):
    """A collection with one record for each value, named by its place."""
    for place in sorted(range(len(ORDERED)), key=lambda n: (n * 7) % len(ORDERED)):
        value = ORDERED[place]
        fields = {} if value is ... else {"f": value}
        collection.create(id=f"{place:02}", **fields)
    return collection


def matched(collection, value, operator, **options):
    filters = [Filter("f", value, operator)]
    listed = collection.list(filters=filters, **options)
    assert collection.total(filters=filters) == len(listed)
    return [
        ORDERED[int(record["id"])] for record in sorted(listed, key=lambda r: r["id"])
    ]


@pytest.mark.parametrize(
    ("value", "operator", "expected"),
    [
        (1, EQ, [1]), (1.0, EQ, [1]), ("1", EQ, ["1"]), (True, EQ, [True]),
        (False, EQ, [False]), (0, EQ, [0]), (None, EQ, [None, ...]), ("", EQ, [""]),
        (10**30, EQ, [10**30]), (2**53 + 1, EQ, [2**53 + 1]), (2**53, EQ, []),
        ("é", EQ, ["é"]), ("%", EQ, []), ("_", EQ, []), ([2], EQ, [[2]]), ([1], EQ, []),
        (1, MIN, [1, 2, 10, 2**53 + 1, 10**30]), (1, GT, [2, 10, 2**53 + 1, 10**30]),
        (0, LT, [-(10**30), -1.5, -1]), (0, MAX, [-(10**30), -1.5, -1, 0]),
        (9.5, MIN, [10, 2**53 + 1, 10**30]), (2**53, GT, [2**53 + 1, 10**30]),
        ("1", GT, ["10", "2", "A", "a", "e", "é", "☃", "𝄞"]), ("1", MAX, ["", "1"]),
        (False, GT, [True]), (True, MAX, [False, True]), (None, LT, []), ([2], MIN, []),
        (None, GT, []), ({"a": 1}, MIN, []),
        ([1, "a", True], IN, ["a", 1, True]), ([None], IN, [None, ...]), ([], IN, []),
        ([[2], 10**30], IN, [10**30, [2]]),
    ],
)  # fmt: skip
def test_filters_compare_within_one_type(values, value, operator, expected):
    assert matched(values, value, operator) == expected


@pytest.mark.parametrize("value", [1, "1", True, None, 5, "x"], ids=repr)
def test_not_matches_everything_else(values, value):
    equal = matched(values, value, EQ)

    rest = [item for item in ORDERED if not any(item is one for one in equal)]

    assert matched(values, value, NOT) == rest
    assert matched(values, [value], EXCLUDE) == rest


MANY = [
    *range(100, 2_000), *(n + 0.25 for n in range(30)), *(f"t{n}" for n in range(2_000)),
    10**300, 1e300, -1.7e308,
]  # fmt: skip


@pytest.mark.parametrize("some", [[1, "1"], [-1.5, 0.5, 10**30], [None, 2], [[2]], []])
def test_lists_of_thousands_of_values(values, some):
    listed = [*MANY, *some]

    assert matched(values, listed, IN) == matched(values, some, IN)
    assert matched(values, listed, EXCLUDE) == matched(values, some, EXCLUDE)


def test_lists_of_thousands_of_timestamps(collection):
    first, second = collection.create(), collection.create()
    modified = [first["last_modified"], *range(3_000)]
    filters = [Filter("last_modified", modified, IN)]

    assert collection.list(filters=filters) == [first]
    filters = [Filter("last_modified", modified, EXCLUDE)]
    assert collection.list(filters=filters) == [second]


def test_excluding_nothing_matches_everything(values):
    assert matched(values, [], EXCLUDE) == ORDERED


def test_filters_are_combined(collection):
    for number in range(10):
        collection.create(n=number, even=number % 2 == 0)

    filters = [Filter("n", 3, GT), Filter("even", True, EQ)]

    assert sorted(record["n"] for record in collection.list(filters=filters)) == [
        4,
        6,
        8,
    ]


def test_ids_and_timestamps_are_filtered_like_fields(collection):
    _first, second, third = (collection.create(id=name) for name in "abc")

    def ids(*filters):
        return {record["id"] for record in collection.list(filters=list(filters))}

    assert ids(Filter("id", ["a", "c"], IN)) == {"a", "c"}
    assert ids(Filter("id", "b", MIN)) == {"b", "c"}
    assert ids(Filter("id", 5, EQ)) == set()
    assert ids(Filter("last_modified", second["last_modified"], GT)) == {"c"}
    assert ids(Filter("last_modified", second["last_modified"], LT)) == {"a"}
    assert ids(Filter("last_modified", second["last_modified"], EQ)) == {"b"}
    assert ids(Filter("last_modified", float(second["last_modified"]), MIN)) == {
        "b",
        "c",
    }
    assert ids(Filter("last_modified", "x", GT)) == set()
    assert ids(Filter("last_modified", None, NOT)) == {"a", "b", "c"}
    assert ids(Filter("last_modified", 10**30, LT)) == {"a", "b", "c"}
    assert ids(Filter("last_modified", [third["last_modified"]], EXCLUDE)) == {"a", "b"}


@pytest.mark.parametrize(
    "name", ["a b", "a'b", 'a"b', "a.b", "a$b", "é", "%s", "a\\", ":x"]
)
def test_field_names_are_any_text(collection, name):
    collection.create_with({name: 1})
    collection.create_with({name: 2})

    filters = [Filter(name, 1, EQ)]
    sorting = [Sort(name, -1)]

    assert collection.total(filters=filters) == 1
    assert [record[name] for record in collection.list(sorting=sorting)] == [2, 1]


def test_sorting_orders_all_types(values):
    ascending = values.list(sorting=[Sort("f", 1)])
    descending = values.list(sorting=[Sort("f", -1)])

    assert [int(record["id"]) for record in ascending] == list(range(len(ORDERED)))
    assert [int(record["id"]) for record in descending] == list(range(len(ORDERED)))[
        ::-1
    ]


def test_ties_are_broken_by_newest_then_by_id(collection):
    collection.create(id="x", last_modified=3000)
    for name, time in [("c", 1000), ("a", 1000), ("b", 2000)]:
        collection.create(id=name, last_modified=time, same=1)

    listed = collection.list(sorting=[Sort("same", -1)])

    assert [record["id"] for record in listed] == ["x", "b", "a", "c"]
    default = collection.list()
    assert [record["id"] for record in default] == ["x", "b", "a", "c"]


def test_several_sort_keys(collection):
    for first in (1, 2):
        for second in (1, 2):
            collection.create(a=first, b=second)

    listed = collection.list(sorting=[Sort("a", 1), Sort("b", -1)])

    assert [(r["a"], r["b"]) for r in listed] == [(1, 2), (1, 1), (2, 2), (2, 1)]


def test_limit_bounds_the_page_but_not_the_total(collection):
    for number in range(5):
        collection.create(n=number)

    records, total = collection.storage.get_all(
        sorting=[Sort("n", 1)], limit=2, **collection.names
    )

    assert [record["n"] for record in records] == [0, 1]
    assert total == 5
    assert len(collection.list(limit=0)) == 5


def test_pagination_rules_are_alternatives(collection):
    for number in range(10):
        collection.create(id=str(number), number=number % 3)

    rules = [[Filter("number", 1, GT)]]
    records, total = collection.storage.get_all(
        pagination_rules=rules, limit=5, **collection.names
    )
    assert (len(records), total) == (3, 10)
    rules.append([Filter("id", "0", EQ)])
    records, total = collection.storage.get_all(
        pagination_rules=rules, limit=5, **collection.names
    )
    assert (len(records), total) == (4, 10)


def test_a_page_beyond_the_end_is_empty_and_keeps_the_total(collection):
    collection.create(n=1)

    records, total = collection.storage.get_all(
        pagination_rules=[[Filter("n", 5, GT)]], limit=5, **collection.names
    )

    assert (records, total) == ([], 1)


@pytest.mark.parametrize("direction", [1, -1])
def test_rules_follow_the_order_of_all_types(values, direction):
    """Places behind a record, as the HTTP layer writes them."""
    order = list(range(len(ORDERED)))[::direction]
    markers = {list: Rank.ARRAY, dict: Rank.OBJECT, type(...): Rank.MISSING}
    for position, place in enumerate(order):
        value = ORDERED[place]
        value = markers.get(type(value), value)
        operator = GT if direction > 0 else LT

        found = values.list(
            sorting=[Sort("f", direction)],
            pagination_rules=[[Filter("f", value, operator)]],
        )

        assert [int(record["id"]) for record in found] == order[position + 1 :]


@pytest.fixture
def mixed(collection):
    """Records and tombstones; the timestamp before them."""
    collection.create(id="old", status=0)
    start = collection.timestamp()
    for number in range(6):
        collection.create(id=str(number), status=number % 2)
    for number in (0, 3, 5):
        collection.delete(str(number))
    return collection, start


def test_tombstones_are_listed_on_demand_and_never_counted(mixed):
    collection, start = mixed
    since = Filter("last_modified", start, GT)

    def listed(*filters, include_deleted=True):
        options = {"filters": [since, *filters], "include_deleted": include_deleted}
        found = collection.list(**options)
        deleted = sum("deleted" in record for record in found)
        return len(found) - deleted, deleted, collection.total(**options)

    assert listed() == (3, 3, 3)
    assert listed(include_deleted=False) == (3, 0, 3)
    assert listed(Filter("deleted", True, EQ)) == (0, 3, 0)
    assert listed(Filter("deleted", True, NOT)) == (3, 0, 3)
    assert listed(Filter("deleted", False, EQ)) == (0, 0, 0)
    assert listed(Filter("deleted", True, EQ), include_deleted=False) == (0, 0, 0)
    assert listed(Filter("status", 0, EQ)) == (2, 0, 2)


def test_tombstones_are_sorted_among_records(mixed):
    collection, _ = mixed
    by_time = collection.list(include_deleted=True, sorting=[Sort("last_modified", 1)])
    by_status = collection.list(include_deleted=True, sorting=[Sort("status", 1)])
    by_deleted = collection.list(include_deleted=True, sorting=[Sort("deleted", 1)])

    times = [record["last_modified"] for record in by_time]
    assert times == sorted(times)
    # They lack the field, the others lack the flag (docs: rules-order).
    assert ["deleted" in record for record in by_status] == [False] * 4 + [True] * 3
    assert ["deleted" in record for record in by_deleted] == [True] * 3 + [False] * 4


@pytest.mark.parametrize("field", ["status", "deleted", "nowhere", "id"])
def test_a_descending_order_is_the_reverse(mixed, field):
    collection, _ = mixed
    ascending, descending = (
        collection.list(include_deleted=True, sorting=[Sort(field, direction)])
        for direction in (1, -1)
    )

    def places(records):
        return [str(record.get(field)) for record in records]

    assert places(descending) == places(ascending)[::-1]


def test_tombstones_are_paged_over(mixed):
    collection, _start = mixed
    times = []
    rules: list = []
    while True:
        page = collection.list(
            include_deleted=True,
            sorting=[Sort("last_modified", -1)],
            pagination_rules=rules,
            limit=2,
        )
        times += [record["last_modified"] for record in page]
        if len(page) < 2:
            break
        rules = [[Filter("last_modified", times[-1], LT)]]

    assert len(times) == 7
    assert times == sorted(times, reverse=True)


def test_delete_all_deletes_what_matches(collection, other_parent):
    for number in range(4):
        collection.create(id=str(number), n=number)
    other_parent.create(id="0", n=3)

    deleted = collection.delete_all(filters=[Filter("n", 2, MIN)])

    assert {record["id"] for record in deleted} == {"2", "3"}
    assert all(set(record) == {"id", "last_modified", "deleted"} for record in deleted)
    assert len({record["last_modified"] for record in deleted}) == 2
    assert {record["id"] for record in collection.list()} == {"0", "1"}
    assert collection.total() == 2
    assert other_parent.total() == 1
    assert len(collection.list(include_deleted=True)) == 4


def test_delete_all_of_nothing_changes_nothing(collection):
    collection.create(n=1)
    before = collection.timestamp()

    assert collection.delete_all(filters=[Filter("n", 2, EQ)]) == []

    assert collection.timestamp() == before


def test_delete_all_may_leave_no_tombstones(collection):
    collection.create()

    collection.delete_all(with_deleted=False)

    assert collection.list(include_deleted=True) == []


def test_purge_forgets_tombstones(collection, other_parent):
    for name in "ab":
        collection.create(id=name)
        other_parent.create(id=name)
        other_parent.delete(name)
    collection.delete("a")
    newest = collection.delete("b")["last_modified"]

    assert collection.purge(before=newest) == 1
    assert [record["id"] for record in collection.list(include_deleted=True)] == ["b"]
    assert collection.purge() == 1
    assert collection.purge() == 0
    assert len(other_parent.list(include_deleted=True)) == 2


LIKE, HAS = COMPARISON.LIKE, COMPARISON.HAS
CONTAINS, CONTAINS_ANY = COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY
SEARCHED = [
    "Été", "été", "50% off", "a_b", "C:\\x", "straße", "ſet", "\u212a", "ΣΟΦΟΣ", "a*b",
    "foobar", "", None, 1, True, ..., [], [1, "1", None, True], [1.0, 2], ["été"], [[1]],
    {"a": 1}, {"été": [1]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "operator", "expected"),
    [
        ("éT", LIKE, ["Été", "été"]), ("%", LIKE, ["50% off"]), ("_", LIKE, ["a_b"]),
        ("\\", LIKE, ["C:\\x"]), ("SS", LIKE, []), ("STRAẞE", LIKE, ["straße"]),
        ("SET", LIKE, ["ſet"]), ("k", LIKE, ["\u212a"]), ("σοφος", LIKE, ["ΣΟΦΟΣ"]),
        ("a*b", LIKE, ["a_b", "a*b"]), ("FOO*", LIKE, ["foobar"]), ("bar*", LIKE, []),
        ("*ob*r", LIKE, ["foobar"]), ("foobar*foobar", LIKE, []), ("1", LIKE, []),
        ("foo*obar", LIKE, []), ("", LIKE, SEARCHED[:12]), ("'x", LIKE, []),
        (False, HAS, [...]), (True, HAS, [v for v in SEARCHED if v is not ...]),
        ([1], CONTAINS, [[1, "1", None, True], [1.0, 2]]), ([2, 1], CONTAINS, [[1.0, 2]]),
        (["1"], CONTAINS, [[1, "1", None, True]]), ([False], CONTAINS, []),
        ([None, True], CONTAINS, [[1, "1", None, True]]), ([9], CONTAINS, []),
        (["été"], CONTAINS, [["été"]]), (["a"], CONTAINS, []),
        ([2, "été", 7], CONTAINS_ANY, [[1.0, 2], ["été"]]), ([], CONTAINS_ANY, []),
        ([None], CONTAINS_ANY, [[1, "1", None, True]]),
        ([], CONTAINS, [[], [1, "1", None, True], [1.0, 2], ["été"], [[1]]]),
    ],
)  # fmt: skip
def test_texts_and_arrays_are_searched(collection, value, operator, expected):
    for place, each in enumerate(SEARCHED):
        collection.create(id=f"{place:02}", **({} if each is ... else {"f": each}))

    listed = collection.list(filters=[Filter("f", value, operator)])

    found = [SEARCHED[int(r["id"])] for r in sorted(listed, key=lambda r: r["id"])]
    assert repr(found) == repr(expected)


def test_ids_and_timestamps_are_searched(collection):
    collection.create(id="Abc")

    def count(field, value, operator):
        return len(collection.list(filters=[Filter(field, value, operator)]))

    assert count("id", "aB", LIKE) == count("last_modified", True, HAS) == 1
    assert count("id", True, HAS) == 1
    assert count("id", "x", LIKE) == count("last_modified", "1", LIKE) == 0
    assert count("id", ["Abc"], CONTAINS) == count("id", False, HAS) == 0
