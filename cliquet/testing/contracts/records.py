"""Create, read, replace, delete: one record at a time."""

from typing import Any

import pytest

from cliquet.storage.exceptions import RecordNotFoundError, UnicityError
from cliquet.storage.generators import Generator
from cliquet.testing.contracts.collection import Collection, StorageFixtures

VALUES = [
    None, True, False, 0, 1, -1, 2**53 + 1, 2**63, 2**64 + 1, 10**40, 0.1, 1e300,
    3.141592653589793, "", "é☃𝄞", "a'b\"c\\d%_*", "\n\t", [], [1, [2]], {}, {"a": {"b": [None]}},
]  # fmt: skip


class Records(StorageFixtures):
    """What is stored is what was given, and is found by its id alone."""

    @pytest.mark.parametrize("value", VALUES, ids=repr)
    def test_values_come_back_as_they_were(
        self, collection: Collection, value: Any
    ) -> None:
        created = collection.create(field=value)

        found = collection.get(created["id"])["field"]

        assert found == value
        assert type(found) is type(value)

    def test_create_answers_what_get_answers(self, collection: Collection) -> None:
        created = collection.create(name="a")

        assert collection.get(created["id"]) == created
        assert set(created) == {"id", "last_modified", "name"}

    def test_create_does_not_touch_the_record_of_the_caller(
        self, collection: Collection
    ) -> None:
        record = {"name": "a", "inner": {"x": 1}}

        created = collection.create_with(record)
        created["inner"]["x"] = 2

        assert record == {"name": "a", "inner": {"x": 1}}
        assert collection.get(created["id"])["inner"] == {"x": 1}

    def test_what_is_read_can_be_changed_without_harm(
        self, collection: Collection
    ) -> None:
        record_id = collection.create(inner={"x": []})["id"]

        collection.get(record_id)["inner"]["x"].append(1)
        collection.list()[0]["inner"]["x"].append(1)

        assert collection.get(record_id)["inner"] == {"x": []}

    def test_create_uses_the_id_of_the_record(self, collection: Collection) -> None:
        assert collection.create(id="my-id")["id"] == "my-id"

    def test_create_uses_the_generator_that_is_given(
        self, collection: Collection
    ) -> None:
        class Numbers(Generator):
            def __call__(self) -> str:
                return "number-1"

        assert collection.create_with({}, id_generator=Numbers())["id"] == "number-1"

    def test_create_with_the_id_of_a_record_is_refused(
        self, collection: Collection
    ) -> None:
        existing = collection.create(id="a", name="first")

        with pytest.raises(UnicityError) as caught:
            collection.create(id="a", name="second")

        assert caught.value.field == "id"
        assert caught.value.record == existing
        assert collection.get("a") == existing

    @pytest.mark.parametrize(
        "object_id", ["a'b", 'a"b', "a%", "a_", "a*", "a\\b", "é", "a.b", "a:b", "a/b"]
    )
    def test_ids_are_any_text(self, collection: Collection, object_id: str) -> None:
        collection.create(id="axb")
        collection.create(id="a")

        created = collection.create(id=object_id)

        assert collection.get(object_id) == created
        collection.delete(object_id)
        assert {record["id"] for record in collection.list()} == {"axb", "a"}

    def test_unknown_records_are_not_found(self, collection: Collection) -> None:
        with pytest.raises(RecordNotFoundError):
            collection.get("unknown")

    def test_update_replaces_all_fields(self, collection: Collection) -> None:
        created = collection.create(name="a", more=1)

        updated = collection.update(created["id"], {"name": "b"})

        assert updated["name"] == "b"
        assert "more" not in updated
        assert collection.get(created["id"]) == updated

    def test_update_creates_what_is_missing(self, collection: Collection) -> None:
        updated = collection.update("a", {"id": "other", "name": "b"})

        assert updated["id"] == "a"
        assert collection.get("a") == updated

    def test_update_removes_the_tombstone_of_its_id(
        self, collection: Collection
    ) -> None:
        collection.create(id="a")
        collection.delete("a")

        collection.update("a", {})

        assert len(collection.list(include_deleted=True)) == 1
        collection.delete("a")

    def test_delete_answers_the_tombstone(self, collection: Collection) -> None:
        created = collection.create(id="a", name="x")

        deleted = collection.delete("a")

        assert deleted == {
            "id": "a", "last_modified": deleted["last_modified"], "deleted": True,
        }  # fmt: skip
        assert deleted["last_modified"] > created["last_modified"]
        with pytest.raises(RecordNotFoundError):
            collection.get("a")

    def test_delete_twice_is_not_found(self, collection: Collection) -> None:
        collection.create(id="a")
        collection.delete("a")

        with pytest.raises(RecordNotFoundError):
            collection.delete("a")

    def test_delete_without_tombstone_leaves_nothing(
        self, collection: Collection
    ) -> None:
        collection.create(id="a")

        collection.delete("a", with_deleted=False)

        assert collection.list(include_deleted=True) == []

    def test_fields_may_have_other_names(self, storage: Any) -> None:
        scope = {"collection_id": "c", "parent_id": "p"}
        names = {"id_field": "key", "modified_field": "time"}

        created = storage.create(record={"key": "a"}, **scope, **names)
        updated = storage.update(object_id="a", record={"x": 1}, **scope, **names)
        deleted = storage.delete(object_id="a", deleted_field="gone", **scope, **names)

        assert set(created) == {"key", "time"}
        assert set(updated) == {"key", "time", "x"}
        assert deleted == {"key": "a", "time": deleted["time"], "gone": True}
        listed, _ = storage.get_all(
            include_deleted=True, deleted_field="gone", **scope, **names
        )
        assert listed == [deleted]

    def test_parents_do_not_see_each_other(
        self, collection: Collection, other_parent: Collection
    ) -> None:
        created = collection.create(id="a", name="mine")

        other_parent.update("a", {"name": "theirs"})

        assert collection.get("a") == created
        other_parent.delete("a")
        assert collection.get("a") == created
        with pytest.raises(RecordNotFoundError):
            other_parent.get("a")

    def test_parents_that_look_like_patterns_are_exact(self, storage: Any) -> None:
        for parent in ("/a/1", "/a/10", "/a/*", "/a/%", "", "é"):
            storage.create("c", parent, {"id": "x", "parent": parent})

        storage.delete_all("c", "/a/*")
        storage.delete_all("c", "/a/%")

        for parent in ("/a/1", "/a/10", "", "é"):
            assert storage.get("c", parent, "x")["parent"] == parent

    def test_flush_forgets_everything(self, collection: Collection) -> None:
        collection.create(id="a")
        collection.create(id="b")
        collection.delete("a")

        collection.storage.flush()

        assert collection.list(include_deleted=True) == []
        assert collection.timestamp(initialize=False) == 0

    def test_the_schema_can_be_initialized_again(self, collection: Collection) -> None:
        created = collection.create(id="a")

        collection.storage.initialize_schema()

        assert collection.get("a") == created


