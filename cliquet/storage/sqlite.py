"""Records in an SQLite file: the embedded engine, durable and without server.

One writer at a time holds the file, so that the timestamp of a collection, what a
write expects and what it changes are one atomic step. Lists by timestamp are read in
the order of an index; other orders and filters are evaluated over the collection.
"""

from collections.abc import Sequence
from typing import Any

from cliquet.backends.sql import Connection
from cliquet.backends.sqlite import SQLiteClient, create_from_config
from cliquet.logs import logger
from cliquet.storage.checks import check_condition, check_unicity
from cliquet.storage.query import (
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
    Sort,
)
from cliquet.storage.sql import KEY, PAIR, Lock, SQLStorage, Statements, present_all
from cliquet.storage.sqlite_lists import LIVE, read_list
from cliquet.timestamps import msec_time
from cliquet.types import Record, Timestamp

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS records (
            parent_id TEXT NOT NULL, collection_id TEXT NOT NULL, id TEXT NOT NULL,
            last_modified INTEGER NOT NULL, data TEXT NOT NULL,
            PRIMARY KEY (parent_id, collection_id, id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS deleted (
            parent_id TEXT NOT NULL, collection_id TEXT NOT NULL, id TEXT NOT NULL,
            last_modified INTEGER NOT NULL,
            PRIMARY KEY (parent_id, collection_id, id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS timestamps (
            parent_id TEXT NOT NULL, collection_id TEXT NOT NULL,
            last_modified INTEGER NOT NULL, records INTEGER NOT NULL,
            PRIMARY KEY (parent_id, collection_id)) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS idx_records_last_modified
            ON records (parent_id, collection_id, last_modified DESC, id)""",
    """CREATE INDEX IF NOT EXISTS idx_deleted_last_modified
            ON deleted (parent_id, collection_id, last_modified DESC, id)""",
)
COLUMNS = "(parent_id, collection_id, id, last_modified"
FLUSH = [f"DELETE FROM {table}" for table in ("records", "deleted", "timestamps")]
TIMESTAMP = f"SELECT last_modified, records FROM timestamps WHERE {PAIR}"
INITIALIZE = """INSERT INTO timestamps
    (parent_id, collection_id, last_modified, records)
    VALUES (:parent_id, :collection_id, :now, 0) ON CONFLICT DO NOTHING"""
SCOPES = """SELECT collection_id, parent_id FROM timestamps
    ORDER BY parent_id, collection_id"""
STATEMENTS = Statements(
    get=f"SELECT id, last_modified, data FROM records WHERE {KEY}",
    put=f"""INSERT INTO records {COLUMNS}, data)
        VALUES (:parent_id, :collection_id, :id, :last_modified, :data)
        ON CONFLICT DO UPDATE SET last_modified = :last_modified, data = :data""",
    remove=f"DELETE FROM records WHERE {KEY}",
    bury=f"""INSERT INTO deleted {COLUMNS})
        VALUES (:parent_id, :collection_id, :id, :last_modified)
        ON CONFLICT DO UPDATE SET last_modified = :last_modified""",
    forget=f"DELETE FROM deleted WHERE {KEY}",
    purge=f"DELETE FROM deleted WHERE {PAIR} AND last_modified < :before",
    set_timestamp="""INSERT INTO timestamps
        (parent_id, collection_id, last_modified, records)
        VALUES (:parent_id, :collection_id, :last_modified, max(:change, 0))
        ON CONFLICT DO UPDATE SET last_modified = :last_modified,
        records = records + :change""",
)


class Storage(SQLStorage):
    """Storage in an SQLite file."""

    statements = STATEMENTS

    def __init__(self, client: SQLiteClient, max_fetch_size: int = 0) -> None:
        self.client = client
        self._max_fetch_size = max_fetch_size

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the tables that are missing."""
        if dry_run:
            logger.info("SQLite storage: would create the tables that are missing")
            return
        with self.client.connect(force_commit=True) as connection:
            for statement in SCHEMA:
                connection.run(statement)
        logger.info("SQLite storage tables are there.")

    def _flush(self) -> None:
        with self.client.connect(force_commit=True) as connection:
            for statement in FLUSH:
                connection.run(statement)

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        with self.client.connect(readonly=True) as connection:
            row = connection.row(TIMESTAMP, **scope._asdict())
            return row.last_modified if row else None

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        with self.client.connect() as connection:
            connection.run(INITIALIZE, now=msec_time(), **scope._asdict())
            row = connection.row(TIMESTAMP, **scope._asdict())
            stored: Timestamp = row.last_modified if row else 0
            return stored

    def scopes(self) -> list[Scope]:
        with self.client.connect(readonly=True) as connection:
            return [Scope(*row) for row in connection.rows(SCOPES)]

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        way = "DESC" if newest_first else "ASC"
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                f"SELECT last_modified FROM deleted WHERE {PAIR}"
                f" ORDER BY last_modified {way} LIMIT :limit",
                collection_id=collection_id,
                parent_id=parent_id,
                limit=limit,
            )
        return [row[0] for row in rows]

    def _lock(self, connection: Connection, scope: Scope) -> Lock:
        # The file itself is locked, since `connect`.
        row = connection.row(TIMESTAMP, **scope._asdict())
        return Lock(row.last_modified if row else None, msec_time())

    def _check_unicity(
        self,
        connection: Connection,
        scope: Scope,
        record: Record,
        fields: Sequence[str],
        names: FieldNames,
    ) -> None:
        others = present_all(connection.rows(LIVE, **scope._asdict()), names)
        check_unicity(record, fields, others, names)

    def _delete_all(
        self,
        scope: Scope,
        names: FieldNames,
        filters: Sequence[Filter],
        with_deleted: bool,
        condition: Condition | None,
    ) -> list[Record]:
        with self.client.connect() as connection:
            lock = self._lock(connection, scope)
            expected = condition and Condition(collection=condition.collection)
            check_condition(expected, lock.current)
            query = Query(filters=filters, sorting=(Sort(names.modified, 1),))
            found, _ = read_list(connection, self.client, scope, names, query)
            tombstones = []
            for record in found:
                buried = self._bury(
                    connection,
                    scope,
                    record[names.id],
                    names,
                    with_deleted,
                    None,
                    lock,
                )
                lock = lock._replace(current=buried[names.modified])
                tombstones.append(buried)
            return tombstones

    def _list(
        self, scope: Scope, names: FieldNames, query: Query
    ) -> tuple[list[Record], int]:
        with self.client.connect(readonly=True) as connection:
            return read_list(connection, self.client, scope, names, query)


def load_from_config(config: Any) -> Storage:
    """Build the storage (settings `storage_url`, `storage_pool_size`)."""
    return Storage(create_from_config(config, prefix="storage_"))
