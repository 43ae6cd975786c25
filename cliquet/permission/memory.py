"""Permissions in the memory of one process."""

from collections.abc import Collection
from typing import Any

from cliquet.engines.memory.shared_ids import SharedIndex
from cliquet.engines.shared_ids import Description, Probe
from cliquet.object_ids import matcher
from cliquet.permission.engine import EnginePermission, Pairs
from cliquet.types import Membership, Permissions, Principal


class Permission(EnginePermission, engine=True):
    """Permissions in the memory of this process; threads share them safely."""

    database = "memory"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.shared_index = SharedIndex()
        self._lock = self.shared_index.lock
        self._users: dict[str, set[Principal]] = {}
        self._objects: dict[str, Permissions] = {}

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: there is no schema."""

    def flush(self) -> None:
        with self._lock:
            self._users.clear()
            self._objects.clear()
            self.shared_index.clear()

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

    def change_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> None:
        with self._lock:
            for user_id, principal in removed:
                _discard(self._users, user_id, principal)
            for user_id, principal in added:
                self._users.setdefault(user_id, set()).add(principal)

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
            self._grant(object_id, permission, principal)

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        with self._lock:
            self._revoke(object_id, permission, principal)

    def delete_object_permissions(self, *object_id_list: str) -> None:
        with self._lock:
            for object_id in object_id_list:
                for permission, principals in self._objects.pop(object_id, {}).items():
                    for principal in principals:
                        self.shared_index.discard(object_id, permission, principal)

    def _grant(self, object_id: str, permission: str, principal: Principal) -> None:
        entries = self._objects.setdefault(object_id, {})
        entries.setdefault(permission, set()).add(principal)
        self.shared_index.add(object_id, permission, principal)

    def _revoke(self, object_id: str, permission: str, principal: Principal) -> None:
        entries = self._objects.get(object_id, {})
        _discard(entries, permission, principal)
        if not entries:
            self._objects.pop(object_id, None)
        self.shared_index.discard(object_id, permission, principal)

    def probe(self, described: Description) -> Probe:
        with self._lock:
            return Probe(bool(self.shared_index.ids(described)))

    def _principals(self, pairs: Pairs) -> set[Principal]:
        with self._lock:
            found = (self._objects.get(each, {}).get(name, ()) for each, name in pairs)
            return set().union(*found)

    def _search(self, pairs: Pairs, principals: set[Principal]) -> set[str]:
        accessible: set[str] = set()
        with self._lock:
            for pattern, wanted in pairs:
                prefix, star, rest = pattern.partition("*")
                found = self.shared_index.find(prefix, wanted, principals)
                if rest or not star:
                    found = filter(matcher(pattern), found)
                accessible.update(found)
        return accessible

    def _read(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, Permissions]]:
        with self._lock:
            found = {each: self._objects.get(each, {}) for each in object_ids}
            return set(self._users.get(user_id, ())), {
                object_id: {name: set(each) for name, each in permissions.items()}
                for object_id, permissions in found.items()
            }

    def _write(
        self, object_id: str, replaced: Collection[str], given: Pairs
    ) -> Permissions:
        with self._lock:
            kept, entries = set(given), self._objects.get(object_id, {})
            for permission in replaced:
                for principal in entries.get(permission, set()).copy():
                    if (permission, principal) not in kept:
                        self._revoke(object_id, permission, principal)
            for permission, principal in given:
                self._grant(object_id, permission, principal)
            return self._read("", (object_id,))[1][object_id]


def _discard(sets: dict[str, set[Principal]], key: str, principal: Principal) -> None:
    found = sets.get(key)
    if found is not None:
        found.discard(principal)
        if not found:
            del sets[key]


def load_from_config(config: Any) -> Permission:
    """Build the backend; it has no setting."""
    return Permission()
