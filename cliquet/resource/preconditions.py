"""Preconditions of requests: do they hold?

A precondition compares a validator that the client knows with the *current* one: that
of the record on record URLs, that of the collection otherwise. By default, as in 3.1, a
current timestamp that is older than the one sent will do, and a POST is about the
record whose id it sends. In strict mode (setting `strict_preconditions`) they are those
of RFC 9110, section 13.
"""

import re
from enum import Enum
from typing import NamedTuple

from cliquet.resource.conditional import EntityTag, read_date, read_tags
from cliquet.resource.invalid import InvalidParameter
from cliquet.timestamps import msec_time
from cliquet.types import Timestamp

CONDITIONAL_HEADERS = ("If-Match", "If-None-Match", "If-Unmodified-Since")
"""Those that are looked at.

`If-Modified-Since` is not: a date does not tell two changes within a second apart, and
the whole representation is always a right answer to it.
"""

_TIMESTAMP = re.compile(r"-?[0-9]{1,1000}")
_SINGLE_TIMESTAMP = re.compile(rf'"({_TIMESTAMP.pattern})"')
_DIGITS = frozenset("0123456789")


class Target(NamedTuple):
    """What a precondition is about.

    Attributes:
        timestamp: The current one; None for a record that never was.
        is_record: Whether it is a record or its tombstone, not the collection.
        is_deleted: Whether it is a tombstone.
    """

    timestamp: Timestamp | None
    is_record: bool = False
    is_deleted: bool = False


class Outcome(Enum):
    """What preconditions make of a request."""

    PROCEED = "proceed"
    NOT_MODIFIED = "304"
    FAILED = "412"


class Preconditions(NamedTuple):
    """The preconditions of one request.

    Attributes:
        if_match: Value of the header, None if absent.
        if_none_match: Likewise.
        if_unmodified_since: Likewise.
        strict: Whether they are those of RFC 9110.
    """

    if_match: str | None = None
    if_none_match: str | None = None
    if_unmodified_since: str | None = None
    strict: bool = False

    def look_at_target(self, is_read: bool = False) -> bool:
        """Return True if :meth:`decide` has to know the target."""
        if self.strict:
            return True
        if is_read and self.if_none_match:
            return True
        return bool(self.if_match) or self.if_none_match == "*"

    def look_at_sent_id(self) -> bool:
        """Return True if a POST is about the record whose id it sends.

        To RFC 9110 it is about the collection.
        """
        return not self.strict and self.look_at_target()

    def depend_on_timestamp(self) -> bool:
        """Return True if a write of the collection has to find it unchanged."""
        if not self.strict:
            return bool(self.if_match)
        tags = [self.if_match, self.if_none_match]
        return bool(self.if_unmodified_since) or any(
            value and value.strip() != "*" for value in tags
        )

    def depend_on_tombstone(self) -> bool:
        """Return True if a PUT that creates has to find no newer tombstone.

        A newer one moves the timestamp of the collection.
        """
        return not self.strict and bool(self.if_match) and self.if_none_match != "*"

    def decide(self, target: Target, is_read: bool = False) -> Outcome:
        """Return what becomes of the request.

        Args:
            target: What it is about.
            is_read: Whether it is a GET or HEAD.

        Raises:
            InvalidParameter: unless they are strict, when a header that is looked at
                has no entity tags.
        """
        if self.strict:
            return _decide_strictly(self, target, is_read)
        return _decide_by_age(self, target, is_read)


NO_PRECONDITIONS = Preconditions()


# --- RFC 9110 --------------------------------------------------------------------


def _decide_strictly(asked: Preconditions, target: Target, is_read: bool) -> Outcome:
    """Follow RFC 9110, 13.2.2, without the steps for `If-Modified-Since` and ranges."""
    if asked.if_match is not None:
        if not _matches(asked.if_match, target, weakly=False):
            return Outcome.FAILED
    elif _is_modified_since(asked.if_unmodified_since, target):
        return Outcome.FAILED
    if asked.if_none_match is None:
        return Outcome.PROCEED
    if not _matches(asked.if_none_match, target, weakly=True):
        return Outcome.PROCEED
    return Outcome.NOT_MODIFIED if is_read else Outcome.FAILED


def _has_representation(target: Target) -> bool:
    return target.timestamp is not None and not target.is_deleted


def _matches(header: str, target: Target, weakly: bool) -> bool:
    """Return whether a header names the current representation (RFC 9110, 8.8.3.2)."""
    if not _has_representation(target):
        return False
    if header.strip() == "*":
        return True
    current = str(target.timestamp)
    tags = read_tags(header) or ()
    return any(tag.opaque == current and (weakly or not tag.is_weak) for tag in tags)


def _is_modified_since(header: str | None, target: Target) -> bool:
    """Return whether there was a change after a date; never if it is no date.

    A date is the beginning of its second. Whoever read within that second may not have
    seen what changed later in it: they have to read again, rather than overwrite it.
    """
    if not header or target.timestamp is None or target.is_deleted:
        return False
    date = read_date(header.strip(), msec_time())
    return date is not None and target.timestamp > date


# --- As in 3.1 -------------------------------------------------------------------


def _decide_by_age(asked: Preconditions, target: Target, is_read: bool) -> Outcome:
    """Follow docs: protocol-preconditions-reads and protocol-preconditions-writes."""
    if is_read and _is_known(asked, target):
        return Outcome.NOT_MODIFIED
    return Outcome.PROCEED if _may_go_on(asked, target) else Outcome.FAILED


def _is_known(asked: Preconditions, target: Target) -> bool:
    if not asked.if_none_match or asked.if_none_match == "*":
        return False
    description = "Invalid value for If-None-Match"
    known = _read_timestamps(asked.if_none_match, description)
    if target.timestamp == 0:
        # Nothing was ever there. Who saw more saw what a restored backup does not know.
        return 0 in known
    return _is_as_old(target, known)


def _may_go_on(asked: Preconditions, target: Target) -> bool:
    if asked.if_none_match == "*" and target.is_record:
        return target.is_deleted
    if not asked.if_match or target.timestamp is None:
        return True
    description = (
        "Invalid value for If-Match. The value should be integer between double quotes."
    )
    return _is_as_old(target, _read_timestamps(asked.if_match, description))


def _is_as_old(target: Target, known: list[Timestamp]) -> bool:
    current = target.timestamp
    return current is not None and any(current <= timestamp for timestamp in known)


def _read_timestamps(header: str, description: str) -> list[Timestamp]:
    """Return the timestamps among the tags of a header.

    Proxies mark tags as weak, or add to them; caches send what others made. None of it
    is a fault of the client, but a single tag without any digit is, as in 3.1.
    """
    if single := _SINGLE_TIMESTAMP.fullmatch(header):
        return [int(single[1])]
    tags = read_tags(header)
    if not tags or _is_no_timestamp_at_all(tags):
        raise InvalidParameter("headers", None, description)
    return [int(tag.opaque) for tag in tags if _TIMESTAMP.fullmatch(tag.opaque)]


def _is_no_timestamp_at_all(tags: list[EntityTag]) -> bool:
    tag = tags[0]
    return len(tags) == 1 and not tag.is_weak and _DIGITS.isdisjoint(tag.opaque)
