"""Records in PostgreSQL, in the tables of 3.1.x (backends §14-16, §23)."""

from collections.abc import Sequence
from typing import Any

from cliquet.backends.grants import GrantedIds
from cliquet.backends.sql import Connection
from cliquet.storage.checks import check_condition, unique_values
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.postgresql import schema
from cliquet.storage.postgresql.client import PostgreSQLClient, create_from_config
from cliquet.storage.postgresql.conditions import (
    MODIFIED,
    Conditions,
    Parameters,
)
from cliquet.storage.postgresql.listing import build_list
from cliquet.storage.postgresql.numbers import plain_floats
from cliquet.storage.postgresql.statements import (
    CREATE,
    DELETE,
    DELETE_ALL,
    FLUSH,
    INITIALIZE,
    LOCK,
    LOCK_ALL,
    REPLACE,
    SCOPES,
    STATEMENTS,
    TIMESTAMP,
)
from cliquet.storage.query import (
    COMPARISON,
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
)
from cliquet.storage.sql import (
    PAIR,
    Lock,
    SQLStorage,
    as_stored,
    document,
    present,
    present_all,
    present_page,
    tombstone,
)
from cliquet.timestamps import next_timestamp
from cliquet.types import Record, Timestamp

__all__ = ["Storage", "create_from_config", "load_from_config"]

_UNLIMITED = 2**62

#: Of a statement that may find the collection changed: at the second time it is ours,
#: unless the first one did not get that far.
_ATTEMPTS = 3


