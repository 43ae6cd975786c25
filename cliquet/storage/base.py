"""The interface of storages: what applications call, and what an engine implements."""

from collections.abc import Callable, Sequence
from typing import Any

from pyramid.settings import asbool

from cliquet.engines.exceptions import health_check, in_batch
from cliquet.json_values import as_json
from cliquet.storage import generators
from cliquet.storage.cascade import is_stood_for
from cliquet.storage.listing import Listings, total_order
from cliquet.storage.query import (
    UNCONDITIONAL,
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
    Sort,
    Write,
)
from cliquet.storage.rules import in_json
from cliquet.types import Record, Timestamp

DEFAULT_ID_FIELD = "id"
DEFAULT_MODIFIED_FIELD = "last_modified"
DEFAULT_DELETED_FIELD = "deleted"


class StorageBase(Listings):
    """Records and tombstones of collections, each collection with a timestamp.

    Each method is atomic, copies records in and out, and raises `BackendError` if the
    engine fails. Timestamps are milliseconds since the Unix epoch. `collection_id` and
    `parent_id` are any text; `id_field`, `modified_field` and `deleted_field` name what
    the storage gives to records; engines of third parties may want `auth`, the
    `Authorization` header of the request. They override hooks, or these methods.
    """

    id_generator: Callable[[], str] = generators.UUID4()
    """Gives ids to records created without one and without a generator."""

    database: Any = None
    """Where the data is, equal for two backends that share it; None if unknown."""

    def collection_timestamp(
        self,
        collection_id: str,
        parent_id: str,
        auth: str | None = None,
        initialize: bool = True,
    ) -> Timestamp:
        """Return the highest timestamp that the collection ever had.

        A collection that was never used gets the current time, which is stored; without
        `initialize` its timestamp is 0 and nothing is written.
        """
        scope = Scope(collection_id, parent_id)
        found = self._timestamp(scope)
        if found is not None:
            return found
        return self._initialize_timestamp(scope) if initialize else 0

    def create(
        self,
        collection_id: str,
        parent_id: str,
        record: Record,
        id_generator: Callable[[], str] | None = None,
        unique_fields: Sequence[str] | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        auth: str | None = None,
        condition: Condition | None = None,
    ) -> Record:
        """Store a new record, and remove the tombstone that has its id.

        Args:
            record: May have an id, and the timestamp that it will have.
            id_generator: Returns an id, for a record without one.
            unique_fields: Fields whose value no other live record may have.
            condition: What must be true before the write.

        Returns:
            The record as it is stored.

        Raises:
            UnicityError: The id or a unique value belongs to another record.
            ModifiedMeanwhileError: `condition` does not hold.
        """
        names = FieldNames(id_field, modified_field)
        record = as_json(record)
        if record.get(id_field) is None:
            record[id_field] = (id_generator or self.id_generator)()
        scope = Scope(collection_id, parent_id)
        return self._write(
            _replacement(scope, names, record, condition, unique_fields, is_new=True)
        )

    def get(
        self,
        collection_id: str,
        parent_id: str,
        object_id: str,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        auth: str | None = None,
    ) -> Record:
        """Return a live record.

        Raises:
            RecordNotFoundError: It is unknown, deleted, or of another parent.
        """
        names = FieldNames(id_field, modified_field)
        return self._get(Scope(collection_id, parent_id), names, object_id)

    def update(
        self,
        collection_id: str,
        parent_id: str,
        object_id: str,
        record: Record,
        unique_fields: Sequence[str] | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        auth: str | None = None,
        condition: Condition | None = None,
    ) -> Record:
        """Replace a record entirely, or create it; arguments are those of `create`.

        Raises:
            UnicityError: A unique value belongs to another record.
            ModifiedMeanwhileError: `condition` does not hold.
        """
        names = FieldNames(id_field, modified_field)
        record = {**as_json(record), id_field: object_id}
        scope = Scope(collection_id, parent_id)
        return self._write(_replacement(scope, names, record, condition, unique_fields))

    def delete(
        self,
        collection_id: str,
        parent_id: str,
        object_id: str,
        id_field: str = DEFAULT_ID_FIELD,
        with_deleted: bool = True,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
        auth: str | None = None,
        last_modified: Timestamp | None = None,
        condition: Condition | None = None,
    ) -> Record:
        """Delete a record, and leave a tombstone unless `with_deleted` is false.

        Returns:
            The tombstone: id, timestamp (`last_modified` if given), deleted flag.

        Raises:
            RecordNotFoundError: There is no such live record.
            ModifiedMeanwhileError: `condition` does not hold.
        """
        names = FieldNames(id_field, modified_field, deleted_field)
        scope, condition = Scope(collection_id, parent_id), condition or UNCONDITIONAL
        return self._write(
            Write(scope, names, object_id, None, condition, last_modified, with_deleted)
        )

    @is_stood_for
    def delete_all(
        self,
        collection_id: str,
        parent_id: str,
        filters: Sequence[Filter] | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        with_deleted: bool = True,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
        auth: str | None = None,
        condition: Condition | None = None,
        before: list[Record] | None = None,
    ) -> list[Record]:
        """Delete the live records that match all filters.

        Args:
            before: A list, to which the records are added as they were.

        Returns:
            The tombstones, in ascending order of their timestamps.

        Raises:
            ModifiedMeanwhileError: The collection is not as `condition` wants it.
        """
        names = FieldNames(id_field, modified_field, deleted_field)
        scope = Scope(collection_id, parent_id)
        oldest_first = total_order([Sort(modified_field, 1)], names)
        query = Query(scope, names, in_json(filters), oldest_first)
        condition = condition or UNCONDITIONAL
        return self._delete_all(query, with_deleted, condition, before)


class MemoryBasedStorage(StorageBase):
    """Base of storages without schema."""

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: there is no schema."""


def _replacement(
    scope: Scope,
    names: FieldNames,
    record: Record,
    condition: Condition | None,
    unique_fields: Sequence[str] | None,
    is_new: bool = False,
) -> Write:
    unique = unique_fields and [
        field
        for field in unique_fields
        if record.get(field) is not None and field != names.id
    ]
    return Write(
        scope,
        names,
        record[names.id],
        record,
        condition or UNCONDITIONAL,
        record.get(names.modified),
        unique_fields=unique or (),
        is_new=is_new,
    )


_HEARTBEAT = "__heartbeat__"


def heartbeat(backend: Any) -> Callable[[Any], bool]:
    """Return the health check of a storage."""

    @health_check("Heartbeat Error")
    def ping(request: Any) -> bool:
        """Write a record, read it back, delete it; in readonly mode only read."""
        auth = request.headers.get("Authorization")
        names = {"collection_id": _HEARTBEAT, "parent_id": _HEARTBEAT, "auth": auth}
        if asbool(request.registry.settings.get("readonly")) or in_batch(request):
            backend.get_all(**names)
            return True
        created = backend.create(record={_HEARTBEAT: True}, **names)
        found = backend.get(object_id=created["id"], **names)
        backend.delete(object_id=created["id"], with_deleted=False, **names)
        return bool(found == created)

    return ping
