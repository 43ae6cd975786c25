"""What storages on databases that speak SQL send, as far as they have it in common."""

from typing import NamedTuple

PAIR = "parent_id = :parent_id AND collection_id = :collection_id"
LARGEST = 2**63 - 1
"""The largest timestamp that a column holds."""
KEY = f"{PAIR} AND id = :id"
HORIZON = """COALESCE((SELECT max(horizon) FROM horizons
    WHERE (parent_id = :parent_id AND collection_id = :collection_id)
    OR (parent_id = '' AND collection_id = '')), 0)"""
"""That of a collection, or of every collection if it is higher."""


class Statements(NamedTuple):
    """SQL of one engine. Parameters: `parent_id`, `collection_id`, mostly `id`, others.

    Timestamps are numbers of milliseconds in parameters and columns.
    """

    put: str
    """Insert or replace a record. Parameters: `last_modified`; `data`, a document."""

    put_tombstone: str
    """Insert or replace a tombstone, likewise."""

    set_timestamp: str
    """Set that of the collection, and add `change` to the number of its records."""

    scopes: str
    """Collection and parent ids of all that were written, in order."""

    get: str
    """Id, timestamp and document of a record."""

    hold: str
    """A row if there is a record, which nobody deletes before the transaction ends."""

    timestamp: str
    """That of the collection; 0 or no row if it was never used."""

    tombstones: str
    """Timestamps of all tombstones of a collection. Column: `epoch`."""

    buried: str
    """Collections after one, with the number of tombstones older than `before`."""

    purge: str
    """Delete tombstones older than `before`. Columns, if any: `purged`, `newest`."""

    raise_timestamp: str
    """Have that of the collection be no lower than `last_modified`."""

    raise_horizon: str
    """Have that of the collection be no lower than `horizon`."""
