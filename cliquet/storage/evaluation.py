"""Which records of a list match, in which order? (rulings §4)

Pure functions over mappings, for the engines that evaluate in Python.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import ge, gt, le, lt
from typing import Any

from cliquet.storage.query import (
    COMPARISON,
    MISSING,
    FieldNames,
    Filter,
    Query,
    Rank,
    Sort,
    order_key,
    rank_of,
    typed,
)
from cliquet.types import Record

Test = Callable[[Any], bool]
Predicate = Callable[[Record], bool]

_RANGES: dict[COMPARISON, Callable[[Any, Any], bool]] = {
    COMPARISON.LT: lt,
    COMPARISON.MAX: le,
    COMPARISON.GT: gt,
    COMPARISON.MIN: ge,
}
_ORDERED = (Rank.NUMBER, Rank.TEXT, Rank.BOOLEAN)
_CLASSES = {Rank.NUMBER: (int, float), Rank.TEXT: (str,), Rank.BOOLEAN: (bool,)}


def build_predicate(filters: Sequence[Filter]) -> Predicate | None:
    """Turn filters into one test that a record passes if all match."""
    return _all_of([(item.field, _value_test(item)) for item in filters])


def build_page_predicate(rules: Sequence[Sequence[Filter]]) -> Predicate | None:
    """Turn pagination rules into one test: any of the rules must match."""
    if not rules:
        return None
    tests = [
        _all_of([(item.field, _place_test(item)) for item in rule]) for rule in rules
    ]
    kept = [test for test in tests if test is not None]
    if len(kept) < len(tests):
        return None
    return lambda record: any(test(record) for test in kept)


def total_order(sorting: Sequence[Sort], names: FieldNames) -> list[Sort]:
    """Complete sort keys so that no two records tie: newest first, then by id."""
    fields = {key.field for key in sorting}
    order = list(sorting)
    if names.id in fields:
        return order
    if names.modified not in fields:
        order.append(Sort(names.modified, -1))
    order.append(Sort(names.id, 1))
    return order


def sort_records(records: Iterable[Record], order: Sequence[Sort]) -> list[Record]:
    """Sort records by keys, the first one first."""
    result = list(records)
    for key in reversed(order):
        result.sort(
            key=lambda record, field=key.field: order_key(record.get(field, MISSING)),  # type: ignore[misc]
            reverse=key.direction < 0,
        )
    return result


def copy_record(record: Record) -> Record:
    """Copy a JSON object: deep where it nests, cheap where it is flat."""
    return {
        key: _copy_value(value) if value.__class__ in (dict, list, tuple) else value
        for key, value in record.items()
    }


def _copy_value(value: Any) -> Any:
    if isinstance(value, dict):
        return copy_record(value)
    return [
        _copy_value(item) if item.__class__ in (dict, list, tuple) else item
        for item in value
    ]


def _all_of(tests: list[tuple[str, Test]]) -> Predicate | None:
    if not tests:
        return None
    if len(tests) == 1:
        field, test = tests[0]
        return lambda record: test(record.get(field, MISSING))
    if len(tests) == 2:
        (one, passes_one), (other, passes_other) = tests
        return lambda record: (
            passes_one(record.get(one, MISSING))
            and passes_other(record.get(other, MISSING))
        )
    return lambda record: all(test(record.get(field, MISSING)) for field, test in tests)


def _value_test(item: Filter) -> Test:
    value, operator = item.value, item.operator
    if operator in (COMPARISON.IN, COMPARISON.EXCLUDE):
        return _member_test(value, is_inside=operator is COMPARISON.IN)
    if operator is COMPARISON.EQ:
        return _equality(value)
    if operator is COMPARISON.NOT:
        equal = _equality(value)
        return lambda found: not equal(found)
    return _range_test(value, _RANGES[operator])


def _member_test(values: Iterable[Any], is_inside: bool) -> Test:
    values = list(values)
    if all(value.__class__ is str for value in values):
        # Ids, mostly: nothing else is equal to a text.
        texts = frozenset(values)
        if is_inside:
            return lambda found: isinstance(found, str) and found in texts
        return lambda found: not isinstance(found, str) or found not in texts
    wanted = frozenset(typed(value) for value in values)
    return lambda found: (typed(found) in wanted) is is_inside


def _equality(value: Any) -> Test:
    rank = rank_of(value)
    if rank is Rank.TEXT:
        return lambda found: bool(found == value)
    if rank is Rank.NUMBER:
        # Python has True == 1.
        return lambda found: bool(found == value) and rank_of(found) is rank
    if rank is Rank.BOOLEAN:
        return lambda found: found is value
    if rank is Rank.NULL:
        return lambda found: found is None or found is MISSING
    equal = typed(value)
    return lambda found: bool(typed(found) == equal)


def _range_test(value: Any, compare: Callable[[Any, Any], bool]) -> Test:
    rank = rank_of(value)
    if rank not in _ORDERED:
        return lambda found: False
    # The classes of what JSON has; `rank_of` knows the others, and takes longer.
    usual = _CLASSES[rank]
    return lambda found: (
        (found.__class__ in usual or rank_of(found) is rank) and compare(found, value)
    )


def _place_test(item: Filter) -> Test:
    operator = item.operator
    if operator in (COMPARISON.IN, COMPARISON.EXCLUDE):
        places = {order_key(member) for member in item.value}
        inside = operator is COMPARISON.IN
        return lambda found: (order_key(found) in places) is inside
    place = order_key(item.value)
    if operator is COMPARISON.EQ:
        return lambda found: order_key(found) == place
    if operator is COMPARISON.NOT:
        return lambda found: order_key(found) != place
    compare = _RANGES[operator]
    return lambda found: compare(order_key(found), place)


def evaluate(
    records: Sequence[Record],
    names: FieldNames,
    query: Query,
    tombstones: Sequence[Record] = (),
) -> tuple[list[Record], int]:
    """Answer a list from all live records, and tombstones, that may be in it.

    Returns:
        The page, and how many live records match the filters.
    """
    matches = build_predicate(query.filters)
    found = [record for record in records if matches is None or matches(record)]
    total = len(found)
    found += [record for record in tombstones if matches is None or matches(record)]
    in_page = build_page_predicate(query.rules)
    if in_page is not None:
        found = [record for record in found if in_page(record)]
    order = total_order(query.sorting, names)
    return sort_records(found, order)[: query.limit or None], total
