"""SQLite files, shared by threads, processes and requests.

* Write-ahead log: readers never wait for the writer, nor the writer for them.
* Writers take the lock of the file with their first statement (`BEGIN IMMEDIATE`) and
  wait for it as long as `<backend>_lock_timeout` says; until then a request reads
  without transaction, each statement seeing what was committed last. A write can thus
  never find that what its transaction read is outdated, which SQLite would refuse at
  once.
* `synchronous = FULL`: what was acknowledged survives a power failure, not only the
  end of the process. It costs one fsync for each commit.
"""

import sqlite3
from collections.abc import Callable
from math import ceil
from typing import Any

from pyramid.settings import asbool
from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from cliquet.engines.sql.client import SQLClient
from cliquet.engines.urls import check_scheme, invalid_url, read_url
from cliquet.engines.waiting import read_waits
from cliquet.object_ids import quote_id, unquote_id

_EXAMPLE = "sqlite:///shop.db"

#: What is left of an object id behind `:prefix`.
SEGMENT = "substr(object_id, length(:prefix) + 1)"

_CLIENTS: dict[tuple[str, bool], "SQLiteClient"] = {}


class SQLiteClient(SQLClient):
    """Sessions on one file."""

    one_moment = ("BEGIN",)

    def begin_write(self, connection: Connection) -> None:
        """Take the lock of the file, unless this transaction has it."""
        _begin(connection)


def _begin(connection: Connection, *args: Any) -> None:
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _preparing(busy_seconds: float) -> Callable[[sqlite3.Connection, Any], None]:
    pragmas = (
        f"busy_timeout = {ceil(busy_seconds * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",
    )

    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        # The driver begins no transaction by itself: `begin_write` does.
        connection.isolation_level = None
        for function in (quote_id, unquote_id):
            name = function.__name__
            connection.create_function(name, 1, function, deterministic=True)
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return prepare


def create_from_config(
    config: Any, prefix: str, per_request: bool | None = None
) -> SQLiteClient:
    """Return the client of a URL (`<prefix>url`), one for each file and mode.

    Args:
        config: Configurator with the settings.
        prefix: That of the settings of one kind of backend.
        per_request: Overrides the setting `transaction_per_request`.

    Raises:
        InvalidURLError: The URL is missing, or one of something else.
    """
    settings = config.get_settings()
    url = read_url(settings, prefix, _EXAMPLE)
    if per_request is None:
        per_request = asbool(settings.get("transaction_per_request", False))
    client = _CLIENTS.get((url, per_request))
    if client is None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise invalid_url(settings, prefix, _EXAMPLE) from error
        found = parsed.get_backend_name()
        check_scheme(settings, prefix, found, ("sqlite",), _EXAMPLE)
        if parsed.drivername == "sqlite":
            # zope.sqlalchemy makes no savepoints where the driver is called "sqlite":
            # it begins transactions too late for them, unless told as in `_preparing`.
            parsed = parsed.set(drivername="sqlite+pysqlite")
        waits = read_waits(settings, prefix)
        engine = create_engine(
            parsed,
            pool_size=int(settings[f"{prefix}pool_size"]),
            pool_timeout=waits.pool,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _preparing(waits.lock or 0))
        event.listen(engine, "savepoint", _begin)
        client = _CLIENTS[url, per_request] = SQLiteClient.on(engine, per_request)
    return client
