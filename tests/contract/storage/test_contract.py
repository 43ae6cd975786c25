"""What storages of third parties are asked, asked of each engine; and more than that."""

import pytest

from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.testing.contracts import (
    Cascades,
    ConditionalWrites,
    Searches,
    StorageContract,
)
from cliquet.testing.contracts.collection import Collection


class TestStorage(StorageContract):
    """On each engine."""


class TestConditionalWrites(ConditionalWrites):
    """On each engine."""


class TestSearches(Searches):
    """On each engine."""


class TestCascades(Cascades):
    """On each engine."""


def test_collections_that_were_never_written_are_not_listed(storage):
    with pytest.raises(RecordNotFoundError):
        storage.delete("c", "refused", "unknown")
    storage.purge_deleted("c", "purged")
    storage.get_all("c", "read")
    storage.create("c", "written", {"a": 1})

    assert list(storage.scopes()) == [("c", "written")]


def test_whoever_overrides_the_deletion_of_lists_is_called(storage, monkeypatch):
    tasks = Collection(storage, "task", "/p/1")
    created = tasks.create(id="a")
    called = []
    delete_all = type(storage).delete_all

    def note(self, *args, **kwargs):
        called.append(kwargs["parent_id"])
        return delete_all(self, *args, **kwargs)

    monkeypatch.setattr(type(storage), "delete_all", note)

    [deleted] = storage.delete_of_parents("task", ["/p/1"])

    assert called == ["/p/1"]
    assert deleted.records == [created]
