"""Records in PostgreSQL, in the tables of 3.1.x (`docs: engines-postgresql`)."""

from collections.abc import Sequence
from typing import Any

from pyramid.settings import asbool

from cliquet.engines.reading import needs_proof
from cliquet.engines.sql.client import Connection
from cliquet.engines.sql.replicas import NO_REPLICAS, Replicas, load_replicas
from cliquet.storage.cascade import Deletion
from cliquet.storage.exceptions import ModifiedMeanwhileError, RecordNotFoundError
from cliquet.storage.postgresql import (
    changes,
    document_index,
    parents,
    schema,
    writes,
    zones,
)
from cliquet.storage.postgresql.client import PostgreSQLClient, create_from_config
from cliquet.storage.postgresql.filters import Conditions, Parameters
from cliquet.storage.postgresql.lists import build_list
from cliquet.storage.postgresql.numbers import plain_floats
from cliquet.storage.postgresql.transfer import PostgreSQLTransfer
from cliquet.storage.postgresql.triggers import find_misfit
from cliquet.storage.query import (
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
    Write,
)
from cliquet.storage.rules import check_collection, check_record
from cliquet.storage.sql import (
    Lock,
    SQLStorage,
    document,
    present,
    present_all,
    present_page,
)
from cliquet.storage.statements import PAIR
from cliquet.timestamps import next_timestamp
from cliquet.types import Record, Timestamp

__all__ = ["Storage", "create_from_config", "load_from_config"]

_UNLIMITED = 2**62

#: Of a statement that may find the collection changed: at the second time it is ours,
#: unless the first one did not get that far.
_ATTEMPTS = 3


