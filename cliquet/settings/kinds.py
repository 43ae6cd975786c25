"""Which values may a setting have?

A kind tells what is expected, in words, and whether a value is that. Values were
read already: ``'25'`` is a number here. Kinds are as lenient as 3.1.5 was with what
worked there: an empty text or ``false`` turn off whatever is optional.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_FLAGS = {"", "true", "yes", "on", "t", "y", "1", "false", "no", "off", "f", "n", "0"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of settings: its name in the documentation, and its check."""

    name: str
    expectation: str
    accepts: Callable[[Any], bool]


def _is_off(value: Any) -> bool:
    return value is None or value is False or value == ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    # Numbers and paths have one; `true` and several values do not make sense.
    return value is not True and not isinstance(value, list | tuple | set | dict)


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().isdecimal()
    return _is_number(value) and value >= 0 and value == math.floor(value)


def _is_duration(value: Any) -> bool:
    return _is_number(value) and math.isfinite(value) and value > 0


def _is_flag(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _FLAGS
    return value is None or value in (0, 1)


def _is_list(value: Any) -> bool:
    return _is_text(value) or isinstance(value, list | tuple | set | frozenset)


def _is_reference(value: Any) -> bool:
    # An object given by an application written in Python, or its dotted name.
    return isinstance(value, str) or not isinstance(value, int | float | list | dict)


TEXT = Kind("text", "a text", _is_text)
LIST = Kind("list", "a list, or names separated by blanks", _is_list)
FLAG = Kind("boolean", "true or false", _is_flag)
DOTTED = Kind("dotted name", "the dotted name of an object or module", _is_reference)
BACKEND = Kind(
    "dotted module",
    "the dotted name of a module, or nothing",
    lambda value: _is_off(value) or _is_reference(value),
)
COUNT = Kind("integer", "an integer, 0 or more", _is_whole)
LIMIT = Kind(
    "integer or none",
    "an integer, 0 or more, or nothing",
    lambda value: _is_off(value) or _is_whole(value),
)
DURATION = Kind("seconds", "a number of seconds above 0", _is_duration)


def choice(*values: str) -> Kind:
    """Answer the kind of the settings that take one of a few words."""
    expectation = " or ".join(values)
    return Kind(expectation, expectation, lambda value: value in values)
