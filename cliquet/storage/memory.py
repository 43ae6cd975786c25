"""Records in the memory of one process: the reference of the storage contract.

Everything is lost when the process ends. Threads share a store safely: each
operation holds its lock.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby, islice
from threading import RLock
from typing import Any, NamedTuple

from cliquet.storage.base import StorageBase
from cliquet.storage.bounds import bounds, is_bound, page_bounds
from cliquet.storage.checks import check_condition
from cliquet.storage.evaluation import (
    Predicate,
    build_page_predicate,
    build_predicate,
    copy_record,
    sort_records,
    total_order,
)
from cliquet.storage.exceptions import (
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import (
    Condition,
    FieldNames,
    Filter,
    Query,
    Scope,
    Sort,
    typed,
)
from cliquet.timestamps import msec_time, next_timestamp
from cliquet.types import Record, Timestamp

_HIGHEST_ID = "\U0010ffff" * 8


class _Entry(NamedTuple):
    """A record, or a tombstone when `data` is `None`."""

    id: str
    modified: Timestamp
    data: Record | None

    def value(self, field: str) -> Any:
        """Give the value of a field, `None` if it has none."""
        return None if self.data is None else self.data.get(field)

    def present(self, names: FieldNames) -> Record:
        """Show the entry as callers name its fields; shares nested values."""
        if self.data is None:
            return {
                names.id: self.id,
                names.modified: self.modified,
                names.deleted: True,
            }
        return {**self.data, names.id: self.id, names.modified: self.modified}


class _Collection:
    """Entries by id, by timestamp, and by the values of unique fields."""

    def __init__(self) -> None:
        self.timestamp: Timestamp | None = None
        self.live: dict[str, _Entry] = {}
        self.tombstones: dict[str, _Entry] = {}
        self._live_order: list[tuple[Timestamp, str]] = []
        self._tombstone_order: list[tuple[Timestamp, str]] = []
        self._values: dict[str, dict[Any, set[str]]] = {}

    def put(self, entry: _Entry) -> None:
        """Keep a live record instead of what had its id."""
        self.remove(entry.id)
        self.forget(entry.id)
        self.live[entry.id] = entry
        insort(self._live_order, (entry.modified, entry.id))
        for field, holders in self._values.items():
            holders.setdefault(typed(entry.value(field)), set()).add(entry.id)

    def bury(self, entry: _Entry) -> None:
        """Keep a tombstone instead of what had its id."""
        self.remove(entry.id)
        self.forget(entry.id)
        self.tombstones[entry.id] = entry
        insort(self._tombstone_order, (entry.modified, entry.id))

    def remove(self, object_id: str) -> None:
        """Drop a live record, if there is one."""
        entry = self.live.pop(object_id, None)
        if entry is None:
            return
        _discard(self._live_order, entry)
        for field, holders in self._values.items():
            value = typed(entry.value(field))
            holders[value].discard(object_id)
            if not holders[value]:
                del holders[value]

    def forget(self, object_id: str) -> None:
        """Drop a tombstone, if there is one."""
        entry = self.tombstones.pop(object_id, None)
        if entry is not None:
            _discard(self._tombstone_order, entry)

    def holders(self, field: str, value: Any) -> set[str]:
        """Tell the ids of the live records that have a value in a field."""
        if field not in self._values:
            holders: dict[Any, set[str]] = {}
            for entry in self.live.values():
                holders.setdefault(typed(entry.value(field)), set()).add(entry.id)
            self._values[field] = holders
        return self._values[field].get(typed(value), set())

    def between(
        self, low: Timestamp | None, high: Timestamp | None, include_deleted: bool
    ) -> list["_Slice"]:
        """Slice the orders to the timestamps from `low` to `high`, both included."""
        slices = [_slice(self.live, self._live_order, low, high)]
        if include_deleted:
            slices.append(_slice(self.tombstones, self._tombstone_order, low, high))
        return slices


class _Slice(NamedTuple):
    """Part of one order, read without copying it."""

    entries: dict[str, _Entry]
    order: list[tuple[Timestamp, str]]
    start: int
    stop: int

    def ascending(self) -> Iterator[_Entry]:
        return (self.entries[self.order[n][1]] for n in range(self.start, self.stop))

    def descending(self) -> Iterator[_Entry]:
        """Newest first; ties still by ascending id."""
        positions = (self.order[n] for n in range(self.stop - 1, self.start - 1, -1))
        for _, ties in groupby(positions, key=lambda position: position[0]):
            for _, key in sorted(ties):
                yield self.entries[key]


def _slice(
    entries: dict[str, _Entry],
    order: list[tuple[Timestamp, str]],
    low: Timestamp | None,
    high: Timestamp | None,
) -> _Slice:
    start = 0 if low is None else bisect_left(order, (low, ""))
    stop = len(order) if high is None else bisect_right(order, (high, _HIGHEST_ID))
    return _Slice(entries, order, start, max(start, stop))


def _discard(order: list[tuple[Timestamp, str]], entry: _Entry) -> None:
    del order[bisect_left(order, (entry.modified, entry.id))]


class MemoryBasedStorage(StorageBase):
    """Base of engines without schema; kept for third parties that subclass it."""

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: there is no schema."""


