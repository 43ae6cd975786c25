"""Records on their way between two engines: as they are stored, timestamps included.

What is here works with any storage; engines have ways that are faster, and pictures
that are of one moment.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby, islice
from typing import Any, NamedTuple

from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.query import COMPARISON, EVERY_COLLECTION, Filter, Scope, Sort
from cliquet.types import Record, Timestamp

__all__ = ["Entry", "Part", "Restored", "Transfer"]

PART = 1000
"""Most entries of a part that is dumped."""

_BY_AGE = [Sort("last_modified", 1)]


class Entry(NamedTuple):
    """A record, or a tombstone."""

    is_live: bool
    data: Record


class Part(NamedTuple):
    """Some entries of a collection, with different ids.

    Attributes:
        timestamp: That of the collection; 0 if it is that of its newest entry.
    """

    scope: Scope
    timestamp: Timestamp
    entries: Sequence[Entry]


class Restored(NamedTuple):
    """What a part met where it was restored.

    Attributes:
        before: The timestamp that the collection had, 0 if it was never used.
        oldest: That of the oldest entry that was not there, `None` if all were.
    """

    before: Timestamp
    oldest: Timestamp | None


class Transfer:
    """Methods of a storage, for what leaves it and what comes."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Return a block in which `dump` and `horizons` show one moment, if they can.

        Others do: those in memory and in Redis show each page as it is when it is read.
        """
        return nullcontext()

    def dump(self) -> Iterator[Part]:
        """Yield every collection, in parts: entries from the oldest to the newest.

        Each has one part at least. What is written meanwhile comes again, as newer.
        """
        storage: Any = self
        for scope in storage.scopes():
            # It is read before the entries: they may be newer, but none is missing.
            timestamp = storage.collection_timestamp(*scope, initialize=False)
            for entries in _pages(storage, scope):
                yield Part(scope, timestamp, entries)

    def horizons(self) -> Iterator[tuple[Scope, Timestamp]]:
        """Yield the collections that have a horizon, with it."""
        storage: Any = self
        for scope in (EVERY_COLLECTION, *storage.scopes()):
            told: list[Timestamp] = []
            storage.get_all(*scope, limit=1, horizons=told)
            if told and told[0]:
                yield scope, told[0]

    def restore(self, parts: Sequence[Part]) -> list[Restored]:
        """Store entries with the timestamps that they have, instead of what is there.

        Each part is of another collection.
        The timestamp of a collection is that of its part, or that of its newest entry,
        unless it has a higher one.
        """
        return [_restore(self, part) for part in parts]


def _pages(storage: Any, scope: Scope) -> Iterator[list[Entry]]:
    rules: list[list[Filter]] = []
    while True:
        page, _ = storage.get_all(
            *scope,
            sorting=_BY_AGE,
            pagination_rules=rules,
            limit=PART,
            include_deleted=True,
        )
        live = _live_ids(storage, scope, page)
        yield [Entry(record["id"] in live, record) for record in page]
        if len(page) < PART:
            return
        at, last = page[-1]["last_modified"], page[-1]["id"]
        rules = [
            [
                Filter("last_modified", at, COMPARISON.EQ),
                Filter("id", last, COMPARISON.GT),
            ],
            [Filter("last_modified", at, COMPARISON.GT)],
        ]


def _live_ids(storage: Any, scope: Scope, page: list[Record]) -> set[str]:
    """Return the ids of live records: a field `deleted` may be an application's own."""
    live = {record["id"] for record in page if "deleted" not in record}
    if len(live) < len(page):
        doubtful = [record["id"] for record in page if "deleted" in record]
        found, _ = storage.get_all(
            *scope, filters=[Filter("id", doubtful, COMPARISON.IN)]
        )
        live.update(record["id"] for record in found)
    return live


def _restore(storage: Any, part: Part) -> Restored:
    """Restore by the methods that every storage has."""
    before = storage.collection_timestamp(*part.scope, initialize=False) or 0
    ids = [entry.data["id"] for entry in part.entries]
    filters = [Filter("id", ids, COMPARISON.IN)]
    found, _ = storage.get_all(*part.scope, filters=filters, include_deleted=True)
    known = {record["id"]: record for record in found}
    changed = [
        entry for entry in part.entries if known.get(entry.data["id"]) != entry.data
    ]
    for entry in changed:
        if entry.is_live:
            object_id = entry.data["id"]
            storage.update(*part.scope, object_id=object_id, record=entry.data)
        else:
            _bury(storage, part.scope, entry.data)
    storage.raise_timestamp(*part.scope, timestamp=newest(part))
    return Restored(before, oldest(entry.data for entry in changed))


def _bury(storage: Any, scope: Scope, data: Record) -> None:
    """Delete a record, which is stored first if there is none."""
    at = data["last_modified"]
    try:
        storage.get(*scope, object_id=data["id"])
    except RecordNotFoundError:
        storage.update(*scope, object_id=data["id"], record={"last_modified": at - 1})
    storage.delete(*scope, object_id=data["id"], last_modified=at)


def newest(part: Part) -> Timestamp:
    """Return the timestamp that the collection of a part gets."""
    times: list[Timestamp] = [entry.data["last_modified"] for entry in part.entries]
    return max([part.timestamp, *times])


def oldest(records: Iterable[Record]) -> Timestamp | None:
    """Return the timestamp of the oldest one, if there is any."""
    return min((record["last_modified"] for record in records), default=None)


def in_parts(
    rows: Iterable[tuple[Scope, Timestamp | None, Entry | None]],
) -> Iterator[Part]:
    """Yield the parts of collections that come one after the other, entry by entry.

    Args:
        rows: Collection, its timestamp, an entry. The first row of a collection has its
            timestamp, maybe without entry.
    """
    for scope, group in groupby(rows, key=lambda row: row[0]):
        timestamp: Timestamp = 0
        is_first = True
        while chunk := list(islice(group, PART)):
            timestamp = chunk[0][1] or timestamp
            entries = [entry for *_, entry in chunk if entry is not None]
            if entries or is_first:
                yield Part(scope, timestamp, entries)
            is_first = False
