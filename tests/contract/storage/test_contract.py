"""What storages of third parties are asked, asked of each engine; and more than that."""

import pytest

from cliquet.storage import memory
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.hooks import Maintenance
from cliquet.storage.query import EVERY_COLLECTION
from cliquet.storage.transfer import Transfer
from cliquet.testing.contracts import (
    Cascades,
    ConditionalWrites,
    Horizons,
    Paths,
    Searches,
    StorageContract,
    Transfers,
)
from cliquet.testing.contracts.collection import Collection


class TestStorage(StorageContract):
    """On each engine."""


class TestConditionalWrites(ConditionalWrites):
    """On each engine."""


class TestSearches(Searches):
    """On each engine."""


class TestPaths(Paths):
    """On each engine."""


class TestHorizons(Horizons):
    """On each engine."""


class TestTransfers(Transfers):
    """On each engine."""


class OfThirdParties(memory.Storage):
    """A storage that implements what it has to, and no more."""

    dump, restore, horizons = Transfer.dump, Transfer.restore, Transfer.horizons
    count_tombstones, buried = Maintenance.count_tombstones, Maintenance.buried


class TestTransfersOfThirdParties(Transfers):
    """By the methods that every storage has."""

    @pytest.fixture
    def storage(self):
        return OfThirdParties()

    def test_horizons_are_found(self, storage):
        storage.create("c", "p", {"id": "a"})
        storage.raise_horizon("c", "p", 7)
        storage.raise_horizon(*EVERY_COLLECTION, horizon=5)

        assert dict(storage.horizons()) == {EVERY_COLLECTION: 5, ("c", "p"): 7}


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
