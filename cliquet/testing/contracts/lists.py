"""Filters, orders, pages, totals."""

from typing import Any

import pytest

from cliquet.storage import Filter, Sort
from cliquet.storage.query import COMPARISON, Rank
from cliquet.testing.contracts.collection import Collection, StorageFixtures

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


MANY = [
    *range(100, 2_000), *(n + 0.25 for n in range(30)), *(f"t{n}" for n in range(2_000)),
    10**300, 1e300, -1.7e308,
]  # fmt: skip


def matched(
    collection: Collection, value: Any, operator: COMPARISON, **options: Any
) -> list[Any]:
    """Return the values that a filter finds."""
    filters = [Filter("f", value, operator)]
    listed = collection.list(filters=filters, **options)
    assert collection.total(filters=filters) == len(listed)
    return [
        ORDERED[int(record["id"])] for record in sorted(listed, key=lambda r: r["id"])
    ]


class Filters(StorageFixtures):
    """Values are compared with those of their own type."""

    @pytest.fixture
    def values(self, collection: Collection) -> Collection:
        """A collection with one record for each value, named by its place."""
        for place in sorted(range(len(ORDERED)), key=lambda n: (n * 7) % len(ORDERED)):
            value = ORDERED[place]
            fields = {} if value is ... else {"f": value}
            collection.create(id=f"{place:02}", **fields)
        return collection

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
    def test_filters_compare_within_one_type(
        self, values: Collection, value: Any, operator: COMPARISON, expected: list[Any]
    ) -> None:
        assert matched(values, value, operator) == expected

    @pytest.mark.parametrize("value", [1, "1", True, None, 5, "x"], ids=repr)
    def test_not_matches_everything_else(self, values: Collection, value: Any) -> None:
        equal = matched(values, value, EQ)

        rest = [item for item in ORDERED if not any(item is one for one in equal)]

        assert matched(values, value, NOT) == rest
        assert matched(values, [value], EXCLUDE) == rest

    @pytest.mark.parametrize(
        "some", [[1, "1"], [-1.5, 0.5, 10**30], [None, 2], [[2]], []]
    )
    def test_lists_of_thousands_of_values(
        self, values: Collection, some: list[Any]
    ) -> None:
        listed = [*MANY, *some]

        assert matched(values, listed, IN) == matched(values, some, IN)
        assert matched(values, listed, EXCLUDE) == matched(values, some, EXCLUDE)

    def test_lists_of_thousands_of_timestamps(self, collection: Collection) -> None:
        first, second = collection.create(), collection.create()
        modified = [first["last_modified"], *range(3_000)]
        filters = [Filter("last_modified", modified, IN)]

        assert collection.list(filters=filters) == [first]
        filters = [Filter("last_modified", modified, EXCLUDE)]
        assert collection.list(filters=filters) == [second]

    def test_excluding_nothing_matches_everything(self, values: Collection) -> None:
        assert matched(values, [], EXCLUDE) == ORDERED

    def test_filters_are_combined(self, collection: Collection) -> None:
        for number in range(10):
            collection.create(n=number, even=number % 2 == 0)

        filters = [Filter("n", 3, GT), Filter("even", True, EQ)]

        assert sorted(record["n"] for record in collection.list(filters=filters)) == [
            4,
            6,
            8,
        ]

    def test_ids_and_timestamps_are_filtered_like_fields(
        self, collection: Collection
    ) -> None:
        _first, second, third = (collection.create(id=name) for name in "abc")

        def ids(*filters: Filter) -> set[str]:
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
        assert ids(Filter("last_modified", [third["last_modified"]], EXCLUDE)) == {
            "a",
            "b",
        }

    @pytest.mark.parametrize(
        "name", ["a b", "a'b", 'a"b', "a.b", "a$b", "é", "%s", "a\\", ":x"]
    )
    def test_field_names_are_any_text(self, collection: Collection, name: str) -> None:
        collection.create_with({name: 1})
        collection.create_with({name: 2})

        filters = [Filter(name, 1, EQ)]
        sorting = [Sort(name, -1)]

        assert collection.total(filters=filters) == 1
        assert [record[name] for record in collection.list(sorting=sorting)] == [2, 1]


class Orders(StorageFixtures):
    """Every order is total, and a page begins where the one before ends."""

    def test_sorting_orders_all_types(self, values: Collection) -> None:
        ascending = values.list(sorting=[Sort("f", 1)])
        descending = values.list(sorting=[Sort("f", -1)])

        assert [int(record["id"]) for record in ascending] == list(range(len(ORDERED)))
        assert [int(record["id"]) for record in descending] == list(
            range(len(ORDERED))
        )[::-1]

    def test_ties_are_broken_by_newest_then_by_id(self, collection: Collection) -> None:
        collection.create(id="x", last_modified=3000)
        for name, time in [("c", 1000), ("a", 1000), ("b", 2000)]:
            collection.create(id=name, last_modified=time, same=1)

        listed = collection.list(sorting=[Sort("same", -1)])

        assert [record["id"] for record in listed] == ["x", "b", "a", "c"]
        default = collection.list()
        assert [record["id"] for record in default] == ["x", "b", "a", "c"]

    def test_several_sort_keys(self, collection: Collection) -> None:
        for first in (1, 2):
            for second in (1, 2):
                collection.create(a=first, b=second)

        listed = collection.list(sorting=[Sort("a", 1), Sort("b", -1)])

        assert [(r["a"], r["b"]) for r in listed] == [(1, 2), (1, 1), (2, 2), (2, 1)]

    def test_limit_bounds_the_page_but_not_the_total(
        self, collection: Collection
    ) -> None:
        for number in range(5):
            collection.create(n=number)

        records, total = collection.page(sorting=[Sort("n", 1)], limit=2)

        assert [record["n"] for record in records] == [0, 1]
        assert total == 5
        assert len(collection.list(limit=0)) == 5

    def test_pagination_rules_are_alternatives(self, collection: Collection) -> None:
        for number in range(10):
            collection.create(id=str(number), number=number % 3)

        rules = [[Filter("number", 1, GT)]]
        records, total = collection.page(pagination_rules=rules, limit=5)
        assert (len(records), total) == (3, 10)
        rules.append([Filter("id", "0", EQ)])
        records, total = collection.page(pagination_rules=rules, limit=5)
        assert (len(records), total) == (4, 10)

    def test_a_page_beyond_the_end_is_empty_and_keeps_the_total(
        self, collection: Collection
    ) -> None:
        collection.create(n=1)

        records, total = collection.page(
            pagination_rules=[[Filter("n", 5, GT)]], limit=5
        )

        assert (records, total) == ([], 1)

    @pytest.mark.parametrize("direction", [1, -1])
    def test_rules_follow_the_order_of_all_types(
        self, values: Collection, direction: int
    ) -> None:
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
