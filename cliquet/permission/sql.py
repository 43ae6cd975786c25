"""Permissions in the tables of a database that speaks SQL.

Values are bound, ids and permissions match exactly. An engine supplies the statements
that the two databases do not share, and how a list of texts is bound.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from cliquet.engines.sql.client import Row, SQLClient
from cliquet.engines.sql.creation import create_tables
from cliquet.logs import logger
from cliquet.object_ids import matcher
from cliquet.permission.engine import EnginePermission, Pairs
from cliquet.types import Grant, Membership, Permissions, Principal

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


class Statements(NamedTuple):
    """What depends on the database: mostly, how lists are bound."""

    delete: str
    """With `object_ids`."""

    authorized: str
    """With `object_ids` and `permissions`, pair by pair."""

    accessible: str
    """Object ids and permissions, with `principals` and `permissions`."""

    access: str
    """Principals of `user_id`, and all about `object_ids`."""


class SQLPermission(EnginePermission):
    """Permissions in a database."""

    tables = ("user_principals", "access_control_entries")

    statements: ClassVar[Statements]
    schema: ClassVar[tuple[str, ...]]
    name: ClassVar[str]

    def __init__(self, client: SQLClient, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.client = self.database = client
        self.joins_transaction = not client.commit_manually

    def _bind_list(self, texts: Iterable[str]) -> Any:
        """Return the value that is bound for a list of texts."""
        raise NotImplementedError

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create the tables and indexes that are missing."""
        what = f"{self.name} permission"
        create_tables(self.client, what, self.tables, self.schema, dry_run)

    def flush(self) -> None:
        with self.client.connect(force_commit=True) as connection:
            for statement in FLUSH:
                connection.run(statement)
        logger.debug(f"Flushed {self.name} permission tables.")

    def all_user_principals(self) -> Iterator[Membership]:
        return self._stream(ALL_USERS)

    def all_permissions(self) -> Iterator[Grant]:
        return self._stream(ALL_ENTRIES)

    def _stream(self, statement: str) -> Iterator[Any]:
        with self.client.snapshot(), self.client.connect(readonly=True) as connection:
            yield from map(tuple, connection.stream(statement))

    def restore(
        self, members: Collection[Membership], granted: Collection[Grant]
    ) -> None:
        entries = ("object_id", "permission", "principal")
        values = [dict(zip(entries, each, strict=True)) for each in granted]
        with self.client.connect() as connection:
            connection.run_many(ADD_USER, _rows_of(members))
            connection.run_many(GRANT, values)

    def add_user_principal(self, user_id: str, principal: Principal) -> None:
        self._run(ADD_USER, user_id=user_id, principal=principal)

    def remove_user_principal(self, user_id: str, principal: Principal) -> None:
        self._run(REMOVE_USER, user_id=user_id, principal=principal)

    def change_members(
        self, added: Collection[Membership], removed: Collection[Membership]
    ) -> None:
        with self.client.connect() as connection:
            connection.run_many(REMOVE_USER, _rows_of(removed))
            connection.run_many(ADD_USER, _rows_of(added))

    def remove_principal(self, principal: Principal) -> None:
        self._run(REMOVE_PRINCIPAL, principal=principal)

    def user_principals(self, user_id: str) -> set[Principal]:
        return {row[0] for row in self._rows(USER, user_id=user_id)}

    def add_principal_to_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        values = {"permission": permission, "principal": principal}
        self._run(GRANT, object_id=object_id, **values)

    def remove_principal_from_ace(
        self, object_id: str, permission: str, principal: Principal
    ) -> None:
        values = {"permission": permission, "principal": principal}
        self._run(REVOKE, object_id=object_id, **values)

    def delete_object_permissions(self, *object_id_list: str) -> None:
        self._run(self.statements.delete, object_ids=self._bind_list(object_id_list))

    def _principals(self, pairs: Pairs) -> set[Principal]:
        rows = self._rows(
            self.statements.authorized,
            object_ids=self._bind_list(each for each, _ in pairs),
            permissions=self._bind_list(wanted for _, wanted in pairs),
        )
        return {row[0] for row in rows}

    def _search(self, pairs: Pairs, principals: set[Principal]) -> set[str]:
        matchers = [(matcher(pattern), wanted) for pattern, wanted in pairs]
        rows = self._rows(
            self.statements.accessible,
            principals=self._bind_list(principals),
            permissions=self._bind_list(wanted for _, wanted in pairs),
        )
        return {
            object_id
            for object_id, found in rows
            for is_found, wanted in matchers
            if found == wanted and is_found(object_id)
        }

    def _read(
        self, user_id: str, object_ids: Collection[str]
    ) -> tuple[set[Principal], dict[str, Permissions]]:
        listed = self._bind_list(object_ids)
        rows = self._rows(self.statements.access, user_id=user_id, object_ids=listed)
        groups: set[Principal] = set()
        found: dict[str, Permissions] = {}
        for object_id, permission, principal in rows:
            if object_id is None:
                groups.add(principal)
            else:
                entries = found.setdefault(object_id, {})
                entries.setdefault(permission, set()).add(principal)
        return groups, found

    def _run(self, statement: str, **values: Any) -> None:
        with self.client.connect() as connection:
            connection.run(statement, **values)

    def _rows(self, statement: str, **values: Any) -> Sequence[Row]:
        with self.client.connect(readonly=True) as connection:
            return connection.rows(statement, **values)


def _rows_of(pairs: Collection[Membership]) -> list[dict[str, Any]]:
    return [{"user_id": user_id, "principal": each} for user_id, each in pairs]


def by_permission(rows: Iterable[Any]) -> Permissions:
    """Gather principals by permission."""
    found: Permissions = {}
    for permission, principal in rows:
        found.setdefault(permission, set()).add(principal)
    return found
