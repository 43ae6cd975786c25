"""Principals and permissions in the memory of one process: the reference."""

from collections.abc import Iterable, Mapping
from typing import Any

from cliquet.backends.grants import GrantedIds, Grants, Sample
from cliquet.backends.memory_grants import SharedObjects
from cliquet.permission.base import (
    BoundPermissions,
    PermissionBase,
    bound_couples,
    compile_pattern,
    pattern_couples,
)
from cliquet.permission.granted import find_below
from cliquet.types import Principal


class Permission(PermissionBase):
    """Permissions in the memory of this process; threads share them safely."""

    database = "memory"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._shared = SharedObjects()
        self._lock = self._shared.lock
        self._users: dict[str, set[Principal]] = {}
        self._objects: dict[str, dict[str, set[Principal]]] = {}

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: there is no schema."""

    def flush(self) -> None:
        with self._lock:
            self._users.clear()
            self._objects.clear()
            self._shared.clear()

    def all_user_principals(self) -> list[tuple[str, Principal]]:
        with self._lock:
            return sorted(
                (user_id, principal)
                for user_id, principals in self._users.items()
                for principal in principals
            )

    def all_permissions(self) -> list[tuple[str, str, Principal]]:
        with self._lock:
            return sorted(
                (object_id, permission, principal)
                for object_id, entries in self._objects.items()
                for permission, principals in entries.items()
                for principal in principals
            )

    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        with self._lock:
            self._users.setdefault(user_id, set()).add(principal)

    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        with self._lock:
            _discard(self._users, user_id, principal)

    def remove_principal(self, principal: Principal) -> None:
        with self._lock:
            for user_id in list(self._users):
                _discard(self._users, user_id, principal)

    def user_principals(self, user_id: str) -> set[Principal]:
        with self._lock:
            return set(self._users.get(user_id, ()))

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        with self._lock:
            entries = self._objects.setdefault(object_id, {})
            entries.setdefault(permission, set()).add(principal)
            self._shared.add(object_id, permission, principal)

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        with self._lock:
            entries = self._objects.get(object_id, {})
            _discard(entries, permission, principal)
            if not entries:
                self._objects.pop(object_id, None)
            self._shared.discard(object_id, permission, principal)

    def object_permission_principals(
        self, object_id: str, permission: str
    ) -> set[Principal]:
        with self._lock:
            return set(self._objects.get(object_id, {}).get(permission, ()))

    def principals_accessible_objects(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str | None = None,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[str]:
        couples = pattern_couples(object_id_match, permission, get_bound_permissions)
        wanted_principals = set(principals)
        accessible: set[str] = set()
        with self._lock:
            for pattern, wanted in couples:
                prefix, star, rest = pattern.partition("*")
                found = self._shared.find(prefix, wanted, wanted_principals)
                if rest or not star:
                    found = filter(compile_pattern(pattern).match, found)
                accessible.update(found)
        return accessible

    def find_grants(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str,
        get_bound_permissions: BoundPermissions | None,
    ) -> GrantedIds | None:
        def sample(grants: Grants) -> Sample:
            _, prefix, permissions, given = grants
            with self._lock:
                return Sample(self._shared.is_any(prefix, permissions, given))

        return find_below(
            self,
            self._shared,
            sample,
            principals,
            permission,
            object_id_match,
            get_bound_permissions,
        )

    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        couples = bound_couples(object_id, permission, get_bound_permissions)
        with self._lock:
            found: set[Principal] = set()
            for bound_id, bound_permission in couples:
                found |= self._objects.get(bound_id, {}).get(bound_permission, set())
            return found

    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> dict[str, set[Principal]]:
        with self._lock:
            entries = self._objects.get(object_id, {})
            wanted = entries if permissions is None else permissions
            return {name: set(entries[name]) for name in wanted if name in entries}

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        with self._lock:
            entries = self._objects.setdefault(object_id, {})
            for permission, principals in permissions.items():
                before, after = entries.pop(permission, set()), set(principals)
                if after:
                    entries[permission] = after
                for principal in before - after:
                    self._shared.discard(object_id, permission, principal)
                for principal in after - before:
                    self._shared.add(object_id, permission, principal)
            if not entries:
                del self._objects[object_id]

    def delete_object_permissions(self, *object_id_list: str) -> None:
        with self._lock:
            for object_id in object_id_list:
                for permission, principals in self._objects.pop(object_id, {}).items():
                    for principal in principals:
                        self._shared.discard(object_id, permission, principal)

    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> dict[str, set[Principal]]:
        with self._lock:
            return super().write_object_permissions(object_id, replaced, granted)


def _discard(sets: dict[str, set[Principal]], key: str, principal: Principal) -> None:
    found = sets.get(key)
    if found is not None:
        found.discard(principal)
        if not found:
            del sets[key]


def load_from_config(config: Any) -> Permission:
    """Build the backend; it has no setting."""
    return Permission()
