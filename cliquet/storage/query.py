"""Values that describe what a storage is asked for: filters, orders, writes, lists.

How values of JSON compare and sort is documented in `docs: rules-order`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, Final, NamedTuple, Self

from cliquet.engines.joint import JointWrite
from cliquet.types import Record, Timestamp


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
    LIKE = "like"
    HAS = "has"
    CONTAINS = "contains"
    CONTAINS_ANY = "contains_any"


LISTS: Final = (
    COMPARISON.IN,
    COMPARISON.EXCLUDE,
    COMPARISON.CONTAINS,
    COMPARISON.CONTAINS_ANY,
)
"""Operators of a filter that has several values."""


class Path(str):
    """What leads to a member inside of an object, with dots: `owner.name`.

    A field that is no `Path` is a member of the record, whatever its name holds.

    Attributes:
        parts: Names, from that of the member of the record on.
    """

    __slots__ = ("parts",)

    parts: tuple[str, ...]

    def __new__(cls, text: str) -> Self:
        """Read a text with dots."""
        path = super().__new__(cls, text)
        path.parts = tuple(text.split("."))
        return path


def parts_of(field: str) -> tuple[str, ...]:
    """Return the names that lead to a field, one unless it is a `Path`."""
    return field.parts if isinstance(field, Path) else (field,)


class Filter(NamedTuple):
    """A predicate on one field, or in pagination rules a position in an order.

    Attributes:
        field: Name of a member of the records, or a `Path`.
        value: What it is compared with; several values for `LISTS`, which are neither
            arrays nor objects where arrays are looked into. Whether the field is there,
            for `HAS`; for `LIKE` a text, with `*` for any.
        operator: How.
    """

    field: str
    value: Any
    operator: COMPARISON


class Sort(NamedTuple):
    """A sort key.

    Attributes:
        field: Name of a member of the records, or a `Path`.
        direction: Negative for a descending order.
    """

    field: str
    direction: int


class Scope(NamedTuple):
    """One collection of one parent."""

    collection_id: str
    parent_id: str


EVERY_COLLECTION: Final = Scope("", "")
"""Stands for all of them, those too that nobody used yet, where horizons are kept."""


class FieldNames(NamedTuple):
    """Names of the three fields that a storage gives to a record."""

    id: str = "id"
    modified: str = "last_modified"
    deleted: str = "deleted"

    def tombstone(self, object_id: str, timestamp: Timestamp) -> Record:
        """Return what is shown of a deleted record."""
        return {self.id: object_id, self.modified: timestamp, self.deleted: True}


class _Any(Enum):
    ANY = "any"


ANY: Final = _Any.ANY
"""No matter which record is there."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must still be true when a write happens (`docs: rules-conditions`).

    Attributes:
        record: The timestamp that the live record must have, `None` if there
            must be no live record with that id, or `ANY`.
        collection: The timestamp that the collection must have before the
            write, `None` for any.
        joint: What is to be written in the same step, if the storage can.
        parent: A live record that there must be, `None` for any: its collection and
            its id.
    """

    record: "int | _Any | None" = ANY
    collection: int | None = None
    joint: JointWrite | None = None
    parent: tuple[Scope, str] | None = None

    def joint_in(self, database: Any) -> JointWrite | None:
        """Return what is to be written along, if it belongs to a database."""
        return self.joint if self.joint and self.joint.database == database else None


UNCONDITIONAL: Final = Condition()


class Write(NamedTuple):
    """A write of one record.

    Attributes:
        record: All of its fields, the id among them; `None` to delete it.
        condition: What must be true before the write.
        last_modified: The timestamp to give it, `None` for the next one.
        with_deleted: A deletion leaves a tombstone.
        unique_fields: Fields whose value no other live record may have; the record
            has a value in each.
        is_new: No live record may have its id.
    """

    scope: Scope
    names: FieldNames
    object_id: str
    record: Record | None
    condition: Condition = UNCONDITIONAL
    last_modified: Timestamp | None = None
    with_deleted: bool = True
    unique_fields: Sequence[str] = ()
    is_new: bool = False


class Query(NamedTuple):
    """A list of records.

    Attributes:
        filters: Predicates, all of which must hold.
        order: Sort keys with which no two records tie, the first one first.
        rules: Positions in the order: all of one of these rules must hold.
        limit: The maximum number of records; all if it is `None` or 0.
        include_deleted: Tombstones are listed too.
        with_total: How many match is counted.
        with_horizon: The horizon of the collection is wanted, too.
    """

    scope: Scope
    names: FieldNames
    filters: Sequence[Filter] = ()
    order: Sequence[Sort] = ()
    rules: Sequence[Sequence[Filter]] = ()
    limit: int | None = None
    include_deleted: bool = False
    with_total: bool = True
    with_horizon: bool = False

    @property
    def is_by_time(self) -> bool:
        """Return True if the order is that of indexes, by timestamp, ties by id."""
        first, *ties = self.order
        return first.field == self.names.modified and ties == [Sort(self.names.id, 1)]


class Rank(IntEnum):
    """Types of JSON values, in ascending order: that of `jsonb`, so of 3.1."""

    NULL = 0
    TEXT = 1
    NUMBER = 2
    BOOLEAN = 3
    ARRAY = 4
    OBJECT = 5
    MISSING = 6


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""The value of a field that a record does not have."""


def value_at(record: Record, field: str, missing: Any = MISSING) -> Any:
    """Return the value of a field; what is inside of no object is missing."""
    if not isinstance(field, Path):
        return record.get(field, missing)
    found: Any = record
    for name in field.parts:
        if not isinstance(found, dict) or name not in found:
            return missing
        found = found[name]
    return found


def rank_of(value: Any) -> Rank:
    """Return the type of a value, as orders and comparisons see it."""
    if isinstance(value, str):
        return Rank.TEXT
    if isinstance(value, Rank):
        return value
    if isinstance(value, bool):
        return Rank.BOOLEAN
    if isinstance(value, int | float | Decimal):
        return Rank.NUMBER
    if value is None:
        return Rank.NULL
    if value is MISSING:
        return Rank.MISSING
    return Rank.OBJECT if isinstance(value, dict) else Rank.ARRAY


def order_key(value: Any) -> tuple[int, Any]:
    """Return a key that sorts values in the total order.

    Arrays are equal among themselves there, and so are objects. A `Rank`
    stands for any value of that rank.
    """
    rank = rank_of(value)
    if isinstance(value, Rank) or rank not in (Rank.NUMBER, Rank.TEXT, Rank.BOOLEAN):
        return (rank, 0)
    return (rank, value)


def typed(value: Any) -> Any:
    """Return a hashable value, equal only to those of equal values of the same type.

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
