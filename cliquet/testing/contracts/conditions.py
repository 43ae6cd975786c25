"""Writes that depend on what is there."""

import threading

import pytest

from cliquet.storage import Filter
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import COMPARISON, Condition
from cliquet.testing.contracts.collection import Collection, StorageFixtures


class ConditionalWrites(StorageFixtures):
    """The condition and the write are one step."""

    def test_a_write_passes_when_the_record_is_as_expected(
        self, collection: Collection
    ) -> None:
        created = collection.create(id="a")

        updated = collection.update(
            "a", {"n": 1}, condition=Condition(record=created["last_modified"])
        )
        collection.delete("a", condition=Condition(record=updated["last_modified"]))

    @pytest.mark.parametrize("operation", ["update", "delete"])
    def test_a_write_is_refused_when_the_record_has_changed(
        self, collection: Collection, operation: str
    ) -> None:
        created = collection.create(id="a", n=0)
        current = collection.update("a", {"n": 1})
        before = collection.timestamp()
        condition = Condition(record=created["last_modified"])

        with pytest.raises(ModifiedMeanwhileError):
            if operation == "update":
                collection.update("a", {"n": 2}, condition=condition)
            else:
                collection.delete("a", condition=condition)

        assert collection.get("a") == current
        assert collection.timestamp() == before

    def test_an_update_is_refused_when_the_record_is_gone(
        self, collection: Collection
    ) -> None:
        created = collection.create(id="a")
        collection.delete("a")

        with pytest.raises(ModifiedMeanwhileError):
            collection.update(
                "a", {}, condition=Condition(record=created["last_modified"])
            )

        assert collection.list() == []

    def test_deletion_of_what_is_gone_is_not_found(
        self, collection: Collection
    ) -> None:
        with pytest.raises(RecordNotFoundError):
            collection.delete("a", condition=Condition(record=5))

    def test_an_update_that_must_create_is_refused_when_there_is_a_record(
        self, collection: Collection
    ) -> None:
        collection.update("a", {"n": 1}, condition=Condition(record=None))

        with pytest.raises(ModifiedMeanwhileError):
            collection.update("a", {"n": 2}, condition=Condition(record=None))

        assert collection.get("a")["n"] == 1

    def test_a_creation_of_what_exists_is_a_conflict(
        self, collection: Collection
    ) -> None:
        collection.create_with({"id": "a"}, condition=Condition(record=None))

        with pytest.raises(UnicityError):
            collection.create_with({"id": "a"}, condition=Condition(record=None))

    def test_the_collection_may_be_expected_at_a_timestamp(
        self, collection: Collection
    ) -> None:
        collection.create_with({"id": "a"}, condition=Condition(collection=0))
        current = collection.timestamp()

        with pytest.raises(ModifiedMeanwhileError):
            collection.create_with({"id": "b"}, condition=Condition(collection=0))
        with pytest.raises(ModifiedMeanwhileError):
            collection.delete_all(condition=Condition(collection=current - 1))
        assert collection.timestamp() == current
        assert len(collection.delete_all(condition=Condition(collection=current))) == 1

    @pytest.mark.parametrize("operation", ["update", "delete"])
    def test_one_of_sixteen_writers_with_the_same_expectation_succeeds(
        self, collection: Collection, operation: str
    ) -> None:
        created = collection.create(id="a")
        condition = Condition(record=created["last_modified"])
        barrier = threading.Barrier(16)
        outcomes: list[str] = []

        def write() -> None:
            barrier.wait(60)
            try:
                if operation == "update":
                    collection.update("a", {}, condition=condition)
                else:
                    collection.delete("a", condition=condition)
                outcomes.append("done")
            except (ModifiedMeanwhileError, RecordNotFoundError):
                outcomes.append("refused")

        threads = [threading.Thread(target=write) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["done"] + ["refused"] * 15

    def test_the_clock_goes_on_after_the_highest_timestamp_of_clients(
        self, collection: Collection
    ) -> None:
        highest = 2**53
        collection.create(id="a", last_modified=highest)

        for number in range(1, 5):
            expected = Condition(record=highest + number - 1)
            written = collection.update("a", {"n": number}, condition=expected)
            assert (
                written["last_modified"] == collection.timestamp() == highest + number
            )
            with pytest.raises(ModifiedMeanwhileError):
                collection.update("a", {}, condition=expected)
            since = [Filter("last_modified", highest + number - 1, COMPARISON.GT)]
            assert collection.list(filters=since) == [written]

        collection.create(id="b")
        first, second = collection.delete_all()
        assert [first["id"], second["id"]] == ["a", "b"]
        assert collection.purge(before=second["last_modified"]) == 1
        assert collection.list(include_deleted=True) == [second]
