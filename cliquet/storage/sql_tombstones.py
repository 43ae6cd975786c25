"""Tombstones in a database that speaks SQL, as tools of operators look at them."""

from collections.abc import Iterator
from typing import Any

from cliquet.engines.sql.client import SQLClient
from cliquet.storage.query import Scope
from cliquet.storage.statements import LARGEST, Statements
from cliquet.types import Timestamp

_COUNT = "SELECT count(*) FROM ({}) AS known WHERE epoch < :before"
#: Collections that are read at once.
_PAGE = 1000


class SQLTombstones:
    """Methods of a storage in a database."""

    client: SQLClient
    statements: Statements

    def tombstone_timestamps(
        self, collection_id: str, parent_id: str, limit: int, newest_first: bool = False
    ) -> list[Timestamp]:
        direction = "DESC" if newest_first else "ASC"
        with self.client.connect(readonly=True) as connection:
            rows = connection.rows(
                f"{self.statements.tombstones} ORDER BY 1 {direction} LIMIT :limit",
                collection_id=collection_id,
                parent_id=parent_id,
                limit=limit,
            )
        return [row[0] for row in rows]

    def count_tombstones(
        self, collection_id: str, parent_id: str, before: Timestamp
    ) -> int:
        with self.client.connect(readonly=True) as connection:
            row: Any = connection.row(
                _COUNT.format(self.statements.tombstones),
                collection_id=collection_id,
                parent_id=parent_id,
                before=min(before, LARGEST),
            )
        count: int = row[0]
        return count

    def buried(self, before: Timestamp) -> Iterator[tuple[Scope, int]]:
        last = Scope("", "")
        while True:
            # In no transaction: what was told is purged meanwhile.
            with self.client.connect(readonly=True) as connection:
                rows = connection.rows(
                    self.statements.buried,
                    before=min(before, LARGEST),
                    limit=_PAGE,
                    **last._asdict(),
                )
            for row in rows:
                last = Scope(row[0], row[1])
                yield last, row[2]
            if len(rows) < _PAGE:
                return
