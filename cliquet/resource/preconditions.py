"""What do ``If-Match`` and ``If-None-Match`` mean; do they hold? (protocol §12).

A precondition compares a timestamp with the *current* one: that of the record on
record URLs, that of the collection otherwise. By default a current timestamp that is
older than the one sent will do; in strict mode (setting ``strict_preconditions``)
they must be equal, as in RFC 9110 §13.1.
"""

import re
from dataclasses import dataclass

from cliquet.resource.invalid import InvalidParameter

_TIMESTAMP = re.compile(r'"(-?[0-9]{1,1000})"')


@dataclass(frozen=True, slots=True)
class Target:
    """What a precondition is about.

    Attributes:
        timestamp: the current one; None when there is nothing to compare with.
        is_record: whether it is a record or its tombstone, not the collection.
        is_deleted: whether it is a tombstone.
    """

    timestamp: int | None
    is_record: bool = False
    is_deleted: bool = False


def check_read(if_none_match: str | None) -> int | None:
    """Read the ``If-None-Match`` of a GET; None when it cannot give a 304.

    Raises:
        InvalidParameter: when it is neither a timestamp nor ``*``.
    """
    if not if_none_match or if_none_match == "*":
        return None
    return _parse(if_none_match, "Invalid value for If-None-Match")


def is_not_modified(since: int | None, current: int, *, strict: bool = False) -> bool:
    """Tell whether the client already has the current version (§12.2, rule 1)."""
    if since is None:
        return False
    return current == since if strict else current <= since


def is_refused(
    target: Target,
    if_match: str | None,
    if_none_match: str | None,
    *,
    strict: bool = False,
) -> bool:
    """Tell whether the preconditions forbid to go on (§12.2, rules 2 and 3).

    Raises:
        InvalidParameter: when ``If-Match`` is looked at and is no timestamp.
    """
    if if_none_match == "*" and target.is_record:
        return not target.is_deleted
    if not if_match:
        return False
    if strict and if_match == "*":
        return target.timestamp is None or target.is_deleted
    wanted = _parse(
        if_match,
        "Invalid value for If-Match. "
        "The value should be integer between double quotes.",
    )
    if target.timestamp is None:
        return strict
    return target.timestamp != wanted if strict else target.timestamp > wanted


def _parse(header: str, description: str) -> int:
    matched = _TIMESTAMP.fullmatch(header)
    if matched is None:
        raise InvalidParameter("headers", None, description)
    return int(matched[1])
