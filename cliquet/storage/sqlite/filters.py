"""Filters in the SQL of SQLite.

Those on the columns are exact. What a filter says of the document is written so that
no match is missed, which leaves few rows to decode: what matches is decided as for the
engine in memory, since SQLite compares values of all types.

Values, names of fields and paths are bound, never part of the text.
"""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from cliquet.engines.shared_ids import Description
from cliquet.engines.sql.sqlite import SEGMENT
from cliquet.json_values import find_text_fault
from cliquet.storage.query import (
    COMPARISON,
    FieldNames,
    Filter,
    Rank,
    parts_of,
    rank_of,
)
from cliquet.storage.rules import take_shared
from cliquet.storage.sql import LARGEST, OPERATORS

_EXACT = 2**53
#: How far from the real one may a number be that SQLite read from text?
_SLACK = 1e-9
_MOST_RANGES = 50
_IN_RANGE = """EXISTS (SELECT 1 FROM json_each({ranges}) WHERE {member}
BETWEEN json_extract(value, '$[0]') AND json_extract(value, '$[1]'))"""
#: Types of what filters look into.
_KINDS = {
    COMPARISON.LIKE: "text",
    COMPARISON.CONTAINS: "array",
    COMPARISON.CONTAINS_ANY: "array",
}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
SHARED = f"""principal IN (SELECT value FROM json_each(:principals))
AND permission IN (SELECT value FROM json_each(:permissions))
AND object_id > :prefix AND object_id < :beyond AND instr({SEGMENT}, '/') = 0"""
_HAS_ENTRY = """{is_id}EXISTS (SELECT 1 FROM access_control_entries
WHERE object_id = :prefix || {segment}
AND +principal IN (SELECT value FROM json_each(:principals))
AND +permission IN (SELECT value FROM json_each(:permissions)))"""
_IS_SHARED = f"""{{is_id}}id IN (SELECT {{record_id}}
FROM access_control_entries WHERE {SHARED})"""
#: Nothing quoted is shared: then `%` is part of no id that is.
_PLAIN = {
    "is_id": "instr(id, '%') + instr(id, '/') = 0 AND ",
    "segment": "id",
    "record_id": SEGMENT,
}
_WITH_QUOTED = {
    "is_id": "",
    "segment": "quote_id(id)",
    "record_id": f"unquote_id({SEGMENT})",
}


