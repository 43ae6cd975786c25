"""In which words is a storage asked for records? (rulings §4)"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, Final, NamedTuple

__all__ = [
    "ANY",
    "COMPARISON",
    "MISSING",
    "Condition",
    "FieldNames",
    "Filter",
    "Query",
    "Rank",
    "Scope",
    "Sort",
    "order_key",
    "rank_of",
    "typed",
]


class COMPARISON(Enum):
    """Operators of a filter."""

    LT = "<"
    MIN = ">="
    MAX = "<="
    NOT = "!="
    EQ = "=="
    GT = ">"
    IN = "in"
    EXCLUDE = "exclude"


class Filter(NamedTuple):
    """A test on one field: matched by records, or a place in an order."""

    field: str
    value: Any
    operator: COMPARISON


class Sort(NamedTuple):
    """A sort key: descending when `direction` is negative."""

    field: str
    direction: int


class Scope(NamedTuple):
    """One collection of one parent."""

    collection_id: str
    parent_id: str


class FieldNames(NamedTuple):
    """Names of the three fields that a storage gives to a record."""

    id: str = "id"
    modified: str = "last_modified"
    deleted: str = "deleted"


class Query(NamedTuple):
    """All that a list may be asked for."""

    filters: Sequence[Filter] = ()
    sorting: Sequence[Sort] = ()
    rules: Sequence[Sequence[Filter]] = ()
    limit: int | None = None
    include_deleted: bool = False


class _Any(Enum):
    ANY = "any"


ANY: Final = _Any.ANY
"""No matter which record is there."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must still be true when a write happens (rulings §2.21).

    Attributes:
        record: The timestamp that the live record must have, `None` if there
            must be no live record with that id, or `ANY`.
        collection: The timestamp that the collection must have before the
            write, `None` for any.
    """

    record: "int | _Any | None" = ANY
    collection: int | None = None


class Rank(IntEnum):
    """Order of the types, ascending."""

    MISSING = 0
    NULL = 1
    NUMBER = 2
    TEXT = 3
    BOOLEAN = 4
    ARRAY = 5
    OBJECT = 6


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""The value of a field that a record does not have."""


def rank_of(value: Any) -> Rank:
    """Tell the type of a value, as orders and comparisons see it."""
    if isinstance(value, str):
        return Rank.TEXT
    if isinstance(value, Rank):
        return value
    if isinstance(value, bool):
        return Rank.BOOLEAN
    if isinstance(value, int | float):
        return Rank.NUMBER
    if value is None:
        return Rank.NULL
    if value is MISSING:
        return Rank.MISSING
    return Rank.OBJECT if isinstance(value, dict) else Rank.ARRAY


def order_key(value: Any) -> tuple[int, Any]:
    """Place a value in the total order.

    Arrays are equal among themselves there, and so are objects. A `Rank`
    stands for any value of that rank.
    """
    rank = rank_of(value)
    if isinstance(value, Rank) or rank not in (Rank.NUMBER, Rank.TEXT, Rank.BOOLEAN):
        return (rank, 0)
    return (rank, value)


def typed(value: Any) -> Any:
    """Turn a value into a hashable one, equal only to values of the same type.

    Null and missing are the same: a filter on null matches both.
    """
    rank = rank_of(value)
    if rank is Rank.MISSING or rank is Rank.NULL:
        return (Rank.NULL,)
    if rank is Rank.OBJECT:
        members = frozenset((key, typed(member)) for key, member in value.items())
        return (rank, members)
    if rank is Rank.ARRAY:
        return (rank, tuple(typed(member) for member in value))
    return (rank, value)
