"""Horizons: up to when not all deletions are known."""

from typing import Any

import pytest

from cliquet.storage import Filter
from cliquet.storage.query import COMPARISON, EVERY_COLLECTION
from cliquet.testing.contracts.collection import Collection, StorageFixtures
from cliquet.types import Timestamp

EQ, GT = COMPARISON.EQ, COMPARISON.GT

#: Engines read them in different ways.
LISTS = [
    [], [Filter("last_modified", 0, GT)], [Filter("id", "a", EQ)], [Filter("n", 1, EQ)],
]  # fmt: skip


def horizon_of(collection: Collection, **options: Any) -> Timestamp:
    """Return what a list tells."""
    told: list[Timestamp] = []
    collection.list(include_deleted=True, horizons=told, **options)
    [found] = told
    return found


class Horizons(StorageFixtures):
    """Lists tell the horizon of their collection to those who ask."""

    @pytest.mark.parametrize("filters", LISTS)
    def test_the_newest_tombstone_that_is_purged_is_the_horizon(
        self,
        collection: Collection,
        other_parent: Collection,
        filters: list[Filter],
    ) -> None:
        collection.create(id="a", n=1)
        times = []
        for name in "bcd":
            collection.create(id=name, n=1)
            times.append(collection.delete(name)["last_modified"])
        assert horizon_of(collection, filters=filters) == 0

        assert collection.purge(before=times[2]) == 2
        assert horizon_of(collection, filters=filters) == times[1]

        assert collection.purge(before=times[2]) == 0
        assert horizon_of(collection, filters=filters) == times[1]

        assert collection.purge() == 1
        assert horizon_of(collection, filters=filters) == times[2]
        assert horizon_of(other_parent, filters=filters) == 0

    def test_a_horizon_is_never_lowered(
        self, collection: Collection, storage: Any
    ) -> None:
        storage.raise_horizon(**collection.names, horizon=2000)
        storage.raise_horizon(**collection.names, horizon=1000)

        assert horizon_of(collection) == 2000

    @pytest.mark.parametrize("filters", LISTS)
    def test_the_horizon_of_all_is_that_of_what_is_not_there_yet(
        self, collection: Collection, storage: Any, filters: list[Filter]
    ) -> None:
        storage.raise_horizon(*EVERY_COLLECTION, horizon=1000)
        assert horizon_of(collection, filters=filters) == 1000
        assert list(storage.scopes()) == []

        collection.create(id="a", n=1)
        assert horizon_of(collection, filters=filters) == 1000

        storage.raise_horizon(**collection.names, horizon=2000)
        assert horizon_of(collection, filters=filters) == 2000

    def test_a_timestamp_is_raised_and_never_lowered(
        self, collection: Collection, other_parent: Collection, storage: Any
    ) -> None:
        collection.create(id="a")
        ahead = collection.timestamp() + 1_000_000
        for timestamp in (ahead, ahead - 1):
            storage.raise_timestamp(**collection.names, timestamp=timestamp)
            storage.raise_timestamp(**other_parent.names, timestamp=5)

        assert collection.timestamp() == ahead
        assert other_parent.timestamp() == 5
        assert collection.total() == 1
        assert [each["id"] for each in collection.list(filters=LISTS[1])] == ["a"]
        assert collection.create(id="b")["last_modified"] == ahead + 1

    def test_a_flush_forgets_horizons(
        self, collection: Collection, storage: Any
    ) -> None:
        collection.create(id="a")
        storage.raise_horizon(**collection.names, horizon=2000)
        storage.raise_horizon(*EVERY_COLLECTION, horizon=1000)

        storage.flush()

        assert horizon_of(collection) == 0

    @pytest.mark.parametrize("filters", LISTS)
    def test_nobody_counts_who_does_not_want_to_know(
        self, collection: Collection, filters: list[Filter]
    ) -> None:
        for name in "abc":
            collection.create(id=name, n=1)

        found, total = collection.page(filters=filters, limit=1, with_total=False)

        assert (len(found), total) == (1, 0)
        assert collection.total(filters=filters, limit=1) > 0
