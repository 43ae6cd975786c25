"""Principals and permissions in tables, whatever the database (backends §18.8).

Values are bound, ids and permissions match exactly. An engine supplies the statements
that the two databases do not share, and how a list of texts is bound.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, NamedTuple

from cliquet.backends.grants import GrantedIds, Grants, Sample
from cliquet.backends.loading import is_replaced
from cliquet.backends.sql import Connection
from cliquet.logs import logger
from cliquet.permission.base import (
    BoundPermissions,
    PermissionBase,
    bound_couples,
    compile_pattern,
    pattern_couples,
)
from cliquet.permission.granted import find_below
from cliquet.permission.remembered import Access, Permissions, RememberedAccess
from cliquet.types import Principal

FLUSH = ("DELETE FROM user_principals", "DELETE FROM access_control_entries")
ALL_USERS = "SELECT user_id, principal FROM user_principals ORDER BY 1, 2"
ALL_ENTRIES = """SELECT object_id, permission, principal FROM access_control_entries
ORDER BY 1, 2, 3"""
ADD_USER = """INSERT INTO user_principals (user_id, principal)
VALUES (:user_id, :principal) ON CONFLICT DO NOTHING"""
REMOVE_USER = """DELETE FROM user_principals
WHERE user_id = :user_id AND principal = :principal"""
REMOVE_PRINCIPAL = "DELETE FROM user_principals WHERE principal = :principal"
USER = "SELECT principal FROM user_principals WHERE user_id = :user_id"
GRANT = """INSERT INTO access_control_entries (object_id, permission, principal)
VALUES (:object_id, :permission, :principal) ON CONFLICT DO NOTHING"""
REVOKE = """DELETE FROM access_control_entries WHERE object_id = :object_id
AND permission = :permission AND principal = :principal"""
PRINCIPALS = """SELECT principal FROM access_control_entries
WHERE object_id = :object_id AND permission = :permission"""
OBJECT = """SELECT permission, principal FROM access_control_entries
WHERE object_id = :object_id"""


_WRITES = (
    "add_user_principal",
    "remove_user_principal",
    "remove_principal",
    "add_principal_to_ace",
    "remove_principal_from_ace",
    "replace_object_permissions",
    "write_object_permissions",
    "delete_object_permissions",
    "flush",
)


class Statements(NamedTuple):
    """What depends on the database: mostly, how lists are bound."""

    delete: str
    """With `object_ids`."""

    authorized: str
    """With `object_ids` and `permissions`, couple by couple."""

    accessible: str
    """Object ids and permissions, with `principals` and `permissions`."""

    access: str
    """Principals of `user_id`, and all about `object_ids`."""


class SQLPermission(PermissionBase):
    """Permissions in a database."""

    statements: ClassVar[Statements]
    schema: ClassVar[tuple[str, ...]]
    name: ClassVar[str]

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.client = client
        self._remembered = RememberedAccess()

    def bind_list(self, texts: Iterable[str]) -> Any:
        """Make of texts what stands for a list in statements."""
        raise NotImplementedError

    def sample(self, grants: Grants) -> Sample:
        """Tell whether there is any object of these."""
        raise NotImplementedError

    def find_grants(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str,
        get_bound_permissions: BoundPermissions | None,
    ) -> GrantedIds | None:
        return find_below(
            self,
            self.client,
            self.sample,
            principals,
            permission,
            object_id_match,
            get_bound_permissions,
        )

    def write_permissions(
        self,
        connection: Connection,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> Permissions:
        """Replace some permissions of an object, add to some, and answer all."""
        raise NotImplementedError

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the tables and indexes that are missing."""
        if dry_run:
            logger.info(f"Would create {self.name} permission tables that are missing.")
            return
        with self.client.connect(force_commit=True) as connection:
            for statement in self.schema:
                connection.run_script(statement)
        logger.info(f"Created {self.name} permission tables that were missing.")

    def flush(self) -> None:
        self._remembered.forget_all()
        with self.client.connect(force_commit=True) as connection:
            for statement in FLUSH:
                connection.run(statement)
        logger.debug(f"Flushed {self.name} permission tables.")

    def all_user_principals(self) -> list[tuple[str, Principal]]:
        with self.client.connect(readonly=True) as connection:
            return [tuple(row) for row in connection.rows(ALL_USERS)]

    def all_permissions(self) -> list[tuple[str, str, Principal]]:
        with self.client.connect(readonly=True) as connection:
            return [tuple(row) for row in connection.rows(ALL_ENTRIES)]

    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        self._remembered.forget_all()
        with self.client.connect() as connection:
            connection.run(ADD_USER, user_id=user_id, principal=principal)

    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        self._remembered.forget_all()
        with self.client.connect() as connection:
            connection.run(REMOVE_USER, user_id=user_id, principal=principal)

    def remove_principal(self, principal: Principal) -> None:
        self._remembered.forget_all()
        with self.client.connect() as connection:
            connection.run(REMOVE_PRINCIPAL, principal=principal)

    def user_principals(self, user_id: str) -> set[Principal]:
        with self.client.connect(readonly=True) as connection:
            return {row[0] for row in connection.rows(USER, user_id=user_id)}

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        values = {"object_id": object_id, "permission": permission}
        self._remembered.forget(object_id)
        with self.client.connect() as connection:
            connection.run(GRANT, principal=principal, **values)

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        values = {"object_id": object_id, "permission": permission}
        self._remembered.forget(object_id)
        with self.client.connect() as connection:
            connection.run(REVOKE, principal=principal, **values)

    def object_permission_principals(
        self, object_id: str, permission: str
    ) -> set[Principal]:
        values = {"object_id": object_id, "permission": permission}
        with self.client.connect(readonly=True) as connection:
            return {row[0] for row in connection.rows(PRINCIPALS, **values)}

    def principals_accessible_objects(
        self,
        principals: Iterable[Principal],
        permission: str,
        object_id_match: str | None = None,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[str]:
        couples = pattern_couples(object_id_match, permission, get_bound_permissions)
        compiled = [(compile_pattern(pattern), wanted) for pattern, wanted in couples]
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                self.statements.accessible,
                principals=self.bind_list(principals),
                permissions=self.bind_list(wanted for _, wanted in couples),
            )
        return {
            object_id
            for object_id, found in rows
            for pattern, wanted in compiled
            if found == wanted and pattern.match(object_id)
        }

    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        couples = bound_couples(object_id, permission, get_bound_permissions)
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                self.statements.authorized,
                object_ids=self.bind_list(each for each, _ in couples),
                permissions=self.bind_list(wanted for _, wanted in couples),
            )
        return {row[0] for row in rows}

    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> dict[str, set[Principal]]:
        with self.client.connect(readonly=True) as connection:
            found = by_permission(connection.rows(OBJECT, object_id=object_id))
        if permissions is None:
            return found
        return {name: found[name] for name in permissions if name in found}

    def remembering_access(self) -> AbstractContextManager[None]:
        """Remember what `read_access` answers in a block, as in a batch.

        Not where an application may write in its own way: nothing would be forgotten.
        """
        is_ours = type(self).__module__.startswith("cliquet.permission.")
        if not is_ours or any(is_replaced(self, name) for name in _WRITES):
            return nullcontext()
        return self._remembered.block()

    def read_access(self, user_id: str, object_ids: Collection[str]) -> Access:
        return self._remembered.read(user_id, object_ids, self._read_access)

    def _read_access(self, user_id: str, object_ids: Collection[str]) -> Access:
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                self.statements.access,
                user_id=user_id,
                object_ids=self.bind_list(object_ids),
            )
        principals = {row[2] for row in rows if row[0] is None}
        found: dict[str, Permissions] = {}
        for object_id, permission, principal in rows:
            if object_id is not None:
                entries = found.setdefault(object_id, {})
                entries.setdefault(permission, set()).add(principal)
        return principals, found

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        self.write_object_permissions(object_id, permissions, {})

    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> Permissions:
        self._remembered.forget(object_id)
        with self.client.connect() as connection:
            return self.write_permissions(connection, object_id, replaced, granted)

    def delete_object_permissions(self, *object_id_list: str) -> None:
        self._remembered.forget(*object_id_list)
        with self.client.connect() as connection:
            connection.run(
                self.statements.delete, object_ids=self.bind_list(object_id_list)
            )


def by_permission(rows: Iterable[Any]) -> dict[str, set[Principal]]:
    """Gather principals by permission."""
    found: dict[str, set[Principal]] = {}
    for permission, principal in rows:
        found.setdefault(permission, set()).add(principal)
    return found
