"""Filters, positions in an order, and sort keys in the SQL of PostgreSQL.

Orders and comparisons are those of `cliquet.storage.evaluation`. PostgreSQL has its own
order of arrays, objects and text: the type is compared first (as a number, `_RANK`),
then numbers as JSON, and text by code point (collation "C").

Names of fields and values are bound, never part of the text.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from cliquet import serialization
from cliquet.engines.shared_ids import Description, SharedIds
from cliquet.storage.postgresql.numbers import plain_floats
from cliquet.storage.postgresql.search import (
    write_equal,
    write_member,
    write_search,
    write_search_of_column,
)
from cliquet.storage.postgresql.shared import is_shared
from cliquet.storage.query import (
    COMPARISON,
    FieldNames,
    Filter,
    Rank,
    Sort,
    order_key,
    rank_of,
)
from cliquet.storage.rules import page_bounds
from cliquet.storage.sql import LARGEST, OPERATORS

MODIFIED = "as_epoch(last_modified)"

_TYPES = {Rank.NUMBER: "number", Rank.TEXT: "string", Rank.BOOLEAN: "boolean"}
# Booleans are two ranks, so that the rank alone orders them.
_RANKS: dict[tuple[int, Any], int] = {
    (Rank.NULL, 0): 0,
    (Rank.BOOLEAN, False): 3,
    (Rank.BOOLEAN, True): 4,
    (Rank.ARRAY, 0): 5,
    (Rank.OBJECT, 0): 6,
    (Rank.MISSING, 0): 7,
}
#: The rank of a JSON value, as in `_RANKS`.
_RANK = """CASE jsonb_typeof({member}) WHEN 'null' THEN 0
    WHEN 'string' THEN 1 WHEN 'number' THEN 2
    WHEN 'boolean' THEN CASE WHEN {member} = 'true' THEN 4 ELSE 3 END
    WHEN 'array' THEN 5 WHEN 'object' THEN 6 ELSE 7 END"""


class Parameters:
    """The values bound to a statement, under names of their own."""

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.written: dict[Description, str] = {}
        """Conditions that a statement has several times: values are bound once."""

    def bind(self, value: Any, kind: str) -> str:
        """Add a value; return what stands for it in the statement."""
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return f"CAST(:{name} AS {kind})"

    def bind_json(self, value: Any) -> str:
        """Add a value as JSON, likewise."""
        return self.bind(as_json(value), "jsonb")


class _Writer:
    """Writes expressions on the rows of `records`, or of `deleted`.

    Args:
        parameters: Where values are added.
        names: Of the fields that are columns.
        data: The document of a row: a column, or what a tombstone looks like.
    """

    def __init__(self, parameters: Parameters, names: FieldNames, data: str) -> None:
        self._parameters = parameters
        self._names = names
        self._data = data

    def _member(self, field: str) -> str:
        return write_member(field, self._data, self._parameters.bind)

    def _member_text(self, field: str) -> str:
        text = write_member(field, self._data, self._parameters.bind, last="->>")
        return f'{text} COLLATE "C"'

    def _column(self, field: str, operator: str, value: Any) -> str | None:
        """Compare a column with a value; `None` if it has another type."""
        own = Rank.TEXT if field == self._names.id else Rank.NUMBER
        if isinstance(value, Rank) or rank_of(value) is not own:
            return None
        if own is Rank.TEXT:
            column = "id" if operator == "=" else 'id COLLATE "C"'
            return f"{column} {operator} {self._parameters.bind(value, 'text')}"
        if is_timestamp(value):
            bound = self._parameters.bind(int(value), "bigint")
        else:
            bound = self._parameters.bind(plain_floats(repr(value)), "numeric")
        return f"{MODIFIED} {operator} {bound}"

    def _typed(self, field: str, operator: str, value: Any) -> str:
        """Compare a member with a number, a text or a boolean; others never match."""
        rank, kind = rank_of(value), f"jsonb_typeof({self._member(field)})"
        if rank is Rank.TEXT:
            member = self._member_text(field)
            bound = self._parameters.bind(value, "text")
        else:
            member = self._member(field)
            bound = self._parameters.bind_json(value)
        return f"({kind} = '{_TYPES[rank]}' AND {member} {operator} {bound})"


class _Values(_Writer):
    """Writes filters: what the value of a field is."""

    def write(self, item: Filter) -> str:
        """Write a filter: true for the rows that match, else false or NULL."""
        if item.operator is COMPARISON.IN:
            return self._any(item.field, item.value)
        if item.operator is COMPARISON.EXCLUDE:
            return f"{self._any(item.field, item.value)} IS NOT TRUE"
        if item.operator is COMPARISON.EQ:
            return self._equal(item.field, item.value)
        if item.operator is COMPARISON.NOT:
            return f"({self._equal(item.field, item.value)}) IS NOT TRUE"
        if item.operator not in OPERATORS:
            return self._search(item)
        operator = OPERATORS[item.operator]
        if item.field in (self._names.id, self._names.modified):
            return self._column(item.field, operator, item.value) or "FALSE"
        if rank_of(item.value) in _TYPES:
            return self._typed(item.field, operator, item.value)
        return "FALSE"

    def _search(self, item: Filter) -> str:
        bind = self._parameters.bind
        if item.field in (self._names.id, self._names.modified):
            text = '(id COLLATE "C")' if item.field == self._names.id else None
            return write_search_of_column(item, text, bind)
        return write_search(item, self._data, bind, as_json)

    def _any(self, field: str, values: Sequence[Any]) -> str:
        if field == self._names.id:
            if isinstance(values, SharedIds):
                few = values.few()
                if few is None:
                    return self._shared(values.described, values.are_plain())
                values = few
            texts = [value for value in values if isinstance(value, str)]
            return f"id = ANY({self._parameters.bind(texts, 'text[]')})"
        if field == self._names.modified:
            times = [int(value) for value in values if is_timestamp(value)]
            return f"{MODIFIED} = ANY({self._parameters.bind(times, 'bigint[]')})"
        others = [as_json(value) for value in values if value is not None]
        bound = self._parameters.bind(others, "jsonb[]")
        inside = f"{self._member(field)} = ANY({bound})"
        if len(others) == len(values):
            return inside
        return f"({inside} OR {self._equal(field, None)})"

    def _shared(self, described: Description, are_plain: bool) -> str:
        """Look at the permissions of each record, in their own table."""
        written = self._parameters.written
        if described not in written:
            written[described] = is_shared(self._parameters.bind, described, are_plain)
        return written[described]

    def _equal(self, field: str, value: Any) -> str:
        if field in (self._names.id, self._names.modified):
            return self._column(field, "=", value) or "FALSE"
        if value is None:
            return f"COALESCE({self._member(field)} = 'null', TRUE)"
        return write_equal(field, value, self._data, self._parameters.bind, as_json)


class _Positions(_Writer):
    """Writes pagination rules: where the value of a field is in the total order."""

    def write(self, item: Filter) -> str:
        """Write a comparison of positions in the total order; it is never NULL."""
        if item.operator in (COMPARISON.IN, COMPARISON.EXCLUDE):
            positions = [self._at(item.field, "=", value) for value in item.value]
            inside = f"({' OR '.join(positions)})" if positions else "FALSE"
            return inside if item.operator is COMPARISON.IN else f"NOT {inside}"
        if item.operator is COMPARISON.NOT:
            return f"NOT {self._at(item.field, '=', item.value)}"
        return self._at(item.field, OPERATORS[item.operator], item.value)

    def _at(self, field: str, operator: str, value: Any) -> str:
        rank, position = order_key(value)
        if field in (self._names.id, self._names.modified):
            own = Rank.TEXT if field == self._names.id else Rank.NUMBER
            holds = {"<": own < rank, ">": own > rank, "=": own == rank}
            always = "TRUE" if any(holds[sign] for sign in operator) else "FALSE"
            return self._column(field, operator, value) or always
        found = _RANK.format(member=self._member(field))
        if isinstance(value, Rank) or rank not in (Rank.NUMBER, Rank.TEXT):
            return f"{found} {operator} {_RANKS.get((rank, position), rank)}"
        inside = f"{self._typed(field, operator, value)} IS TRUE"
        if operator == "=":
            return f"({inside})"
        return f"({inside} OR {found} {operator[0]} {rank})"

    def sorted_by(self, field: str) -> list[str]:
        """Write the expressions by which rows are sorted by a field."""
        if field == self._names.id:
            return ['id COLLATE "C"']
        if field == self._names.modified:
            return [MODIFIED]
        member, text = self._member(field), self._member_text(field)
        kind = f"jsonb_typeof({member})"
        return [
            _RANK.format(member=member),
            f"CASE WHEN {kind} = 'number' THEN {member} END",
            f"CASE WHEN {kind} = 'string' THEN {text} END",
        ]


class Conditions:
    """Writes the conditions and the order of one list.

    Args:
        parameters: Where values are added.
        names: Of the fields that are columns.
        data: The document of a row: a column, or what a tombstone looks like.
    """

    def __init__(
        self, parameters: Parameters, names: FieldNames, data: str = "data"
    ) -> None:
        self._parameters = parameters
        self._names = names
        self._values = _Values(parameters, names, data)
        self._positions = _Positions(parameters, names, data)

    def filters(self, filters: Sequence[Filter]) -> list[str]:
        """Write filters, each of which must hold."""
        return _restricting(map(self._values.write, filters))

    def page(self, rules: Sequence[Sequence[Filter]]) -> list[str]:
        """Write pagination rules, one of which must hold.

        What they imply of the timestamp is said apart, for an index to be used.
        """
        if not rules:
            return []
        written = [_restricting(map(self._positions.write, rule)) for rule in rules]
        if not all(written):
            return []
        alternatives = " OR ".join(" AND ".join(rule) for rule in written)
        return [*self._bounds(rules), f"({alternatives})"]

    def order(self, keys: Sequence[Sort]) -> list[tuple[str, str]]:
        """Write what rows are sorted by: expressions, each with its direction."""
        return [
            (expression, "DESC" if direction < 0 else "ASC")
            for field, direction in keys
            for expression in self._positions.sorted_by(field)
        ]

    def _bounds(self, rules: Sequence[Sequence[Filter]]) -> list[str]:
        return [
            f"{MODIFIED} {operator} {self._parameters.bind(bound, 'bigint')}"
            for operator, bound in zip(
                (">=", "<="), page_bounds(rules, self._names.modified), strict=True
            )
            if bound is not None and is_timestamp(bound)
        ]


def _restricting(conditions: Iterable[str]) -> list[str]:
    """Return conditions without those that always hold."""
    return [condition for condition in conditions if condition != "TRUE"]


def as_json(value: Any) -> str:
    """Return a value as a text that `jsonb` reads as the value."""
    return plain_floats(serialization.dumps(value))


def is_timestamp(value: Any) -> bool:
    """Return whether a value is a whole number that fits a timestamp."""
    if rank_of(value) is not Rank.NUMBER or isinstance(value, Rank):
        return False
    return bool(value == int(value) and abs(value) <= LARGEST)