class Storage(MemoryBasedStorage):
    """Storage in the memory of this process."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lock = RLock()
        self._collections: dict[Scope, _Collection] = {}

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
            found = self._select(collection, names, Query(filters=filters))
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
            found = self._select(collection, names, query)
            total = self._count(collection, names, query.filters)
            return [copy_record(record) for record in found], total

    def _collection(self, scope: Scope) -> _Collection:
        return self._collections.setdefault(scope, _Collection())

    @staticmethod
    def _show(entry: _Entry, names: FieldNames) -> Record:
        return copy_record(entry.present(names))

    @staticmethod
    def _check(
        collection: _Collection, object_id: str | None, condition: Condition | None
    ) -> None:
        if condition is not None and object_id is None:
            condition = Condition(collection=condition.collection)
        entry = collection.live.get(object_id) if object_id is not None else None
        modified = entry.modified if entry else None
        check_condition(condition, collection.timestamp, modified)

    def _check_unicity(
        self,
        collection: _Collection,
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
        self, collection: _Collection, object_id: str, record: Record, names: FieldNames
    ) -> Record:
        stamps = next_timestamp(
            collection.timestamp, record.get(names.modified), msec_time()
        )
        collection.timestamp = stamps.collection
        record = copy_record(record)
        record[names.modified] = stamps.record
        entry = _Entry(object_id, stamps.record, record)
        collection.put(entry)
        return self._show(entry, names)

    @staticmethod
    def _bury(
        collection: _Collection,
        object_id: str,
        names: FieldNames,
        with_deleted: bool,
        last_modified: Timestamp | None,
    ) -> Record:
        stamps = next_timestamp(collection.timestamp, last_modified, msec_time())
        collection.timestamp = stamps.collection
        entry = _Entry(object_id, stamps.record, None)
        if with_deleted:
            collection.bury(entry)
        else:
            collection.remove(object_id)
        return entry.present(names)

    def _select(
        self, collection: _Collection, names: FieldNames, query: Query
    ) -> list[Record]:
        """Find the records of a list, in order; they share nested values."""
        order = total_order(query.sorting, names)
        matches = build_predicate(query.filters)
        in_page = build_page_predicate(query.rules)
        slices = self._slices(collection, names, query)
        limit = query.limit or None
        if order[0].field == names.modified and order[1:] == [Sort(names.id, 1)]:
            entries = _merge(slices, descending=order[0].direction < 0)
            records = (entry.present(names) for entry in entries)
            return list(islice(_passing(records, matches, in_page), limit))
        records = (
            entry.present(names) for part in slices for entry in part.ascending()
        )
        return sort_records(_passing(records, matches, in_page), order)[:limit]

    @staticmethod
    def _slices(
        collection: _Collection, names: FieldNames, query: Query
    ) -> list[_Slice]:
        low, high = bounds(query.filters, names.modified)
        page_low, page_high = page_bounds(query.rules, names.modified)
        lows = [bound for bound in (low, page_low) if bound is not None]
        highs = [bound for bound in (high, page_high) if bound is not None]
        return collection.between(
            max(lows, default=None), min(highs, default=None), query.include_deleted
        )

    @staticmethod
    def _count(
        collection: _Collection, names: FieldNames, filters: Sequence[Filter]
    ) -> int:
        """Count live matches; only those whose timestamp can match are looked at."""
        low, high = bounds(filters, names.modified)
        (part,) = collection.between(low, high, include_deleted=False)
        others = [item for item in filters if not is_bound(item, names.modified)]
        matches = build_predicate(others)
        if matches is None:
            return part.stop - part.start
        return sum(matches(entry.present(names)) for entry in part.ascending())


def _merge(slices: list[_Slice], descending: bool) -> Iterator[_Entry]:
    """Read slices as one order by timestamp, ties by id."""
    parts = [part.descending() if descending else part.ascending() for part in slices]
    if len(parts) == 1:
        return parts[0]
    sign = -1 if descending else 1
    return merge(*parts, key=lambda entry: (sign * entry.modified, entry.id))


def _passing(
    records: Iterable[Record], matches: Predicate | None, in_page: Predicate | None
) -> Iterator[Record]:
    for record in records:
        if matches is not None and not matches(record):
            continue
        if in_page is not None and not in_page(record):
            continue
        yield record


def load_from_config(config: Any) -> Storage:
    """Build the storage; it has no setting."""
    return Storage()
