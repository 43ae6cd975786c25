"""The tables of the storage: the version that is installed, and how it becomes ours.

A fresh database gets `schema.sql`, and triggers if it is to have them; an older one
each migration in turn, in a transaction of its own that starts by locking `metadata`:
of two processes that migrate at once, one works and the other finds the work done.
"""

import re
import time
from importlib import resources
from typing import Any

from cliquet.engines.exceptions import BackendError
from cliquet.engines.sql.client import Connection
from cliquet.logs import logger
from cliquet.storage.postgresql import document_index, triggers, zones

#: What creates the tables.
SCHEMA = "schema.sql"

#: A flush by 3.1.x leaves its tables, and no row that tells their version.
VERSION_AFTER_FLUSH = 11

#: Attempts to create what another process creates at the same moment.
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.2

# By the search path, as in all other statements.
_HAS_METADATA = "SELECT 1 WHERE to_regclass('metadata') IS NOT NULL"
_VERSION = """SELECT value FROM metadata WHERE name = 'storage_schema_version'
ORDER BY lpad(value, 3, '0') DESC LIMIT 1"""
_ANYTHING = "SELECT 1 FROM metadata LIMIT 1"
_ENCODING = """SELECT lower(pg_encoding_to_char(encoding)) AS encoding
FROM pg_database WHERE datname = current_database()"""


def installed_version(connection: Connection) -> int | None:
    """Return the version of the tables, `None` if there are none."""
    if connection.row(_HAS_METADATA) is None:
        return None
    row = connection.row(_VERSION)
    if row is not None:
        return int(row.value)
    if connection.row(_ANYTHING) is not None:
        return 1
    logger.warning(
        "The version of the storage schema is unknown: the database was flushed. "
        f"It is taken for {VERSION_AFTER_FLUSH}."
    )
    return VERSION_AFTER_FLUSH


def initialize(storage: Any, dry_run: bool) -> None:
    """Create or upgrade the tables of a storage.

    Raises:
        AssertionError: the version found is not the one that a step starts from, or
            the database is not encoded as UTF-8.
    """
    wanted = storage.schema_version
    version = storage._get_installed_version()  # noqa: SLF001 -- applications patch it
    if version is None:
        _create(storage, dry_run)
        return
    logger.debug(f"Detected PostgreSQL storage schema version {version}.")
    if version >= wanted:
        logger.info("PostgreSQL storage schema is up-to-date.")
    for start in range(version, wanted):
        path = f"migrations/migration_{start:03}_{start + 1:03}.sql"
        if dry_run:
            logger.info(f"Would migrate PostgreSQL storage tables: {path}")
            continue
        _migrate(storage, start, path)
    if version < wanted and not dry_run:
        logger.info(f"PostgreSQL storage schema migration to {wanted} done.")
    if not (dry_run and version < wanted) and version <= wanted:
        triggers.fit(storage, dry_run)
    with storage.client.connect(readonly=True) as connection:
        zones.tell(connection, zones.NOTED_SINCE if not dry_run else version)


def _create(storage: Any, dry_run: bool) -> None:
    if dry_run:
        logger.info("Would create PostgreSQL storage tables that are missing.")
        return
    with storage.client.connect(readonly=True) as connection:
        _check_database(connection)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            storage._execute_sql_file(SCHEMA)  # noqa: SLF001 -- applications patch it
            break
        except BackendError:
            # Another process may create the same tables at the same moment.
            if storage._get_installed_version() == storage.schema_version:  # noqa: SLF001
                break
            if attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE_SECONDS)
    logger.info(
        f"Created PostgreSQL storage tables (version {storage.schema_version})."
    )


def _migrate(storage: Any, start: int, path: str) -> None:
    found = storage._get_installed_version()  # noqa: SLF001 -- applications patch it
    if found < start:
        raise AssertionError(f"Expected schema version {start}, found {found}.")
    logger.info(
        f"Migrate PostgreSQL storage schema from version {start} to {start + 1}."
    )
    began = time.monotonic()
    storage._execute_sql_file(path)  # noqa: SLF001 -- applications patch it
    logger.info(f"Done in {time.monotonic() - began:.1f} s.")


def execute_file(connection: Connection, path: str, has_triggers: bool = True) -> None:
    """Run a file of this package, unless it is a migration that was done meanwhile.

    Args:
        connection: In a transaction.
        path: Of the file.
        has_triggers: Whether new tables have them.
    """
    target = re.search(r"_(\d+)\.sql$", path)
    if target is not None:
        document_index.take_turn(connection)
        connection.run("LOCK TABLE metadata IN ACCESS EXCLUSIVE MODE")
        found = installed_version(connection)
        if found is not None and found >= int(target.group(1)):
            return
    elif path in (triggers.WITH, triggers.WITHOUT):
        document_index.take_turn(connection)
    for name in _parts(path, has_triggers):
        script = resources.files(__package__).joinpath(name)
        connection.run_script(script.read_text(encoding="utf-8"))


def _parts(path: str, has_triggers: bool) -> list[str]:
    """Return the files that make up one: where triggers change, records are counted."""
    if path == SCHEMA:
        return [path, *([triggers.WITH] if has_triggers else []), triggers.COUNTS]
    if path in (triggers.WITH, triggers.WITHOUT):
        return [path, triggers.COUNTS]
    return [path]


def _check_database(connection: Connection) -> None:
    """Refuse another encoding than UTF-8."""
    row: Any = connection.row(_ENCODING)
    if row.encoding != "utf8":
        raise AssertionError(f"Unexpected database encoding {row.encoding}: use UTF8.")
