"""How are the records of one collection read and written, whatever the protocol?

`Model` knows a storage; `ShareableModel` also knows who may do what with a record.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cliquet.backends.loading import is_replaced
from cliquet.permission import PermissionBase
from cliquet.storage.base import reads_timestamps_only, supports_conditions
from cliquet.storage.query import Condition, Filter, Sort
from cliquet.types import Principal, Record, Timestamp


class Model:
    """The records of one collection and parent.

    Attributes:
        condition: what must hold when the next write happens (rulings §2.21); set
            right before it, forgotten after it. Storages that do not know of
            conditions write anyhow, as they always did.
    """

    id_field = "id"
    modified_field = "last_modified"
    deleted_field = "deleted"

    def __init__(
        self,
        storage: Any,
        id_generator: Callable[[], str] | None = None,
        collection_id: str = "",
        parent_id: str = "",
        auth: str | None = None,
    ) -> None:
        self.storage = storage
        self.id_generator = id_generator
        self.collection_id = collection_id
        self.parent_id = parent_id
        self.auth = auth
        self.condition: Condition | None = None

    def _scope(self, parent_id: str | None) -> dict[str, Any]:
        return {
            "collection_id": self.collection_id,
            "parent_id": parent_id or self.parent_id,
            "auth": self.auth,
        }

    def _record_fields(self) -> dict[str, str]:
        return {"id_field": self.id_field, "modified_field": self.modified_field}

    def _all_fields(self) -> dict[str, str]:
        return {**self._record_fields(), "deleted_field": self.deleted_field}

    def _take_condition(self) -> dict[str, Any]:
        condition, self.condition = self.condition, None
        if condition is None or not supports_conditions(self.storage):
            return {}
        return {"condition": condition}

    def timestamp(self, parent_id: str | None = None) -> Timestamp:
        """Answer the timestamp of the collection; 0 if nothing ever happened.

        Nothing is written (rulings §1.4), except by third-party storages.
        """
        options: dict[str, Any] = {}
        if reads_timestamps_only(self.storage):
            options["initialize"] = False
        timestamp: Timestamp = self.storage.collection_timestamp(
            **self._scope(parent_id), **options
        )
        return timestamp

    def get_records(
        self,
        filters: Sequence[Filter] | None = None,
        sorting: Sequence[Sort] | None = None,
        pagination_rules: Sequence[Sequence[Filter]] | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
        parent_id: str | None = None,
    ) -> tuple[list[Record], int]:
        """List records; and how many live ones match the filters."""
        found: tuple[list[Record], int] = self.storage.get_all(
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            include_deleted=include_deleted,
            **self._all_fields(),
            **self._scope(parent_id),
        )
        return found

    def delete_records(
        self, filters: Sequence[Filter] | None = None, parent_id: str | None = None
    ) -> list[Record]:
        """Delete the records that match all filters, and answer their tombstones."""
        tombstones: list[Record] = self.storage.delete_all(
            filters=filters,
            **self._all_fields(),
            **self._scope(parent_id),
            **self._take_condition(),
        )
        return tombstones

    def get_record(self, record_id: str, parent_id: str | None = None) -> Record:
        """Answer a record.

        Raises:
            RecordNotFoundError: when there is none, or it was deleted.
        """
        record: Record = self.storage.get(
            object_id=record_id, **self._record_fields(), **self._scope(parent_id)
        )
        return record

    def create_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Create a record, and answer it with its id and timestamp.

        Raises:
            UnicityError: when its id or the value of a unique field is taken.
        """
        created: Record = self.storage.create(
            record=record,
            id_generator=self.id_generator,
            unique_fields=unique_fields,
            **self._record_fields(),
            **self._scope(parent_id),
            **self._take_condition(),
        )
        return created

    def update_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Replace a record, and answer it with its timestamp.

        Raises:
            UnicityError: when the value of a unique field is taken.
        """
        updated: Record = self.storage.update(
            object_id=record[self.id_field],
            record=record,
            unique_fields=unique_fields,
            **self._record_fields(),
            **self._scope(parent_id),
            **self._take_condition(),
        )
        return updated

    def delete_record(
        self,
        record: Record,
        parent_id: str | None = None,
        last_modified: Timestamp | None = None,
    ) -> Record:
        """Delete a record, and answer its tombstone.

        Args:
            record: only its id matters.
            parent_id: another parent than that of the model.
            last_modified: wanted timestamp of the deletion.

        Raises:
            RecordNotFoundError: when there is none.
        """
        tombstone: Record = self.storage.delete(
            object_id=record[self.id_field],
            last_modified=last_modified,
            **self._all_fields(),
            **self._scope(parent_id),
            **self._take_condition(),
        )
        return tombstone


class ShareableModel(Model):
    """Records with the permissions that principals have on them.

    Attributes:
        permission: the permission backend.
        get_permission_object_id: answers the object id of a record id.
        current_principal: who writes, and gets ``write`` on what they wrote; None
            for anonymous users, who get nothing.
    """

    permissions_field = "__permissions__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.permission: Any = None
        self.get_permission_object_id: Any = None
        self.known_permissions: Any = lambda object_id: None
        self.forget_permissions: Any = lambda: None
        self.current_principal: Principal | None = None

    def _annotated(self, record: Record, permissions: Mapping[str, Any]) -> Record:
        return {**record, self.permissions_field: permissions}

    def get_record(self, record_id: str, parent_id: str | None = None) -> Record:
        """Answer a copy of a record, with its permissions."""
        record = super().get_record(record_id, parent_id)
        object_id = self.get_permission_object_id(record_id)
        permissions = self.known_permissions(object_id)
        if permissions is None:
            permissions = self.permission.object_permissions(object_id)
        return self._annotated(record, permissions)

    def create_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Create a record and its permissions, which are taken out of `record`."""
        permissions = record.pop(self.permissions_field, {})
        created = super().create_record(record, parent_id, unique_fields)
        return self._annotated(created, self._write_permissions(created, permissions))

    def update_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Replace a record, and those of its permissions that `record` names."""
        permissions = record.pop(self.permissions_field, {})
        updated = super().update_record(record, parent_id, unique_fields)
        # `updated` may be anything that a replaced storage answers: the id is ours.
        unchanged = self._unchanged_permissions(record, permissions)
        written = unchanged or self._write_permissions(record, permissions)
        return self._annotated(updated, written)

    def delete_record(
        self,
        record_id: Record,
        parent_id: str | None = None,
        last_modified: Timestamp | None = None,
    ) -> Record:
        """Delete a record, then its permissions.

        Args:
            record_id: a record, in spite of the name.
            parent_id: another parent than that of the model.
            last_modified: wanted timestamp of the deletion.
        """
        tombstone = super().delete_record(record_id, parent_id, last_modified)
        object_id = self.get_permission_object_id(record_id[self.id_field])
        self.permission.delete_object_permissions(object_id)
        return tombstone

    def delete_records(
        self, filters: Sequence[Filter] | None = None, parent_id: str | None = None
    ) -> list[Record]:
        """Delete records, then the permissions of all of them at once."""
        tombstones = super().delete_records(filters, parent_id)
        object_ids = [
            self.get_permission_object_id(record_id=tombstone[self.id_field])
            for tombstone in tombstones
        ]
        self.permission.delete_object_permissions(*object_ids)
        return tombstones

    def _unchanged_permissions(
        self, record: Record, permissions: Mapping[str, Any]
    ) -> dict[str, set[Principal]] | None:
        """Answer what is known, if there is nothing to replace and to grant."""
        if permissions or not writes_in_one_step(self.permission):
            return None
        object_id = self.get_permission_object_id(record[self.id_field])
        known: dict[str, set[Principal]] | None = self.known_permissions(object_id)
        if known and self.current_principal in known.get("write", ()):
            return known
        return None

    def _write_permissions(
        self, record: Record, permissions: Mapping[str, Iterable[Principal]]
    ) -> dict[str, set[Principal]]:
        """Replace the named permissions, and let the writer write again."""
        self.forget_permissions()
        object_id = self.get_permission_object_id(record[self.id_field])
        granted: dict[str, list[Principal]] = {}
        if self.current_principal is not None:
            granted["write"] = [self.current_principal]
        if writes_in_one_step(self.permission):
            written: dict[str, set[Principal]] = (
                self.permission.write_object_permissions(
                    object_id, replaced=permissions, granted=granted
                )
            )
            return written
        self.permission.replace_object_permissions(object_id, permissions)
        if self.current_principal is not None:
            self.permission.add_principal_to_ace(
                object_id, "write", self.current_principal
            )
        found: dict[str, set[Principal]] = self.permission.object_permissions(object_id)
        return found


def writes_in_one_step(permission: Any) -> bool:
    """Tell whether a permission backend replaces and grants atomically.

    Neither do backends of third parties, nor one whose public methods somebody
    replaced on the instance, who expects them to be called.
    """
    method = getattr(type(permission), "write_object_permissions", None)
    if method is None or method is PermissionBase.write_object_permissions:
        return False
    return not any(
        is_replaced(permission, name)
        for name in ("add_principal_to_ace", "replace_object_permissions")
    )
