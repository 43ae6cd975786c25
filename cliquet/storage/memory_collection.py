"""How are the records of one collection kept in memory?

By id, by timestamp and by the values of unique fields.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from cliquet.storage.evaluation import copy_record
from cliquet.storage.query import FieldNames, typed
from cliquet.types import Record, Timestamp

_HIGHEST_ID = "\U0010ffff" * 8


class Entry(NamedTuple):
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

    def copy(self, names: FieldNames) -> Record:
        """Show the entry; nothing is shared."""
        if self.data is None:
            return self.present(names)
        copied = copy_record(self.data)
        copied[names.id] = self.id
        copied[names.modified] = self.modified
        return copied


class Collection:
    """Entries by id, by timestamp, and by the values of unique fields.

    Attributes:
        counts: What lists of shared records counted, until one comes or goes.
    """

    def __init__(self) -> None:
        self.counts: dict[Any, tuple[int, int]] = {}
        self.timestamp: Timestamp | None = None
        self.live: dict[str, Entry] = {}
        self.tombstones: dict[str, Entry] = {}
        self._live_order: list[tuple[Timestamp, str]] = []
        self._tombstone_order: list[tuple[Timestamp, str]] = []
        self._values: dict[str, dict[Any, set[str]]] = {}

    def put(self, entry: Entry) -> None:
        """Keep a live record instead of what had its id."""
        if not self._drop(entry.id):
            self.counts.clear()
        self.forget(entry.id)
        self.live[entry.id] = entry
        insort(self._live_order, (entry.modified, entry.id))
        for field, holders in self._values.items():
            holders.setdefault(typed(entry.value(field)), set()).add(entry.id)

    def bury(self, entry: Entry) -> None:
        """Keep a tombstone instead of what had its id."""
        self.remove(entry.id)
        self.forget(entry.id)
        self.tombstones[entry.id] = entry
        insort(self._tombstone_order, (entry.modified, entry.id))

    def remove(self, object_id: str) -> None:
        """Drop a live record, if there is one."""
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
    ) -> list["Slice"]:
        """Slice the orders to the timestamps from `low` to `high`, both included."""
        parts = [Slice.whole(self.live, self._live_order)]
        if include_deleted:
            parts.append(Slice.whole(self.tombstones, self._tombstone_order))
        return [part.between(low, high) for part in parts]


class Slice:
    """Part of one order, read without copying it."""

    def __init__(
        self,
        entries: dict[str, Entry],
        order: list[tuple[Timestamp, str]],
        start: int,
        stop: int,
    ) -> None:
        self._entries, self._order = entries, order
        self._start, self._stop = start, max(start, stop)

    @classmethod
    def whole(
        cls, entries: dict[str, Entry], order: list[tuple[Timestamp, str]]
    ) -> "Slice":
        """Take all of an order."""
        return cls(entries, order, 0, len(order))

    def __len__(self) -> int:
        return self._stop - self._start

    def between(self, low: Timestamp | None, high: Timestamp | None) -> "Slice":
        """Narrow it to the timestamps from `low` to `high`, both included."""
        order, start, stop = self._order, self._start, self._stop
        if low is not None:
            start = bisect_left(order, (low, ""), start, stop)
        if high is not None:
            stop = bisect_right(order, (high, _HIGHEST_ID), start, stop)
        return Slice(self._entries, order, start, stop)

    def within(self, ids: set[str]) -> Iterator[Entry]:
        """Find the entries that have one of some ids, oldest first."""
        if not len(self):
            return
        first, last = self._order[self._start], self._order[self._stop - 1]
        found = (self._entries[each] for each in ids if each in self._entries)
        places = ((entry.modified, entry.id) for entry in found)
        for _, object_id in sorted(each for each in places if first <= each <= last):
            yield self._entries[object_id]

    def of(self, entries: Iterable[Entry]) -> "Slice":
        """Make an order of some of its entries, which are sorted."""
        order = [(entry.modified, entry.id) for entry in entries]
        return Slice.whole(self._entries, order)

    def ascending(self) -> Iterator[Entry]:
        """Oldest first, ties by id."""
        entries, order = self._entries, self._order
        return (entries[order[n][1]] for n in range(self._start, self._stop))

    def all(self) -> list[Entry]:
        """All of them, oldest first: quicker than one by one."""
        entries, part = self._entries, self._order[self._start : self._stop]
        return [entries[object_id] for _, object_id in part]

    def descending(self) -> Iterator[Entry]:
        """Newest first; ties still by ascending id."""
        order = self._order
        positions = (order[n] for n in range(self._stop - 1, self._start - 1, -1))
        for _, ties in groupby(positions, key=lambda position: position[0]):
            for _, key in sorted(ties):
                yield self._entries[key]


def _discard(order: list[tuple[Timestamp, str]], entry: Entry) -> None:
    del order[bisect_left(order, (entry.modified, entry.id))]
