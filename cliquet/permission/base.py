"""What does every permission backend promise? (backends §18)"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pyramid.settings import asbool

from cliquet.backends.grants import GrantedIds
from cliquet.backends.loading import is_replaced
from cliquet.logs import logger
from cliquet.types import Principal

BoundPermissions = Callable[[str, str], Iterable[tuple[str, str]]]
"""`(object id, permission)` to the couples any of which grants access."""

_HEARTBEAT = "__heartbeat__"


class PermissionBase:
    """Groups of users, and who may do what on which object.

    Object ids are URIs; they, permissions and principals are any text and match
    exactly. Sets are copies. Each method is atomic and raises `BackendError` when
    the engine fails.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create or upgrade what the engine needs; only tell it if `dry_run`."""
        raise NotImplementedError

    def flush(self) -> None:
        """Delete all principals and permissions, and nothing else."""
        raise NotImplementedError

    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        """Give a principal to a user."""
        raise NotImplementedError

    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        """Take a principal from a user, if it has it."""
        raise NotImplementedError

    def remove_principal(self, principal: Principal) -> None:
        """Take a principal from every user."""
        raise NotImplementedError

    def user_principals(self, user_id: str) -> set[Principal]:
        """Tell the principals that were given to a user."""
        raise NotImplementedError

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        """Let a principal do something on an object."""
        raise NotImplementedError

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        """Let a principal no longer do something on an object."""
        raise NotImplementedError

    def object_permission_principals(
        self, object_id: str, permission: str
    ) -> set[Principal]:
        """Tell who was given a permission on exactly this object."""
        raise NotImplementedError

    def principals_accessible_objects(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str | None = None,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[str]:
        """Find the objects on which one of the principals has a permission.

        Args:
            principals: Any of them suffices.
            permission: Exactly this one, or those bound to it.
            object_id_match: A pattern where `*` stands for any text.
            get_bound_permissions: Asked with the pattern; of its answer only the
                object ids that end like the pattern count.
        """
        raise NotImplementedError

    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        """Tell who has a permission on an object, bound permissions included."""
        raise NotImplementedError

    def check_permission(
        self,
        object_id: str | None,
        permission: str,
        principals: Iterable[Principal],
        get_bound_permissions: BoundPermissions | None = None,
    ) -> bool:
        """Tell whether one of the principals has a permission on an object."""
        if object_id is None:
            return False
        allowed = self.object_permission_authorized_principals(
            object_id, permission, get_bound_permissions
        )
        return not allowed.isdisjoint(principals)

    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> dict[str, set[Principal]]:
        """Tell who may do what on an object; only these `permissions` if given."""
        raise NotImplementedError

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        """Replace the given permissions of an object; the others stay."""
        raise NotImplementedError

    def delete_object_permissions(self, *object_id_list: str) -> None:
        """Delete all permissions of these objects."""
        raise NotImplementedError

    def read_access(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, dict[str, set[Principal]]]]:
        """Tell the principals of a user, and all permissions of some objects.

        Engines that answer in one round trip define it; the others are asked as they
        were in 3.1.
        """
        found = {each: self.object_permissions(each) for each in object_ids}
        return self.user_principals(user_id), found

    def find_grants(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str,
        get_bound_permissions: BoundPermissions | None,
    ) -> GrantedIds | None:
        """Find what `principals_accessible_objects` does, without reading it.

        Returns:
            None from engines where no storage could use it.
        """
        return None

    def all_user_principals(self) -> Iterable[tuple[str, Principal]]:
        """Tell each couple of user and principal, for tools of operators."""
        raise NotImplementedError

    def all_permissions(self) -> Iterable[tuple[str, str, Principal]]:
        """Tell each object id, permission and principal, for tools of operators."""
        raise NotImplementedError

    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> dict[str, set[Principal]]:
        """Replace some permissions of an object, then add to some.

        Engines do it in one step; this default composes the other methods.

        Returns:
            All permissions of the object.
        """
        self.replace_object_permissions(object_id, replaced)
        for permission, principals in granted.items():
            for principal in principals:
                self.add_principal_to_ace(object_id, permission, principal)
        return self.object_permissions(object_id)


def remembering_access(registry: Any) -> AbstractContextManager[None]:
    """Let the backend, if it can, remember in a block what `read_access` answers."""
    backend = getattr(registry, "permission", None)
    remembering = getattr(type(backend), "remembering_access", None)
    return nullcontext() if remembering is None else remembering(backend)


#: What `read_access` stands for.
_READS = frozenset(
    {
        "user_principals",
        "check_permission",
        "object_permissions",
        "object_permission_authorized_principals",
    }
)


def reads_in_one_step(backend: Any) -> bool:
    """Tell whether `read_access` may stand for the methods that it goes around.

    Not where a subclass, or somebody on the instance, gave one of them a meaning of
    its own.
    """
    backend_class: Any = type(backend)
    if not _reads_as_it_says(backend_class):
        return False
    on_instance = _READS.intersection(vars(backend))
    return not any(is_replaced(backend, name) for name in on_instance)


def _reads_as_it_says(backend_class: Any) -> bool:
    definer = next(
        (each for each in backend_class.__mro__ if "read_access" in vars(each)),
        PermissionBase,
    )
    return definer is not PermissionBase and all(
        getattr(backend_class, name) is getattr(definer, name) for name in _READS
    )


def may_find_grants(backend: Any) -> bool:
    """Tell whether `find_grants` may stand for `principals_accessible_objects`."""
    name, backend_class = "find_grants", type(backend)
    definer = next(each for each in backend_class.__mro__ if name in vars(each))
    asked = "principals_accessible_objects"
    overridden = getattr(backend_class, asked) is not getattr(definer, asked)
    return not overridden and not is_replaced(backend, asked)


def bound_couples(
    object_id: str, permission: str, get_bound_permissions: BoundPermissions | None
) -> list[tuple[str, str]]:
    """Tell the couples any of which grants a permission on an object."""
    if get_bound_permissions is None:
        return [(object_id, permission)]
    return list(get_bound_permissions(object_id, permission))


def pattern_couples(
    object_id_match: str | None,
    permission: str,
    get_bound_permissions: BoundPermissions | None,
) -> list[tuple[str, str]]:
    """Tell the couples of pattern and permission that a search is made of."""
    pattern = object_id_match or "*"
    couples = bound_couples(pattern, permission, get_bound_permissions)
    return [couple for couple in couples if couple[0].endswith(pattern)]


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Turn a pattern into a regular expression; only `*` is special."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.compile(".*".join(parts) + r"\Z", re.DOTALL)


def heartbeat(backend: Any) -> Callable[[Any], bool]:
    """Build the health check of a permission backend (rulings §2.11)."""

    def ping(request: Any) -> bool:
        """Write, read back and delete; only read in readonly mode."""
        try:
            if asbool(request.registry.settings.get("readonly")):
                backend.user_principals(_HEARTBEAT)
                return True
            backend.add_user_principal(_HEARTBEAT, "alive")
            found = backend.user_principals(_HEARTBEAT)
            backend.remove_user_principal(_HEARTBEAT, "alive")
            # Another server's heartbeat may have removed it meanwhile.
            return isinstance(found, set)
        except Exception:  # noqa: BLE001 -- whatever it is, the answer is no
            logger.exception("Heartbeat Error")
            return False

    return ping
