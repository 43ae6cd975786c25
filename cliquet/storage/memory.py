"""Records in the memory of one process: the reference of the storage contract.

Everything is lost when the process ends. Threads share a store safely: each
operation holds its lock.
"""

from collections.abc import Sequence
from threading import RLock
from typing import Any

from cliquet.storage.base import StorageBase
from cliquet.storage.checks import check_condition
from cliquet.storage.evaluation import copy_record
from cliquet.storage.exceptions import RecordNotFoundError, UnicityError
from cliquet.storage.memory_collection import Collection, Entry
from cliquet.storage.memory_lists import read_list
from cliquet.storage.query import (
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
    Sort,
)
from cliquet.timestamps import msec_time, next_timestamp
from cliquet.types import Record, Timestamp


class MemoryBasedStorage(StorageBase):
    """Base of engines without schema; kept for third parties that subclass it."""

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: there is no schema."""


class Storage(MemoryBasedStorage):
    """Storage in the memory of this process."""

    database = "memory"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lock = RLock()
        self._collections: dict[Scope, Collection] = {}

    def scopes(self) -> list[Scope]:
        with self._lock:
            return sorted(self._collections, key=lambda scope: (scope[1], scope[0]))

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        with self._lock:
            collection = self._collections.get(Scope(collection_id, parent_id))
            entries = collection.tombstones.values() if collection else ()
            times = sorted((each.modified for each in entries), reverse=newest_first)
        return times[:limit]

    def _flush(self) -> None:
        with self._lock:
            self._collections.clear()

    def _timestamp(self, scope: Scope) -> Timestamp | None:
        with self._lock:
            collection = self._collections.get(scope)
            return collection.timestamp if collection else None

    def _initialize_timestamp(self, scope: Scope) -> Timestamp:
        with self._lock:
            collection = self._collection(scope)
            if collection.timestamp is None:
                collection.timestamp = msec_time()
            return collection.timestamp

    def _create(
        self,
        scope: Scope,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        object_id = record[names.id]
        with self._lock:
            collection = self._collection(scope)
            if object_id in collection.live:
                raise UnicityError(
                    names.id, self._show(collection.live[object_id], names)
                )
            self._check(collection, object_id, condition)
            self._check_unicity(collection, object_id, record, names, unique_fields)
            return self._store(collection, object_id, record, names)

    def _get(self, scope: Scope, object_id: str, names: FieldNames) -> Record:
        with self._lock:
            collection = self._collections.get(scope)
            entry = collection.live.get(object_id) if collection else None
        if entry is None:
            raise RecordNotFoundError(object_id)
        return self._show(entry, names)

    def _update(
        self,
        scope: Scope,
        object_id: str,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
        condition: Condition | None,
    ) -> Record:
        with self._lock:
            collection = self._collection(scope)
            self._check(collection, object_id, condition)
            self._check_unicity(collection, object_id, record, names, unique_fields)
            return self._store(collection, object_id, record, names)

    def _delete(
        self,
        scope: Scope,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
        condition: Condition | None,
    ) -> Record:
        with self._lock:
            collection = self._collection(scope)
            if object_id not in collection.live:
                raise RecordNotFoundError(object_id)
            self._check(collection, object_id, condition)
            return self._bury(collection, object_id, names, with_deleted, last_modified)

    def _delete_all(
        self,
        scope: Scope,
        names: FieldNames,
        filters: Sequence[Filter],
        with_deleted: bool,
        condition: Condition | None,
    ) -> list[Record]:
        with self._lock:
            collection = self._collection(scope)
            self._check(collection, None, condition)
            oldest_first = (Sort(names.modified, 1),)
            query = Query(filters=filters, sorting=oldest_first)
            found, _ = read_list(collection, names, query)
            return [
                self._bury(collection, record[names.id], names, with_deleted, None)
                for record in found
            ]

    def _purge(self, scope: Scope, before: Timestamp | None, names: FieldNames) -> int:
        with self._lock:
            collection = self._collection(scope)
            old = [
                entry.id
                for entry in collection.tombstones.values()
                if before is None or entry.modified < before
            ]
            for object_id in old:
                collection.forget(object_id)
            return len(old)

    def _list(
        self, scope: Scope, names: FieldNames, query: Query
    ) -> tuple[list[Record], int]:
        with self._lock:
            collection = self._collections.get(scope)
            if collection is None:
                return [], 0
            return read_list(collection, names, query)

    def _collection(self, scope: Scope) -> Collection:
        return self._collections.setdefault(scope, Collection())

    @staticmethod
    def _show(entry: Entry, names: FieldNames) -> Record:
        return entry.copy(names)

    @staticmethod
    def _check(
        collection: Collection, object_id: str | None, condition: Condition | None
    ) -> None:
        if condition is not None and object_id is None:
            condition = Condition(collection=condition.collection)
        entry = collection.live.get(object_id) if object_id is not None else None
        modified = entry.modified if entry else None
        check_condition(condition, collection.timestamp, modified)

    def _check_unicity(
        self,
        collection: Collection,
        object_id: str,
        record: Record,
        names: FieldNames,
        unique_fields: tuple[str, ...],
    ) -> None:
        for field in unique_fields:
            value = record.get(field)
            if value is None or field == names.id:
                continue
            for other in collection.holders(field, value):
                if other != object_id:
                    existing = self._show(collection.live[other], names)
                    raise UnicityError(field, existing)

    def _store(
        self, collection: Collection, object_id: str, record: Record, names: FieldNames
    ) -> Record:
        stamps = next_timestamp(
            collection.timestamp, record.get(names.modified), msec_time()
        )
        collection.timestamp = stamps.collection
        record = copy_record(record)
        record[names.modified] = stamps.record
        entry = Entry(object_id, stamps.record, record)
        collection.put(entry)
        return self._show(entry, names)

    @staticmethod
    def _bury(
        collection: Collection,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
    ) -> Record:
        stamps = next_timestamp(collection.timestamp, last_modified, msec_time())
        collection.timestamp = stamps.collection
        entry = Entry(object_id, stamps.record, None)
        if with_deleted:
            collection.bury(entry)
        else:
            collection.remove(object_id)
        return entry.present(names)


def load_from_config(config: Any) -> Storage:
    """Build the storage; it has no setting."""
    return Storage()
