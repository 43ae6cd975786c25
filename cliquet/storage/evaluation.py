"""Filters, pagination rules and orders, evaluated in Python (`docs: rules-order`)."""

from collections.abc import Callable, Iterable, Sequence
from operator import ge, gt, le, lt
from typing import Any

from cliquet.storage.matching import build_matcher
from cliquet.storage.query import (
    COMPARISON,
    MISSING,
    Filter,
    Path,
    Query,
    Rank,
    Sort,
    order_key,
    rank_of,
    typed,
    value_at,
)
from cliquet.types import Record

ValuePredicate = Callable[[Any], bool]
Predicate = Callable[[Record], bool]

_RANGES: dict[COMPARISON, Callable[[Any, Any], bool]] = {
    COMPARISON.LT: lt,
    COMPARISON.MAX: le,
    COMPARISON.GT: gt,
    COMPARISON.MIN: ge,
}
_CLASSES = {Rank.NUMBER: (int, float), Rank.TEXT: (str,), Rank.BOOLEAN: (bool,)}


def build_predicate(filters: Sequence[Filter]) -> Predicate | None:
    """Build the predicate of filters that must all match; `None` if there are none."""
    return _all_of([(item.field, _value_predicate(item)) for item in filters])


def build_page_predicate(rules: Sequence[Sequence[Filter]]) -> Predicate | None:
    """Build the predicate of pagination rules; `None` if any record passes."""
    if not rules:
        return None
    predicates = [
        _all_of([(item.field, _position_predicate(item)) for item in rule])
        for rule in rules
    ]
    kept = [predicate for predicate in predicates if predicate is not None]
    if len(kept) < len(predicates):
        return None
    return lambda record: any(predicate(record) for predicate in kept)


def sort_records(records: Iterable[Record], order: Sequence[Sort]) -> list[Record]:
    """Return records sorted by keys, the first one first."""
    result = list(records)
    for key in reversed(order):
        result.sort(
            key=lambda record, field=key.field: order_key(value_at(record, field)),  # type: ignore[misc]
            reverse=key.direction < 0,
        )
    return result


def _all_of(predicates: list[tuple[str, ValuePredicate]]) -> Predicate | None:
    if not predicates:
        return None
    if any(isinstance(field, Path) for field, _ in predicates):
        return lambda record: all(
            predicate(value_at(record, field)) for field, predicate in predicates
        )
    if len(predicates) == 1:
        field, predicate = predicates[0]
        return lambda record: predicate(record.get(field, MISSING))
    if len(predicates) == 2:
        (one, passes_one), (other, passes_other) = predicates
        return lambda record: (
            passes_one(record.get(one, MISSING))
            and passes_other(record.get(other, MISSING))
        )
    return lambda record: all(
        predicate(record.get(field, MISSING)) for field, predicate in predicates
    )


def _value_predicate(item: Filter) -> ValuePredicate:
    value, operator = item.value, item.operator
    if operator in (COMPARISON.IN, COMPARISON.EXCLUDE):
        return _member_predicate(value, is_inside=operator is COMPARISON.IN)
    if operator is COMPARISON.EQ:
        return _equality(value)
    if operator is COMPARISON.NOT:
        equal = _equality(value)
        return lambda found: not equal(found)
    if operator in _RANGES:
        return _range_predicate(value, _RANGES[operator])
    return _search_predicate(value, operator)


def _search_predicate(value: Any, operator: COMPARISON) -> ValuePredicate:
    """Build the predicate of what looks into a value, or whether it is there."""
    if operator is COMPARISON.HAS:
        return lambda found: (found is not MISSING) is value
    if operator is COMPARISON.LIKE:
        has_pattern = build_matcher(value)
        return lambda found: isinstance(found, str) and has_pattern(found)
    wanted = frozenset(map(typed, value))
    if operator is COMPARISON.CONTAINS:
        return lambda found: isinstance(found, list) and wanted <= {*map(typed, found)}
    return lambda found: (
        isinstance(found, list) and not wanted.isdisjoint(map(typed, found))
    )


def _member_predicate(values: Iterable[Any], is_inside: bool) -> ValuePredicate:
    values = list(values)
    if all(value.__class__ is str for value in values):
        # Ids, mostly: nothing else is equal to a text.
        texts = frozenset(values)
        if is_inside:
            return lambda found: isinstance(found, str) and found in texts
        return lambda found: not isinstance(found, str) or found not in texts
    wanted = frozenset(typed(value) for value in values)
    return lambda found: (typed(found) in wanted) is is_inside


def _equality(value: Any) -> ValuePredicate:
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


def _range_predicate(value: Any, compare: Callable[[Any, Any], bool]) -> ValuePredicate:
    rank = rank_of(value)
    if rank not in _CLASSES:
        return lambda found: False
    # The classes of what JSON has; `rank_of` knows the others, and takes longer.
    usual = _CLASSES[rank]
    return lambda found: (
        (found.__class__ in usual or rank_of(found) is rank) and compare(found, value)
    )


def _position_predicate(item: Filter) -> ValuePredicate:
    operator = item.operator
    if operator in (COMPARISON.IN, COMPARISON.EXCLUDE):
        positions = {order_key(member) for member in item.value}
        inside = operator is COMPARISON.IN
        return lambda found: (order_key(found) in positions) is inside
    position = order_key(item.value)
    if operator is COMPARISON.EQ:
        return lambda found: order_key(found) == position
    if operator is COMPARISON.NOT:
        return lambda found: order_key(found) != position
    compare = _RANGES[operator]
    return lambda found: compare(order_key(found), position)


def evaluate(
    records: Sequence[Record], query: Query, tombstones: Sequence[Record] = ()
) -> tuple[list[Record], int]:
    """Return the page of a list, given all that may be in it.

    Args:
        records: The live records.
        query: What is listed.
        tombstones: Those to be listed, too.

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
    return sort_records(found, query.order)[: query.limit or None], total
