"""The index on documents, which some want: `cliquet migrate --with-index`.

It is built while the service goes on writing, which no transaction can. A build waits
for all that began before it, even for a statement that waits for a lock of whoever
builds: nobody would end. So who has to wait here asks again, and again, and sleeps
between its statements.
"""

import time
from typing import Any

from cliquet.engines.exceptions import BackendError
from cliquet.engines.sql.client import Connection, SQLClient
from cliquet.logs import logger

NAME = "idx_records_data"

#: Until the end of the transaction.
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(1668049265, 2) AS ours"
_PAUSE_SECONDS = 0.2

# By the search path, as in all other statements.
_STATE = f"""SELECT indisvalid AS is_valid FROM pg_index JOIN pg_class AS of_index
ON of_index.oid = indexrelid
WHERE indrelid = to_regclass('records') AND of_index.relname = '{NAME}'"""
# Its operators are those of filters: `@>` and `?`.
_CREATE = f"CREATE INDEX CONCURRENTLY {NAME} ON records USING gin (data jsonb_ops)"
_DROP = f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}"
_SIZE = f"SELECT pg_size_pretty(pg_relation_size('{NAME}')) AS size"


def take_turn(connection: Connection) -> None:
    """Wait until nobody else migrates; nobody does then until the transaction ends."""
    told = False
    while not _is_ours(connection):
        if not told:
            logger.info("Another process migrates the storage: wait for it.")
        told = True
        time.sleep(_PAUSE_SECONDS)


def build(client: SQLClient, dry_run: bool) -> None:
    """Build the index on documents, unless it is there.

    What is left of a build that was interrupted is dropped, and built anew.

    Args:
        client: Of the database.
        dry_run: Log what would be done, and do nothing.
    """
    with client.connect_apart(limited=False) as connection:
        if _is_valid(connection):
            logger.info(f"The index on documents is there: {NAME}.")
            return
    if dry_run:
        logger.info(f"Would build the index on documents: {NAME}.")
        return
    try:
        with (
            client.connect(force_commit=True) as turn,
            client.connect_apart(limited=False) as connection,
        ):
            take_turn(turn)
            _build(connection)
    except BackendError:
        logger.error("The index on documents was not built; what is left is no use.")
        raise


def _build(connection: Connection) -> None:
    is_valid = _is_valid(connection)
    if is_valid:
        logger.info(f"The index on documents was built meanwhile: {NAME}.")
        return
    if is_valid is not None:
        logger.info(f"Drop what a build that was interrupted left: {NAME}.")
        connection.run(_DROP)
    logger.info(
        f"Build the index on documents, {NAME}, while the service goes on writing. "
        "How far it is: SELECT * FROM pg_stat_progress_create_index."
    )
    began = time.monotonic()
    connection.run(_CREATE)
    # So that the planner knows how often values occur.
    connection.run("ANALYZE records")
    row: Any = connection.row(_SIZE)
    logger.info(f"Done in {time.monotonic() - began:.1f} s: {row.size}.")


def _is_ours(connection: Connection) -> bool:
    row: Any = connection.row(_TRY_LOCK)
    return bool(row.ours)


def _is_valid(connection: Connection) -> bool | None:
    """Return whether the index was built to its end, `None` if there is none."""
    row = connection.row(_STATE)
    return None if row is None else bool(row.is_valid)
