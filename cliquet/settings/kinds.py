"""Kinds of settings, and which values each of them accepts.

Texts were read as Python values already: ``'25'`` is a number here. Kinds are as
lenient as 3.1 was: an empty text or ``false`` turn off whatever is optional.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cliquet.headers import TOKEN, header_names

_FLAGS = {"", "true", "yes", "on", "t", "y", "1", "false", "no", "off", "f", "n", "0"}


@dataclass(frozen=True, slots=True)
class Kind:
    """The values expected of a setting, in words, and their check."""

    expectation: str
    accepts: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: the values it takes, its default, what it does.

    Those of 3.1 are the keys of ``DEFAULT_SETTINGS``; any newer one says since when.
    """

    kind: Kind
    default: Any
    description: str
    since: str = "3.1"


def _is_off(value: Any) -> bool:
    return value is None or value is False or value == ""


def is_number(value: Any) -> bool:
    """Return True for numbers; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    # Numbers and paths have one; `true` and several values do not make sense.
    return value is not True and not isinstance(value, list | tuple | set | dict)


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().isdecimal()
    return is_number(value) and value >= 0 and value % 1 == 0


def _is_duration(value: Any) -> bool:
    return is_number(value) and math.isfinite(value) and value > 0


def _is_wait(value: Any) -> bool:
    return is_number(value) and math.isfinite(value) and value >= 0


def _is_flag(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _FLAGS
    return value is None or value in (0, 1)


def _is_list(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return _is_text(value) or isinstance(value, list | tuple | set | frozenset)


def _is_reference(value: Any) -> bool:
    # An object given by an application written in Python, or its dotted name.
    return isinstance(value, str) or not isinstance(value, int | float | list | dict)


def or_nothing(kind: Kind) -> Kind:
    """Return a kind that accepts what turns a setting off, too."""
    return Kind(
        f"{kind.expectation}, or nothing",
        lambda value: _is_off(value) or kind.accepts(value),
    )


TEXT = Kind("a text", _is_text)
LIST = Kind("a list, or names separated by blanks", _is_list)
FLAG = Kind("true or false", _is_flag)
HEADERS = Kind(
    "names of headers, separated by blanks or commas",
    lambda value: _is_list(value) and all(map(TOKEN.fullmatch, header_names(value))),
)
DOTTED = Kind("the dotted name of an object or module", _is_reference)
BACKEND = or_nothing(Kind("the dotted name of a module", _is_reference))
COUNT = Kind("an integer, 0 or more", _is_whole)
LIMIT = or_nothing(COUNT)
DURATION = Kind("a number of seconds above 0", _is_duration)
WAIT = Kind(
    "a number of seconds, 0 or more", lambda value: _is_wait(value) or _is_whole(value)
)


def choice(*values: str) -> Kind:
    """Return the kind of the settings that take one of a few words."""
    return Kind(" or ".join(values), lambda value: value in values)
