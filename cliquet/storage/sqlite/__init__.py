"""Records in an SQLite file: the embedded engine, durable and without server.

One writer at a time holds the file, so that the timestamp of a collection, what a
write expects and what it changes are one atomic step. Lists by timestamp are read in
the order of an index; other orders and filters are evaluated over the collection.
"""

from typing import Any

from cliquet.engines.sql.client import Connection
from cliquet.engines.sql.sqlite import create_from_config
from cliquet.logs import logger
from cliquet.storage.query import Condition, Filter, Query, Scope, Sort, Write
from cliquet.storage.rules import check_collection
from cliquet.storage.sql import Lock, SQLStorage
from cliquet.storage.sqlite.lists import read_list
from cliquet.storage.sqlite.schema import TABLES
from cliquet.storage.sqlite.writes import INITIALIZE, STATEMENTS
from cliquet.timestamps import msec_time, next_timestamp
from cliquet.types import Record, Timestamp


class Storage(SQLStorage):
    """Storage in an SQLite file."""

    statements = STATEMENTS

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the tables that are missing."""
        if dry_run:
            logger.info("Would create SQLite storage tables that are missing.")
            return
        with self.client.connect(force_commit=True) as connection:
            for statement in TABLES:
                connection.run(statement)
        logger.info("Created SQLite storage tables that were missing.")

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        with self.client.connect() as connection:
            connection.run(INITIALIZE, now=msec_time(), **scope._asdict())
            return self._lock(connection, scope).timestamp or 0

    def _lock(self, connection: Connection, scope: Scope) -> Lock:
        # The file itself is locked, since `connect`.
        row = connection.row(self.statements.timestamp, **scope._asdict())
        return Lock(row.last_modified if row else None, msec_time())

    def _find(
        self, connection: Connection, write: Write, predicates: list[Filter]
    ) -> Record | None:
        by_id = [Sort(write.names.id, 1)]
        query = Query(write.scope, write.names, predicates, by_id, limit=1)
        return next(iter(read_list(connection, query)[0]), None)

    def _delete_all(
        self,
        query: Query,
        with_deleted: bool,
        condition: Condition,
        before: list[Record] | None,
    ) -> list[Record]:
        scope, names = query.scope, query.names
        tombstones: list[Record] = []
        with self.client.connect() as connection:
            current, now = self._lock(connection, scope)
            check_collection(condition.collection, current)
            found, _ = read_list(connection, query)
            if before is not None:
                before.extend(found)
            for record in found:
                times = next_timestamp(current, None, now)
                object_id = record[names.id]
                write = Write(scope, names, object_id, None, with_deleted=with_deleted)
                tombstones.append(self._delete(connection, write, times))
                current = times.collection
        return tombstones

    def _list(self, query: Query) -> tuple[list[Record], int]:
        with self.client.connect(readonly=True) as connection:
            return read_list(connection, query)


def load_from_config(config: Any) -> Storage:
    """Return the storage of the settings `storage_url` and `storage_pool_size`."""
    return Storage(create_from_config(config, prefix="storage_"))