class Storage(SQLStorage):
    """Storage in a PostgreSQL database.

    Args:
        client: Sessions on the database.
        max_fetch_size: Most records that a list answers when no limit is asked for.
    """

    schema_version = 12
    statements = STATEMENTS

    def __init__(
        self, client: PostgreSQLClient, max_fetch_size: int, *args: Any, **kwargs: Any
    ) -> None:
        self.client = client
        self._max_fetch_size = max_fetch_size

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the tables, or upgrade them from any earlier version.

        Raises:
            AssertionError: the installed version is not the one expected.
        """
        schema.initialize(self, dry_run)

    def _get_installed_version(self) -> int | None:
        with self.client.connect(readonly=True) as connection:
            return schema.installed_version(connection)

    def _execute_sql_file(self, path: str) -> None:
        with self.client.connect(force_commit=True) as connection:
            schema.execute_file(connection, path)

    def _flush(self) -> None:
        with self.client.connect(force_commit=True) as connection:
            connection.run_script(FLUSH)

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        with self.client.connect(readonly=True) as connection:
            row = connection.row(TIMESTAMP, **scope._asdict())
        # 0: it was locked for a write that did not happen.
        return row.last_modified or None if row else None

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        with self.client.connect() as connection:
            row: Any = connection.row(INITIALIZE, **scope._asdict())
            stored: Timestamp = row.last_modified
            return stored

    def _create(
        self,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        if _needs_care(record, unique_fields, names) or _expected(condition):
            return super()._create(scope, record, names, unique_fields, condition)
        object_id, data = record[names.id], document(record, names)
        values = self._values(scope, object_id, condition, data=plain_floats(data))
        with self.client.connect() as connection:
            for _ in range(_ATTEMPTS):
                row = connection.row(CREATE, **values)
                if row is not None:
                    return as_stored(data, object_id, row.last_modified, names)
                existing = self._read(connection, scope, object_id, names)
                if existing is not None:
                    raise UnicityError(names.id, existing)
        raise ModifiedMeanwhileError(object_id)

    def _update(
        self,
        scope: Scope,
        object_id: str,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        expected = _expected(condition)
        if expected is None or _needs_care(record, unique_fields, names):
            return super()._update(
                scope, object_id, record, names, unique_fields, condition
            )
        data = document(record, names)
        values = self._values(scope, object_id, condition, data=plain_floats(data))
        with self.client.connect() as connection:
            for _ in range(_ATTEMPTS):
                row = connection.row(REPLACE, expected=expected, **values)
                if row is not None:
                    return as_stored(data, object_id, row.last_modified, names)
                existing = self._read(connection, scope, object_id, names)
                if existing is None or existing[names.modified] != expected:
                    break
        raise ModifiedMeanwhileError(object_id)

    def _delete(
        self,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
        condition: Condition | None,
    ) -> Record:
        expected = _expected(condition)
        if expected is None or last_modified is not None:
            return super()._delete(
                scope, object_id, names, with_deleted, last_modified, condition
            )
        values = self._values(scope, object_id, condition, with_deleted=with_deleted)
        with self.client.connect() as connection:
            for _ in range(_ATTEMPTS):
                row = connection.row(DELETE, expected=expected, **values)
                if row is not None:
                    return tombstone(object_id, row.last_modified, names)
                existing = self._read(connection, scope, object_id, names)
                if existing is None:
                    raise RecordNotFoundError(object_id)
                if existing[names.modified] != expected:
                    break
        raise ModifiedMeanwhileError(object_id)

    def _delete_all(
        self,
        scope: Scope,
        names: FieldNames,
        filters: Sequence[Filter],
        with_deleted: bool,
        condition: Condition | None,
    ) -> list[Record]:
        parameters = Parameters(**scope._asdict())
        filters = self._in_reach(filters)
        where = [PAIR, *Conditions(parameters, names).filters(filters)]
        statement = DELETE_ALL.format(where=" AND ".join(where))
        with self.client.connect() as connection:
            lock = self._lock(connection, scope)
            expected = condition and Condition(collection=condition.collection)
            check_condition(expected, lock.current)
            first = next_timestamp(lock.current, None, lock.now).collection
            rows = connection.rows(
                statement, first=first, with_deleted=with_deleted, **parameters.values
            )
        return [tombstone(row.id, row.last_modified, names) for row in rows]

    def _list(
        self, scope: Scope, names: FieldNames, query: Query
    ) -> tuple[list[Record], int]:
        limit = query.limit or self._max_fetch_size or _UNLIMITED
        query = query._replace(filters=self._in_reach(query.filters))
        page = build_list(scope, names, query, limit)
        with self.client.connect(readonly=True) as connection:
            row: Any = connection.row(page.text, **page.parameters.values)
            if row.records is not None:
                return present_page(row.records, names), row.total
            rows = connection.rows(page.rows, **page.parameters.values)
        return present_all(rows, names), row.total

    def _in_reach(self, filters: Sequence[Filter]) -> Sequence[Filter]:
        """Read the ids that are kept in another database."""
        return [
            item._replace(value=list(item.value))
            if isinstance(item.value, GrantedIds)
            and item.value.grants.client is not self.client
            else item
            for item in filters
        ]

    def scopes(self) -> list[Scope]:
        with self.client.connect(readonly=True) as connection:
            return [Scope(*row) for row in connection.rows(SCOPES)]

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        way = "DESC" if newest_first else "ASC"
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                f"SELECT {MODIFIED} FROM deleted WHERE {PAIR}"
                f" ORDER BY {MODIFIED} {way} LIMIT :limit",
                collection_id=collection_id,
                parent_id=parent_id,
                limit=limit,
            )
        return [row[0] for row in rows]

    def take_collections(self, scopes: Sequence[Scope]) -> None:
        if self.client.commit_manually:
            return
        with self.client.connect() as connection:
            connection.run(
                LOCK_ALL,
                collections=[scope.collection_id for scope in scopes],
                parents=[scope.parent_id for scope in scopes],
            )

    def _encode(self, data: str) -> str:
        return plain_floats(data)

    def _lock(self, connection: Connection, scope: Scope) -> Lock:
        row: Any = connection.row(LOCK, **scope._asdict())
        return Lock(row.last_modified or None, row.now)

    def _check_unicity(
        self,
        connection: Connection,
        scope: Scope,
        record: Record,
        fields: Sequence[str],
        names: FieldNames,
    ) -> None:
        for field in fields:
            parameters = Parameters(**scope._asdict())
            tests = [
                Filter(field, record[field], COMPARISON.EQ),
                Filter(names.id, record[names.id], COMPARISON.NOT),
            ]
            where = " AND ".join([PAIR, *Conditions(parameters, names).filters(tests)])
            row = connection.row(
                "SELECT id, as_epoch(last_modified) AS last_modified, data::text"
                f" FROM records WHERE {where} LIMIT 1",
                **parameters.values,
            )
            if row is not None:
                raise UnicityError(field, present(row, names))

    @staticmethod
    def _values(
        scope: Scope, object_id: str, condition: Condition | None, **more: Any
    ) -> dict[str, Any]:
        collection = condition.collection if condition else None
        return {"id": object_id, "collection": collection, **scope._asdict(), **more}


def _needs_care(
    record: Record, unique_fields: tuple[str, ...], names: FieldNames
) -> bool:
    """Tell whether a write has to look around while it holds the collection."""
    if record.get(names.modified) is not None:
        return True
    return bool(unique_fields and unique_values(record, unique_fields, names))


def _expected(condition: Condition | None) -> Timestamp | None:
    """Tell the timestamp of the record that a write relies upon, if it does."""
    if condition is None or not isinstance(condition.record, int):
        return None
    return condition.record


def load_from_config(config: Any) -> Storage:
    """Build the storage.

    Settings `storage_url`, `storage_max_fetch_size`, and those of the pool.
    """
    settings = config.get_settings()
    max_fetch_size = int(settings["storage_max_fetch_size"])
    client = create_from_config(config, prefix="storage_")
    return Storage(client=client, max_fetch_size=max_fetch_size)
