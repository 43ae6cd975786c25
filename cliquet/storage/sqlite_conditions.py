"""How are filters written for SQLite?

Those on the columns are exact. What a filter says of the document is written so that
no match is missed, which leaves few rows to decode: what matches is decided as for the
engine in memory (rulings §4), since SQLite compares values of all types.

Values, names of fields and paths are bound, never part of the text.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from cliquet.backends.grants import GrantedIds, Grants
from cliquet.storage.query import COMPARISON, FieldNames, Filter, Rank, rank_of

_LARGEST = 2**63 - 1
_EXACT = 2**53
#: How far from the real one may a number be that SQLite read from text?
_SLACK = 1e-9
_MOST_VALUES = 50
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OPERATORS = {
    COMPARISON.LT: "<",
    COMPARISON.MAX: "<=",
    COMPARISON.GT: ">",
    COMPARISON.MIN: ">=",
    COMPARISON.EQ: "=",
}
GRANTED = """principal IN (SELECT value FROM json_each(:principals))
AND permission IN (SELECT value FROM json_each(:permissions))
AND object_id > :prefix AND object_id < :beyond"""
_HAS_GRANT = """EXISTS (SELECT 1 FROM access_control_entries
WHERE object_id = :prefix || id
AND +principal IN (SELECT value FROM json_each(:principals))
AND +permission IN (SELECT value FROM json_each(:permissions)))"""
_IS_GRANTED = f"""id IN (SELECT substr(object_id, length(:prefix) + 1)
FROM access_control_entries WHERE {GRANTED})"""


def parameters_of(grants: Grants) -> dict[str, Any]:
    """Tell the values that statements on grants need."""
    return {
        "principals": json.dumps(grants.principals),
        "permissions": json.dumps(grants.permissions),
        "prefix": grants.prefix,
        "beyond": grants.prefix + "\U0010ffff",
    }


class Conditions:
    """Writes filters of one list.

    Attributes:
        values: What is bound.
        grants: What is shared, if a filter asks for it.
    """

    def __init__(self, names: FieldNames, client: Any, values: dict[str, Any]) -> None:
        self._names = names
        self._client = client
        self.values = values
        self.grants: Grants | None = None

    def take_grants(self, tests: Sequence[Filter]) -> list[Filter]:
        """Note what is asked to be shared, if that is in this file; the other tests."""
        others = []
        for item in tests:
            grants = self._grants_of(item)
            if grants is None or self.grants is not None:
                others.append(item)
            else:
                self.grants = grants
                self.values |= parameters_of(grants)
        return others

    def on_columns(self, tests: Sequence[Filter]) -> tuple[list[str], list[Filter]]:
        """Write the tests that depend on columns only; and tell the other ones."""
        conditions, others = [], []
        for item in tests:
            written = self._on_column(item)
            if written is None:
                others.append(item)
            else:
                conditions.append(written)
        return conditions, others

    def granted(self, by_grants: bool) -> str:
        """Write that records are shared, in one of two ways.

        Starting from the grants is better if these are few, from the records if a
        page is soon full.
        """
        if self.grants is None:
            return ""
        return _IS_GRANTED if by_grants else _HAS_GRANT

    def on_document(self, tests: Sequence[Filter]) -> list[str]:
        """Write what any match must have in its document."""
        own = (self._names.id, self._names.modified)
        written = (self._in_document(item) for item in tests if item.field not in own)
        return [condition for condition in written if condition is not None]

    def _grants_of(self, item: Filter) -> Grants | None:
        is_membership = item.operator is COMPARISON.IN and item.field == self._names.id
        if not is_membership or not isinstance(item.value, GrantedIds):
            return None
        grants = item.value.grants
        return grants if grants.client is self._client else None

    def _bind(self, value: Any) -> str:
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def _on_column(self, item: Filter) -> str | None:
        value, operator = item.value, _OPERATORS.get(item.operator)
        if item.field == self._names.id and item.operator is COMPARISON.IN:
            texts = [each for each in value if isinstance(each, str)]
            if not all(map(_is_plain, texts)):
                return None
            listed = self._bind(json.dumps(texts))
            return f"id IN (SELECT value FROM json_each({listed}))"
        if operator is None:
            return None
        if item.field == self._names.modified and type(value) is int:
            is_small = abs(value) <= _LARGEST
            return f"last_modified {operator} {self._bind(value)}" if is_small else None
        if item.field == self._names.id and _is_plain(value):
            return f"id {operator} {self._bind(value)}"
        return None

    def _in_document(self, item: Filter) -> str | None:
        if not _PLAIN_NAME.match(item.field):
            return None
        if item.operator in (COMPARISON.EQ, COMPARISON.IN):
            is_one = item.operator is COMPARISON.EQ
            values = [item.value] if is_one else list(item.value)
            if not 0 < len(values) <= _MOST_VALUES or not all(map(_is_known, values)):
                return None
            equal = (self._equal(item.field, value) for value in values)
            return f"({' OR '.join(equal)})"
        low, high = _around(item.value)
        if low is None or rank_of(item.value) is Rank.BOOLEAN:
            return None
        if item.operator in (COMPARISON.MIN, COMPARISON.GT):
            return f"{self._member(item.field)} >= {self._bind(low)}"
        if item.operator in (COMPARISON.MAX, COMPARISON.LT):
            return f"{self._member(item.field)} <= {self._bind(high)}"
        return None

    def _equal(self, field: str, value: Any) -> str:
        member = self._member(field)
        if value is None:
            return f"{member} IS NULL"
        low, high = _around(value)
        if low == high:
            return f"{member} = {self._bind(low)}"
        return f"{member} BETWEEN {self._bind(low)} AND {self._bind(high)}"

    def _member(self, field: str) -> str:
        return f"json_extract(data, {self._bind(f'$.{field}')})"


def _is_plain(value: Any) -> bool:
    """Tell whether SQLite takes a value as a text, and gives it back."""
    if not isinstance(value, str) or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _is_known(value: Any) -> bool:
    return value is None or _around(value)[0] is not None


def _around(value: Any) -> tuple[Any, Any]:
    """Tell between which values SQLite has all that is equal to a value; or None."""
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
        return found - slack, found + slack
    return None, None
