"""Filters of the query string, and how values are read from its texts.

A text that no engine could hold or compare is a 400: numbers that are too large, NUL.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from cliquet.bounds import MAX_FILTERS, MAX_VALUES
from cliquet.json_values import find_text_fault
from cliquet.resource.invalid import InvalidParameter
from cliquet.storage.query import COMPARISON, LISTS, Filter, Path, typed
from cliquet.text import query_value

Parameters = Iterable[tuple[str, Any]]
IsKnownField = Callable[[str], bool]

_TIMESTAMP_PARAMETERS = {
    "_since": COMPARISON.GT,
    "_before": COMPARISON.LT,
    "_to": COMPARISON.LT,
}
OPERATORS = {
    "min": COMPARISON.MIN,
    "max": COMPARISON.MAX,
    "not": COMPARISON.NOT,
    "lt": COMPARISON.LT,
    "gt": COMPARISON.GT,
    "in": COMPARISON.IN,
    "exclude": COMPARISON.EXCLUDE,
}
SEARCHES = {
    "contains_any": COMPARISON.CONTAINS_ANY,
    "contains": COMPARISON.CONTAINS,
    "like": COMPARISON.LIKE,
    "has": COMPARISON.HAS,
}
"""Those that 3.1 had not: a declared field whose own name begins so goes before."""

_PREFIXED = re.compile(rf"({'|'.join(OPERATORS)})_(.+)")

# Timestamps, limits and offsets are 64 bits wide on every engine.
_MAX_INTEGER = 2**63 - 1


def parse_filters(
    parameters: Parameters,
    *,
    is_known_field: IsKnownField,
    is_declared: IsKnownField | None = None,
    id_field: str = "id",
    modified_field: str = "last_modified",
) -> list[Filter]:
    """Read every filter of a query string; all of them apply.

    Args:
        parameters: Pairs of name and value, in order; names may be repeated.
        is_known_field: Whether a field may be filtered on.
        is_declared: Whether a schema has a field; all that are known, if it is not
            given.
        id_field: Name of the field whose listed values must be text.
        modified_field: Name of the field whose listed values must be integers, and
            that `_since`, `_before` and `_to` are about.
    """
    named = [(raw_name.strip(), value) for raw_name, value in parameters]
    _check_number(named)
    is_literal = is_declared or is_known_field
    filters = []
    for name, raw_value in named:
        value = raw_value.strip() if isinstance(raw_value, str) else raw_value
        check_text(name, name)
        check_text(name, value)
        if name in _TIMESTAMP_PARAMETERS:
            since = parse_timestamp(name, value)
            filters.append(Filter(modified_field, since, _TIMESTAMP_PARAMETERS[name]))
        elif not name.startswith("_"):
            found = _find_search(name, is_known_field, is_literal)
            field, operator = found or _parse_name(name, is_known_field)
            if operator is COMPARISON.LIKE:
                # Blanks around are part of what is looked for.
                operand: Any = str(raw_value)
            elif operator is COMPARISON.HAS:
                operand = _parse_presence(name, value)
            elif operator in (COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY):
                operand = _distinct(_parse_list(name, value))
            elif operator in LISTS:
                operand = _parse_members(name, value, field, id_field, modified_field)
            else:
                operand = parse_value(name, value)
            filters.append(Filter(as_field(field, is_literal), operand, operator))
    return filters


def as_field(name: str, is_literal: IsKnownField) -> str:
    """Return the field of a known name: a path, unless a schema has that name."""
    return Path(name) if "." in name and not is_literal(name) else name


def uses_deprecated_name(names: Iterable[str]) -> bool:
    """Return True if `_to` is among the parameters, which deserves an alert."""
    return any(name.strip() == "_to" for name in names)


def parse_timestamp(name: str, text: Any) -> int:
    """Read a timestamp, which may be quoted as in an entity tag."""
    unquoted = text.strip('"') if isinstance(text, str) else text
    timestamp: int = parse_value(name, unquoted)
    if not is_bounded_integer(timestamp):
        raise _invalid_value(name)
    return timestamp


def _find_search(
    name: str, is_known_field: IsKnownField, is_declared: IsKnownField
) -> tuple[str, COMPARISON] | None:
    """Return the field that a name searches and how; None if it is another filter."""
    if is_declared(name):
        return None
    for prefix, operator in SEARCHES.items():
        field = name.removeprefix(f"{prefix}_")
        if field and field != name and is_known_field(field):
            return field, operator
    return None


def _parse_presence(name: str, text: Any) -> bool:
    if text not in ("true", "false", True, False):
        raise _invalid_value(name)
    return text in ("true", True)


def _parse_name(name: str, is_known_field: IsKnownField) -> tuple[str, COMPARISON]:
    """Return the field and the operator that a name stands for.

    The prefix wins, as ever, when the field behind it is known; else a known field
    whose own name begins like a prefix (`in_stock`) is compared for equality.
    """
    prefixed = _PREFIXED.fullmatch(name)
    if prefixed and is_known_field(prefixed[2]):
        return prefixed[2], OPERATORS[prefixed[1]]
    if not is_known_field(name):
        raise InvalidParameter("querystring", name, f"Unknown filter field '{name}'")
    return name, COMPARISON.EQ


def _check_number(named: Iterable[tuple[str, Any]]) -> None:
    number = sum(not n.startswith("_") or n in _TIMESTAMP_PARAMETERS for n, _ in named)
    if number > MAX_FILTERS:
        description = f"Number of filters is limited to {MAX_FILTERS}"
        raise InvalidParameter("querystring", None, description)


def _parse_list(name: str, text: Any) -> list[Any]:
    if isinstance(text, str) and text.count(",") >= MAX_VALUES:
        description = f"Number of values is limited to {MAX_VALUES}"
        raise InvalidParameter("querystring", name, description)
    items = text.split(",") if isinstance(text, str) else [text]
    return [parse_value(name, item) for item in items]


def _parse_members(
    name: str, text: Any, field: str, id_field: str, modified_field: str
) -> Collection[Any]:
    """Read the values that a field may have; ids and timestamps are of one type."""
    values = _parse_list(name, text)
    if field == id_field and not all(isinstance(value, str) for value in values):
        raise _invalid_value(name)
    if field == modified_field and not all(map(is_bounded_integer, values)):
        raise _invalid_value(name)
    return _distinct(values)


def _distinct(values: list[Any]) -> Collection[Any]:
    """Return a set, unless it would lose a value: for Python, true is 1."""
    distinct = set(values)
    kept = len(distinct) == len(set(map(typed, values)))
    return distinct if kept else tuple(values)


def is_bounded_integer(value: object) -> bool:
    """Return True for integers of 64 bits; booleans and ranks are none."""
    return type(value) is int and abs(value) <= _MAX_INTEGER


def check_text(parameter: str, text: object) -> None:
    """Refuse a text that no engine can hold."""
    if isinstance(text, str) and find_text_fault(text):
        raise _invalid_value(parameter)


def parse_value(parameter: str, text: Any) -> Any:
    """Read a value (docs: protocol-filters); what is not text is taken as it is."""
    if not isinstance(text, str):
        return text
    try:
        value = query_value(text)
    except ValueError as error:
        raise _invalid_value(parameter) from error
    # Quoted texts may hold escapes: NUL is looked for once they are read.
    check_text(parameter, value)
    return value


def _invalid_value(parameter: str) -> InvalidParameter:
    readable = parameter.replace("\x00", "\\x00")
    return InvalidParameter("querystring", readable, f"Invalid value for {readable}")
