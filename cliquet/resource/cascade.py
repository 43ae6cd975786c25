"""What models do when the records are deleted that theirs are below."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cliquet.permission_cache import PermissionCache
from cliquet.storage.base import StorageBase
from cliquet.storage.cascade import Deletion
from cliquet.types import Record

FindObjectId = Callable[[str, str], str]
"""Returns the object id of a record, from its parent and its id."""


class Cascade:
    """Records of many parents are deleted at once."""

    storage: StorageBase
    collection_id: str
    auth: str | None
    id_field: str
    modified_field: str
    deleted_field: str

    def delete_below(
        self, parent_ids: Sequence[str], find_object_id: FindObjectId
    ) -> list[Deletion]:
        """Delete all records of some parents, with all that belongs to them.

        Args:
            parent_ids: Other parents than that of the model.
            find_object_id: Finds what permissions are kept under.
        """
        return self.storage.delete_of_parents(
            self.collection_id,
            parent_ids,
            id_field=self.id_field,
            modified_field=self.modified_field,
            deleted_field=self.deleted_field,
            auth=self.auth,
        )


class SharedCascade(Cascade):
    """The same, of records that have permissions.

    Attributes:
        permission: The permission backend.
        permission_cache: What the request knows of it.
    """

    permission: Any = None
    permission_cache: PermissionCache | None = None

    def delete_below(
        self, parent_ids: Sequence[str], find_object_id: FindObjectId
    ) -> list[Deletion]:
        """Delete all records of some parents, with their permissions."""
        deletions = super().delete_below(parent_ids, find_object_id)
        object_ids = [
            find_object_id(parent_id, record[self.id_field])
            for parent_id, record in deleted_records(deletions)
        ]
        if object_ids:
            self._cache().joint_deletion(str).run(object_ids)
        return deletions

    def _cache(self) -> PermissionCache:
        """Return the cache of the request, unless the backend was replaced here."""
        cache = self.permission_cache
        if cache is None or cache.backend is not self.permission:
            cache = self.permission_cache = PermissionCache(self.permission)
        return cache


def deleted_records(deletions: Iterable[Deletion]) -> Iterable[tuple[str, Record]]:
    """Yield what was deleted, each record with its parent."""
    for deletion in deletions:
        for record in deletion.records:
            yield deletion.scope.parent_id, record
