"""How is an SQLite file shared by threads, processes and requests?

* Write-ahead log: readers never wait for the writer, nor the writer for them.
* Writers take the lock of the file with their first statement (`BEGIN IMMEDIATE`) and
  wait for it `BUSY_SECONDS`; until then a request reads without transaction, each
  statement seeing what was committed last. A write can thus never find that what its
  transaction read is outdated, which SQLite would refuse at once.
* `synchronous = FULL`: what was acknowledged survives a power failure, not only the
  end of the process. It costs one fsync for each commit.
"""

import sqlite3
from typing import Any

from pyramid.settings import asbool
from sqlalchemy import Connection, create_engine, event

from cliquet.backends.sql import SQLClient

BUSY_SECONDS = 10

_CLIENTS: dict[tuple[str, bool], "SQLiteClient"] = {}


class SQLiteClient(SQLClient):
    """Sessions on one file."""

    def begin_write(self, connection: Connection) -> None:
        """Take the lock of the file, unless this transaction has it."""
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare(connection: sqlite3.Connection, record: Any) -> None:
    # The driver begins no transaction by itself: `begin_write` does.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def create_from_config(
    config: Any, prefix: str, per_request: bool | None = None
) -> SQLiteClient:
    """Answer the client of a URL (`<prefix>url`), one for each file and mode.

    Args:
        config: Configurator with the settings.
        prefix: That of the settings of one kind of backend.
        per_request: Overrides the setting `transaction_per_request`.
    """
    settings = config.get_settings()
    url = settings[f"{prefix}url"]
    if per_request is None:
        per_request = asbool(settings.get("transaction_per_request", False))
    client = _CLIENTS.get((url, per_request))
    if client is None:
        engine = create_engine(
            url, pool_size=int(settings[f"{prefix}pool_size"]), hide_parameters=True
        )
        event.listen(engine, "connect", _prepare)
        client = _CLIENTS[url, per_request] = SQLiteClient.on(engine, per_request)
    return client
