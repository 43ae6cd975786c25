"""Timestamps that were written by the clock of another zone than UTC.

Until version 12 of the tables the clock was that of the session's time zone. What it
wrote stays as it is, since clients know it, until somebody asks to move it: migration
13 notes the zone in `metadata`, and in `timestamps.local_until` the last one of each
collection.

The timestamp of a collection never goes back: clients that poll would miss what is
written next.
"""

from typing import Any

from cliquet.engines.sql.client import Connection
from cliquet.logs import logger

#: The first version of the tables whose clock is that of UTC.
NOTED_SINCE = 13

_NOTED = "SELECT value AS zone FROM metadata WHERE name = 'storage_time_zone'"
# In summer, or in winter.
_OF_SESSION = """SELECT current_setting('TimeZone') AS zone
WHERE CAST(now() AS timestamp) <> now() AT TIME ZONE 'UTC'
OR CAST(now() - INTERVAL '182 days' AS timestamp)
    <> (now() - INTERVAL '182 days') AT TIME ZONE 'UTC'"""
_FORGET = "DELETE FROM metadata WHERE name = 'storage_time_zone'"
_LOCK = "LOCK TABLE metadata, timestamps, records, deleted IN ACCESS EXCLUSIVE MODE"
_TABLES = ("records", "deleted")

_COUNT = """SELECT count(*) AS rows FROM {table} AS stored
JOIN timestamps USING (parent_id, collection_id)
WHERE stored.last_modified <= local_until"""

_MOVE = """UPDATE {table} AS stored
SET last_modified = stored.last_modified AT TIME ZONE :zone AT TIME ZONE 'UTC'
FROM timestamps AS pair WHERE stored.parent_id = pair.parent_id
AND stored.collection_id = pair.collection_id
AND stored.last_modified <= local_until"""

_MOVE_COLLECTIONS = """UPDATE timestamps AS pair SET
last_modified = greatest(
    last_modified,
    CASE WHEN last_modified <= local_until
        THEN last_modified AT TIME ZONE :zone AT TIME ZONE 'UTC' END,
    (SELECT max(last_modified) FROM records WHERE parent_id = pair.parent_id
        AND collection_id = pair.collection_id),
    (SELECT max(last_modified) FROM deleted WHERE parent_id = pair.parent_id
        AND collection_id = pair.collection_id)),
local_until = NULL
WHERE local_until IS NOT NULL"""


def tell(connection: Connection, version: int) -> None:
    """Log that there are timestamps of another zone, if there are.

    Args:
        connection: To the database.
        version: Of its tables.
    """
    row = connection.row(_NOTED if version >= NOTED_SINCE else _OF_SESSION)
    if row is not None:
        logger.warning(
            "Timestamps written by earlier versions are those of the time zone "
            f"{row.zone}, hours off. They are kept; new ones are those of UTC, and "
            "greater. To move the old ones: cliquet migrate --to-utc, but read "
            "'Time zones' in the documentation of backends first."
        )


def move(connection: Connection, dry_run: bool) -> None:
    """Move to UTC the timestamps that were written in another zone, once.

    Args:
        connection: In a transaction.
        dry_run: Log what would be moved, and move nothing.
    """
    row = connection.row(_NOTED)
    if row is None:
        logger.info("All timestamps are those of UTC.")
        return
    if dry_run:
        for table in _TABLES:
            found: Any = connection.row(_COUNT.format(table=table))
            logger.info(f"Would move from {row.zone} to UTC in {table}: {found.rows}.")
        return
    connection.run(_LOCK)
    for table in _TABLES:
        moved = connection.run(_MOVE.format(table=table), zone=row.zone)
        logger.info(f"Moved from {row.zone} to UTC in {table}: {moved}.")
    connection.run(_MOVE_COLLECTIONS, zone=row.zone)
    connection.run(_FORGET)
