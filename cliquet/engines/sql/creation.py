"""Create the tables of a backend, by scripts that change nothing where they are."""

from collections.abc import Iterable, Iterator

from cliquet.engines.sql.client import SQLClient
from cliquet.engines.sql.connection import Connection
from cliquet.logs import logger

_IS_THERE = {
    "postgresql": "SELECT 1 WHERE to_regclass(:name) IS NOT NULL",
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name",
}


def create_tables(
    client: SQLClient,
    what: str,
    tables: Iterable[str],
    scripts: Iterable[str],
    dry_run: bool,
) -> None:
    """Run the scripts of a backend, and log which tables they created.

    Args:
        client: Of its database.
        what: Its name for people, as "SQLite cache".
        tables: Those that it needs.
        scripts: SQL that can be run again on what is there.
        dry_run: Change nothing, and log what would be done.
    """
    if dry_run:
        logger.info(f"Would create {what} tables that are missing.")
        return
    with client.connect(readonly=True) as connection:
        missing = list(_missing(connection, client.engine.dialect.name, tables))
    with client.connect(force_commit=True) as connection:
        for script in scripts:
            connection.run_script(script)
    if missing:
        logger.info(f"Created {what} tables: {', '.join(missing)}.")
    else:
        logger.info(f"{what} tables are up-to-date.")


def _missing(
    connection: Connection, dialect: str, tables: Iterable[str]
) -> Iterator[str]:
    for name in tables:
        if connection.row(_IS_THERE[dialect], name=name) is None:
            yield name