class UniqueFields(StorageFixtures):
    """No two live records of a collection have one value of a unique field."""

    @pytest.mark.parametrize(
        ("one", "other", "conflict"),
        [
            ("a", "a", True), ("a", "A", False), (1, 1.0, True), (1, True, False),
            (1, "1", False), (None, None, False), ("", None, False), ([1], [1], True),
            ({"a": 1}, {"a": 1.0}, True), (0, False, False), ("é\\—'", "é\\—'", True),
        ],
    )  # fmt: skip
    def test_unique_fields_compare_by_type_and_value(
        self, collection: Collection, one: Any, other: Any, conflict: bool
    ) -> None:
        existing = collection.create_with({"n": one}, unique_fields=("n",))

        if not conflict:
            collection.create_with({"n": other}, unique_fields=("n",))
            return
        with pytest.raises(UnicityError) as caught:
            collection.create_with({"n": other}, unique_fields=("m", "n"))
        assert caught.value.field == "n"
        assert caught.value.record == existing

    def test_unique_fields_spare_the_record_itself_other_parents_and_tombstones(
        self, collection: Collection, other_parent: Collection
    ) -> None:
        unique = {"unique_fields": ("n",)}
        collection.create_with({"id": "a", "n": 1}, **unique)

        collection.update("a", {"n": 1}, **unique)
        other_parent.create_with({"n": 1}, **unique)
        collection.delete("a")
        collection.create_with({"n": 1}, **unique)

    def test_update_to_a_value_that_is_taken_is_refused(
        self, collection: Collection
    ) -> None:
        collection.create(n=1)
        collection.create(id="a", n=2)

        with pytest.raises(UnicityError):
            collection.update("a", {"n": 1}, unique_fields=("n",))

        assert collection.get("a")["n"] == 2
