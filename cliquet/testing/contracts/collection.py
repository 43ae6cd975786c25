"""Shortcuts of the storage contract."""

from typing import Any

import pytest

from cliquet.types import Record, Timestamp


class Collection:
    """One collection of a storage, so that tests only say what they are about."""

    def __init__(
        self, storage: Any, collection_id: str = "test", parent_id: str = "1234"
    ) -> None:
        self.storage = storage
        self.names = {"collection_id": collection_id, "parent_id": parent_id}

    def create(self, **fields: Any) -> Record:
        """Create a record of some fields."""
        return self.create_with(fields)

    def create_with(self, record: Record, **options: Any) -> Record:
        """Create a record, with options of `StorageBase.create`."""
        created: Record = self.storage.create(record=record, **self.names, **options)
        return created

    def update(self, object_id: str, record: Record, **options: Any) -> Record:
        """Replace a record."""
        updated: Record = self.storage.update(
            object_id=object_id, record=record, **self.names, **options
        )
        return updated

    def get(self, object_id: str) -> Record:
        """Return a record."""
        found: Record = self.storage.get(object_id=object_id, **self.names)
        return found

    def delete(self, object_id: str, **options: Any) -> Record:
        """Delete a record; return its tombstone."""
        deleted: Record = self.storage.delete(
            object_id=object_id, **self.names, **options
        )
        return deleted

    def delete_all(self, **options: Any) -> list[Record]:
        """Delete what matches; return the tombstones."""
        deleted: list[Record] = self.storage.delete_all(**self.names, **options)
        return deleted

    def purge(self, **options: Any) -> int:
        """Forget tombstones; return how many."""
        count: int = self.storage.purge_deleted(**self.names, **options)
        return count

    def page(self, **options: Any) -> tuple[list[Record], int]:
        """Return what is listed, and the total."""
        found: tuple[list[Record], int] = self.storage.get_all(**self.names, **options)
        return found

    def list(self, **options: Any) -> list[Record]:
        """Return what is listed."""
        return self.page(**options)[0]

    def total(self, **options: Any) -> int:
        """Return how many live records match."""
        return self.page(**options)[1]

    def timestamp(self, **options: Any) -> Timestamp:
        """Return the timestamp of the collection."""
        found: int = self.storage.collection_timestamp(**self.names, **options)
        return found


class StorageFixtures:
    """Collections of the fixture `storage`, which is an empty storage for each test."""

    @pytest.fixture
    def collection(self, storage: Any) -> Collection:
        """A collection, in which nothing was ever written."""
        return Collection(storage)

    @pytest.fixture
    def other_parent(self, storage: Any) -> Collection:
        """The collection of that name of another parent."""
        return Collection(storage, parent_id="5678")
