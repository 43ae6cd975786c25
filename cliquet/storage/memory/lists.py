"""Lists from memory: the records of a page, and how many live ones match.

Lists by time walk the order of the collection, and stop where the page is full. Filters
that have to look at each record, or that leave few ids, make an order of their own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from heapq import merge
from itertools import islice
from typing import Any

from cliquet.engines.memory.shared_ids import SharedIndex
from cliquet.engines.shared_ids import SharedIds
from cliquet.json_values import copy_json
from cliquet.storage.evaluation import (
    build_page_predicate,
    build_predicate,
    sort_records,
)
from cliquet.storage.memory.collection import Collection, Entry, Slice
from cliquet.storage.query import COMPARISON, FieldNames, Filter, Query
from cliquet.storage.rules import bounds, is_bound, page_bounds
from cliquet.types import Record

#: Most users whose shared records are counted once as long as nothing changes.
_MOST_COUNTS = 1000


def read_list(collection: Collection, query: Query) -> tuple[list[Record], int]:
    """Return copies of the records of a list, and how many live ones match."""
    shared = next(filter(None, map(_shared_objects, query.filters)), None)
    with shared.lock if shared else nullcontext():
        reader = _Reader(collection, query)
        return reader.page(), reader.total() if query.with_total else 0


class _Reader:
    """Reads one list."""

    def __init__(self, collection: Collection, query: Query) -> None:
        self._collection, self._names, self._query = collection, query.names, query
        names = query.names
        self._low, self._high = bounds(query.filters, names.modified)
        others = [each for each in query.filters if not is_bound(each, names.modified)]
        others.sort(key=lambda each: _shared_objects(each) is None)
        self._ids = next(filter(None, (_Ids.of(each, names) for each in others)), None)
        if self._ids is not None:
            others.remove(self._ids.filter)
        self._matches = _entry_predicate(others, names)
        live, *dead = collection.between(self._low, self._high, query.include_deleted)
        self._is_narrowed = self._matches is not None or self._are_few(live)
        self._live, self._dead = live, dead
        if self._is_narrowed:
            self._live, self._dead = self._narrow(live), [*map(self._narrow, dead)]

    def _are_few(self, live: Slice) -> bool:
        """Return whether it is quicker to look at all ids than to fill a page.

        Of `size` ids among `length` records, a page of `limit` is full after
        `limit * length / size` records: that many are looked at otherwise.
        """
        if self._ids is None:
            return False
        size, length = self._ids.size, len(live)
        limit = self._query.limit or length
        return size < length and size * size < limit * length

    def _narrow(self, part: Slice) -> Slice:
        """Return an order of the entries that match."""
        ids, matches = self._ids, self._matches
        if ids is not None and ids.size < len(part):
            entries, ids = part.within(ids.all()), None
        else:
            entries = part.all()
        if matches is not None:
            entries = list(filter(matches, entries))
        if ids is not None:
            # Last: few are left, and looking in several sets is dear.
            entries = [entry for entry in entries if entry.id in ids]
        return Slice(entries, part.entries)

    def total(self) -> int:
        """Return how many live records match."""
        live, ids = self._live, self._ids
        if self._is_narrowed or ids is None:
            return len(live)
        if self._low is None and self._high is None:
            return self._count_all(ids)
        return sum(entry.id in ids for entry in live.ascending())

    def _count_all(self, ids: "_Ids") -> int:
        """Return how many of the ids are alive; counted again if anything changed."""
        counts, key = self._collection.counts, ids.key
        if key is None:
            return ids.count(self._collection.live)
        known = counts.get(key)
        if known is None or known[0] != ids.changes:
            if len(counts) >= _MOST_COUNTS:
                counts.clear()
            known = counts[key] = (ids.changes, ids.count(self._collection.live))
        return known[1]

    def page(self) -> list[Record]:
        """Return the records of the page."""
        names, limit = self._names, self._query.limit or None
        low, high = page_bounds(self._query.rules, names.modified)
        parts = [part.between(low, high) for part in (self._live, *self._dead)]
        order = self._query.order
        if self._query.is_by_time:
            entries = self._on_page(_merge(parts, is_descending=order[0].direction < 0))
            return [entry.copy(names) for entry in islice(entries, limit)]
        entries = self._on_page(entry for part in parts for entry in part.ascending())
        records = (entry.present(names) for entry in entries)
        return [copy_json(each) for each in sort_records(records, order)[:limit]]

    def _on_page(self, entries: Iterable[Entry]) -> Iterable[Entry]:
        """Leave out what is not on the page."""
        ids, names = self._ids, self._names
        if ids is not None and not self._is_narrowed:
            entries = (entry for entry in entries if entry.id in ids)
        in_page = build_page_predicate(self._query.rules)
        if in_page is not None:
            passes = in_page
            entries = (entry for entry in entries if passes(entry.present(names)))
        return entries


class _Ids:
    """The only ids that can match, as sets one of which must have them."""

    def __init__(self, item: Filter, sets: Sequence[set[str]]) -> None:
        self.filter, self._sets = item, sets
        self.size = sum(map(len, sets))
        self.key: Any = None
        """What stands for the same ids as long as nothing changes."""
        self.changes = 0

    @classmethod
    def of(cls, item: Filter, names: FieldNames) -> "_Ids | None":
        """Return the ids that a filter allows, None for all."""
        if item.field != names.id:
            return None
        if item.operator is COMPARISON.EQ:
            is_text = isinstance(item.value, str)
            return cls(item, [{item.value}] if is_text else [])
        if item.operator is not COMPARISON.IN:
            return None
        shared = _shared_objects(item)
        if shared is None:
            return cls(item, [{each for each in item.value if isinstance(each, str)}])
        described = item.value.described
        found = cls(item, shared.ids(described))
        found.key, found.changes = (shared, described), shared.changes
        return found

    def __contains__(self, object_id: str) -> bool:
        return any(object_id in each for each in self._sets)

    def all(self) -> set[str]:
        """Return the ids as one set."""
        return set().union(*self._sets)

    def count(self, live: dict[str, Entry]) -> int:
        """Return how many of them are alive, without copying the largest set."""
        if not self._sets:
            return 0
        largest, *others = self._sets
        rest = set().union(*others) - largest
        return len(largest) - len(largest.difference(live)) + len(rest & live.keys())


def _shared_objects(item: Filter) -> SharedIndex | None:
    """Return the index in which the ids of a filter can be looked up."""
    found: SharedIndex | None = None
    if isinstance(item.value, SharedIds):
        found = item.value.lookup
    return found


def _entry_predicate(
    filters: Sequence[Filter], names: FieldNames
) -> Callable[[Entry], bool] | None:
    matches = build_predicate(filters)
    if matches is None:
        return None
    if any(item.field in (names.id, names.modified) for item in filters):
        return lambda entry: matches(entry.present(names))
    return lambda entry: matches(entry.data or entry.present(names))


def _merge(parts: list[Slice], is_descending: bool) -> Iterator[Entry]:
    """Return the entries of slices in one order by timestamp, ties by id."""
    entries = [
        part.descending() if is_descending else part.ascending() for part in parts
    ]
    if len(entries) == 1:
        return entries[0]
    sign = -1 if is_descending else 1
    return merge(*entries, key=lambda entry: (sign * entry.modified, entry.id))
