"""Options of the policies that ship: settings hand them over as texts."""

import math
from collections.abc import Collection
from typing import Any

from pyramid.settings import asbool

from cliquet.declarations.users import OptionError
from cliquet.text import aslist

_FLAGS = ("true", "false", "yes", "no", "on", "off", "1", "0")


def as_seconds(name: str, value: Any) -> float:
    """Return a duration.

    Raises:
        OptionError: It is no number, or less than 0.
    """
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise OptionError(name, f"{value!r} is no number of seconds.")
    return seconds


def as_flag(name: str, value: Any) -> bool:
    """Return a boolean.

    Raises:
        OptionError: It is none.
    """
    if str(value).strip().lower() not in _FLAGS:
        raise OptionError(name, f"{value!r} is neither true nor false.")
    return bool(asbool(value))


def as_names(name: str, value: Any, known: Collection[str]) -> frozenset[str]:
    """Return names, all of which are known.

    Raises:
        OptionError: One is not.
    """
    found = [str(each) for each in aslist(value)]
    for each in found:
        if each not in known:
            raise OptionError(
                name, f"{each!r} is not among {', '.join(sorted(known))}."
            )
    return frozenset(found)


def as_realm(value: Any) -> str:
    """Return the name that challenges give to what is protected.

    Raises:
        OptionError: It cannot be written between quotes (RFC 9110, 5.6.4).
    """
    realm = str(value)
    if not (realm.isascii() and realm.isprintable()) or set(realm) & set('"\\'):
        raise OptionError("realm", f"{realm!r} has characters besides plain ASCII.")
    return realm
