"""Filters that look into texts and arrays."""

from typing import Any

import pytest

from cliquet.storage import Filter
from cliquet.storage.query import COMPARISON
from cliquet.testing.contracts.collection import Collection, StorageFixtures

LIKE, HAS = COMPARISON.LIKE, COMPARISON.HAS
CONTAINS, CONTAINS_ANY = COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY
SEARCHED = [
    "Été", "été", "50% off", "a_b", "C:\\x", "straße", "ſet", "\u212a", "ΣΟΦΟΣ", "a*b",
    "foobar", "", None, 1, True, ..., [], [1, "1", None, True], [1.0, 2], ["été"], [[1]],
    {"a": 1}, {"été": [1]},
]  # fmt: skip


class Searches(StorageFixtures):
    """Texts are searched in any case, arrays by value and type."""

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
    def test_texts_and_arrays_are_searched(
        self,
        collection: Collection,
        value: Any,
        operator: COMPARISON,
        expected: list[Any],
    ) -> None:
        for place, each in enumerate(SEARCHED):
            collection.create(id=f"{place:02}", **({} if each is ... else {"f": each}))

        listed = collection.list(filters=[Filter("f", value, operator)])

        found = [SEARCHED[int(r["id"])] for r in sorted(listed, key=lambda r: r["id"])]
        assert repr(found) == repr(expected)

    def test_ids_and_timestamps_are_searched(self, collection: Collection) -> None:
        collection.create(id="Abc")

        def count(field: str, value: Any, operator: COMPARISON) -> int:
            return len(collection.list(filters=[Filter(field, value, operator)]))

        assert count("id", "aB", LIKE) == count("last_modified", True, HAS) == 1
        assert count("id", True, HAS) == 1
        assert count("id", "x", LIKE) == count("last_modified", "1", LIKE) == 0
        assert count("id", ["Abc"], CONTAINS) == count("id", False, HAS) == 0
