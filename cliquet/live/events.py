"""Server-sent events, as the HTML Living Standard writes them (9.2)."""

from collections.abc import Iterable, Mapping
from typing import Any

from cliquet import serialization
from cliquet.types import Timestamp

MEDIA_TYPE = "text/event-stream"

COMMENT = b":\n\n"
"""What keeps a connection open, and nobody is told of."""


def mark(timestamp: Timestamp) -> bytes:
    """Return where the client is, without an event: it resumes from there."""
    return f"id: {timestamp}\n\n".encode()


def tell_horizon(horizon: Timestamp) -> bytes:
    """Return the event that not all deletions up to a time are known (SYNC-22)."""
    return f"event: horizon\ndata: {horizon}\n\n".encode()


def write_events(records: Iterable[Mapping[str, Any]], modified_field: str) -> bytes:
    """Return an event for each record, whose id is its timestamp."""
    # JSON has no line breaks: one line of data for each event.
    return "".join(
        f"id: {record[modified_field]}\ndata: {serialization.dumps(record)}\n\n"
        for record in records
    ).encode("utf-8")
