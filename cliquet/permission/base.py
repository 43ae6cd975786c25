"""The interface of permission backends, and what all of them share."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from pyramid.settings import asbool

from cliquet.engines.exceptions import health_check, in_batch
from cliquet.engines.joint import Script
from cliquet.engines.overrides import Interface
from cliquet.object_ids import RecordPath, record_ids
from cliquet.permission.bound import BoundPermissions, bound_paths
from cliquet.types import Grant, Membership, Permissions, Principal, Request

_HEARTBEAT = "__heartbeat__"


_COMPOUNDS: Mapping[str, tuple[str, ...]] = {
    "read_access": (
        "user_principals",
        "check_permission",
        "object_permission_authorized_principals",
        "object_permissions",
    ),
    "write_object_permissions": (
        "replace_object_permissions",
        "add_principal_to_ace",
        "object_permissions",
    ),
    "_script_of_write": (
        "write_object_permissions",
        "replace_object_permissions",
        "add_principal_to_ace",
        "object_permissions",
    ),
    "_script_of_deletion": ("delete_object_permissions",),
    "change_members": ("add_user_principal", "remove_user_principal"),
    "restore": ("add_user_principal", "add_principal_to_ace"),
    "_script_of_members": (
        "change_members",
        "add_user_principal",
        "remove_user_principal",
    ),
    "find_shared": ("principals_accessible_objects",),
}


class Maintenance(Interface):
    """What tools of operators do with a permission backend."""

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create or upgrade what the engine needs; with `dry_run`, only log it."""
        raise NotImplementedError

    def flush(self) -> None:
        """Delete all principals and permissions, and nothing else."""
        raise NotImplementedError

    def all_user_principals(self) -> Iterable[tuple[str, Principal]]:
        """Return each pair of user and principal."""
        raise NotImplementedError

    def all_permissions(self) -> Iterable[tuple[str, str, Principal]]:
        """Return each object id, permission and principal."""
        raise NotImplementedError


class _Scripts(Maintenance):
    """What can be done in the same step as a write of records (cliquet.engines.joint).

    Private names: what is public is measured.
    """

    def _script_of_write(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
        known: Permissions | None = None,
    ) -> Script | None:
        """Return what `write_object_permissions` does as a script, if it is one."""
        return None

    def _script_of_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> Script | None:
        """Return what `change_members` does as a script, if it is one."""
        return None

    def _script_of_deletion(self, *object_id_list: str) -> Script | None:
        """Return what `delete_object_permissions` does as a script, if it is one."""
        return None