class Conditions:
    """Writes the conditions of one list.

    Attributes:
        values: What is bound.
        shared: The description of shared records, if a filter asks for them.
    """

    def __init__(self, names: FieldNames, values: dict[str, Any]) -> None:
        self._names = names
        self.values = values
        self.shared: Description | None = None
        self._form = _WITH_QUOTED

    def take_shared(self, filters: Sequence[Filter]) -> list[Filter]:
        """Keep the description of shared records; return the other filters."""
        found, others = take_shared(filters, self._names.id)
        if found is not None:
            shared = self.shared = found.value.described
            self._form = _PLAIN if found.value.are_plain() else _WITH_QUOTED
            self.values["principals"] = json.dumps(shared.principals)
            self.values["permissions"] = json.dumps(shared.permissions)
            self.values["prefix"] = shared.prefix
            self.values["beyond"] = shared.prefix + "\U0010ffff"
        return others

    def on_columns(self, filters: Sequence[Filter]) -> tuple[list[str], list[Filter]]:
        """Write the filters that depend on columns only; return the others, too."""
        conditions, others = [], []
        for item in filters:
            written = self._on_column(item)
            if written is None:
                others.append(item)
            else:
                conditions.append(written)
        return conditions, others

    def is_shared(self, from_permissions: bool) -> str:
        """Return the condition that records are shared, in one of two forms.

        Starting from permissions is better if these are few, from records if a page is
        soon full.
        """
        if self.shared is None:
            return ""
        written = _IS_SHARED if from_permissions else _HAS_ENTRY
        return written.format(**self._form)

    def on_document(self, filters: Sequence[Filter]) -> list[str]:
        """Write what any match must have in its document."""
        own = (self._names.id, self._names.modified)
        written = (self._in_document(item) for item in filters if item.field not in own)
        return [condition for condition in written if condition is not None]

    def _bind(self, value: Any) -> str:
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def _on_column(self, item: Filter) -> str | None:
        value, operator = item.value, OPERATORS.get(item.operator)
        if item.field == self._names.id and item.operator is COMPARISON.IN:
            texts = [each for each in value if isinstance(each, str)]
            if not all(map(_is_plain, texts)):
                return None
            listed = self._bind(json.dumps(texts))
            return f"id IN (SELECT value FROM json_each({listed}))"
        if operator is None:
            return None
        if item.field == self._names.modified and type(value) is int:
            is_small = abs(value) <= LARGEST
            return f"last_modified {operator} {self._bind(value)}" if is_small else None
        if item.field == self._names.id and _is_plain(value):
            return f"id {operator} {self._bind(value)}"
        return None

    def _in_document(self, item: Filter) -> str | None:
        if not all(map(_PLAIN_NAME.match, parts_of(item.field))):
            return None
        if item.operator in (COMPARISON.EQ, COMPARISON.IN):
            is_one = item.operator is COMPARISON.EQ
            return self._any(item.field, [item.value] if is_one else list(item.value))
        if item.operator in _KINDS:
            return f"{self._type(item.field)} = {self._bind(_KINDS[item.operator])}"
        if item.operator is COMPARISON.HAS:
            negation = "NOT " if item.value else ""
            return f"{self._type(item.field)} IS {negation}NULL"
        low, high = _around(item.value)
        if low is None or rank_of(item.value) is Rank.BOOLEAN:
            return None
        if item.operator in (COMPARISON.MIN, COMPARISON.GT):
            return f"{self._member(item.field)} >= {self._bind(low)}"
        if item.operator in (COMPARISON.MAX, COMPARISON.LT):
            return f"{self._member(item.field)} <= {self._bind(high)}"
        return None

    def _any(self, field: str, values: Sequence[Any]) -> str | None:
        """Write that a member is one of some values, however many they are."""
        around = [_around(value) for value in values if value is not None]
        exact = [low for low, high in around if low == high]
        ranges = [pair for pair in around if pair[0] != pair[1]]
        if None in exact or len(ranges) > _MOST_RANGES or not values:
            return None
        member = self._member(field)
        written = []
        if len(exact) == 1:
            written.append(f"{member} = {self._bind(exact[0])}")
        elif exact:
            listed = self._bind(json.dumps(exact))
            written.append(f"{member} IN (SELECT value FROM json_each({listed}))")
        if ranges:
            listed = self._bind(json.dumps(ranges))
            written.append(_IN_RANGE.format(member=member, ranges=listed))
        if len(around) < len(values):
            written.append(f"{member} IS NULL")
        return f"({' OR '.join(written)})"

    def _type(self, field: str) -> str:
        return f"json_type(data, {self._bind(f'$.{field}')})"

    def _member(self, field: str) -> str:
        return f"json_extract(data, {self._bind(f'$.{field}')})"


def _is_plain(value: Any) -> bool:
    """Return True for texts that SQLite stores as they are."""
    return isinstance(value, str) and find_text_fault(value) is None


def _around(value: Any) -> tuple[Any, Any]:
    """Return between which values SQLite has all that is equal to a value; or None."""
    if isinstance(value, Rank):
        return None, None
    if _is_plain(value):
        return value, value
    if isinstance(value, int) and abs(value) <= _EXACT:
        return value, value
    if isinstance(value, int | float):
        try:
            found = float(value)
        except OverflowError:
            return None, None
        slack = abs(found) * _SLACK
        if math.isinf(found + slack) or math.isinf(found - slack):
            # JSON has no infinity.
            return None, None
        return found - slack, found + slack
    return None, None
