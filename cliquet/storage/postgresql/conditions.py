"""How are filters, places in an order and sort keys written in SQL? (rulings §4)

Orders and comparisons are those of `cliquet.storage.evaluation`. PostgreSQL has its own
order of JSON types, and of text: the type is compared first (as a number, `_RANK`),
then numbers as JSON, and text by code point (collation "C").

Names of fields and values are bound, never part of the text.
"""

from collections.abc import Callable, Sequence
from typing import Any

from cliquet import serialization
from cliquet.backends.grants import GrantedIds, Grants
from cliquet.storage.postgresql.numbers import plain_floats
from cliquet.storage.query import (
    COMPARISON,
    FieldNames,
    Filter,
    Rank,
    Sort,
    order_key,
    rank_of,
)

MODIFIED = "as_epoch(last_modified)"

_OPERATORS = {
    COMPARISON.LT: "<",
    COMPARISON.MAX: "<=",
    COMPARISON.GT: ">",
    COMPARISON.MIN: ">=",
    COMPARISON.EQ: "=",
    COMPARISON.NOT: "<>",
}
_LARGEST = 2**63 - 1
_TRUE, _FALSE = 6, 5
_ARRAY, _OBJECT = 7, 8
# Booleans are two ranks, so that the rank alone orders them.
_RANKS: dict[tuple[int, Any], int] = {
    (Rank.MISSING, 0): 0,
    (Rank.NULL, 0): 1,
    (Rank.BOOLEAN, False): _FALSE,
    (Rank.BOOLEAN, True): _TRUE,
    (Rank.ARRAY, 0): _ARRAY,
    (Rank.OBJECT, 0): _OBJECT,
}
_NUMBER, _TEXT = 2, 3
_RANK = f"""CASE jsonb_typeof({{0}}) WHEN 'null' THEN 1
    WHEN 'number' THEN {_NUMBER} WHEN 'string' THEN {_TEXT}
    WHEN 'boolean' THEN CASE WHEN {{0}} = 'true' THEN {_TRUE} ELSE {_FALSE} END
    WHEN 'array' THEN {_ARRAY} WHEN 'object' THEN {_OBJECT} ELSE 0 END"""


class Parameters:
    """The values bound to a statement, under names of their own."""

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = values
        self.written: dict[Grants, str] = {}
        """Conditions that a statement has several times: values are bound once."""

    def bind(self, value: Any, kind: str) -> str:
        """Add a value; what stands for it in the statement."""
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return f"CAST(:{name} AS {kind})"

    def bind_json(self, value: Any) -> str:
        """Add a value, as JSON."""
        return self.bind(plain_floats(serialization.dumps(value)), "jsonb")


def is_true_only(condition: str) -> bool:
    """Tell whether a condition restricts nothing."""
    return condition == "TRUE"


