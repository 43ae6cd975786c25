"""May a write happen, given what is stored?

Called by engines inside their own critical section.
"""

from collections.abc import Iterable

from cliquet.storage.evaluation import build_predicate
from cliquet.storage.exceptions import ModifiedMeanwhileError, UnicityError
from cliquet.storage.query import ANY, COMPARISON, Condition, FieldNames, Filter
from cliquet.types import Record, Timestamp


def check_condition(
    condition: Condition | None,
    collection: Timestamp | None,
    record: Timestamp | None = None,
) -> None:
    """Compare what a write relies upon with the timestamps (rulings §2.21).

    Raises:
        ModifiedMeanwhileError: they differ.
    """
    if condition is None:
        return
    if condition.collection not in (None, collection or 0):
        raise ModifiedMeanwhileError
    if condition.record is not ANY and condition.record != record:
        raise ModifiedMeanwhileError


def unique_values(
    record: Record, unique_fields: tuple[str, ...], names: FieldNames
) -> list[str]:
    """Tell which fields have a value that no other record may have."""
    return [
        field
        for field in unique_fields
        if record.get(field) is not None and field != names.id
    ]


def check_unicity(
    record: Record, fields: Iterable[str], records: list[Record], names: FieldNames
) -> None:
    """Look for other records with the same value in one of the fields.

    Raises:
        UnicityError: there is one.
    """
    for field in fields:
        same = build_predicate([Filter(field, record[field], COMPARISON.EQ)])
        for other in records:
            if other[names.id] != record[names.id] and same is not None and same(other):
                raise UnicityError(field, other)
