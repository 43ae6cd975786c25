"""Permissions in PostgreSQL.

Rows are written in one order, so that two requests cannot wait for each other.
"""

from collections.abc import Collection, Iterable, Sequence
from importlib import resources
from typing import Any

from cliquet.engines.shared_ids import Description, Probe
from cliquet.engines.sql.client import Connection, Row
from cliquet.engines.sql.driver import Prepared
from cliquet.engines.sql.postgresql import PostgreSQLClient, create_from_config
from cliquet.engines.sql.replicas import NO_REPLICAS, Replicas, load_replicas
from cliquet.object_ids import ODD_IN_SQL, RecordPath
from cliquet.permission.engine import Pairs
from cliquet.permission.sql import SQLPermission, Statements, by_permission
from cliquet.types import Grant, Membership, Permissions

_SCHEMA = resources.files(__package__).joinpath("schema.sql")
_IDS = "= ANY(CAST(:object_ids AS text[]))"
_GIVEN = """SELECT DISTINCT permission, principal
FROM unnest(CAST(:permissions AS text[]), CAST(:principals AS text[]))
AS given (permission, principal)"""

_WRITE = Prepared(
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

_CHANGE_MEMBERS = Prepared(
    """WITH removed AS (
    DELETE FROM user_principals WHERE (user_id, principal) IN (
        SELECT * FROM unnest(
            CAST(:users_removed AS text[]), CAST(:principals_removed AS text[]))))
INSERT INTO user_principals (user_id, principal)
SELECT DISTINCT user_id, principal
FROM unnest(CAST(:users_added AS text[]), CAST(:principals_added AS text[]))
AS given (user_id, principal) ORDER BY user_id, principal
ON CONFLICT DO NOTHING"""
)

_GRANT_MANY = """INSERT INTO access_control_entries (object_id, permission, principal)
SELECT DISTINCT object_id, permission, principal
FROM unnest(CAST(:object_ids AS text[]), CAST(:permissions AS text[]),
    CAST(:principals AS text[])) AS given (object_id, permission, principal)
ORDER BY object_id, permission, principal ON CONFLICT DO NOTHING"""

_SHARED = """SELECT object_id FROM access_control_entries
WHERE principal = ANY(CAST(:principals AS text[]))
AND permission = ANY(CAST(:permissions AS text[]))
AND starts_with(object_id, :prefix)"""
#: The first ones, and NULL if there is one with a quoted id. That is found by an index;
#: it is there for any if the prefix itself is quoted, which does no harm.
_FIRST = f"""({_SHARED}
AND strpos(substr(object_id, length(:prefix) + 1), '/') < 1 LIMIT :most)
UNION ALL SELECT NULL WHERE EXISTS (
{_SHARED} AND object_id COLLATE "C" ~ '{ODD_IN_SQL}')"""

#: Entries up to which records are found by the ids that are shared, rather than by
#: looking at the permissions of each record.
_FEW = 100


class Permission(SQLPermission, engine=True):
    """Permissions in a PostgreSQL database."""

    client: PostgreSQLClient
    replicas: Replicas = NO_REPLICAS
    name = "PostgreSQL"
    schema = (_SCHEMA.read_text(encoding="utf-8"),)
    statements = Statements(
        delete=Prepared(f"DELETE FROM access_control_entries WHERE object_id {_IDS}"),
        authorized="""SELECT DISTINCT principal FROM access_control_entries
            JOIN unnest(CAST(:object_ids AS text[]), CAST(:permissions AS text[]))
            AS wanted (object_id, permission) USING (object_id, permission)""",
        accessible="""SELECT DISTINCT object_id, permission FROM access_control_entries
            WHERE principal = ANY(CAST(:principals AS text[]))
            AND permission = ANY(CAST(:permissions AS text[]))""",
        access=Prepared(
            f"""SELECT NULL AS object_id, NULL AS permission, principal
            FROM user_principals WHERE user_id = :user_id
            UNION ALL SELECT object_id, permission, principal
            FROM access_control_entries WHERE object_id {_IDS}"""
        ),
    )

    def probe(self, described: Description) -> Probe:
        path = RecordPath(described.prefix)
        shared = {
            "prefix": described.prefix,
            "permissions": list(described.permissions),
            "principals": list(described.principals),
        }
        first = [row[0] for row in self._rows(_FIRST, most=_FEW + 1, **shared)]
        are_plain = first[-1:] != [None]
        if not are_plain:
            del first[-1]
        found = path.record_ids(first)
        if len(first) <= _FEW:
            return Probe(bool(found), set(found))
        if not found:
            # So far, there are many objects and no record.
            pairs = [(path.pattern, permission) for permission in described.permissions]
            found = path.record_ids(self._search(pairs, set(described.principals)))
        return Probe(bool(found), are_plain=are_plain)

    def change_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> None:
        self._run(
            _CHANGE_MEMBERS,
            users_added=[user_id for user_id, _ in added],
            principals_added=[principal for _, principal in added],
            users_removed=[user_id for user_id, _ in removed],
            principals_removed=[principal for _, principal in removed],
        )

    def restore(
        self, members: Collection[Membership], granted: Collection[Grant]
    ) -> None:
        self.change_members(members, ())
        self._run(
            _GRANT_MANY,
            object_ids=[object_id for object_id, *_ in granted],
            permissions=[permission for _, permission, _ in granted],
            principals=[principal for *_, principal in granted],
        )

    def _rows(self, statement: str, **values: Any) -> Sequence[Row]:
        def read(connection: Connection) -> Sequence[Row]:
            return connection.rows(statement, **values)

        return self.replicas.read(self.client, read)

    def _bind_list(self, texts: Iterable[str]) -> list[str]:
        """Return an array."""
        return list(texts)

    def _write(
        self, object_id: str, replaced: Collection[str], given: Pairs
    ) -> Permissions:
        with self.client.connect() as connection:
            rows = connection.rows(
                _WRITE,
                object_id=object_id,
                replaced=list(replaced),
                permissions=[permission for permission, _ in given],
                principals=[principal for _, principal in given],
            )
        return by_permission(rows)


def load_from_config(config: Any) -> Permission:
    """Build the permission backend (setting `permission_url`, those of the pool)."""
    permission = Permission(client=create_from_config(config, prefix="permission_"))
    permission.replicas = load_replicas(config, "permission")
    return permission
