"""Records in an SQLite file: the embedded engine, durable and without server.

One writer at a time holds the file, so that the timestamp of a collection, what a
write expects and what it changes are one atomic step. Lists by timestamp are read in
the order of an index; other orders and filters are evaluated over the collection.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cliquet.engines.sql.client import Connection, SQLClient
from cliquet.engines.sql.creation import create_tables
from cliquet.engines.sql.sqlite import create_from_config
from cliquet.storage.cascade import Deletion, first_timestamps, gathered
from cliquet.storage.query import (
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
    Sort,
    Write,
)
from cliquet.storage.rules import check_collection
from cliquet.storage.sql import Lock, SQLStorage, present
from cliquet.storage.sqlite.claims import CAN_CLAIM, claims_of
from cliquet.storage.sqlite.lists import read_list
from cliquet.storage.sqlite.schema import TABLES
from cliquet.storage.sqlite.transfer import SQLiteTransfer
from cliquet.storage.sqlite.writes import (
    DELETE_OF_PARENTS,
    DELETED_OF_PARENTS,
    FIND_PARENTS,
    INITIALIZE,
    NEWEST_OLD,
    PURGE,
    STATEMENTS,
    TIMESTAMPS_OF_PARENTS,
)
from cliquet.timestamps import msec_time, next_timestamp
from cliquet.types import Record, Timestamp


class Storage(SQLiteTransfer, SQLStorage):
    """Storage in an SQLite file."""

    statements = STATEMENTS

    def __init__(self, client: SQLClient) -> None:
        super().__init__(client)
        self._claims = claims_of(client.engine.url.database)
        self.keeps_answers &= CAN_CLAIM

    def _claim(self, key: str) -> bool:
        return self._claims.take(key)

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the tables that are missing."""
        create_tables(self.client, "SQLite storage", self.tables, TABLES, dry_run)

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
            found, *_ = read_list(connection, query)
            if before is not None:
                before.extend(found)
            for record in found:
                times = next_timestamp(current, None, now)
                object_id = record[names.id]
                write = Write(scope, names, object_id, None, with_deleted=with_deleted)
                tombstones.append(self._delete(connection, write, times))
                current = times.collection
        return tombstones

    def _remove_tombstones(
        self, connection: Connection, values: Mapping[str, Any]
    ) -> tuple[int, Timestamp | None]:
        row: Any = connection.row(NEWEST_OLD, **values)
        return connection.run(PURGE, **values), row.newest

    def find_parents(
        self, collection_id: str, beginnings: Sequence[str]
    ) -> Sequence[str]:
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                FIND_PARENTS,
                collection_id=collection_id,
                beginnings=json.dumps(list(beginnings)),
            )
        return [row.parent_id for row in rows]

    def _delete_of_parents(
        self, collection_id: str, parent_ids: Sequence[str], names: FieldNames
    ) -> list[Deletion]:
        with self.client.connect() as connection:
            rows = connection.rows(
                TIMESTAMPS_OF_PARENTS,
                collection_id=collection_id,
                parent_ids=json.dumps(list(parent_ids)),
            )
            times = {row.parent_id: row.last_modified for row in rows}
            values = {
                "collection_id": collection_id,
                "firsts": json.dumps(first_timestamps(times.items(), msec_time())),
            }
            found = connection.rows(DELETED_OF_PARENTS, **values)
            for statement in DELETE_OF_PARENTS if found else ():
                connection.run(statement, **values)
        deleted = (
            (row[0], row[3], present((row[2], row[4], row[5]), names)) for row in found
        )
        return gathered(deleted, collection_id, times, names)

    def _list(self, query: Query) -> tuple[list[Record], int, Timestamp]:
        with self.client.connect(readonly=True) as connection:
            return read_list(connection, query)


def load_from_config(config: Any) -> Storage:
    """Return the storage of the settings `storage_url` and `storage_pool_size`."""
    return Storage(create_from_config(config, prefix="storage_"))