class Storage(PostgreSQLTransfer, SQLStorage):
    """Storage in a PostgreSQL database.

    Args:
        client: Connections to the database.
        max_fetch_size: The maximum number of records of a list without a limit.
        triggers: Whether triggers count the records, or the statements do.
    """

    schema_version = 16
    statements = changes.WITH_TRIGGERS.statements
    client: PostgreSQLClient
    replicas: Replicas = NO_REPLICAS

    def __init__(
        self,
        client: PostgreSQLClient,
        max_fetch_size: int,
        *args: Any,
        triggers: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(client)
        self._max_fetch_size = max_fetch_size
        self.has_triggers = triggers
        self.misfit = find_misfit(triggers)
        self._writes = changes.WITH_TRIGGERS
        if not triggers:
            self._writes = changes.WITHOUT_TRIGGERS
            self.statements = self._writes.statements

    def initialize_schema(
        self, dry_run: bool = False, to_utc: bool = False, with_index: bool = False
    ) -> None:
        """Create the tables, or upgrade them from any earlier version.

        Args:
            dry_run: Log what would be done, and do nothing.
            to_utc: Move to UTC the timestamps that an earlier version wrote in another
                time zone, besides.
            with_index: Build the index on documents, besides.

        Raises:
            AssertionError: The installed version is not the one expected.
        """
        schema.initialize(self, dry_run)
        if to_utc:
            with self.client.connect(force_commit=True) as connection:
                zones.move(connection, dry_run)
        if with_index:
            document_index.build(self.client, dry_run)

    def _get_installed_version(self) -> int | None:
        with self.client.connect(readonly=True) as connection:
            return schema.installed_version(connection)

    def _execute_sql_file(self, path: str) -> None:
        with self.client.connect(force_commit=True) as connection:
            schema.execute_file(connection, path, self.has_triggers)

    def _get(self, scope: Scope, names: FieldNames, object_id: str) -> Record:
        needed = needs_proof(scope)
        statement = writes.GET_REACHED if needed else self.statements.get

        def read(connection: Connection) -> Any:
            return connection.row(statement, id=object_id, **scope._asdict())

        if needed:
            _, *found = self.replicas.prove(self.client, read, lambda row: row.reached)
        else:
            found = self.replicas.read(self.client, read)
        if not found or found[0] is None:
            raise RecordNotFoundError(object_id)
        return present(found, names)

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        def read(connection: Connection) -> Timestamp:
            row = connection.row(self.statements.timestamp, **scope._asdict())
            return row.last_modified if row else 0

        if needs_proof(scope):
            found = self.replicas.prove(self.client, read, int)
        else:
            found = self.replicas.read(self.client, read)
        return found or None

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        with self.client.connect() as connection:
            row: Any = connection.row(writes.INITIALIZE, **scope._asdict())
            return int(row.last_modified)

    def _write_at_once(self, connection: Connection, write: Write) -> Record | None:
        planned = _plan(write, self._writes)
        if planned is None:
            return None
        statement, values = planned
        for _ in range(_ATTEMPTS):
            row = connection.row(statement, **values)
            if row is not None:
                stored = (write.object_id, row.last_modified, values.get("data"))
                return present(stored, write.names)
            check_record(write, self._read(connection, *write[:3]))
        raise ModifiedMeanwhileError(write.object_id)

    def _lock(self, connection: Connection, scope: Scope) -> Lock:
        row: Any = connection.row(writes.LOCK, **scope._asdict())
        return Lock(row.last_modified or None, row.now)

    def _find(
        self, connection: Connection, write: Write, predicates: list[Filter]
    ) -> Record | None:
        parameters = Parameters(**write.scope._asdict())
        conditions = Conditions(parameters, write.names).filters(predicates)
        row = connection.row(
            "SELECT id, as_epoch(last_modified) AS last_modified, data::text"
            f" FROM records WHERE {' AND '.join([PAIR, *conditions])} LIMIT 1",
            **parameters.values,
        )
        return None if row is None else present(row, write.names)

    def _encode(self, data: str) -> str:
        return plain_floats(data)

    def _delete_all(
        self,
        query: Query,
        with_deleted: bool,
        condition: Condition,
        before: list[Record] | None,
    ) -> list[Record]:
        scope, names = query.scope, query.names
        parameters = Parameters(**scope._asdict())
        conditions = Conditions(parameters, names).filters(query.filters)
        where = " AND ".join([PAIR, *conditions])
        more = changes.DELETED if before is not None else changes.NOTHING_MORE
        statement = self._writes.delete_all.format(where=where, **more)
        with self.client.connect() as connection:
            lock = self._lock(connection, scope)
            check_collection(condition.collection, lock.timestamp)
            first = next_timestamp(lock.timestamp, None, lock.now).collection
            rows = connection.rows(
                statement,
                first=first,
                with_deleted=with_deleted,
                **parameters.values,
            )
        if before is not None:
            found = ((row.id, row.modified, row.data) for row in rows)
            before.extend(present_all(found, names))
        return [names.tombstone(row.id, row.last_modified) for row in rows]

    def find_parents(
        self, collection_id: str, beginnings: Sequence[str]
    ) -> Sequence[str]:
        with self.client.connect(readonly=True) as connection:
            return parents.find(connection, collection_id, beginnings)

    def _delete_of_parents(
        self, collection_id: str, parent_ids: Sequence[str], names: FieldNames
    ) -> list[Deletion]:
        statement = self._writes.delete_of_parents
        with self.client.connect() as connection:
            return parents.delete(
                connection, statement, collection_id, parent_ids, names
            )

    def _list(self, query: Query) -> tuple[list[Record], int, Timestamp]:
        limit = query.limit or self._max_fetch_size or _UNLIMITED
        page = build_list(query, limit)
        if needs_proof(query.scope):
            # What is read after it, from the same server, is no older.
            self._timestamp(query.scope)

        def read(connection: Connection) -> tuple[list[Record], int, Timestamp]:
            row: Any = connection.row(page.text, **page.parameters.values)
            if row.records is not None:
                found = present_page(row.records, query.names)
                return found, row.total, row.horizon
            rows = connection.rows(page.rows, **page.parameters.values)
            # What was purged since the first statement is not among them.
            horizon: Any = connection.row(page.horizon, **query.scope._asdict())
            return present_all(rows, query.names), row.total, horizon.horizon

        return self.replicas.read(self.client, read)

    def _claim(self, key: str) -> bool:
        with self.client.connect() as connection:
            row: Any = connection.row(writes.CLAIM, key=writes.claim_key(key))
        return bool(row.taken)

    def lock_collections(self, scopes: Sequence[Scope]) -> None:
        if self.client.commit_manually:
            return
        keys = sorted({writes.lock_key(scope) for scope in scopes})
        with self.client.connect() as connection:
            connection.run(writes.LOCK_ALL, keys=keys)


def _plan(write: Write, known: changes.Writes) -> tuple[str, dict[str, Any]] | None:
    """Return the statement that does a write at once, and its values, if one does.

    It creates a record, or replaces or deletes one whose timestamp is expected, but
    looks at no other record, and gives no other timestamp than the next one.
    """
    expected = write.condition.record
    if write.is_new and not isinstance(expected, int):
        expected = None
    elif write.is_new or not isinstance(expected, int):
        return None
    if write.last_modified is not None or write.unique_fields:
        return None
    values = {
        "id": write.object_id,
        "expected": expected,
        "collection": write.condition.collection,
        **write.scope._asdict(),
    }
    if write.record is None:
        return known.delete, {**values, "with_deleted": write.with_deleted}
    data = plain_floats(document(write))
    return known.create if write.is_new else known.replace, {**values, "data": data}


def load_from_config(config: Any) -> Storage:
    """Return the storage of the settings `storage_*`."""
    settings = config.get_settings()
    max_fetch_size = int(settings["storage_max_fetch_size"])
    client = create_from_config(config, prefix="storage_")
    triggers = asbool(settings.get("postgresql_triggers", True))
    storage = Storage(client, max_fetch_size, triggers=triggers)
    storage.replicas = load_replicas(config, "storage")
    return storage
