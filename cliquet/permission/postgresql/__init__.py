"""Principals and permissions in PostgreSQL (backends §18.8).

Values are bound, ids and permissions match exactly, and `*` is all that is special in a
pattern. Rows are written in one order, so that two requests cannot wait for each other.
"""

from collections.abc import Collection, Iterable, Mapping
from importlib import resources
from typing import Any

from cliquet.backends.postgresql import PostgreSQLClient, create_from_config
from cliquet.logs import logger
from cliquet.permission.base import (
    BoundPermissions,
    PermissionBase,
    bound_couples,
    pattern_couples,
)
from cliquet.types import Principal

_COUPLES = """unnest(CAST(:object_ids AS text[]), CAST(:permissions AS text[]))
AS wanted (object_id, permission)"""
_GIVEN = """SELECT DISTINCT permission, principal
FROM unnest(CAST(:permissions AS text[]), CAST(:principals AS text[]))
AS given (permission, principal)"""

FLUSH = "DELETE FROM user_principals; DELETE FROM access_control_entries"
ALL_USERS = "SELECT user_id, principal FROM user_principals ORDER BY 1, 2"
ALL_ENTRIES = """SELECT object_id, permission, principal FROM access_control_entries
ORDER BY 1, 2, 3"""
ACCESS = """SELECT NULL AS object_id, NULL AS permission, principal
FROM user_principals WHERE user_id = :user_id
UNION ALL SELECT object_id, permission, principal FROM access_control_entries
WHERE object_id = ANY(CAST(:object_ids AS text[]))"""
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
DELETE = """DELETE FROM access_control_entries
WHERE object_id = ANY(CAST(:object_ids AS text[]))"""
PRINCIPALS = """SELECT principal FROM access_control_entries
WHERE object_id = :object_id AND permission = :permission"""
OBJECT = """SELECT permission, principal FROM access_control_entries
WHERE object_id = :object_id"""
OBJECT_SOME = f"{OBJECT} AND permission = ANY(CAST(:permissions AS text[]))"
AUTHORIZED = f"""SELECT DISTINCT principal FROM access_control_entries
JOIN {_COUPLES} USING (object_id, permission)"""
ACCESSIBLE = f"""SELECT DISTINCT ace.object_id FROM access_control_entries AS ace
JOIN {_COUPLES} ON ace.permission = wanted.permission
AND ace.object_id LIKE wanted.object_id
WHERE principal = ANY(CAST(:principals AS text[]))"""
WRITE = f"""WITH given AS ({_GIVEN}),
revoked AS (
    DELETE FROM access_control_entries WHERE object_id = :object_id
    AND permission = ANY(CAST(:replaced AS text[]))
    AND (permission, principal) NOT IN (SELECT permission, principal FROM given)),
granted AS (
    INSERT INTO access_control_entries (object_id, permission, principal)
    SELECT :object_id, permission, principal FROM given ORDER BY permission, principal
    ON CONFLICT DO NOTHING)
SELECT permission, principal FROM access_control_entries WHERE object_id = :object_id
AND permission <> ALL(CAST(:replaced AS text[]))
UNION SELECT permission, principal FROM given"""


class Permission(PermissionBase):
    """Permissions in a PostgreSQL database."""

    def __init__(self, client: PostgreSQLClient, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.client = client

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the tables and indexes that are missing."""
        if dry_run:
            logger.info("Would create PostgreSQL permission tables that are missing.")
            return
        script = resources.files(__package__).joinpath("schema.sql")
        with self.client.connect(force_commit=True) as connection:
            connection.run_script(script.read_text(encoding="utf-8"))
        logger.info("Created PostgreSQL permission tables.")

    def flush(self) -> None:
        with self.client.connect(force_commit=True) as connection:
            connection.run_script(FLUSH)
        logger.debug("Flushed PostgreSQL permission tables.")

    def read_access(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, dict[str, set[Principal]]]]:
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(ACCESS, user_id=user_id, object_ids=list(object_ids))
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
            return {row[0] for row in connection.rows(USER, user_id=user_id)}

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        values = {"object_id": object_id, "permission": permission}
        with self.client.connect() as connection:
            connection.run(GRANT, principal=principal, **values)

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        values = {"object_id": object_id, "permission": permission}
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
        patterns = [(_like(pattern), wanted) for pattern, wanted in couples]
        values = _couple_values(patterns)
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(ACCESSIBLE, principals=list(principals), **values)
        return {row[0] for row in rows}

    def object_permission_authorized_principals(
        self,
        object_id: str,
        permission: str,
        get_bound_permissions: BoundPermissions | None = None,
    ) -> set[Principal]:
        couples = bound_couples(object_id, permission, get_bound_permissions)
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(AUTHORIZED, **_couple_values(couples))
        return {row[0] for row in rows}

    def object_permissions(
        self, object_id: str, permissions: Iterable[str] | None = None
    ) -> dict[str, set[Principal]]:
        values: dict[str, Any] = {"object_id": object_id}
        statement = OBJECT
        if permissions is not None:
            statement, values["permissions"] = OBJECT_SOME, list(permissions)
        with self.client.connect(readonly=True) as connection:
            return _by_permission(connection.rows(statement, **values))

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[Principal]]
    ) -> None:
        self.write_object_permissions(object_id, permissions, {})

    def delete_object_permissions(self, *object_id_list: str) -> None:
        with self.client.connect() as connection:
            connection.run(DELETE, object_ids=list(object_id_list))

    def write_object_permissions(
        self,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> dict[str, set[Principal]]:
        given = [
            (permission, principal)
            for permissions in (replaced, granted)
            for permission, principals in permissions.items()
            for principal in principals
        ]
        with self.client.connect() as connection:
            rows = connection.rows(
                WRITE,
                object_id=object_id,
                replaced=list(replaced),
                permissions=[permission for permission, _ in given],
                principals=[principal for _, principal in given],
            )
        return _by_permission(rows)


def _couple_values(couples: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    listed = list(couples)
    return {
        "object_ids": [object_id for object_id, _ in listed],
        "permissions": [permission for _, permission in listed],
    }


def _by_permission(rows: Iterable[Any]) -> dict[str, set[Principal]]:
    found: dict[str, set[Principal]] = {}
    for permission, principal in rows:
        found.setdefault(permission, set()).add(principal)
    return found


def _like(pattern: str) -> str:
    """Write a pattern as SQL's LIKE wants it, all but `*` standing for itself."""
    for special in ("\\", "%", "_"):
        pattern = pattern.replace(special, "\\" + special)
    return pattern.replace("*", "%")


def load_from_config(config: Any) -> Permission:
    """Build the permission backend (setting `permission_url`, those of the pool)."""
    return Permission(client=create_from_config(config, prefix="permission_"))
