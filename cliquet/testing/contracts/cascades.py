"""The records of many parents are deleted at once; nothing is written below nothing."""

import threading
from typing import Any

import pytest

from cliquet.storage.cascade import Deletion
from cliquet.storage.exceptions import ModifiedMeanwhileError, RecordNotFoundError
from cliquet.storage.query import Condition, Scope
from cliquet.testing.contracts.collection import Collection, StorageFixtures
from cliquet.types import Record

ODD = (
    "/p/1",
    "/p/10",
    "/p/é %",
    "/p/1#basicauth:a",
    "/p/1#b",
    "/q/1",
    '/p/"\\',
    "/p/_",
)


def delete(storage: Any, *parent_ids: str) -> list[Deletion]:
    """Delete the tasks of some parents."""
    deleted: list[Deletion] = storage.delete_of_parents("task", parent_ids)
    return deleted


def below(object_id: str) -> Condition:
    """Return the condition that there is a project."""
    return Condition(parent=(Scope("project", ""), object_id))


class Cascades(StorageFixtures):
    """Deletions of what is below deleted records."""

    @pytest.fixture
    def parents(self, storage: Any) -> dict[str, Collection]:
        """Collections of several parents, with two records each."""
        made = {each: Collection(storage, "task", each) for each in ODD}
        for number, collection in enumerate(made.values()):
            collection.create(id="a", n=number)
            collection.create(id="b", n=number)
        return made

    def test_all_records_of_some_parents_are_deleted(
        self, storage: Any, parents: dict[str, Collection]
    ) -> None:
        before = {each: parents[each].list() for each in ODD}

        deleted = delete(storage, "/p/1", "/p/é %", "/p/nothing")

        assert {each.scope.parent_id for each in deleted} == {"/p/1", "/p/é %"}
        for each in deleted:
            assert each.scope.collection_id == "task"
            by_id = {record["id"]: record for record in before[each.scope.parent_id]}
            assert each.records == [by_id["a"], by_id["b"]]
        left = {each: parents[each].list() for each in ODD}
        gone: dict[str, list[Record]] = {"/p/1": [], "/p/é %": []}
        assert left == {**before, **gone}

    def test_tombstones_are_those_of_other_deletions(
        self, storage: Any, parents: dict[str, Collection]
    ) -> None:
        """Each has a timestamp of its own, above all that the collection had."""
        before = {each: parents[each].timestamp() for each in ODD}

        [deleted] = delete(storage, "/p/1")

        tasks = parents["/p/1"]
        assert deleted.timestamp == before["/p/1"]
        first, second = deleted.tombstones
        assert before["/p/1"] < first["last_modified"] < second["last_modified"]
        assert (first["id"], second["id"]) == ("a", "b")
        assert first["deleted"] is second["deleted"] is True
        assert tasks.list(include_deleted=True) == [second, first]
        assert tasks.timestamp() == second["last_modified"]
        assert tasks.total() == 0
        others = {each: parents[each].timestamp() for each in ODD if each != "/p/1"}
        assert others == {each: before[each] for each in others}

    def test_deleted_records_may_be_created_again(
        self, storage: Any, parents: dict[str, Collection]
    ) -> None:
        delete(storage, *ODD)

        created = parents["/p/_"].create(id="a")

        assert parents["/p/_"].list() == [created]
        assert parents["/p/_"].total() == 1
        assert [each["id"] for each in parents["/p/_"].list(include_deleted=True)] == ["a", "b"]  # fmt: skip

    def test_other_collections_of_a_parent_stay(
        self, storage: Any, parents: dict[str, Collection]
    ) -> None:
        notes = Collection(storage, "note", "/p/1")
        created = notes.create(id="a")

        delete(storage, "/p/1")

        assert notes.list() == [created]

    def test_nothing_is_written_where_there_is_nothing(
        self, storage: Any, parents: dict[str, Collection]
    ) -> None:
        delete(storage, "/p/1")
        before = parents["/p/1"].timestamp()

        assert delete(storage, "/p/1", "/never") == []
        assert delete(storage) == []

        assert parents["/p/1"].timestamp() == before
        assert Collection(storage, "task", "/never").timestamp(initialize=False) == 0

    @pytest.mark.parametrize(
        ("beginnings", "found"),
        [
            (["/p/1#"], {"/p/1#basicauth:a", "/p/1#b"}),
            (["/p/_"], {"/p/_"}),
            (["/p/é %", "/q"], {"/p/é %", "/q/1"}),
            (['/p/"\\'], {'/p/"\\'}),
            (["/p/%"], set()),
            (["p/"], set()),
        ],
    )
    def test_parents_are_found_by_how_they_begin(
        self,
        storage: Any,
        parents: dict[str, Collection],
        beginnings: list[str],
        found: set[str],
    ) -> None:
        Collection(storage, "note", "/p/1#c").create()

        assert set(storage.find_parents("task", beginnings)) == found
        assert len(storage.find_parents("task", beginnings)) == len(found)

    @pytest.mark.parametrize("unique_fields", [(), ("n",)])
    @pytest.mark.parametrize("method", ["create", "update"])
    def test_nothing_is_written_below_a_record_that_is_not_there(
        self, storage: Any, method: str, unique_fields: tuple[str, ...]
    ) -> None:
        tasks = Collection(storage, "task", "/projects/1.5")
        projects = Collection(storage, "project", "")

        def write(object_id: str) -> Record:
            record = {"id": object_id, "n": object_id}
            options: dict[str, Any] = {
                "condition": below("1.5"),
                "unique_fields": unique_fields,
            }
            if method == "create":
                return tasks.create_with(record, **options)
            return tasks.update(object_id, record, **options)

        with pytest.raises(ModifiedMeanwhileError):
            write("a")
        projects.create(id="1.5")
        created = write("b")
        projects.delete("1.5")
        with pytest.raises(ModifiedMeanwhileError):
            write("c")

        assert tasks.list() == [created]
        assert tasks.timestamp() == created["last_modified"]

    def test_what_is_below_a_record_is_no_matter_of_others(self, storage: Any) -> None:
        Collection(storage, "project", "alice").create(id="1")

        with pytest.raises(ModifiedMeanwhileError):
            Collection(storage, "task", "").create_with({}, condition=below("1"))

    def test_nothing_remains_below_what_is_deleted_meanwhile(
        self, storage: Any
    ) -> None:
        """Of writers below a record, and one who deletes it with what is below."""
        projects = Collection(storage, "project", "")
        refused: list[str] = []

        def create(
            parent_id: str, start: threading.Barrier, deleted: threading.Event
        ) -> None:
            tasks = Collection(storage, "task", parent_id)
            start.wait(60)
            try:
                for _ in range(5):
                    tasks.create_with({}, condition=below(parent_id))
                # Whoever wrote all of them before the deletion is refused after it.
                deleted.wait(60)
                tasks.create_with({}, condition=below(parent_id))
            except ModifiedMeanwhileError:
                refused.append(parent_id)

        for number in range(8):
            parent_id = f"{number}"
            projects.create(id=parent_id)
            start, deleted = threading.Barrier(4), threading.Event()
            writers = [
                threading.Thread(target=create, args=(parent_id, start, deleted))
                for _ in range(3)
            ]
            for writer in writers:
                writer.start()
            start.wait(60)
            projects.delete(parent_id)
            # What was begun before is waited for, or refused.
            delete(storage, parent_id)
            deleted.set()
            for writer in writers:
                writer.join()

            with pytest.raises(RecordNotFoundError):
                projects.get(parent_id)
            assert Collection(storage, "task", parent_id).list() == []
        assert len(refused) == 3 * 8
