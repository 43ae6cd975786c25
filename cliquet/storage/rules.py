"""Rules that engines apply while nobody else writes: conditions, unique fields, bounds.

Pure functions of what is stored and what is asked for.
"""

from collections.abc import Iterable, Sequence

from cliquet.engines.shared_ids import SharedIds
from cliquet.json_values import as_json
from cliquet.storage.evaluation import build_predicate
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import ANY, COMPARISON, LISTS, Filter, Write
from cliquet.types import Record, Timestamp


def check_collection(expected: Timestamp | None, found: Timestamp | None) -> None:
    """Compare the timestamp of a collection with the one that a write relies upon.

    Args:
        expected: `None` for any.
        found: `None` if the collection was never used.

    Raises:
        ModifiedMeanwhileError: They differ.
    """
    if expected not in (None, found or 0):
        raise ModifiedMeanwhileError


def check_record(write: Write, existing: Record | None) -> None:
    """Compare the live record that has the id of a write with what the write expects.

    Raises:
        UnicityError: There is one, where there must be none.
        RecordNotFoundError: There is none to delete.
        ModifiedMeanwhileError: It is not the one that the condition names.
    """
    if existing is not None and write.is_new:
        raise UnicityError(write.names.id, existing)
    check_version(write, existing[write.names.modified] if existing else None)


def check_version(write: Write, found: Timestamp | None) -> None:
    """Compare the timestamp of a live record with what a write expects.

    Args:
        write: A write that is not of a new record, or finds none.
        found: `None` if there is no live record.

    Raises:
        RecordNotFoundError: There is none to delete.
        ModifiedMeanwhileError: It is not the one that the condition names.
    """
    if found is None and write.record is None:
        raise RecordNotFoundError(write.object_id)
    if write.condition.record is not ANY and write.condition.record != found:
        raise ModifiedMeanwhileError


def check_unicity(write: Write, records: Iterable[Record]) -> None:
    """Look for another live record with the same value in one of the unique fields.

    Raises:
        UnicityError: There is one.
    """
    record = write.record or {}
    others = [other for other in records if other[write.names.id] != write.object_id]
    for field in write.unique_fields:
        same = build_predicate([Filter(field, record[field], COMPARISON.EQ)])
        for other in others:
            if same is not None and same(other):
                raise UnicityError(field, other)


def in_json(filters: Iterable[Filter] | None) -> list[Filter]:
    """Return filters with values of JSON, as records have: dates, for example."""
    return [
        item
        if isinstance(item.value, str | SharedIds)
        else item._replace(
            value=[as_json(value) for value in item.value]
            if item.operator in LISTS
            else as_json(item.value)
        )
        for item in filters or ()
    ]


def take_shared(
    filters: Sequence[Filter], id_field: str
) -> tuple[Filter | None, list[Filter]]:
    """Return the filter that wants shared ids, if there is one, and the others."""
    for item in filters:
        is_membership = item.field == id_field and item.operator is COMPARISON.IN
        if is_membership and isinstance(item.value, SharedIds):
            return item, [other for other in filters if other is not item]
    return None, list(filters)


def bounds(
    filters: Iterable[Filter], modified: str
) -> tuple[Timestamp | None, Timestamp | None]:
    """Return the lowest and highest timestamp that can match all filters.

    Both are included, and `None` for no bound.
    """
    low: Timestamp | None = None
    high: Timestamp | None = None
    for item in filters:
        if not is_bound(item, modified):
            continue
        value, operator = item.value, item.operator
        if operator in (COMPARISON.GT, COMPARISON.MIN, COMPARISON.EQ):
            bound = value + 1 if operator is COMPARISON.GT else value
            low = bound if low is None else max(low, bound)
        if operator in (COMPARISON.LT, COMPARISON.MAX, COMPARISON.EQ):
            bound = value - 1 if operator is COMPARISON.LT else value
            high = bound if high is None else min(high, bound)
    return low, high


def page_bounds(
    rules: Sequence[Sequence[Filter]], modified: str
) -> tuple[Timestamp | None, Timestamp | None]:
    """Return the lowest and highest timestamp that can match any of the rules."""
    found = [bounds(rule, modified) for rule in rules]
    lows = [low for low, _ in found if low is not None]
    highs = [high for _, high in found if high is not None]
    return (
        min(lows) if found and len(lows) == len(found) else None,
        max(highs) if found and len(highs) == len(found) else None,
    )


def is_bound(item: Filter, modified: str) -> bool:
    """Return whether `bounds` says all that a filter says."""
    return (
        item.field == modified
        and type(item.value) is int
        and item.operator not in (COMPARISON.NOT, COMPARISON.IN, COMPARISON.EXCLUDE)
    )