class Conditions:
    """Writes conditions on the rows of `records`, or of `deleted`.

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
        self._data = data

    def filters(self, tests: Sequence[Filter]) -> list[str]:
        """Write filters: each must hold."""
        return self._all(tests, self._value)

    def page(self, rules: Sequence[Sequence[Filter]]) -> list[str]:
        """Write pagination rules: one must hold.

        What they imply of the timestamp is said apart, for an index to be used.
        """
        if not rules:
            return []
        written = [self._all(rule, self._place) for rule in rules]
        if not all(written):
            return []
        alternatives = " OR ".join(" AND ".join(rule) for rule in written)
        return [*self._bounds(rules), f"({alternatives})"]

    def order(self, keys: Sequence[Sort]) -> list[str]:
        """Write what rows are sorted by."""
        written = []
        for field, direction in keys:
            way = "DESC" if direction < 0 else "ASC"
            written += [f"{part} {way}" for part in self._sorted_parts(field)]
        return written

    @staticmethod
    def _all(tests: Sequence[Filter], write: Callable[[Filter], str]) -> list[str]:
        written = map(write, tests)
        return [condition for condition in written if not is_true_only(condition)]

    def _member(self, field: str) -> str:
        return f"({self._data} -> {self._parameters.bind(field, 'text')})"

    def _member_text(self, field: str) -> str:
        name = self._parameters.bind(field, "text")
        return f'({self._data} ->> {name}) COLLATE "C"'

    def _sorted_parts(self, field: str) -> list[str]:
        if field == self._names.id:
            return ['id COLLATE "C"']
        if field == self._names.modified:
            return [MODIFIED]
        member, text = self._member(field), self._member_text(field)
        kind = f"jsonb_typeof({member})"
        return [
            _RANK.format(member),
            f"CASE WHEN {kind} = 'number' THEN {member} END",
            f"CASE WHEN {kind} = 'string' THEN {text} END",
        ]

    def _bounds(self, rules: Sequence[Sequence[Filter]]) -> list[str]:
        sides = {
            "<=": (COMPARISON.EQ, COMPARISON.LT, COMPARISON.MAX),
            ">=": (COMPARISON.EQ, COMPARISON.GT, COMPARISON.MIN),
        }
        bounds = []
        for operator, accepted in sides.items():
            found = [
                [
                    item.value
                    for item in rule
                    if item.field == self._names.modified
                    and item.operator in accepted
                    and is_stamp(item.value)
                ]
                for rule in rules
            ]
            if all(found):
                values = [value for rule in found for value in rule]
                bound = max(values) if operator == "<=" else min(values)
                value = self._parameters.bind(bound, "bigint")
                bounds.append(f"{MODIFIED} {operator} {value}")
        return bounds

    # --- what a record's value is ---------------------------------------------------

    def _value(self, item: Filter) -> str:
        if item.operator is COMPARISON.IN:
            return self._any(item.field, item.value)
        if item.operator is COMPARISON.EXCLUDE:
            return f"{self._any(item.field, item.value)} IS NOT TRUE"
        if item.operator is COMPARISON.EQ:
            return self._equal(item.field, item.value)
        if item.operator is COMPARISON.NOT:
            return f"({self._equal(item.field, item.value)}) IS NOT TRUE"
        if item.field in (self._names.id, self._names.modified):
            return self._column(item)
        rank = rank_of(item.value)
        operator = _OPERATORS[item.operator]
        kind = f"jsonb_typeof({self._member(item.field)})"
        if rank is Rank.NUMBER or rank is Rank.BOOLEAN:
            name = "number" if rank is Rank.NUMBER else "boolean"
            value = self._parameters.bind_json(item.value)
            return (
                f"({kind} = '{name}' AND {self._member(item.field)} {operator} {value})"
            )
        if rank is Rank.TEXT:
            value = self._parameters.bind(item.value, "text")
            text = self._member_text(item.field)
            return f"({kind} = 'string' AND {text} {operator} {value})"
        return "FALSE"

    def _any(self, field: str, values: Sequence[Any]) -> str:
        if field == self._names.id:
            if isinstance(values, GrantedIds):
                few = values.few()
                if few is None:
                    return self._granted(values.grants)
                values = few
            texts = [value for value in values if isinstance(value, str)]
            return f"id = ANY({self._parameters.bind(texts, 'text[]')})"
        alternatives = [self._equal(field, value) for value in values]
        return f"({' OR '.join(alternatives)})" if alternatives else "FALSE"

    def _granted(self, grants: Grants) -> str:
        """Look at the permissions of each record, in their own table."""
        written = self._parameters.written
        if grants not in written:
            written[grants] = self._write_granted(grants)
        return written[grants]

    def _write_granted(self, grants: Grants) -> str:
        bind = self._parameters.bind
        return (
            "EXISTS (SELECT FROM access_control_entries"
            f" WHERE object_id = {bind(grants.prefix, 'text')} || id"
            f" AND permission = ANY({bind([*grants.permissions], 'text[]')})"
            f" AND principal = ANY({bind([*grants.principals], 'text[]')}))"
        )

    def _equal(self, field: str, value: Any) -> str:
        if field in (self._names.id, self._names.modified):
            return self._column(Filter(field, value, COMPARISON.EQ))
        if value is None:
            member = self._member(field)
            return f"COALESCE({member} = 'null', TRUE)"
        # Equality with a constant, as an index on the member can answer it; NULL where
        # the member is missing.
        return f"{self._member(field)} = {self._parameters.bind_json(value)}"

    def _column(self, item: Filter) -> str:
        """Compare a column with a value of its own type; others never match."""
        operator = _OPERATORS[item.operator]
        if item.field == self._names.id:
            if not isinstance(item.value, str):
                return "FALSE"
            value = self._parameters.bind(item.value, "text")
            if item.operator is COMPARISON.EQ:
                return f"id = {value}"
            return f'id COLLATE "C" {operator} {value}'
        if rank_of(item.value) is not Rank.NUMBER:
            return "FALSE"
        return f"{MODIFIED} {operator} {self._stamp(item.value)}"

    def _stamp(self, value: float) -> str:
        if is_stamp(value):
            return self._parameters.bind(int(value), "bigint")
        return self._parameters.bind(plain_floats(repr(value)), "numeric")

    # --- where it is in an order ----------------------------------------------------

    def _place(self, item: Filter) -> str:
        """Compare places in the total order; never NULL."""
        if item.operator in (COMPARISON.IN, COMPARISON.EXCLUDE):
            places = [self._at(item.field, "=", value) for value in item.value]
            inside = f"({' OR '.join(places)})" if places else "FALSE"
            return inside if item.operator is COMPARISON.IN else f"NOT {inside}"
        if item.operator is COMPARISON.NOT:
            return f"NOT {self._at(item.field, '=', item.value)}"
        return self._at(item.field, _OPERATORS[item.operator], item.value)

    def _at(self, field: str, operator: str, value: Any) -> str:
        if field in (self._names.id, self._names.modified):
            return self._column_at(field, operator, value)
        rank, place = order_key(value)
        member = self._member(field)
        found = _RANK.format(member)
        if isinstance(value, Rank) or rank not in (Rank.NUMBER, Rank.TEXT):
            return f"{found} {operator} {_RANKS.get((rank, place), rank)}"
        if rank is Rank.NUMBER:
            number, part = _NUMBER, member
            bound = self._parameters.bind_json(value)
        else:
            number, part = _TEXT, self._member_text(field)
            bound = self._parameters.bind(value, "text")
        inside = f"({found} = {number} AND {part} {operator} {bound})"
        if operator == "=":
            return inside
        return f"({inside} OR {found} {operator[0]} {number})"

    def _column_at(self, field: str, operator: str, value: Any) -> str:
        own = Rank.TEXT if field == self._names.id else Rank.NUMBER
        rank, _ = order_key(value)
        if rank is not own or isinstance(value, Rank):
            holds = {"<": own < rank, ">": own > rank, "=": own == rank}
            return "TRUE" if any(holds[sign] for sign in operator) else "FALSE"
        if own is Rank.TEXT:
            return f'id COLLATE "C" {operator} {self._parameters.bind(value, "text")}'
        return f"{MODIFIED} {operator} {self._stamp(value)}"


def is_stamp(value: Any) -> bool:
    """Tell whether a value is a whole number that fits a timestamp."""
    if rank_of(value) is not Rank.NUMBER or isinstance(value, Rank):
        return False
    return bool(value == int(value) and abs(value) <= _LARGEST)
