"""Models: how the records of one collection are read and written, without HTTP.

`Model` knows a storage; `ShareableModel` also knows who may do what with a record.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cliquet.deprecation import DeprecatedMeta
from cliquet.engines.joint import JointWrite
from cliquet.engines.overrides import takes_keyword
from cliquet.resource.cascade import Cascade, SharedCascade
from cliquet.storage.base import StorageBase
from cliquet.storage.query import UNCONDITIONAL, Condition, Filter, Sort
from cliquet.types import Principal, Record, Timestamp


class Model(Cascade):
    """The records of one collection and parent.

    Applications may override any method; `parent_id` stands for another parent than
    that of the model, and all methods raise what the storage raises.

    Attributes:
        storage: The storage backend.
        id_generator: Gives ids to records that are created without one.
        collection_id: Name of the collection in the storage.
        parent_id: The parent of the records; None for a user who is not known.
        auth: The `Authorization` header, which storages may forward.
        condition: What must hold when the next write happens; the storage is told.
        before: A list, to which the next deletion of a list adds what it deletes.
        list_options: Arguments of `StorageBase.get_all`, for the next list.
    """

    id_field = "id"
    modified_field = "last_modified"
    deleted_field = "deleted"

    def __init__(
        self,
        storage: StorageBase,
        id_generator: Callable[[], str] | None = None,
        collection_id: str = "",
        parent_id: str | None = "",
        auth: str | None = None,
    ) -> None:
        self.storage = storage
        self.id_generator: Any = id_generator
        self.collection_id = collection_id
        self.parent_id = parent_id
        self.auth = auth
        self.condition: Condition | None = None
        self.before: list[Record] | None = None
        self.list_options: dict[str, Any] = {}

    def _scope(self, parent_id: str | None) -> dict[str, Any]:
        return {
            "collection_id": self.collection_id,
            "parent_id": parent_id or self.parent_id,
            "auth": self.auth,
        }

    def _fields(self) -> dict[str, Any]:
        return {"id_field": self.id_field, "modified_field": self.modified_field}

    def _fields_of_lists(self) -> dict[str, Any]:
        return {**self._fields(), "deleted_field": self.deleted_field}

    def _take_options(self, method: str) -> dict[str, Any]:
        options = {"condition": self.condition, "before": self.before}
        self.condition = self.before = None
        wanted = [name for name in options if options[name] is not None]
        taken = [each for each in wanted if takes_keyword(self.storage, method, each)]
        return {name: options[name] for name in taken}

    def _take_list_options(self) -> dict[str, Any]:
        options, self.list_options = self.list_options, {}
        takes_them = options and takes_keyword(self.storage, "get_all", "horizons")
        return options if takes_them else {}

    def timestamp(self, parent_id: str | None = None) -> Timestamp:
        """Return the timestamp of the collection; 0 if nothing ever happened.

        Nothing is written, except by third-party storages (docs:
        rules-reads-write-nothing).
        """
        options: dict[str, Any] = self._scope(parent_id)
        if takes_keyword(self.storage, "collection_timestamp", "initialize"):
            options["initialize"] = False
        return self.storage.collection_timestamp(**options)

    def get_records(
        self,
        filters: Sequence[Filter] | None = None,
        sorting: Sequence[Sort] | None = None,
        pagination_rules: Sequence[Sequence[Filter]] | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
        parent_id: str | None = None,
    ) -> tuple[list[Record], int]:
        """Return records, and how many match: arguments of `StorageBase.get_all`."""
        return self.storage.get_all(
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            include_deleted=include_deleted,
            **self._fields_of_lists(),
            **self._scope(parent_id),
            **self._take_list_options(),
        )

    def delete_records(
        self, filters: Sequence[Filter] | None = None, parent_id: str | None = None
    ) -> list[Record]:
        """Delete the records that match all filters, and return their tombstones."""
        return self.storage.delete_all(
            filters=filters,
            **self._fields_of_lists(),
            **self._scope(parent_id),
            **self._take_options("delete_all"),
        )

    def get_record(self, record_id: str, parent_id: str | None = None) -> Record:
        """Return a record.

        Raises:
            RecordNotFoundError: when there is none, or it was deleted.
        """
        return self.storage.get(
            object_id=record_id, **self._fields(), **self._scope(parent_id)
        )

    def create_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Create a record, and return it with its id and timestamp.

        Raises:
            UnicityError: when its id or the value of a unique field is taken.
        """
        return self.storage.create(
            record=record,
            id_generator=self.id_generator,
            unique_fields=unique_fields,
            **self._fields(),
            **self._scope(parent_id),
            **self._take_options("create"),
        )

    def update_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Replace a record, and return it with its timestamp.

        Raises:
            UnicityError: when the value of a unique field is taken.
        """
        return self.storage.update(
            object_id=record[self.id_field],
            record=record,
            unique_fields=unique_fields,
            **self._fields(),
            **self._scope(parent_id),
            **self._take_options("update"),
        )

    def delete_record(
        self,
        record: Record,
        parent_id: str | None = None,
        last_modified: Timestamp | None = None,
    ) -> Record:
        """Delete a record, and return its tombstone.

        Args:
            record: Only its id matters.
            parent_id: Another parent than that of the model.
            last_modified: Wanted timestamp of the deletion, in milliseconds.

        Raises:
            RecordNotFoundError: when there is none.
        """
        return self.storage.delete(
            object_id=record[self.id_field],
            last_modified=last_modified,
            **self._fields_of_lists(),
            **self._scope(parent_id),
            **self._take_options("delete"),
        )


class ShareableModel(SharedCascade, Model):
    """Records with the permissions that principals have on them.

    Attributes:
        permission: The permission backend.
        get_permission_object_id: Returns the object id of a record id.
        current_principal: Who writes, and gets ``write`` on what they wrote; None
            for anonymous users, who get nothing.
    """

    permissions_field = "__permissions__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.get_permission_object_id: Any = None
        self.current_principal: Principal | None = None

    def get_record(self, record_id: str, parent_id: str | None = None) -> Record:
        """Return a copy of a record, with its permissions."""
        record = super().get_record(record_id, parent_id)
        object_id = self.get_permission_object_id(record_id)
        # After the record: what it permits must not be older than what is relied upon.
        known = self._cache().permissions(object_id, self.current_principal)
        if known is None:
            known = self.permission.object_permissions(object_id)
        copied = {name: set(principals) for name, principals in known.items()}
        return {**record, self.permissions_field: copied}

    def create_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Create a record and its permissions, which are taken out of `record`."""
        permissions = self._join_permissions(record.pop(self.permissions_field, {}))
        created = super().create_record(record, parent_id, unique_fields)
        written = permissions.finish([created[self.id_field]])
        return {**created, self.permissions_field: written}

    def update_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Replace a record, and those of its permissions that `record` names."""
        permissions = self._join_permissions(record.pop(self.permissions_field, {}))
        updated = super().update_record(record, parent_id, unique_fields)
        # `updated` may be anything that a replaced storage answers: the id is ours.
        written = permissions.finish([record[self.id_field]])
        return {**updated, self.permissions_field: written}

    def delete_record(
        self,
        record_id: Record,
        parent_id: str | None = None,
        last_modified: Timestamp | None = None,
    ) -> Record:
        """Delete a record, though it is called `record_id`, with its permissions."""
        joint = self._cache().joint_deletion(self.get_permission_object_id)
        permissions = self._join(joint)
        tombstone = super().delete_record(record_id, parent_id, last_modified)
        permissions.finish([record_id[self.id_field]])
        return tombstone

    def delete_records(
        self, filters: Sequence[Filter] | None = None, parent_id: str | None = None
    ) -> list[Record]:
        """Delete records with the permissions of all of them."""
        find = self.get_permission_object_id
        # By keyword, as in 3.1: applications have replaced it.
        joint = self._cache().joint_deletion(lambda each: find(record_id=each))
        permissions = self._join(joint)
        tombstones = super().delete_records(filters, parent_id)
        if tombstones:
            permissions.finish([each[self.id_field] for each in tombstones])
        return tombstones

    def _join_permissions(
        self, replaced: Mapping[str, Iterable[Principal]]
    ) -> JointWrite:
        """Replace the named permissions by the next write; its writer keeps `write`."""
        writer, find = self.current_principal, self.get_permission_object_id
        granted = {} if writer is None else {"write": [writer]}
        return self._join(self._cache().joint_write(find, replaced, granted))

    def _join(self, joint: JointWrite) -> JointWrite:
        """Have the storage do it in the step of the next write, if it can."""
        if joint.database is not None:
            known = self.condition or UNCONDITIONAL
            self.condition = replace(known, joint=joint)
        return joint


class ProtectedModel(ShareableModel, metaclass=DeprecatedMeta):
    """Old name of `ShareableModel`: subclassing it warns."""

    __deprecation_warning__ = (
        "ProtectedModel is deprecated. Use ShareableModel instead."
    )
