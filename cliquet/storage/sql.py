"""What do writes have in common on databases that speak SQL?

The collection is locked, what the write relies upon is compared with what is stored,
then rows change. An engine supplies statements, the lock, and how values are searched.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from cliquet import serialization
from cliquet.backends.sql import Connection, Row
from cliquet.storage.base import StorageBase
from cliquet.storage.checks import check_condition, unique_values
from cliquet.storage.exceptions import RecordNotFoundError, UnicityError
from cliquet.storage.query import Condition, FieldNames, Scope
from cliquet.timestamps import next_timestamp
from cliquet.types import Record, Timestamp

PAIR = "parent_id = :parent_id AND collection_id = :collection_id"
KEY = f"{PAIR} AND id = :id"


class Lock(NamedTuple):
    """A collection that nobody else writes until the transaction ends."""

    current: Timestamp | None
    now: Timestamp


class Statements(NamedTuple):
    """What is sent, with `parent_id`, `collection_id`, mostly `id` and more."""

    get: str
    """Columns `id`, `last_modified`, `data`."""

    put: str
    """With `last_modified` and `data`; no row: two records share the timestamp."""

    remove: str
    bury: str
    forget: str
    purge: str
    """With `before`."""

    set_timestamp: str
    """With `last_modified`, and by how much the number of records changes."""


class SQLStorage(StorageBase):
    """Writes of one record, and reads of one."""

    client: Any
    statements: ClassVar[Statements]

    def _encode(self, data: str) -> str:
        """Write JSON as the database keeps it."""
        return data

    def _lock(self, connection: Connection, scope: Scope) -> Lock:
        raise NotImplementedError

    def _check_unicity(
        self,
        connection: Connection,
        scope: Scope,
        record: Record,
        fields: Sequence[str],
        names: FieldNames,
    ) -> None:
        raise NotImplementedError

    def _create(
        self,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        with self.client.connect() as connection:
            lock = self._lock(connection, scope)
            existing = self._read(connection, scope, record[names.id], names)
            if existing is not None:
                raise UnicityError(names.id, existing)
            return self._write(
                connection, scope, record, names, unique_fields, condition, lock, None
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
            lock = self._lock(connection, scope)
            existing = self._read(connection, scope, object_id, names)
            return self._write(
                connection,
                scope,
                record,
                names,
                unique_fields,
                condition,
                lock,
                existing,
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
            lock = self._lock(connection, scope)
            existing = self._read(connection, scope, object_id, names)
            if existing is None:
                raise RecordNotFoundError(object_id)
            check_condition(condition, lock.current, existing[names.modified])
            return self._bury(
                connection, scope, object_id, names, with_deleted, last_modified, lock
            )

    def _purge(self, scope: Scope, before: Timestamp | None, names: FieldNames) -> int:
        bound = 2**63 - 1 if before is None else before
        with self.client.connect() as connection:
            count: int = connection.run(
                self.statements.purge, before=bound, **scope._asdict()
            )
            return count

    def _read(
        self, connection: Connection, scope: Scope, object_id: str, names: FieldNames
    ) -> Record | None:
        row = connection.row(self.statements.get, id=object_id, **scope._asdict())
        return None if row is None else present(row, names)

    def _write(
        self,
        connection: Connection,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
        lock: Lock,
        existing: Record | None,
    ) -> Record:
        stored = existing[names.modified] if existing else None
        check_condition(condition, lock.current, stored)
        fields = unique_values(record, unique_fields, names)
        if fields:
            self._check_unicity(connection, scope, record, fields, names)
        wanted = record.get(names.modified)
        stamps = next_timestamp(lock.current, wanted, lock.now)
        data = document(record, names)
        values = {"id": record[names.id], **scope._asdict()}
        written = connection.run(
            self.statements.put,
            last_modified=stamps.record,
            data=self._encode(data),
            **values,
        )
        if not written:
            raise UnicityError(names.modified, record)
        connection.run(
            self.statements.set_timestamp,
            last_modified=stamps.collection,
            change=0 if existing else 1,
            **scope._asdict(),
        )
        if existing is None:
            connection.run(self.statements.forget, **values)
        return as_stored(data, record[names.id], stamps.record, names)

    def _bury(
        self,
        connection: Connection,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
        lock: Lock,
    ) -> Record:
        stamps = next_timestamp(lock.current, last_modified, lock.now)
        values = {"id": object_id, **scope._asdict()}
        if with_deleted and not connection.run(
            self.statements.bury, last_modified=stamps.record, **values
        ):
            raise UnicityError(names.modified, {names.id: object_id})
        connection.run(self.statements.remove, **values)
        connection.run(
            self.statements.set_timestamp,
            last_modified=stamps.collection,
            change=-1,
            **scope._asdict(),
        )
        return tombstone(object_id, stamps.record, names)


def document(record: Record, names: FieldNames) -> str:
    """Write what is stored as JSON: all fields but those that are columns."""
    own = (names.id, names.modified)
    return serialization.dumps(
        {key: value for key, value in record.items() if key not in own}
    )


def as_stored(
    data: str, object_id: str, last_modified: Timestamp, names: FieldNames
) -> Record:
    """Read a document; the columns win (backends §15.4)."""
    return _with_columns(
        serialization.loads_stored(data), object_id, last_modified, names
    )


def _with_columns(
    record: Record, object_id: str, last_modified: Timestamp, names: FieldNames
) -> Record:
    record[names.id] = object_id
    record[names.modified] = last_modified
    return record


def tombstone(object_id: str, last_modified: Timestamp, names: FieldNames) -> Record:
    """Show what a deleted record leaves."""
    return {names.id: object_id, names.modified: last_modified, names.deleted: True}


def present(row: Row, names: FieldNames) -> Record:
    """Show a row as callers name their fields."""
    object_id, last_modified, data = row[:3]
    if data is None:
        return tombstone(object_id, last_modified, names)
    return as_stored(data, object_id, last_modified, names)


def present_all(rows: Iterable[Row], names: FieldNames) -> list[Record]:
    """Show rows as callers name their fields."""
    return [present(row, names) for row in rows]


def present_page(page: str, names: FieldNames) -> list[Record]:
    """Show a JSON list of `[id, last_modified, data]` as callers name their fields."""
    return [
        tombstone(object_id, last_modified, names)
        if data is None
        else _with_columns(data, object_id, last_modified, names)
        for object_id, last_modified, data in serialization.loads_stored(page)
    ]
