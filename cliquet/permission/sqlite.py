"""Principals and permissions in an SQLite file."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from cliquet.backends.sql import Connection
from cliquet.backends.sqlite import SQLiteClient, create_from_config
from cliquet.logs import logger
from cliquet.permission.base import (
    BoundPermissions,
    PermissionBase,
    bound_couples,
    compile_pattern,
    pattern_couples,
)
from cliquet.types import Principal

SCHEMA = [
    """CREATE TABLE IF NOT EXISTS user_principals (
        user_id TEXT NOT NULL, principal TEXT NOT NULL,
        PRIMARY KEY (user_id, principal)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS access_control_entries (
        object_id TEXT NOT NULL, permission TEXT NOT NULL, principal TEXT NOT NULL,
        PRIMARY KEY (object_id, permission, principal)) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS idx_access_control_entries_principal
        ON access_control_entries (principal, permission, object_id)""",
]
FLUSH = [
    "DELETE FROM user_principals",
    "DELETE FROM access_control_entries",
]
ALL_USERS = "SELECT user_id, principal FROM user_principals ORDER BY 1, 2"
ALL_ENTRIES = """SELECT object_id, permission, principal FROM access_control_entries
ORDER BY 1, 2, 3"""
ACCESS = """SELECT NULL AS object_id, NULL AS permission, principal
FROM user_principals WHERE user_id = :user_id
UNION ALL SELECT object_id, permission, principal FROM access_control_entries
WHERE object_id IN (SELECT value FROM json_each(:object_ids))"""
ADD_USER = (
    "INSERT INTO user_principals VALUES (:user_id, :principal) ON CONFLICT DO NOTHING"
)
REMOVE_USER = (
    "DELETE FROM user_principals WHERE user_id = :user_id AND principal = :principal"
)
REMOVE_PRINCIPAL = "DELETE FROM user_principals WHERE principal = :principal"
USER = "SELECT principal FROM user_principals WHERE user_id = :user_id"
GRANT = """INSERT INTO access_control_entries
    VALUES (:object_id, :permission, :principal)
    ON CONFLICT DO NOTHING"""
REVOKE = """DELETE FROM access_control_entries WHERE object_id = :object_id
    AND permission = :permission AND principal = :principal"""
REVOKE_ALL = """DELETE FROM access_control_entries
    WHERE object_id = :object_id AND permission = :permission"""
DELETE = """DELETE FROM access_control_entries
    WHERE object_id IN (SELECT value FROM json_each(:object_ids))"""
OBJECT = """SELECT permission, principal FROM access_control_entries
    WHERE object_id = :object_id"""
AUTHORIZED = """SELECT DISTINCT principal FROM access_control_entries
    JOIN json_each(:couples) AS couple
    ON object_id = couple.value ->> 0 AND permission = couple.value ->> 1"""
ACCESSIBLE = """SELECT DISTINCT object_id, permission FROM access_control_entries
    WHERE principal IN (SELECT value FROM json_each(:principals))
    AND permission IN (SELECT value FROM json_each(:permissions))"""


class Permission(PermissionBase):
    """Permissions in an SQLite file."""

    def __init__(self, client: SQLiteClient, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.client = client

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the tables that are missing."""
        if dry_run:
            logger.info("SQLite permissions: would create the tables that are missing")
            return
        with self.client.connect(force_commit=True) as connection:
            for statement in SCHEMA:
                connection.run(statement)
        logger.info("SQLite permission tables are there.")

    def flush(self) -> None:
        with self.client.connect(force_commit=True) as connection:
            for statement in FLUSH:
                connection.run(statement)

    def read_access(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, dict[str, set[Principal]]]]:
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                ACCESS, user_id=user_id, object_ids=json.dumps(list(object_ids))
            )
        principals = {row[2] for row in rows if row[0] is None}
        found: dict[str, dict[str, set[Principal]]] = {}
        for object_id, permission, principal in rows:
            if object_id is not None:
                entries = found.setdefault(object_id, {})
                entries.setdefault(permission, set()).add(principal)
        return principals, found

    def all_user_principals(self) -> list[tuple[str, Principal]]:
        with self.client.connect(readonly=True) as connection:
            return [tuple(row) for row in connection.rows(ALL_USERS)]

    def all_permissions(self) -> list[tuple[str, str, Principal]]:
        with self.client.connect(readonly=True) as connection:
            return [tuple(row) for row in connection.rows(ALL_ENTRIES)]

    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        with self.client.connect() as connection:
            connection.run(ADD_USER, user_id=user_id, principal=principal)

    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        with self.client.connect() as connection:
            connection.run(REMOVE_USER, user_id=user_id, principal=principal)

    def remove_principal(self, principal: Principal) -> None:
        with self.client.connect() as connection:
            connection.run(REMOVE_PRINCIPAL, principal=principal)

    def user_principals(self, user_id: str) -> set[Principal]:
        with self.client.connect(readonly=True) as connection:
            return {row.principal for row in connection.rows(USER, user_id=user_id)}

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        with self.client.connect() as connection:
            _grant(connection, object_id, {permission: [principal]})

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        values = {"object_id": object_id, "permission": permission}
        with self.client.connect() as connection:
            connection.run(REVOKE, principal=principal, **values)

    def object_permission_principals(
        self, object_id: str, permission: str
    ) -> set[Principal]:
        return self.object_permissions(object_id).get(permission, set())

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
                ACCESSIBLE,
                principals=json.dumps(list(principals)),
                permissions=json.dumps([wanted for _, wanted in couples]),
            )
        return {
            row.object_id
            for row in rows
            for pattern, wanted in compiled
            if row.permission == wanted and pattern.match(row.object_id)
        }

    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        couples = bound_couples(object_id, permission, get_bound_permissions)
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(AUTHORIZED, couples=json.dumps(couples))
        return {row.principal for row in rows}

    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> dict[str, set[Principal]]:
        with self.client.connect(readonly=True) as connection:
            found = _read(connection, object_id)
        if permissions is None:
            return found
        return {name: found[name] for name in permissions if name in found}

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        self.write_object_permissions(object_id, permissions, {})

    def delete_object_permissions(self, *object_id_list: str) -> None:
        with self.client.connect() as connection:
            connection.run(DELETE, object_ids=json.dumps(object_id_list))

    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> dict[str, set[Principal]]:
        with self.client.connect() as connection:
            for permission in replaced:
                connection.run(REVOKE_ALL, object_id=object_id, permission=permission)
            _grant(connection, object_id, replaced)
            _grant(connection, object_id, granted)
            return _read(connection, object_id)


def _grant(
    connection: Connection,
    object_id: str,
    permissions: Mapping[str, Iterable[Principal]],
) -> None:
    connection.run_many(
        GRANT,
        [
            {"object_id": object_id, "permission": permission, "principal": principal}
            for permission, principals in permissions.items()
            for principal in principals
        ],
    )


def _read(connection: Connection, object_id: str) -> dict[str, set[Principal]]:
    found: dict[str, set[Principal]] = {}
    for row in connection.rows(OBJECT, object_id=object_id):
        found.setdefault(row.permission, set()).add(row.principal)
    return found


def load_from_config(config: Any) -> Permission:
    """Build the backend (settings `permission_url`, `permission_pool_size`)."""
    return Permission(create_from_config(config, prefix="permission_"))
