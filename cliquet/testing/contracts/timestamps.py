"""Timestamps: unique, increasing, forced."""

import threading

import pytest

from cliquet.storage.exceptions import UnicityError
from cliquet.testing.contracts.collection import Collection, StorageFixtures
from cliquet.timestamps import msec_time


class Timestamps(StorageFixtures):
    """Each write of a collection has a timestamp above all before it."""

    def test_every_write_moves_the_collection(self, collection: Collection) -> None:
        seen: list[int] = []
        for number in range(30):
            seen.append(collection.create(id=str(number))["last_modified"])
            seen.append(collection.update(str(number), {})["last_modified"])
            seen.append(collection.delete(str(number))["last_modified"])
            assert collection.timestamp() == seen[-1]

        assert seen == sorted(set(seen))

    def test_fresh_timestamps_are_the_current_time(
        self, collection: Collection
    ) -> None:
        before = msec_time()
        created = collection.create()
        after = msec_time()

        assert before - 2 <= created["last_modified"] <= after + 2

    def test_reading_an_unused_collection_fixes_its_timestamp(
        self, collection: Collection
    ) -> None:
        before = msec_time()

        first = collection.timestamp()

        assert before - 2 <= first
        assert collection.timestamp() == first
        assert collection.create()["last_modified"] > first

    def test_reading_without_initialization_writes_nothing(
        self, collection: Collection
    ) -> None:
        assert collection.timestamp(initialize=False) == 0
        assert collection.timestamp(initialize=False) == 0
        assert collection.create()["last_modified"] > 0

    def test_collections_do_not_share_timestamps(
        self, collection: Collection, other_parent: Collection
    ) -> None:
        first = other_parent.create(last_modified=5)

        collection.create()

        assert other_parent.timestamp() == first["last_modified"] == 5

    def test_a_record_in_an_unused_collection_may_be_in_the_past(
        self, collection: Collection
    ) -> None:
        created = collection.create(last_modified=1000)

        assert created["last_modified"] == 1000
        assert collection.timestamp() == 1000

    @pytest.mark.parametrize("operation", ["create", "update", "delete"])
    @pytest.mark.parametrize("delta", [10, 0, -10])
    def test_forced_timestamps(
        self, collection: Collection, operation: str, delta: int
    ) -> None:
        collection.create(id="a")
        before = collection.timestamp()
        wanted = before + delta

        if operation == "create":
            written = collection.create(id="b", last_modified=wanted)
        elif operation == "update":
            written = collection.update("a", {"last_modified": wanted})
        else:
            written = collection.delete("a", last_modified=wanted)

        assert written["last_modified"] == wanted
        if delta > 0:
            assert collection.timestamp() == wanted
        else:
            assert collection.timestamp() > before

    def test_writes_after_a_future_timestamp_are_above_it(
        self, collection: Collection
    ) -> None:
        future = msec_time() + 100_000
        collection.create(last_modified=future)

        assert collection.create()["last_modified"] == future + 1

    def test_no_timestamp_is_no_forced_one(self, collection: Collection) -> None:
        assert collection.create(last_modified=None)["last_modified"] > 0

    def test_records_may_be_forced_to_the_same_time(
        self, collection: Collection
    ) -> None:
        collection.create(last_modified=2000)

        collection.create(id="a", last_modified=1000)
        collection.create(id="b", last_modified=1000)
        collection.delete("a", last_modified=1000)
        collection.delete("b", last_modified=1000)

        listed = collection.list(include_deleted=True)
        assert [record["last_modified"] for record in listed] == [2000, 1000, 1000]

    def test_any_number_of_records_may_be_forced_to_the_same_time(
        self, collection: Collection
    ) -> None:
        """An import: more than there are microseconds in a millisecond."""
        names = [f"{number:04}" for number in range(1010)]
        collection.create(id="newer", last_modified=2000)
        for name in reversed(names):
            created = collection.create(id=name, last_modified=1000)
            assert created["last_modified"] == 1000

        assert collection.update("0500", {"last_modified": 1000})["id"] == "0500"
        assert collection.get("0999") == {"id": "0999", "last_modified": 1000}
        listed = collection.list()
        assert [record["id"] for record in listed] == ["newer", *names]
        assert collection.total(limit=1) == 1011
        for name in names[:30]:
            collection.delete(name, last_modified=1000)
        listed = collection.list(include_deleted=True)
        assert [record["id"] for record in listed] == ["newer", *names]
        assert collection.create(id="0001")["last_modified"] > 2000

    def test_refused_writes_do_not_move_the_collection(
        self, collection: Collection
    ) -> None:
        collection.create(id="a", n=1)
        before = collection.timestamp()

        with pytest.raises(UnicityError):
            collection.create(id="a")
        with pytest.raises(UnicityError):
            collection.create_with({"n": 1}, unique_fields=("n",))

        assert collection.timestamp() == before

    def test_purging_does_not_move_the_collection(self, collection: Collection) -> None:
        collection.create(id="a")
        collection.delete("a")
        before = collection.timestamp()

        assert collection.purge() == 1

        assert collection.timestamp() == before

    def test_deletion_without_tombstone_moves_the_collection(
        self, collection: Collection
    ) -> None:
        collection.create(id="a")
        before = collection.timestamp()

        deleted = collection.delete("a", with_deleted=False)

        assert deleted["last_modified"] == collection.timestamp() > before

    def test_writers_in_threads_never_share_a_timestamp(
        self, collection: Collection
    ) -> None:
        seen: list[int] = []

        def write() -> None:
            seen.extend(collection.create()["last_modified"] for _ in range(25))

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(seen)) == len(seen) == 100
