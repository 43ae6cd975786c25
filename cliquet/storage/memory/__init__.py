"""Records in the memory of one process.

Everything is lost when the process ends. Threads share a store safely: each operation
holds its lock.
"""

from itertools import takewhile
from threading import RLock
from typing import Any

from cliquet.json_values import copy_json
from cliquet.storage.answers import Answer, Claims
from cliquet.storage.base import MemoryBasedStorage
from cliquet.storage.exceptions import (
    ClaimedError,
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.memory.collection import Collection, Entry
from cliquet.storage.memory.lists import read_list
from cliquet.storage.memory.transfer import MemoryTransfer
from cliquet.storage.query import (
    EVERY_COLLECTION,
    Condition,
    FieldNames,
    Query,
    Scope,
    Write,
)
from cliquet.storage.rules import check_collection, check_version
from cliquet.timestamps import msec_time, next_timestamp
from cliquet.types import Record, Timestamp

__all__ = ["MemoryBasedStorage", "Storage", "load_from_config"]


class Storage(MemoryTransfer, MemoryBasedStorage):
    """Storage in the memory of this process."""

    database = "memory"
    keeps_answers = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lock = RLock()
        self._collections: dict[Scope, Collection] = {}
        self._answers: dict[str, Answer] = {}
        self._uncommitted: set[str] = set()
        self._claims = Claims(self._end_claim)
        self._horizon: Timestamp = 0

    def scopes(self) -> list[Scope]:
        with self._lock:
            # Writes that were refused may have left one without timestamp.
            written = [
                scope
                for scope, collection in self._collections.items()
                if collection.timestamp is not None
            ]
        return sorted(written, key=lambda scope: (scope.parent_id, scope.collection_id))

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        with self._lock:
            collection = self._collections.get(Scope(collection_id, parent_id))
            return collection.dead_times(limit, newest_first) if collection else []

    def _flush(self) -> None:
        with self._lock:
            self._collections.clear()
            self._answers.clear()
            self._horizon = 0

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

    def _get(self, scope: Scope, names: FieldNames, object_id: str) -> Record:
        with self._lock:
            collection = self._collections.get(scope)
            entry = collection.live.get(object_id) if collection else None
        if entry is None:
            raise RecordNotFoundError(object_id)
        return entry.copy(names)

    def _write(self, write: Write) -> Record:
        with self._lock:
            self._check_parent(write.condition)
            collection = self._collection(write.scope)
            existing = collection.live.get(write.object_id)
            if existing is not None and write.is_new:
                raise UnicityError(write.names.id, existing.copy(write.names))
            check_version(write, existing.modified if existing else None)
            check_collection(write.condition.collection, collection.timestamp)
            if write.unique_fields:
                _check_unicity(collection, write)
            written = _apply(collection, write)
            joint = write.condition.joint_in(self.database)
            if joint is not None:
                joint.run([write.object_id])
            return written

    def _check_parent(self, condition: Condition) -> None:
        """Look for the record that what is written is below."""
        if condition.parent is None:
            return
        scope, object_id = condition.parent
        collection = self._collections.get(scope)
        if collection is None or object_id not in collection.live:
            raise ModifiedMeanwhileError

    def _delete_all(
        self,
        query: Query,
        with_deleted: bool,
        condition: Condition,
        before: list[Record] | None,
    ) -> list[Record]:
        scope, names = query.scope, query.names
        with self._lock:
            collection = self._collection(scope)
            check_collection(condition.collection, collection.timestamp)
            found, _ = read_list(collection, query)
            if before is not None:
                before.extend(found)
            writes = (
                Write(scope, names, record[names.id], None, with_deleted=with_deleted)
                for record in found
            )
            deleted = [_apply(collection, write) for write in writes]
            joint = condition.joint_in(self.database)
            if joint is not None and deleted:
                joint.run([tombstone[names.id] for tombstone in deleted])
            return deleted

    def _purge(self, scope: Scope, names: FieldNames, before: Timestamp | None) -> int:
        with self._lock:
            collection = self._collections.get(scope) or Collection()
            old = collection.dead_before(before)
            for entry in old:
                collection.forget(entry.id)
                collection.horizon = max(collection.horizon, entry.modified)
            return len(old)

    def claim_answer(self, key: str) -> Answer | None:
        if not self._claims.take(key):
            raise ClaimedError(key)
        with self._lock:
            found = self._answers.get(key)
        return found if found is not None and found.expires > msec_time() else None

    def keep_answer(self, key: str, answer: Answer) -> None:
        self.purge_answers()
        with self._lock:
            # None but this transaction sees it before it ends: it has the claim.
            self._answers[key] = answer
            self._uncommitted.add(key)

    def _end_claim(self, key: str, committed: bool) -> None:
        with self._lock:
            if key in self._uncommitted:
                self._uncommitted.discard(key)
                if not committed:
                    self._answers.pop(key, None)

    def purge_answers(self) -> int:
        now = msec_time()
        with self._lock:
            # In the order in which they were kept, and mostly expire.
            expired = list(
                takewhile(lambda key: self._answers[key].expires <= now, self._answers)
            )
            for key in expired:
                del self._answers[key]
            return len(expired)

    def _raise_timestamp(self, scope: Scope, timestamp: Timestamp) -> None:
        with self._lock:
            collection = self._collection(scope)
            collection.timestamp = max(collection.timestamp or timestamp, timestamp)

    def _raise_horizon(self, scope: Scope, horizon: Timestamp) -> None:
        with self._lock:
            if scope == EVERY_COLLECTION:
                self._horizon = max(self._horizon, horizon)
                return
            collection = self._collection(scope)
            collection.horizon = max(collection.horizon, horizon)

    def _list(self, query: Query) -> tuple[list[Record], int, Timestamp]:
        with self._lock:
            collection = self._collections.get(query.scope)
            if collection is None:
                return [], 0, self._horizon
            horizon = max(self._horizon, collection.horizon)
            return (*read_list(collection, query), horizon)

    def _collection(self, scope: Scope) -> Collection:
        return self._collections.setdefault(scope, Collection())


def _check_unicity(collection: Collection, write: Write) -> None:
    """Look for another live record with one of the unique values, by their index."""
    for field in write.unique_fields:
        value = (write.record or {})[field]
        for other in collection.holders(field, value):
            if other != write.object_id:
                raise UnicityError(field, collection.live[other].copy(write.names))


def _apply(collection: Collection, write: Write) -> Record:
    """Do a write that nothing forbids."""
    names = write.names
    times = next_timestamp(collection.timestamp, write.last_modified, msec_time())
    collection.timestamp = times.collection
    if write.record is None:
        entry = Entry(times.record, write.object_id, None)
        if write.with_deleted:
            collection.put_tombstone(entry)
        else:
            collection.remove(write.object_id)
        return entry.present(names)
    record = copy_json(write.record)
    record[names.modified] = times.record
    entry = Entry(times.record, write.object_id, record)
    collection.put(entry)
    return entry.copy(names)


def load_from_config(config: Any) -> Storage:
    """Return a storage; it has no setting."""
    return Storage()
