"""Which records do the parameters of the query string ask for? (protocol §13.3)."""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.values import (
    check_text,
    invalid_value,
    is_bounded_integer,
    parse_value,
)
from cliquet.storage.query import COMPARISON, Filter

Parameters = Iterable[tuple[str, Any]]
IsKnownField = Callable[[str], bool]

_TIMESTAMP_PARAMETERS = {
    "_since": COMPARISON.GT,
    "_before": COMPARISON.LT,
    "_to": COMPARISON.LT,
}
_OPERATORS = {
    "min": COMPARISON.MIN,
    "max": COMPARISON.MAX,
    "not": COMPARISON.NOT,
    "lt": COMPARISON.LT,
    "gt": COMPARISON.GT,
    "in": COMPARISON.IN,
    "exclude": COMPARISON.EXCLUDE,
}
_PREFIXED = re.compile(r"(min|max|not|lt|gt|in|exclude)_(\w+)")
_LISTS = (COMPARISON.IN, COMPARISON.EXCLUDE)


def parse_filters(
    parameters: Parameters,
    *,
    is_known_field: IsKnownField,
    id_field: str = "id",
    modified_field: str = "last_modified",
) -> list[Filter]:
    """Read every filter of a query string; all of them apply.

    Args:
        parameters: pairs of name and value, in order; names may be repeated.
        is_known_field: whether a field may be filtered on (protocol §11.6).
        id_field: name of the field whose listed values must be text.
        modified_field: name of the field whose listed values must be integers, and
            that ``_since``, ``_before`` and ``_to`` are about.

    Raises:
        InvalidParameter: naming the whole parameter.
    """
    filters = []
    for raw_name, raw_value in parameters:
        name = raw_name.strip()
        value = raw_value.strip() if isinstance(raw_value, str) else raw_value
        check_text(name, name)
        check_text(name, value)
        if name in _TIMESTAMP_PARAMETERS:
            since = _parse_timestamp(name, value)
            filters.append(Filter(modified_field, since, _TIMESTAMP_PARAMETERS[name]))
        elif not name.startswith("_"):
            field, operator = _parse_name(name, is_known_field)
            if operator in _LISTS:
                operand = _parse_list(name, value, field, id_field, modified_field)
            else:
                operand = parse_value(name, value)
            filters.append(Filter(field, operand, operator))
    return filters


def uses_deprecated_name(names: Iterable[str]) -> bool:
    """Tell whether ``_to`` is among the parameters, which deserves an alert."""
    return any(name.strip() == "_to" for name in names)


def _parse_timestamp(name: str, text: Any) -> int:
    unquoted = text.strip('"') if isinstance(text, str) else text
    timestamp: int = parse_value(name, unquoted)
    if not is_bounded_integer(timestamp):
        raise invalid_value(name)
    return timestamp


def _parse_name(name: str, is_known_field: IsKnownField) -> tuple[str, COMPARISON]:
    """Tell the field and the operator that a name stands for.

    The prefix wins, as ever, when the field behind it is known; else a known field
    whose own name begins like a prefix (``in_stock``) is tested for equality.
    """
    prefixed = _PREFIXED.fullmatch(name)
    if prefixed and is_known_field(prefixed[2]):
        return prefixed[2], _OPERATORS[prefixed[1]]
    if not is_known_field(name):
        raise InvalidParameter("querystring", name, f"Unknown filter field '{name}'")
    return name, COMPARISON.EQ


def _parse_list(
    name: str, text: Any, field: str, id_field: str, modified_field: str
) -> Collection[Any]:
    items = text.split(",") if isinstance(text, str) else [text]
    values = [parse_value(name, item) for item in items]
    if field == id_field and not all(isinstance(value, str) for value in values):
        raise invalid_value(name)
    if field == modified_field and not all(map(is_bounded_integer, values)):
        raise invalid_value(name)
    return _distinct(values)


def _distinct(values: list[Any]) -> Collection[Any]:
    """Make a set, unless it would lose a value: for Python, true is 1."""
    distinct = set(values)
    typed = {(isinstance(value, bool), value) for value in values}
    return distinct if len(distinct) == len(typed) else tuple(values)
