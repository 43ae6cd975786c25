"""The file of SQLite, which tells nobody: it is asked twice a second.

By a number that every commit of another connection changes: whatever was written, by
whomever, everybody who waits has a look.
"""

import sqlite3
import time
from collections.abc import Iterator

from sqlalchemy.engine import make_url

_LOOK_SECONDS = 0.5


class Carrier:
    """A SQLite file.

    Args:
        url: That of SQLAlchemy.
    """

    def __init__(self, url: str) -> None:
        self._path = make_url(url).database or ""

    def send(self, text: str) -> None:
        """Do nothing: the file is what tells."""

    def receive(self) -> Iterator[str | None]:
        """Yield None when the file may have changed."""
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            seen = None
            while True:
                found = connection.execute("PRAGMA data_version").fetchone()[0]
                if found != seen:
                    seen = found
                    yield None
                time.sleep(_LOOK_SECONDS)
        finally:
            connection.close()
