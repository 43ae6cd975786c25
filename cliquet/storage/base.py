"""What does every storage promise, and how is it called? (backends §2)

Public methods carry the arguments that applications know. They fold them into
a `Scope` and `FieldNames` and call a short hook that each engine implements; a
third-party storage may override either level.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from pyramid.settings import asbool

from cliquet.logs import logger
from cliquet.storage import generators
from cliquet.storage.query import Condition, FieldNames, Filter, Query, Scope, Sort
from cliquet.types import Record, Timestamp

DEFAULT_ID_FIELD = "id"
DEFAULT_MODIFIED_FIELD = "last_modified"
DEFAULT_DELETED_FIELD = "deleted"

_HEARTBEAT = "__heartbeat__"


class StorageBase:
    """Records and tombstones of collections, each collection with a timestamp.

    Each method is atomic. Records are copied in and out. Any method raises
    `BackendError` when the engine fails.
    """

    id_generator: Callable[[], str] = generators.UUID4()
    """Gives ids to records created without one and without a generator."""

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create or upgrade what the engine needs; only tell it if `dry_run`."""
        raise NotImplementedError

    def flush(self, auth: str | None = None) -> None:
        """Delete all records, tombstones and timestamps, and nothing else."""
        self._flush()

    def collection_timestamp(
        self,
        collection_id: str,
        parent_id: str,
        auth: str | None = None,
        initialize: bool = True,
    ) -> Timestamp:
        """Tell the highest timestamp of records and tombstones.

        A collection that was never used gets the current time, which is kept;
        without `initialize` it is 0 and nothing is written (rulings §1.4).
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
        """Store a new record, under its own id if it has one.

        Raises:
            UnicityError: the id or a unique value belongs to another record.
            ModifiedMeanwhileError: `condition` does not hold.
        """
        names = FieldNames(id_field, modified_field)
        record = {**record}
        if record.get(id_field) is None:
            record[id_field] = (id_generator or self.id_generator)()
        scope = Scope(collection_id, parent_id)
        return self._create(scope, record, names, tuple(unique_fields or ()), condition)

    def get(
        self,
        collection_id: str,
        parent_id: str,
        object_id: str,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        auth: str | None = None,
    ) -> Record:
        """Read one live record.

        Raises:
            RecordNotFoundError: unknown, deleted, or of another parent.
        """
        names = FieldNames(id_field, modified_field)
        return self._get(Scope(collection_id, parent_id), object_id, names)

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
        """Replace a record entirely, or create it under this id.

        Raises:
            UnicityError: a unique value belongs to another record.
            ModifiedMeanwhileError: `condition` does not hold.
        """
        names = FieldNames(id_field, modified_field)
        record = {**record, id_field: object_id}
        scope = Scope(collection_id, parent_id)
        unique = tuple(unique_fields or ())
        return self._update(scope, object_id, record, names, unique, condition)

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
            The tombstone: id, timestamp, deleted flag.

        Raises:
            RecordNotFoundError: there is no such live record.
            ModifiedMeanwhileError: `condition` does not hold.
        """
        names = FieldNames(id_field, modified_field, deleted_field)
        scope = Scope(collection_id, parent_id)
        return self._delete(
            scope, object_id, names, with_deleted, last_modified, condition
        )

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
    ) -> list[Record]:
        """Delete the live records that match all filters.

        Raises:
            ModifiedMeanwhileError: `condition` does not hold.
        """
        names = FieldNames(id_field, modified_field, deleted_field)
        scope = Scope(collection_id, parent_id)
        return self._delete_all(
            scope, names, tuple(filters or ()), with_deleted, condition
        )

    def purge_deleted(
        self,
        collection_id: str,
        parent_id: str,
        before: Timestamp | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        auth: str | None = None,
    ) -> int:
        """Forget tombstones, only those older than `before` if given; how many."""
        names = FieldNames(id_field, modified_field)
        return self._purge(Scope(collection_id, parent_id), before, names)

    def get_all(
        self,
        collection_id: str,
        parent_id: str,
        filters: Sequence[Filter] | None = None,
        sorting: Sequence[Sort] | None = None,
        pagination_rules: Sequence[Sequence[Filter]] | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
        auth: str | None = None,
    ) -> tuple[list[Record], int]:
        """List records.

        Args:
            filters: All must match.
            sorting: First key first; ties are broken by timestamp, newest
                first, then by id, so that the order is total.
            pagination_rules: One of these lists of tests must match. Here the
                tests are places in the total order (rulings §4).
            limit: Most records to answer; none or 0 for all.
            include_deleted: List tombstones too.

        Returns:
            The records, and how many live ones match the filters.
        """
        names = FieldNames(id_field, modified_field, deleted_field)
        query = Query(
            tuple(filters or ()),
            tuple(sorting or ()),
            tuple(pagination_rules or ()),
            limit,
            include_deleted,
        )
        return self._list(Scope(collection_id, parent_id), names, query)

    def scopes(self) -> Iterable[Scope]:
        """Tell every collection that was ever written, for tools of operators."""
        raise NotImplementedError

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        """Tell when records of a collection were deleted, at most `limit` of them."""
        raise NotImplementedError

    def take_collections(self, scopes: Sequence[Scope]) -> None:
        """Keep others from writing these collections until the transaction ends.

        Engines where two writers cannot wait for each other have nothing to do.
        """

    def _flush(self) -> None:
        raise NotImplementedError

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        raise NotImplementedError

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        raise NotImplementedError

    def _create(
        self,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        raise NotImplementedError

    def _get(self, scope: Scope, object_id: str, names: FieldNames) -> Record:
        raise NotImplementedError

    def _update(
        self,
        scope: Scope,
        object_id: str,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        raise NotImplementedError

    def _delete(
        self,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
        condition: Condition | None,
    ) -> Record:
        raise NotImplementedError

    def _delete_all(
        self,
        scope: Scope,
        names: FieldNames,
        filters: Sequence[Filter],
        with_deleted: bool,
        condition: Condition | None,
    ) -> list[Record]:
        raise NotImplementedError

    def _purge(self, scope: Scope, before: Timestamp | None, names: FieldNames) -> int:
        raise NotImplementedError

    def _list(
        self, scope: Scope, names: FieldNames, query: Query
    ) -> tuple[list[Record], int]:
        raise NotImplementedError


@cache
def _accepts(backend_class: type, method: str, keyword: str) -> bool:
    function = getattr(backend_class, method, None)
    if function is None:
        return False
    return keyword in inspect.signature(function).parameters


def supports_conditions(storage: Any) -> bool:
    """Tell whether writes take a `Condition`; older third-party storages don't."""
    storage_class: type = type(storage)
    return _accepts(storage_class, "update", "condition")


def reads_timestamps_only(storage: Any) -> bool:
    """Tell whether `collection_timestamp` can be asked not to write."""
    storage_class: type = type(storage)
    return _accepts(storage_class, "collection_timestamp", "initialize")


def heartbeat(backend: Any) -> Callable[[Any], bool]:
    """Build the health check of a storage (rulings §2.11)."""

    def ping(request: Any) -> bool:
        """Write, read back and delete; only read in readonly mode."""
        auth = request.headers.get("Authorization")
        names = {"collection_id": _HEARTBEAT, "parent_id": _HEARTBEAT, "auth": auth}
        try:
            if asbool(request.registry.settings.get("readonly")):
                backend.get_all(**names)
                return True
            created = backend.create(record={_HEARTBEAT: True}, **names)
            found = backend.get(object_id=created["id"], **names)
            backend.delete(object_id=created["id"], with_deleted=False, **names)
            return bool(found == created)
        except Exception:  # noqa: BLE001 -- whatever it is, the answer is no
            logger.exception("Heartbeat Error")
            return False

    return ping
