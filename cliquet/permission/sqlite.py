"""Permissions in an SQLite file."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from cliquet.engines.shared_ids import Description, Probe
from cliquet.engines.sql.sqlite import SEGMENT, create_from_config
from cliquet.object_ids import ODD_IN_SQL
from cliquet.permission.engine import Pairs
from cliquet.permission.sql import (
    GRANT,
    SQLPermission,
    Statements,
    by_permission,
)
from cliquet.types import Permissions

_IDS = "(SELECT value FROM json_each(:object_ids))"
_ENTRIES = """SELECT permission, principal FROM access_control_entries
WHERE object_id = :object_id"""
_REVOKE_ALL = """DELETE FROM access_control_entries
    WHERE object_id = :object_id AND permission = :permission"""

_HAS_QUOTED = f"object_id GLOB '*{ODD_IN_SQL}*'"
_PROBE = f"""WITH shared AS NOT MATERIALIZED (
    SELECT object_id FROM access_control_entries
    WHERE principal IN (SELECT value FROM json_each(:principals))
    AND permission IN (SELECT value FROM json_each(:permissions))
    AND object_id > :prefix AND object_id < :beyond)
    SELECT EXISTS (SELECT 1 FROM shared WHERE unquote_id({SEGMENT}) IS NOT NULL),
    EXISTS (SELECT 1 FROM shared WHERE {_HAS_QUOTED})"""


class Permission(SQLPermission, engine=True):
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
        # Paths in which something is quoted: few, if any.
        f"""CREATE INDEX IF NOT EXISTS idx_access_control_entries_quoted
        ON access_control_entries (principal, permission, object_id)
        WHERE {_HAS_QUOTED}""",
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

    def _bind_list(self, texts: Iterable[str]) -> str:
        """Return a JSON array."""
        return json.dumps(list(texts))

    def probe(self, described: Description) -> Probe:
        [(is_any, is_quoted)] = self._rows(
            _PROBE,
            prefix=described.prefix,
            beyond=described.prefix + "\U0010ffff",
            permissions=self._bind_list(described.permissions),
            principals=self._bind_list(described.principals),
        )
        return Probe(bool(is_any), are_plain=not is_quoted)

    def _write(
        self, object_id: str, replaced: Collection[str], given: Pairs
    ) -> Permissions:
        rows = [
            {"object_id": object_id, "permission": permission, "principal": principal}
            for permission, principal in given
        ]
        with self.client.connect() as connection:
            for permission in replaced:
                connection.run(_REVOKE_ALL, object_id=object_id, permission=permission)
            connection.run_many(GRANT, rows)
            return by_permission(connection.rows(_ENTRIES, object_id=object_id))


def load_from_config(config: Any) -> Permission:
    """Build the permission backend (setting `permission_url`)."""
    return Permission(create_from_config(config, prefix="permission_"))
