"""The storage contract in the simplest words: what engines are compared with.

Lists are scanned and sorted by comparing two records at a time; nothing is shared
with the code of the package but the words of a query.
"""

import copy
from functools import cmp_to_key
from typing import Any

from cliquet.storage.query import COMPARISON, Rank

MISSING = object()


def kind(value: Any) -> int:
    """Place of a value's type, written out (docs: rules-order)."""
    if value is None:
        return 0
    if value is True or value is False:
        return 3
    if value is Rank.ARRAY or isinstance(value, list):
        return 4
    if value is Rank.OBJECT or isinstance(value, dict):
        return 5
    if value is MISSING or value is Rank.MISSING:
        return 6
    return 1 if isinstance(value, str) else 2


def compare(one: Any, other: Any) -> int:
    if kind(one) != kind(other):
        return -1 if kind(one) < kind(other) else 1
    if kind(one) in (1, 2, 3) and one != other:
        return -1 if one < other else 1
    return 0


def same(one: Any, other: Any) -> bool:
    if one is MISSING:
        one = None
    if other is MISSING:
        other = None
    if kind(one) != kind(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return set(one) == set(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def at(record: dict[str, Any], field: str) -> Any:
    """The value of a field: of a path, a step after the other, into objects alone."""
    found: Any = record
    for name in field.split(".") if type(field) is not str else [field]:
        found = found.get(name, MISSING) if isinstance(found, dict) else MISSING
    return found


def matches(record: dict[str, Any], item: Any) -> bool:
    found = at(record, item.field)
    if item.operator is COMPARISON.EQ:
        return same(found, item.value)
    if item.operator is COMPARISON.NOT:
        return not same(found, item.value)
    if item.operator is COMPARISON.IN:
        return any(same(found, value) for value in item.value)
    if item.operator is COMPARISON.EXCLUDE:
        return not any(same(found, value) for value in item.value)
    if item.operator is COMPARISON.HAS:
        return (found is not MISSING) == item.value
    if item.operator is COMPARISON.LIKE:
        return isinstance(found, str) and reads(found, item.value)
    if item.operator in (COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY):
        quantified = any if item.operator is COMPARISON.CONTAINS_ANY else all
        return isinstance(found, list) and quantified(
            any(same(element, value) for element in found) for value in item.value
        )
    if kind(found) != kind(item.value) or kind(found) not in (1, 2, 3):
        return False
    return holds(compare(found, item.value), item.operator)


def reads(text: str, pattern: str) -> bool:
    """Whether a text has a pattern, letter by letter, in any case."""
    wanted = [one_case(letter) for letter in pattern]
    if "*" not in wanted:
        wanted = ["*", *wanted, "*"]
    ends = {0}
    for letter in map(one_case, text):
        ends = reached(ends, wanted)
        ends = {n if wanted[n] == "*" else n + 1 for n in ends
                if n < len(wanted) and wanted[n] in ("*", letter)}  # fmt: skip
    return len(wanted) in reached(ends, wanted)


def reached(places: set[int], wanted: list[str]) -> set[int]:
    """Places, and those after stars that stand for nothing."""
    found = set(places)
    for n, letter in enumerate(wanted):
        if n in found and letter == "*":
            found.add(n + 1)
    return found


def one_case(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter.lower()


def holds(sign: int, operator: COMPARISON) -> bool:
    return {
        COMPARISON.LT: sign < 0, COMPARISON.MAX: sign <= 0, COMPARISON.GT: sign > 0,
        COMPARISON.MIN: sign >= 0, COMPARISON.EQ: sign == 0,
    }[operator]  # fmt: skip


class Naive:
    """One collection."""

    def __init__(self) -> None:
        self.live: dict[str, dict[str, Any]] = {}
        self.dead: dict[str, dict[str, Any]] = {}

    def conflict(
        self, object_id: str, record: dict[str, Any], unique: tuple[str, ...]
    ) -> str | None:
        for field in unique:
            value = record.get(field)
            if value is None:
                continue
            for other_id, other in self.live.items():
                if other_id != object_id and same(other.get(field), value):
                    return field
        return None

    def write(self, object_id: str, written: dict[str, Any]) -> None:
        self.live[object_id] = copy.deepcopy(written)
        self.dead.pop(object_id, None)

    def bury(self, tombstone: dict[str, Any], keep: bool) -> None:
        del self.live[tombstone["id"]]
        self.dead.pop(tombstone["id"], None)
        if keep:
            self.dead[tombstone["id"]] = dict(tombstone)

    def list(self, filters: Any, sorting: Any, include_deleted: bool) -> Any:
        records = list(self.live.values())
        if include_deleted:
            records += list(self.dead.values())
        found = [r for r in records if all(matches(r, item) for item in filters)]
        keys = [*sorting, ("last_modified", -1), ("id", 1)]

        def order(one: dict[str, Any], other: dict[str, Any]) -> int:
            for field, direction in keys:
                sign = compare(at(one, field), at(other, field))
                if sign:
                    return sign * direction
            return 0

        return sorted(found, key=cmp_to_key(order))
