"""Principals and permissions in PostgreSQL.

Rows are written in one order, so that two requests cannot wait for each other.
"""

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from cliquet.backends.grants import Grants, Sample
from cliquet.backends.postgresql import create_from_config
from cliquet.backends.sql import Connection
from cliquet.backends.statements import Frequent
from cliquet.permission.sql import SQLPermission, Statements, by_permission
from cliquet.types import Principal

_SCHEMA = resources.files(__package__).joinpath("schema.sql")
_IDS = "= ANY(CAST(:object_ids AS text[]))"
_GIVEN = """SELECT DISTINCT permission, principal
FROM unnest(CAST(:permissions AS text[]), CAST(:principals AS text[]))
AS given (permission, principal)"""

WRITE = Frequent(
    f"""WITH given AS ({_GIVEN}),
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
)


SHARED = """SELECT object_id FROM access_control_entries
WHERE principal = ANY(CAST(:principals AS text[]))
AND permission = ANY(CAST(:permissions AS text[]))
AND starts_with(object_id, :prefix) LIMIT :most"""

#: Entries up to which records are found by the ids that are shared, rather than by
#: looking at the permissions of each record.
_FEW = 100


class Permission(SQLPermission):
    """Permissions in a PostgreSQL database."""

    name = "PostgreSQL"
    schema = (_SCHEMA.read_text(encoding="utf-8"),)
    statements = Statements(
        delete=Frequent(f"DELETE FROM access_control_entries WHERE object_id {_IDS}"),
        authorized="""SELECT DISTINCT principal FROM access_control_entries
            JOIN unnest(CAST(:object_ids AS text[]), CAST(:permissions AS text[]))
            AS wanted (object_id, permission) USING (object_id, permission)""",
        accessible="""SELECT DISTINCT object_id, permission FROM access_control_entries
            WHERE principal = ANY(CAST(:principals AS text[]))
            AND permission = ANY(CAST(:permissions AS text[]))""",
        access=Frequent(
            f"""SELECT NULL AS object_id, NULL AS permission, principal
            FROM user_principals WHERE user_id = :user_id
            UNION ALL SELECT object_id, permission, principal
            FROM access_control_entries WHERE object_id {_IDS}"""
        ),
    )

    def sample(self, grants: Grants) -> Sample:
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                SHARED,
                prefix=grants.prefix,
                permissions=list(grants.permissions),
                principals=list(grants.principals),
                most=_FEW + 1,
            )
        if len(rows) > _FEW:
            return Sample(is_any=True)
        found = {row[0].removeprefix(grants.prefix) for row in rows}
        return Sample(bool(found), found)

    def bind_list(self, texts: Iterable[str]) -> list[str]:
        """Make an array of texts."""
        return list(texts)

    def write_permissions(
        self,
        connection: Connection,
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
        rows = connection.rows(
            WRITE,
            object_id=object_id,
            replaced=list(replaced),
            permissions=[permission for permission, _ in given],
            principals=[principal for _, principal in given],
        )
        return by_permission(rows)


def load_from_config(config: Any) -> Permission:
    """Build the permission backend (setting `permission_url`, those of the pool)."""
    return Permission(client=create_from_config(config, prefix="permission_"))
