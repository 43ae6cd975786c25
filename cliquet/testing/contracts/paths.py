"""Filters and orders by what is inside of objects."""

from typing import Any

import pytest

from cliquet.storage import Filter, Sort
from cliquet.storage.query import COMPARISON, Path, Rank
from cliquet.testing.contracts.collection import Collection, StorageFixtures

EQ, NOT, GT, MIN, MAX = (
    COMPARISON.EQ, COMPARISON.NOT, COMPARISON.GT, COMPARISON.MIN, COMPARISON.MAX,
)  # fmt: skip
IN, EXCLUDE, HAS, LIKE = (
    COMPARISON.IN, COMPARISON.EXCLUDE, COMPARISON.HAS, COMPARISON.LIKE,
)  # fmt: skip
CONTAINS, CONTAINS_ANY = COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY

# What is at `a.b`, in ascending order.
INSIDE: list[Any] = [None, "", "1", "É", 0, 1, 2.5, False, True, [1, "x"], {"c": 1}]
# Nothing is there.
OUTSIDE: list[dict[str, Any]] = [
    {}, {"a": {}}, {"a": None}, {"a": "b"}, {"a": [{"b": 1}]}, {"a": ["b"]}, {"b": 1},
    {"a.b": 1}, {"a": {"c": {"b": 1}}},
]  # fmt: skip
B = Path("a.b")


class Paths(StorageFixtures):
    """A `Path` leads into objects; whatever is missing on the way is missing."""

    @pytest.fixture
    def inside(self, collection: Collection) -> Collection:
        """A collection of records with something at `a.b`, or nothing there."""
        records: list[dict[str, Any]] = [{"a": {"b": value}} for value in INSIDE]
        for place, record in enumerate([*records, *OUTSIDE]):
            collection.create_with({**record, "id": f"{place:02}"})
        return collection

    @pytest.mark.parametrize(
        ("value", "operator", "expected", "outside"),
        [
            (1, EQ, [1], False), ("1", EQ, ["1"], False), (True, EQ, [True], False),
            (None, EQ, [None], True), (1, MIN, [1, 2.5], False), (0, GT, [1, 2.5], False),
            ("1", MAX, ["", "1"], False), (1, NOT, [v for v in INSIDE if v is not INSIDE[5]], True),
            ([0, "É"], IN, ["É", 0], False), (INSIDE[1:], EXCLUDE, [None], True),
            (True, HAS, INSIDE, False), (False, HAS, [], True), ("é", LIKE, ["É"], False),
            (["x"], CONTAINS, [[1, "x"]], False), ([2, 1], CONTAINS_ANY, [[1, "x"]], False),
        ],
    )  # fmt: skip
    def test_filters_look_into_objects(
        self,
        inside: Collection,
        value: Any,
        operator: COMPARISON,
        expected: list[Any],
        outside: bool,
    ) -> None:
        filters = [Filter(B, value, operator)]

        listed, total = inside.page(filters=filters)

        places = sorted(int(record["id"]) for record in listed)
        found = [INSIDE[place] for place in places if place < len(INSIDE)]
        assert repr(found) == repr(expected)
        assert len(places) - len(found) == (len(OUTSIDE) if outside else 0)
        assert total == len(places)

    def test_a_path_is_of_any_depth(self, collection: Collection) -> None:
        deep = collection.create_with({"id": "x", "a": {"b": {"c": {"d": 1}}}})
        collection.create_with({"id": "y", "a": {"b": {"c": [{"d": 1}]}}})
        collection.create_with({"id": "z", "a": {"b": {"c": {"d": 2}}}})
        depth = Path("a.b.c.d")

        assert collection.list(filters=[Filter(depth, 1, EQ)]) == [deep]
        ordered = collection.list(sorting=[Sort(depth, -1)])
        assert [record["id"] for record in ordered] == ["y", "z", "x"]

    def test_a_name_with_a_dot_is_no_path(self, collection: Collection) -> None:
        literal = collection.create_with({"id": "x", "a.b": 1})
        nested = collection.create_with({"id": "y", "a": {"b": 1}})

        assert collection.list(filters=[Filter("a.b", 1, EQ)]) == [literal]
        assert collection.list(filters=[Filter(B, 1, EQ)]) == [nested]
        assert collection.list(sorting=[Sort("a.b", 1)]) == [literal, nested]
        assert collection.list(sorting=[Sort(B, 1)]) == [nested, literal]

    @pytest.mark.parametrize("direction", [1, -1])
    def test_orders_look_into_objects(self, inside: Collection, direction: int) -> None:
        """Those that have nothing there are last, or first; ties are as ever."""
        ordered = [
            int(record["id"]) for record in inside.list(sorting=[Sort(B, direction)])
        ]

        end = len(INSIDE)
        within = [place for place in ordered if place < end]
        assert within == [*range(end)][::direction]
        # The newest first.
        outside = [*range(end, end + len(OUTSIDE))][::-1]
        assert ordered == (
            [*within, *outside] if direction > 0 else [*outside, *within]
        )

    @pytest.mark.parametrize("direction", [1, -1])
    def test_pages_begin_at_what_is_inside(
        self, inside: Collection, direction: int
    ) -> None:
        sorting = [Sort(B, direction)]
        places = [int(record["id"]) for record in inside.list(sorting=sorting)]
        markers: dict[type, Any] = {list: Rank.ARRAY, dict: Rank.OBJECT}
        for place, value in enumerate(INSIDE):
            marker = markers.get(type(value), value)
            operator = GT if direction > 0 else COMPARISON.LT

            found = inside.list(
                sorting=sorting, pagination_rules=[[Filter(B, marker, operator)]]
            )

            rest = places[places.index(place) + 1 :]
            assert [int(record["id"]) for record in found] == rest

    def test_deletions_look_into_objects(self, inside: Collection) -> None:
        deleted = inside.delete_all(filters=[Filter(B, True, HAS)])

        assert len(deleted) == len(INSIDE)
        assert inside.total() == len(OUTSIDE)
