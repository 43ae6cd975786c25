"""The records of one collection, in memory."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from cliquet.json_values import copy_json
from cliquet.storage.query import FieldNames, typed
from cliquet.types import Record, Timestamp


class Entry(NamedTuple):
    """A record, or a tombstone if `data` is `None`; sorted by timestamp, then by id."""

    modified: Timestamp
    id: str
    data: Record | None

    def value(self, field: str) -> Any:
        """Return the value of a field, `None` if it has none."""
        return None if self.data is None else self.data.get(field)

    def present(self, names: FieldNames) -> Record:
        """Return the entry as callers name its fields; nested values are shared."""
        if self.data is None:
            return names.tombstone(self.id, self.modified)
        return {**self.data, names.id: self.id, names.modified: self.modified}

    def copy(self, names: FieldNames) -> Record:
        """Return a copy of the entry, likewise, of which nothing is shared."""
        if self.data is None:
            return self.present(names)
        copied: Record = copy_json(self.data)
        copied[names.id] = self.id
        copied[names.modified] = self.modified
        return copied


class Collection:
    """Entries by id, by timestamp, and by the values of unique fields.

    Attributes:
        counts: What lists of shared records counted, until one comes or goes.
        horizon: Up to when not all deletions are known.
    """

    def __init__(self) -> None:
        self.counts: dict[Any, tuple[int, int]] = {}
        self.timestamp: Timestamp | None = None
        self.horizon: Timestamp = 0
        self.live: dict[str, Entry] = {}
        self.tombstones: dict[str, Entry] = {}
        self._live_order: list[Entry] = []
        self._tombstone_order: list[Entry] = []
        self._values: dict[str, dict[Any, set[str]]] = {}

    def put(self, entry: Entry) -> None:
        """Keep a live record instead of what had its id."""
        if not self._drop(entry.id):
            self.counts.clear()
        self.forget(entry.id)
        self.live[entry.id] = entry
        insort(self._live_order, entry)
        for field, holders in self._values.items():
            holders.setdefault(typed(entry.value(field)), set()).add(entry.id)

    def put_tombstone(self, entry: Entry) -> None:
        """Keep a tombstone instead of what had its id."""
        self.remove(entry.id)
        self.forget(entry.id)
        self.tombstones[entry.id] = entry
        insort(self._tombstone_order, entry)

    def remove(self, object_id: str) -> None:
        """Remove a live record, if there is one."""
        if self._drop(object_id):
            self.counts.clear()

    def _drop(self, object_id: str) -> bool:
        entry = self.live.pop(object_id, None)
        if entry is None:
            return False
        _discard(self._live_order, entry)
        for field, holders in self._values.items():
            value = typed(entry.value(field))
            holders[value].discard(object_id)
            if not holders[value]:
                del holders[value]
        return True

    def forget(self, object_id: str) -> None:
        """Remove a tombstone, if there is one."""
        entry = self.tombstones.pop(object_id, None)
        if entry is not None:
            _discard(self._tombstone_order, entry)

    def dead_times(self, limit: int, newest_first: bool) -> list[Timestamp]:
        """Return the timestamps of some tombstones, in order."""
        order = self._tombstone_order
        found = order[: -limit - 1 : -1] if newest_first else order[:limit]
        return [entry.modified for entry in found]

    def dead_before(self, before: Timestamp | None) -> list[Entry]:
        """Return the tombstones that are older than a timestamp, or all."""
        order = self._tombstone_order
        return order[: len(order) if before is None else bisect_left(order, (before,))]

    def holders(self, field: str, value: Any) -> set[str]:
        """Return the ids of the live records that have a value in a field."""
        if field not in self._values:
            holders: dict[Any, set[str]] = {}
            for entry in self.live.values():
                holders.setdefault(typed(entry.value(field)), set()).add(entry.id)
            self._values[field] = holders
        return self._values[field].get(typed(value), set())

    def between(
        self, low: Timestamp | None, high: Timestamp | None, include_deleted: bool
    ) -> list["Slice"]:
        """Return slices of the orders from timestamp `low` to `high`, both included."""
        parts = [Slice(self._live_order, self.live)]
        if include_deleted:
            parts.append(Slice(self._tombstone_order, self.tombstones))
        return [part.between(low, high) for part in parts]


class Slice:
    """Part of an order of entries, read without copying it.

    Args:
        order: All entries in order.
        entries: These, and maybe others, by id.
        start: Where the part begins.
        stop: Where it ends, at the end of the order if it is `None`.
    """

    def __init__(
        self,
        order: list[Entry],
        entries: dict[str, Entry],
        start: int = 0,
        stop: int | None = None,
    ) -> None:
        self._order, self.entries, self._start = order, entries, start
        self._stop = max(start, len(order) if stop is None else stop)

    def __len__(self) -> int:
        return self._stop - self._start

    def between(self, low: Timestamp | None, high: Timestamp | None) -> "Slice":
        """Return the part with the timestamps from `low` to `high`, both included."""
        order, start, stop = self._order, self._start, self._stop
        if low is not None:
            start = bisect_left(order, (low,), start, stop)
        if high is not None:
            stop = bisect_left(order, (high + 1,), start, stop)
        return Slice(order, self.entries, start, stop)

    def within(self, ids: Iterable[str]) -> list[Entry]:
        """Return the entries that have one of some ids, oldest first."""
        if not len(self):
            return []
        low = self._order[self._start].modified
        high = self._order[self._stop - 1].modified
        found = (self.entries[each] for each in ids if each in self.entries)
        return sorted(each for each in found if low <= each.modified <= high)

    def all(self) -> list[Entry]:
        """Return the entries oldest first: quicker to read than one by one."""
        return self._order[self._start : self._stop]

    def ascending(self) -> Iterator[Entry]:
        """Return the entries oldest first, ties by id."""
        order = self._order
        return (order[n] for n in range(self._start, self._stop))

    def descending(self) -> Iterator[Entry]:
        """Yield the entries newest first; ties still by ascending id."""
        order = self._order
        entries = (order[n] for n in range(self._stop - 1, self._start - 1, -1))
        for _, ties in groupby(entries, key=attrgetter("modified")):
            yield from sorted(ties)


def _discard(order: list[Entry], entry: Entry) -> None:
    del order[bisect_left(order, entry[:2])]
