"""Principals and permissions in an SQLite file."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cliquet.backends.grants import Grants, Sample
from cliquet.backends.sql import Connection
from cliquet.backends.sqlite import create_from_config
from cliquet.permission.sql import (
    GRANT,
    OBJECT,
    SQLPermission,
    Statements,
    by_permission,
)
from cliquet.types import Principal

_IDS = "(SELECT value FROM json_each(:object_ids))"
REVOKE_ALL = """DELETE FROM access_control_entries
    WHERE object_id = :object_id AND permission = :permission"""

ANY_SHARED = """SELECT EXISTS (SELECT 1 FROM access_control_entries
    WHERE principal IN (SELECT value FROM json_each(:principals))
    AND permission IN (SELECT value FROM json_each(:permissions))
    AND object_id > :prefix AND object_id < :beyond)"""


class Permission(SQLPermission):
    """Permissions in an SQLite file."""

    name = "SQLite"
    schema = (
        """CREATE TABLE IF NOT EXISTS user_principals (
        user_id TEXT NOT NULL, principal TEXT NOT NULL,
        PRIMARY KEY (user_id, principal)) WITHOUT ROWID""",
        """CREATE TABLE IF NOT EXISTS access_control_entries (
        object_id TEXT NOT NULL, permission TEXT NOT NULL, principal TEXT NOT NULL,
        PRIMARY KEY (object_id, permission, principal)) WITHOUT ROWID""",
        """CREATE INDEX IF NOT EXISTS idx_access_control_entries_principal
        ON access_control_entries (principal, permission, object_id)""",
    )
    statements = Statements(
        delete=f"DELETE FROM access_control_entries WHERE object_id IN {_IDS}",
        authorized="""SELECT DISTINCT principal FROM access_control_entries AS entry
            JOIN json_each(:object_ids) AS wanted ON entry.object_id = wanted.value
            JOIN json_each(:permissions) AS other ON other.key = wanted.key
            AND entry.permission = other.value""",
        accessible="""SELECT DISTINCT object_id, permission FROM access_control_entries
            WHERE principal IN (SELECT value FROM json_each(:principals))
            AND permission IN (SELECT value FROM json_each(:permissions))""",
        access=f"""SELECT NULL AS object_id, NULL AS permission, principal
            FROM user_principals WHERE user_id = :user_id
            UNION ALL SELECT object_id, permission, principal
            FROM access_control_entries WHERE object_id IN {_IDS}""",
    )

    def bind_list(self, texts: Iterable[str]) -> str:
        """Make a JSON array of texts."""
        return json.dumps(list(texts))

    def sample(self, grants: Grants) -> Sample:
        with self.client.connect(readonly=True) as connection:
            row: Any = connection.row(
                ANY_SHARED,
                prefix=grants.prefix,
                beyond=grants.prefix + "\U0010ffff",
                permissions=self.bind_list(grants.permissions),
                principals=self.bind_list(grants.principals),
            )
        return Sample(bool(row[0]))

    def write_permissions(
        self,
        connection: Connection,
        object_id: str,
        replaced: Mapping[str, Iterable[Principal]],
        granted: Mapping[str, Iterable[Principal]],
    ) -> dict[str, set[Principal]]:
        rows = [
            {"object_id": object_id, "permission": permission, "principal": principal}
            for permissions in (replaced, granted)
            for permission, principals in permissions.items()
            for principal in principals
        ]
        for permission in replaced:
            connection.run(REVOKE_ALL, object_id=object_id, permission=permission)
        connection.run_many(GRANT, rows)
        return by_permission(connection.rows(OBJECT, object_id=object_id))


def load_from_config(config: Any) -> Permission:
    """Build the permission backend (setting `permission_url`)."""
    return Permission(create_from_config(config, prefix="permission_"))
