"""Records in an SQLite file: the embedded engine, durable and without server.

One writer at a time holds the file, so that the timestamp of a collection, what a
write expects and what it changes are one atomic step. Lists by timestamp are read in
the order of an index; other orders and filters are evaluated over the collection.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause, text

from cliquet import serialization
from cliquet.backends.sql import Connection, Row
from cliquet.backends.sqlite import SQLiteClient, create_from_config
from cliquet.logs import logger
from cliquet.storage.base import StorageBase
from cliquet.storage.checks import check_condition, check_unicity, unique_values
from cliquet.storage.evaluation import evaluate, total_order
from cliquet.storage.exceptions import (
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import (
    COMPARISON,
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
    Sort,
)
from cliquet.timestamps import msec_time, next_timestamp
from cliquet.types import Record, Timestamp

SCHEMA = [
    text(statement)
    for statement in (
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
]
PAIR = "parent_id = :parent_id AND collection_id = :collection_id"
COLUMNS = "(parent_id, collection_id, id, last_modified"
FLUSH = [text(f"DELETE FROM {table}") for table in ("records", "deleted", "timestamps")]
TIMESTAMP = text(f"SELECT last_modified, records FROM timestamps WHERE {PAIR}")
SET_TIMESTAMP = text(
    """INSERT INTO timestamps (parent_id, collection_id, last_modified, records)
    VALUES (:parent_id, :collection_id, :last_modified, max(:change, 0))
    ON CONFLICT DO UPDATE SET last_modified = :last_modified,
    records = records + :change"""
)
INITIALIZE = text(
    """INSERT INTO timestamps (parent_id, collection_id, last_modified, records)
    VALUES (:parent_id, :collection_id, :now, 0) ON CONFLICT DO NOTHING"""
)
GET = text(f"SELECT id, last_modified, data FROM records WHERE {PAIR} AND id = :id")
PUT = text(
    f"""INSERT INTO records {COLUMNS}, data)
    VALUES (:parent_id, :collection_id, :id, :last_modified, :data)
    ON CONFLICT DO UPDATE SET last_modified = :last_modified, data = :data"""
)
REMOVE = text(f"DELETE FROM records WHERE {PAIR} AND id = :id")
BURY = text(
    f"""INSERT INTO deleted {COLUMNS})
    VALUES (:parent_id, :collection_id, :id, :last_modified)
    ON CONFLICT DO UPDATE SET last_modified = :last_modified"""
)
FORGET = text(f"DELETE FROM deleted WHERE {PAIR} AND id = :id")
PURGE = text(f"DELETE FROM deleted WHERE {PAIR} AND last_modified < :before")
LIVE = f"SELECT id, last_modified, data FROM records WHERE {PAIR}"
DEAD = f"SELECT id, last_modified, NULL AS data FROM deleted WHERE {PAIR}"
LIST = text(LIVE)
LIST_ALL = text(f"{LIVE} UNION ALL {DEAD}")

_FOREVER = 2**63 - 1
_OPERATORS = {
    COMPARISON.LT: "<",
    COMPARISON.MAX: "<=",
    COMPARISON.GT: ">",
    COMPARISON.MIN: ">=",
    COMPARISON.EQ: "=",
}


class Storage(StorageBase):
    """Storage in an SQLite file."""

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

    def _flush(self) -> None:
        with self.client.connect(force_commit=True) as connection:
            for statement in FLUSH:
                connection.run(statement)

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        with self.client.connect(readonly=True) as connection:
            row = connection.row(TIMESTAMP, **scope._asdict())
            return row["last_modified"] if row else None

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        with self.client.connect() as connection:
            connection.run(INITIALIZE, now=msec_time(), **scope._asdict())
            row = connection.row(TIMESTAMP, **scope._asdict())
            stored: Timestamp = row["last_modified"] if row else 0
            return stored

    def _create(
        self,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        with self.client.connect() as connection:
            existing = self._read(connection, scope, record[names.id], names)
            if existing is not None:
                raise UnicityError(names.id, existing)
            return self._write(
                connection, scope, record, names, unique_fields, condition, existing
            )

    def _get(self, scope: Scope, object_id: str, names: FieldNames) -> Record:
        with self.client.connect(readonly=True) as connection:
            found = self._read(connection, scope, object_id, names)
        if found is None:
            raise RecordNotFoundError(object_id)
        return found

    def _update(
        self,
        scope: Scope,
        object_id: str,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        with self.client.connect() as connection:
            existing = self._read(connection, scope, object_id, names)
            return self._write(
                connection, scope, record, names, unique_fields, condition, existing
            )

    def _delete(
        self,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
        condition: Condition | None,
    ) -> Record:
        with self.client.connect() as connection:
            existing = self._read(connection, scope, object_id, names)
            if existing is None:
                raise RecordNotFoundError(object_id)
            current = self._current(connection, scope)
            check_condition(condition, current, existing[names.modified])
            return self._bury(
                connection,
                scope,
                object_id,
                names,
                with_deleted,
                last_modified,
                current,
            )

    def _delete_all(
        self,
        scope: Scope,
        names: FieldNames,
        filters: Sequence[Filter],
        with_deleted: bool,
        condition: Condition | None,
    ) -> list[Record]:
        with self.client.connect() as connection:
            current = self._current(connection, scope)
            expected = condition and Condition(collection=condition.collection)
            check_condition(expected, current)
            records = _present(connection.rows(LIST, **scope._asdict()), names)
            query = Query(filters=filters, sorting=(Sort(names.modified, 1),))
            found, _ = evaluate(records, names, query)
            tombstones = []
            for record in found:
                tombstone = self._bury(
                    connection,
                    scope,
                    record[names.id],
                    names,
                    with_deleted,
                    None,
                    current,
                )
                current = tombstone[names.modified]
                tombstones.append(tombstone)
            return tombstones

    def _purge(self, scope: Scope, before: Timestamp | None, names: FieldNames) -> int:
        bound = _FOREVER if before is None else before
        with self.client.connect() as connection:
            return connection.run(PURGE, before=bound, **scope._asdict())

    def _list(
        self, scope: Scope, names: FieldNames, query: Query
    ) -> tuple[list[Record], int]:
        with self.client.connect(readonly=True) as connection:
            order = total_order(query.sorting, names)
            by_time = order[0].field == names.modified and order[1:] == [
                Sort(names.id, 1)
            ]
            if by_time and _is_by_time(query, names):
                return self._list_by_time(connection, scope, names, query, order[0])
            statement = LIST_ALL if query.include_deleted else LIST
            rows = connection.rows(statement, **scope._asdict())
        return evaluate(_present(rows, names), names, query)

    @staticmethod
    def _list_by_time(
        connection: Connection,
        scope: Scope,
        names: FieldNames,
        query: Query,
        order: Sort,
    ) -> tuple[list[Record], int]:
        """Read a page in the order of the index; filters are on the timestamp."""
        values: dict[str, Any] = {"limit": query.limit or -1, **scope._asdict()}
        matching = _conditions(query.filters, names, values)
        where = "".join(f" AND {condition}" for condition in matching)
        alternatives = [
            " AND ".join(_conditions(rule, names, values)) or "1"
            for rule in query.rules
        ]
        page = f" AND ({' OR '.join(alternatives)})" if alternatives else ""
        listed = LIVE + where + page
        if query.include_deleted:
            listed += f" UNION ALL {DEAD}{where}{page}"
        direction = "DESC" if order.direction < 0 else "ASC"
        listed += f" ORDER BY last_modified {direction}, id LIMIT :limit"
        counted = f"SELECT count(*) AS records FROM records WHERE {PAIR}{where}"
        count = text(counted) if where else TIMESTAMP
        total = connection.row(count, **_used(count, values))
        rows = connection.rows(text(listed), **values)
        return _present(rows, names), total["records"] if total else 0

    @staticmethod
    def _read(
        connection: Connection, scope: Scope, object_id: str, names: FieldNames
    ) -> Record | None:
        row = connection.row(GET, id=object_id, **scope._asdict())
        return _present([row], names)[0] if row else None

    @staticmethod
    def _current(connection: Connection, scope: Scope) -> Timestamp | None:
        row = connection.row(TIMESTAMP, **scope._asdict())
        return row["last_modified"] if row else None

    def _write(
        self,
        connection: Connection,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
        existing: Record | None,
    ) -> Record:
        object_id = record[names.id]
        current = self._current(connection, scope)
        stored = existing[names.modified] if existing else None
        check_condition(condition, current, stored)
        fields = unique_values(record, unique_fields, names)
        if fields:
            others = _present(connection.rows(LIST, **scope._asdict()), names)
            check_unicity(record, fields, others, names)
        stamps = next_timestamp(current, record.get(names.modified), msec_time())
        data = serialization.dumps({**record, names.modified: stamps.record})
        values = {"id": object_id, **scope._asdict()}
        connection.run(
            SET_TIMESTAMP,
            last_modified=stamps.collection,
            change=0 if existing else 1,
            **scope._asdict(),
        )
        connection.run(PUT, last_modified=stamps.record, data=data, **values)
        if existing is None:
            connection.run(FORGET, **values)
        written: Record = serialization.loads(data)
        return written

    @staticmethod
    def _bury(
        connection: Connection,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
        current: Timestamp | None,
    ) -> Record:
        stamps = next_timestamp(current, last_modified, msec_time())
        values = {"id": object_id, **scope._asdict()}
        connection.run(
            SET_TIMESTAMP,
            last_modified=stamps.collection,
            change=-1,
            **scope._asdict(),
        )
        connection.run(REMOVE, **values)
        if with_deleted:
            connection.run(BURY, last_modified=stamps.record, **values)
        return {
            names.id: object_id,
            names.modified: stamps.record,
            names.deleted: True,
        }


def _present(rows: Sequence[Row], names: FieldNames) -> list[Record]:
    """Show rows as callers name their fields; the columns win (backends §15.4)."""
    records = []
    for row in rows:
        own = {names.id: row["id"], names.modified: row["last_modified"]}
        if row["data"] is None:
            records.append({**own, names.deleted: True})
        else:
            records.append({**serialization.loads(row["data"]), **own})
    return records


def _is_by_time(query: Query, names: FieldNames) -> bool:
    """Tell whether filters and page only depend on the columns of the index."""
    tests = [*query.filters, *(item for rule in query.rules for item in rule)]
    return all(
        item.operator in _OPERATORS
        and (
            (item.field == names.modified and type(item.value) is int)
            or (item.field == names.id and isinstance(item.value, str))
        )
        and (type(item.value) is not int or abs(item.value) <= _FOREVER)
        for item in tests
    )


def _conditions(
    tests: Sequence[Filter], names: FieldNames, values: dict[str, Any]
) -> list[str]:
    """Write tests as SQL; their values are added to the parameters."""
    conditions = []
    for item in tests:
        parameter = f"value_{len(values)}"
        values[parameter] = item.value
        column = "last_modified" if item.field == names.modified else "id"
        conditions.append(f"{column} {_OPERATORS[item.operator]} :{parameter}")
    return conditions


def _used(statement: TextClause, values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in statement.compile().params}


def load_from_config(config: Any) -> Storage:
    """Build the storage (settings `storage_url`, `storage_pool_size`)."""
    return Storage(create_from_config(config, prefix="storage_"))
