"""Shortcuts of the storage contract."""

from typing import Any

import pytest


class Collection:
    """One collection of a storage, so that tests only say what they are about."""

    def __init__(
        self, storage: Any, collection_id: str = "test", parent_id: str = "1234"
    ):
        self.storage = storage
        self.names = {"collection_id": collection_id, "parent_id": parent_id}

    def create(self, **fields: Any) -> dict[str, Any]:
        return self.storage.create(record=fields, **self.names)

    def create_with(self, record: dict[str, Any], **options: Any) -> dict[str, Any]:
        return self.storage.create(record=record, **self.names, **options)

    def update(self, object_id: str, record: dict[str, Any], **options: Any) -> Any:
        return self.storage.update(
            object_id=object_id, record=record, **self.names, **options
        )

    def get(self, object_id: str) -> dict[str, Any]:
        return self.storage.get(object_id=object_id, **self.names)

    def delete(self, object_id: str, **options: Any) -> dict[str, Any]:
        return self.storage.delete(object_id=object_id, **self.names, **options)

    def delete_all(self, **options: Any) -> list[dict[str, Any]]:
        return self.storage.delete_all(**self.names, **options)

    def purge(self, **options: Any) -> int:
        return self.storage.purge_deleted(**self.names, **options)

    def list(self, **options: Any) -> list[dict[str, Any]]:
        return self.storage.get_all(**self.names, **options)[0]

    def total(self, **options: Any) -> int:
        return self.storage.get_all(**self.names, **options)[1]

    def timestamp(self, **options: Any) -> int:
        return self.storage.collection_timestamp(**self.names, **options)


@pytest.fixture
def collection(storage: Any) -> Collection:
    return Collection(storage)


@pytest.fixture
def other_parent(storage: Any) -> Collection:
    return Collection(storage, parent_id="5678")