class PermissionBase(_Scripts):
    """Groups of users, and who may do what on which object.

    Object ids are URIs without version prefix. They, permissions and principals are any
    text, and match exactly. Sets are copies. Each method is atomic, and raises
    `BackendError` when the engine fails.

    The methods "Several at once" exist since 3.2. Those of an engine take one round
    trip, and step back where a method that they stand for is overridden
    (docs: rules-overrides).
    """

    compounds: ClassVar[Mapping[str, tuple[str, ...]]] = _COMPOUNDS

    database: Any = None
    """Where the data is, as `StorageBase.database`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    # --- Groups --------------------------------------------------------------------

    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        """Add a principal to those of a user."""
        raise NotImplementedError

    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        """Remove a principal from those of a user, if it is among them."""
        raise NotImplementedError

    def remove_principal(self, principal: Principal) -> None:
        """Remove a principal from those of every user."""
        raise NotImplementedError

    def user_principals(self, user_id: str) -> set[Principal]:
        """Return the principals that were added to a user."""
        raise NotImplementedError

    # --- Permissions of objects ----------------------------------------------------

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        """Grant a permission on an object to a principal."""
        raise NotImplementedError

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        """Revoke a permission on an object from a principal."""
        raise NotImplementedError

    def object_permission_principals(
        self, object_id: str, permission: str
    ) -> set[Principal]:
        """Return the principals that have a permission on exactly this object."""
        raise NotImplementedError

    def principals_accessible_objects(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str | None = None,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[str]:
        """Return the ids of objects on which one of the principals has a permission.

        Args:
            principals: Any of them suffices.
            permission: Exactly this one, or those bound to it.
            object_id_match: Pattern of object ids, where `*` stands for any text.
            get_bound_permissions: Called with the pattern. Of the pairs that it returns
                only those count whose object id ends like the pattern.
        """
        raise NotImplementedError

    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        """Return the principals that have a permission, bound permissions included."""
        raise NotImplementedError

    def check_permission(
        self,
        object_id: str | None,
        permission: str,
        principals: Iterable[Principal],
        get_bound_permissions: BoundPermissions | None = None,
    ) -> bool:
        """Return True if one of the principals has a permission on an object."""
        if object_id is None:
            return False
        allowed = self.object_permission_authorized_principals(
            object_id, permission, get_bound_permissions
        )
        return not allowed.isdisjoint(principals)

    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> Permissions:
        """Return the permissions of an object: all, or those named that it has."""
        raise NotImplementedError

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        """Replace the given permissions of an object; the others stay."""
        raise NotImplementedError

    def delete_object_permissions(self, *object_id_list: str) -> None:
        """Delete all permissions of these objects."""
        raise NotImplementedError

    # --- Several at once -----------------------------------------------------------

    def read_access(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, Permissions]] | None:
        """Return the principals of a user, and all permissions of some objects.

        Objects without permissions may be absent. None where they cannot be read at
        once: call `user_principals`, `check_permission` and `object_permissions`.
        """
        return None

    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
        known: Permissions | None = None,
    ) -> Permissions:
        """Replace some permissions of an object, add to some, and return all of them.

        Args:
            object_id: The object.
            replaced: Permissions, with all principals that have them then.
            granted: Permissions, with principals to be added.
            known: All permissions of the object, if they were just read: what is there
                already need not be written.
        """
        self.replace_object_permissions(object_id, replaced)
        for permission, principals in granted.items():
            for principal in principals:
                self.add_principal_to_ace(object_id, permission, principal)
        return self.object_permissions(object_id)

    def restore(
        self, members: Collection[Membership], granted: Collection[Grant]
    ) -> None:
        """Add principals of users, and principals to permissions of objects."""
        for user_id, principal in members:
            self.add_user_principal(user_id, principal)
        for object_id, permission, principal in granted:
            self.add_principal_to_ace(object_id, permission, principal)

    def change_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> None:
        """Add principals to users, and remove some that they may have."""
        for user_id, principal in removed:
            self.remove_user_principal(user_id, principal)
        for user_id, principal in added:
            self.add_user_principal(user_id, principal)

    def find_shared(
        self,
        principals: Iterable[Principal],
        permission: str,
        path: RecordPath,
        get_bound_permissions: BoundPermissions | None,
    ) -> Sequence[str]:
        """Return the ids of records on which one of the principals has a permission.

        They are `SharedIds` if the engine can describe them, else a list.
        """
        # By keyword, as 3.1 called it: what replaced it may look at its keywords.
        found = self.principals_accessible_objects(
            principals=principals,
            permission=permission,
            object_id_match=path.pattern,
            get_bound_permissions=get_bound_permissions,
        )
        return record_ids(found, bound_paths(path, permission, get_bound_permissions))


def heartbeat(backend: Any) -> Callable[[Request], bool]:
    """Return the health check of a permission backend (docs: protocol-heartbeat)."""

    @health_check("Heartbeat Error")
    def ping(request: Request) -> bool:
        """Write, read back and delete; only read in readonly mode, and in a batch."""
        if asbool(request.registry.settings.get("readonly")) or in_batch(request):
            backend.user_principals(_HEARTBEAT)
            return True
        backend.add_user_principal(_HEARTBEAT, "alive")
        found = backend.user_principals(_HEARTBEAT)
        backend.remove_user_principal(_HEARTBEAT, "alive")
        # Another server's heartbeat may have removed it meanwhile.
        return isinstance(found, set)

    return ping
