"""The timestamps of writes (docs: rules-timestamps)."""

import time
from typing import NamedTuple

from cliquet.types import Timestamp


class NextTimestamp(NamedTuple):
    """The timestamps that a write leaves behind."""

    record: Timestamp
    collection: Timestamp


class Clock:
    """The time, which tests may stop.

    Attributes:
        stopped: Seconds since the Unix epoch at which it stands, None while it runs.
    """

    stopped: float | None = None


#: Of timestamps, of what expires, and of tokens.
CLOCK = Clock()


def current_seconds() -> float:
    """Return the current time in seconds since the Unix epoch."""
    return time.time() if CLOCK.stopped is None else CLOCK.stopped


def msec_time() -> Timestamp:
    """Return the current time in milliseconds since the Unix epoch."""
    return int(current_seconds() * 1000)


def next_timestamp(
    previous: Timestamp | None, wanted: Timestamp | None, now: Timestamp
) -> NextTimestamp:
    """Return the timestamps that a write gives to its record and collection.

    Args:
        previous: The collection timestamp before the write, if it has one.
        wanted: The timestamp that the client forces, if any.
        now: The current time.

    Returns:
        The record keeps a forced value, even in the past; the collection never
        goes back and always moves.
    """
    candidate = now if wanted is None else wanted
    if previous is None or candidate > previous:
        return NextTimestamp(candidate, candidate)
    collection = previous + 1
    return NextTimestamp(collection if wanted is None else wanted, collection)
