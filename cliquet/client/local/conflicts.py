"""Conflicts that were decided and not told yet: the process may end in between."""

import json
from typing import Any

from cliquet.client.local.files import File
from cliquet.client.local.results import Found
from cliquet.client.records import Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conflicts (
    number INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    local TEXT NOT NULL,
    remote TEXT NOT NULL,
    base TEXT NOT NULL,
    UNIQUE (collection, id, local)
);
"""


class Conflicts:
    """Those of one collection, in the order in which they were found.

    Args:
        file: Where they are kept; its statements have the collection.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        file.run(_SCHEMA)

    def note(self, found: Found) -> None:
        """Keep a conflict, before it is decided; the last of each local version."""
        self._file.execute(
            "INSERT OR REPLACE INTO conflicts (collection, id, local, remote, base) "
            "VALUES (:c, :id, :local, :remote, :base)",
            id=found.id,
            local=json.dumps(found.local),
            remote=json.dumps(found.remote),
            base=json.dumps(found.base),
        )

    def take(self) -> list[Found]:
        """Return what was not told yet, and forget it."""
        with self._file.transaction():
            rows = self._file.rows(
                "SELECT id, local, remote, base FROM conflicts "
                "WHERE collection = :c ORDER BY number"
            )
            self._file.execute("DELETE FROM conflicts WHERE collection = :c")
        return [
            Found(record_id, json.loads(local), _record(remote), json.loads(base))
            for record_id, local, remote, base in rows
        ]


def _record(text: str) -> Record | None:
    data: dict[str, Any] | None = json.loads(text)
    return None if data is None else Record(data)
