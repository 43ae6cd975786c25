"""Public methods of the permission backends of Cliquet, made of a few hooks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from cliquet.engines.shared_ids import Description, Probe, SharedIds
from cliquet.object_ids import RecordPath
from cliquet.permission.base import PermissionBase
from cliquet.permission.bound import BoundPermissions, bound_pairs, pattern_pairs
from cliquet.types import Permissions, Principal

Pairs = Sequence[tuple[str, str]]
"""Object ids, or patterns of them, with permissions; or permissions and principals."""


class EnginePermission(PermissionBase):
    """Base of the engines: they implement the hooks at its end."""

    shared_index: Any = None
    """Where a storage in memory finds what is shared."""

    def object_permission_principals(
        self, object_id: str, permission: str
    ) -> set[Principal]:
        return self._principals([(object_id, permission)])

    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        pairs = bound_pairs(object_id, permission, get_bound_permissions)
        return self._principals(pairs)

    def principals_accessible_objects(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str | None = None,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[str]:
        pairs = pattern_pairs(object_id_match, permission, get_bound_permissions)
        return self._search(pairs, set(principals))

    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> Permissions:
        found = self._read("", (object_id,))[1].get(object_id, {})
        if permissions is None:
            return found
        return {name: found[name] for name in permissions if name in found}

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        self._write(object_id, permissions, _pairs(permissions))

    # --- Several at once -----------------------------------------------------------

    def read_access(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, Permissions]]:
        return self._read(user_id, object_ids)

    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
        known: Permissions | None = None,
    ) -> Permissions:
        given = self._to_give(replaced, granted, known)
        if known is not None and not given and not replaced:
            return known
        return self._write(object_id, replaced, given)

    def find_shared(
        self,
        principals: Iterable[Principal],
        permission: str,
        path: RecordPath,
        get_bound_permissions: BoundPermissions | None,
    ) -> Sequence[str]:
        """Return `SharedIds` for records that are directly below a path.

        Others, and permissions that are bound to those on other objects, are searched.
        """
        pattern = path.pattern
        pairs = pattern_pairs(pattern, permission, get_bound_permissions)
        is_described = path.before.endswith("/") and not path.after
        if not is_described or {each for each, _ in pairs} != {pattern}:
            return super().find_shared(
                principals, permission, path, get_bound_permissions
            )
        permissions = tuple(dict.fromkeys(wanted for _, wanted in pairs))
        described = Description(
            path.before, permissions, tuple(dict.fromkeys(principals))
        )

        def read() -> list[str]:
            # The public method: instruments measure it.
            found = self.principals_accessible_objects(
                described.principals, permission, pattern, get_bound_permissions
            )
            return path.record_ids(found)

        return SharedIds(described, self.database, self.probe, read, self.shared_index)

    def _to_give(
        self,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
        known: Permissions | None,
    ) -> list[tuple[str, str]]:
        """Return the permissions to write, each with a principal.

        What somebody has is not granted again: if it was revoked meanwhile, that stays.
        """
        entries = known or {}
        return _pairs(replaced) + [
            (name, each)
            for name, each in _pairs(granted)
            if name in replaced or each not in entries.get(name, ())
        ]

    # --- Hooks ---------------------------------------------------------------------

    def _principals(self, pairs: Pairs) -> set[Principal]:
        """Return the principals that have one of some permissions on objects."""
        raise NotImplementedError

    def _search(self, pairs: Pairs, principals: set[Principal]) -> set[str]:
        """Return the objects that match a pattern and grant its permission."""
        raise NotImplementedError

    def _read(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, Permissions]]:
        """Return the principals of a user, and all permissions of some objects."""
        raise NotImplementedError

    def _write(
        self, object_id: str, replaced: Collection[str], given: Pairs
    ) -> Permissions:
        """Write permissions of an object, and return all of them.

        Args:
            object_id: The object.
            replaced: Permissions that all other principals lose.
            given: Permissions, each with a principal that has it then.
        """
        raise NotImplementedError

    def probe(self, described: Description) -> Probe:
        """Look whether there are records of a description, as cheaply as possible."""
        raise NotImplementedError


def _pairs(permissions: Mapping[str, Iterable[Principal]]) -> list[tuple[str, str]]:
    return [(name, each) for name, found in permissions.items() for each in found]
