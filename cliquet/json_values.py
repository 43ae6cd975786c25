"""Values of JSON: how a record is made of them, which are equal, what cannot be stored.

:func:`as_json` is the one place where Python's values become those of JSON, before a
storage, an event or a comparison sees a record (docs: rules-values). It is strict.

Numbers are equal by value (1 and 1.0), but neither to booleans nor to texts, as in the
engines and unlike in Python, where 1 == True.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import colander

#: Tuples count as arrays.
_CONTAINERS = (dict, list, tuple)
#: Classes whose values JSON has as they are. Floats are looked at: not all are numbers.
_PLAIN = frozenset([str, int, bool, type(None)])
#: Of a decimal: floats keep any fifteen digits, here with a point or a sign.
_SURELY_EXACT = 16
_MOST_DIGITS = 1000
#: Exponents of what a float can hold, and of what is too long to be written out.
_EXPONENTS = range(-400, 310)


def as_json(value: Any, name: str = "data", node: Any = None) -> Any:
    """Return a deep copy of a value, made of what JSON has.

    Dates and times are ISO 8601, in UTC if they have a zone; Decimals are numbers with
    all of their digits; sets are arrays in the order of their texts. Zero has no sign.

    Args:
        value: Mostly a record, as its schema or a hook left it.
        name: Where it is, for the error.
        node: The node of the schema that declares it, if one does: what JSON lacks is
            written as its type writes it, so that it can be read again.

    Raises:
        TypeError: JSON lacks it: a mistake of a developer.
        ValueError: It is a number or time that cannot be written: one of a client.
    """
    match value:
        case float():
            if not math.isfinite(value):
                raise ValueError("Number out of range")
            return value + 0.0
        case dict() | Mapping():
            return {
                key if key.__class__ is str else _as_key(key, name): item
                if item.__class__ in _PLAIN
                else as_json(item, f"{name}.{key}", _child(node, key))
                for key, item in value.items()
            }
        case list() | tuple():
            return _as_array(value, name, node)
        case set() | frozenset():
            return _as_array(sorted(value, key=str), name, node)
        case Decimal():
            return _as_number(value)
    if value.__class__ in _PLAIN:
        return value
    return as_json(_replacement(value, name, node), name)


def _as_array(items: Iterable[Any], name: str, node: Any) -> list[Any]:
    return [
        item
        if item.__class__ in _PLAIN
        else as_json(item, f"{name}.{position}", _child(node, position))
        for position, item in enumerate(items)
    ]


def _as_key(key: Any, name: str) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int):
        return int.__repr__(key)
    raise TypeError(f"{name}: JSON has no key of type {type(key).__name__}")


def _replacement(value: Any, name: str, node: Any) -> Any:
    """Return what stands in JSON for a value that is neither plain nor of others."""
    if value is colander.null:
        return None
    kind = getattr(node, "typ", None)
    match value:
        case Enum():
            return getattr(value, getattr(kind, "attr", "value"))
        case str():
            return str.__str__(value)
        case int():
            return int(value)
        case dt.date() | dt.time() if not getattr(kind, "format", None):
            return iso_format(value)
    if kind is not None:
        written = kind.serialize(node, value)
        if type(written) in _PLAIN:
            return written
    raise TypeError(f"{name}: JSON has nothing for {type(value).__qualname__}")


def _as_number(value: Decimal) -> int | float | Decimal:
    """Return the number that is read where a Decimal was written."""
    if not value.is_finite() or value.adjusted() not in _EXPONENTS:
        raise ValueError("Number out of range")
    text = format(value, "f")
    return exact_number(text) if "." in text else int(text)


def iso_format(value: dt.date | dt.time) -> str:
    """Return a date or time as ISO 8601: in UTC, with `Z`, if it has a zone.

    Raises:
        ValueError: It has none there: years have four digits.
    """
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    if value.utcoffset() is None:
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, dt.time):
        # On any day that is not at the end of time.
        moment = dt.datetime.combine(dt.date(2000, 1, 2), value)
        return f"{moment.astimezone(dt.UTC).time().isoformat()}Z"
    try:
        moment = value.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("Date out of range") from error
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def _child(node: Any, key: Any) -> Any:
    """Return the node that declares a member, the only one of a sequence."""
    children = getattr(node, "children", ())
    if isinstance(key, str):
        return next((child for child in children if child.name == key), None)
    return children[min(key, len(children) - 1)] if children else None


def are_equal(one: Any, other: Any) -> bool:
    """Return True if two values are equal, types included."""
    if one.__class__ not in _PLAIN:
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            return one.keys() == other.keys() and all(
                are_equal(value, other[key]) for key, value in one.items()
            )
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(are_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def copy_json(value: Any) -> Any:
    """Return a deep copy of an object or an array, cheap where it is flat."""
    if isinstance(value, dict):
        return {
            key: copy_json(item) if item.__class__ in _CONTAINERS else item
            for key, item in value.items()
        }
    return [
        copy_json(item) if item.__class__ in _CONTAINERS else item for item in value
    ]


def find_fault(value: Any) -> str | None:
    """Return why no engine can store a value of any depth, None if all can."""
    remaining = [value]
    while remaining:
        item = remaining.pop()
        if isinstance(item, str):
            fault = find_text_fault(item)
            if fault:
                return fault
        elif item.__class__ in _PLAIN:
            # To ask whether a number is a mapping takes longer than the rest.
            continue
        elif isinstance(item, dict | Mapping):
            remaining.extend(item)
            remaining.extend(item.values())
        elif isinstance(item, list | tuple | set):
            remaining.extend(item)
        elif isinstance(item, float) and not math.isfinite(item):
            return "Number out of range"
    return None


def find_text_fault(text: str) -> str | None:
    """Return why no engine can store a text: NUL, or half of a surrogate pair."""
    if "\x00" in text:
        return "Text cannot contain NUL characters"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "Unpaired surrogate in text"
    return None


def finite_float(text: str) -> float:
    """Return the number that a text stands for.

    Raises:
        ValueError: It is none, or too large.
    """
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"Number out of range: {text[:40]}")
    return number


def exact_number(text: str) -> float | Decimal:
    """Return the number that a text with a point or exponent stands for, unaltered.

    It is a float if one is exactly it, as `repr` writes floats, and else a Decimal.
    Zero has no sign: not all engines could keep it.

    Raises:
        ValueError: It is too large or too small for a float, or too long.
    """
    # Zero is added for its sign.
    number = finite_float(text) + 0.0
    if len(text) <= _SURELY_EXACT and "e" not in text.lower():
        return number
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"Number out of range: {text[:40]}")
    exact = Decimal(text)
    if exact == Decimal(repr(number)):
        return number
    if text.endswith(".0") and exact == Decimal(number):
        # A large float, as PostgreSQL has it in all of its digits.
        return number
    if number == 0:
        raise ValueError(f"Number out of range: {text[:40]}")
    return exact
