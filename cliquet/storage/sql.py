"""Storages on databases that speak SQL: the course of a write, and rows as records.

A write locks its collection, compares what it relies upon with what is stored, then
changes rows. An engine supplies the statements, the lock, and how values are searched.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

from cliquet import serialization
from cliquet.engines.sql.client import Connection, Row, SQLClient
from cliquet.storage import statements
from cliquet.storage.base import StorageBase
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import (
    COMPARISON,
    Condition,
    FieldNames,
    Filter,
    Scope,
    Write,
)
from cliquet.storage.rules import check_collection, check_record
from cliquet.storage.sql_answers import ANSWERS, SQLAnswers
from cliquet.storage.sql_tombstones import SQLTombstones
from cliquet.storage.statements import KEY, Statements
from cliquet.timestamps import NextTimestamp, next_timestamp
from cliquet.types import Record, Timestamp

_REMOVE = f"DELETE FROM records WHERE {KEY}"
_REMOVE_TOMBSTONE = f"DELETE FROM deleted WHERE {KEY}"
LARGEST = statements.LARGEST

OPERATORS = {
    COMPARISON.LT: "<",
    COMPARISON.MAX: "<=",
    COMPARISON.GT: ">",
    COMPARISON.MIN: ">=",
    COMPARISON.EQ: "=",
    COMPARISON.NOT: "<>",
}
"""Those of filters that compare with one value."""


class Lock(NamedTuple):
    """A collection that nobody else writes until the transaction ends.

    Attributes:
        timestamp: That of the collection, `None` if it was never used.
        now: The current time, by the clock of the engine.
    """

    timestamp: Timestamp | None
    now: Timestamp


class SQLStorage(SQLTombstones, SQLAnswers, StorageBase):
    """Reads and writes of one record."""

    client: SQLClient
    statements: Statements
    tables: ClassVar[tuple[str, ...]] = (
        "records",
        "deleted",
        "timestamps",
        "horizons",
        ANSWERS,
    )

    def __init__(self, client: SQLClient) -> None:
        self.client = self.database = client
        client.keeps_others_out = True
        self.joins_transaction = self.keeps_answers = not client.commit_manually

    def _write(self, write: Write) -> Record:
        with self.client.connect() as connection:
            self._hold_parent(connection, write.condition)
            written = self._write_at_once(connection, write)
            if written is not None:
                return written
            lock = self._lock(connection, write.scope)
            existing = self._read(connection, *write[:3])
            check_record(write, existing)
            check_collection(write.condition.collection, lock.timestamp)
            if write.unique_fields:
                self._check_unicity(connection, write)
            times = next_timestamp(lock.timestamp, write.last_modified, lock.now)
            if write.record is None:
                return self._delete(connection, write, times)
            return self._put(connection, write, times, is_new=existing is None)

    def _hold_parent(self, connection: Connection, condition: Condition) -> None:
        """Have the record that a write is below stay until the transaction ends."""
        if condition.parent is None:
            return
        scope, object_id = condition.parent
        row = connection.row(self.statements.hold, id=object_id, **scope._asdict())
        if row is None:
            raise ModifiedMeanwhileError(object_id)

    def _write_at_once(self, connection: Connection, write: Write) -> Record | None:
        """Do a write by a single statement, where the engine has one for it.

        Returns:
            What `_write` returns, or `None` if the write has to take its course.

        Raises:
            Exception: What `_write` raises.
        """
        return None

    def _lock(self, connection: Connection, scope: Scope) -> Lock:
        raise NotImplementedError

    def _check_unicity(self, connection: Connection, write: Write) -> None:
        """Look for another record with the same value in one of the unique fields."""
        for field in write.unique_fields:
            value = (write.record or {})[field]
            predicates = [
                Filter(field, value, COMPARISON.EQ),
                Filter(write.names.id, write.object_id, COMPARISON.NOT),
            ]
            found = self._find(connection, write, predicates)
            if found is not None:
                raise UnicityError(field, found)

    def _find(
        self, connection: Connection, write: Write, predicates: list[Filter]
    ) -> Record | None:
        """Return a live record of the collection of a write that matches."""
        raise NotImplementedError

    def _encode(self, data: str) -> str:
        """Return a document as the database wants it."""
        return data

    def _put(
        self,
        connection: Connection,
        write: Write,
        times: NextTimestamp,
        *,
        is_new: bool,
    ) -> Record:
        data = document(write)
        values = {"id": write.object_id, **write.scope._asdict()}
        encoded = self._encode(data)
        connection.run(
            self.statements.put, last_modified=times.record, data=encoded, **values
        )
        self._set_timestamp(connection, write.scope, times, change=int(is_new))
        if is_new:
            connection.run(_REMOVE_TOMBSTONE, **values)
        return present((write.object_id, times.record, data), write.names)

    def _delete(
        self, connection: Connection, write: Write, times: NextTimestamp
    ) -> Record:
        values = {"id": write.object_id, **write.scope._asdict()}
        if write.with_deleted:
            connection.run(
                self.statements.put_tombstone, last_modified=times.record, **values
            )
        connection.run(_REMOVE, **values)
        self._set_timestamp(connection, write.scope, times, change=-1)
        return write.names.tombstone(write.object_id, times.record)

    def _set_timestamp(
        self, connection: Connection, scope: Scope, times: NextTimestamp, change: int
    ) -> None:
        connection.run(
            self.statements.set_timestamp,
            last_modified=times.collection,
            change=change,
            **scope._asdict(),
        )

    def _get(self, scope: Scope, names: FieldNames, object_id: str) -> Record:
        with self.client.connect(readonly=True) as connection:
            found = self._read(connection, scope, names, object_id)
        if found is None:
            raise RecordNotFoundError(object_id)
        return found

    def _read(
        self, connection: Connection, scope: Scope, names: FieldNames, object_id: str
    ) -> Record | None:
        row = connection.row(self.statements.get, id=object_id, **scope._asdict())
        return None if row is None else present(row, names)

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        with self.client.connect(readonly=True) as connection:
            row = connection.row(self.statements.timestamp, **scope._asdict())
        return row.last_modified or None if row else None

    def _flush(self) -> None:
        with self.client.connect(force_commit=True) as connection:
            for table in self.tables:
                connection.run(f"DELETE FROM {table}")

    def _purge(self, scope: Scope, names: FieldNames, before: Timestamp | None) -> int:
        values = {"before": LARGEST if before is None else before, **scope._asdict()}
        with self.client.connect() as connection:
            count, newest = self._remove_tombstones(connection, values)
            if newest is not None:
                connection.run(
                    self.statements.raise_horizon, horizon=newest, **scope._asdict()
                )
        return count

    def _remove_tombstones(
        self, connection: Connection, values: Mapping[str, Any]
    ) -> tuple[int, Timestamp | None]:
        """Delete those older than `before`; return how many, and the newest."""
        row: Any = connection.row(self.statements.purge, **values)
        return row.purged, row.newest

    def _raise_timestamp(self, scope: Scope, timestamp: Timestamp) -> None:
        with self.client.connect() as connection:
            statement = self.statements.raise_timestamp
            connection.run(statement, last_modified=timestamp, **scope._asdict())

    def _raise_horizon(self, scope: Scope, horizon: Timestamp) -> None:
        with self.client.connect() as connection:
            statement = self.statements.raise_horizon
            connection.run(statement, horizon=horizon, **scope._asdict())

    def scopes(self) -> list[Scope]:
        with self.client.connect(readonly=True) as connection:
            return [Scope(*row) for row in connection.rows(self.statements.scopes)]


def document(write: Write) -> str:
    """Return as JSON the fields of a record that have no column of their own."""
    columns = (write.names.id, write.names.modified)
    fields = write.record or {}
    return serialization.dumps(
        {name: value for name, value in fields.items() if name not in columns}
    )


def as_stored(
    fields: Record | None, object_id: str, last_modified: Timestamp, names: FieldNames
) -> Record:
    """Add the columns, which win, to the fields of a document.

    Returns:
        The record, or the tombstone if there is no document.
    """
    if fields is None:
        return names.tombstone(object_id, last_modified)
    fields[names.id] = object_id
    fields[names.modified] = last_modified
    return fields


def present(row: Row, names: FieldNames) -> Record:
    """Return the record, or the tombstone, of a row `(id, last_modified, data)`."""
    object_id, last_modified, data = row
    fields = None if data is None else serialization.loads_stored(data)
    return as_stored(fields, object_id, last_modified, names)


def present_all(rows: Iterable[Row], names: FieldNames) -> list[Record]:
    """Return the records and tombstones of rows."""
    return [present(row, names) for row in rows]


def present_page(page: str, names: FieldNames) -> list[Record]:
    """Return those of a JSON list of `[id, last_modified, data]`."""
    return [
        as_stored(fields, object_id, last_modified, names)
        for object_id, last_modified, fields in serialization.loads_stored(page)
    ]
