"""SQLite files that several threads and processes use."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from os import PathLike, fspath
from typing import Any

#: How long another process may write.
_SECONDS = 30.0


class File:
    """A SQLite file.

    Args:
        path: Where it is; made if it is not there.
        schema: Statements that make what is not there yet.
        values: Those that all statements have, by name.
    """

    def __init__(
        self, path: str | PathLike[str], schema: str, values: Mapping[str, Any]
    ) -> None:
        self._values = values
        self._lock = threading.RLock()
        # Transactions are begun and ended here alone.
        self._connection = sqlite3.connect(
            fspath(path), _SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self.run(schema)

    def run(self, script: str) -> None:
        """Run several statements."""
        with self._lock:
            self._connection.executescript(script)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the statements of the block as one transaction, or none of them."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def execute(self, statement: str, **values: Any) -> int:
        """Run a statement; return how many rows it changed."""
        with self._cursor(statement, values) as cursor:
            return cursor.rowcount

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._cursor(statement, values) as cursor:
            return cursor.fetchall()

    @contextmanager
    def _cursor(
        self, statement: str, values: dict[str, Any]
    ) -> Iterator[sqlite3.Cursor]:
        with self._lock:
            cursor = self._connection.execute(statement, {**self._values, **values})
            with closing(cursor):
                yield cursor
