"""Whether the tables have the triggers that the storage relies on, or wants to be gone.

With triggers, whoever writes to the tables may leave timestamps and totals to them.
Without, the statements of the storage do all of it, and are the only ones that may
write (`docs: engines-postgresql-triggers`).
"""

from typing import Any

from cliquet.engines.sql.client import Connection
from cliquet.engines.sql.tables import Misfit
from cliquet.logs import logger

SETTING = "postgresql_triggers"

#: Scripts, each for tables that are there.
WITH, WITHOUT, COUNTS = "triggers.sql", "no_triggers.sql", "counts.sql"

_NAMES = (
    "tgr_records_last_modified",
    "tgr_deleted_last_modified",
    "tgr_records_inserted",
    "tgr_records_removed",
)
# By the search path, as in all other statements.
_COUNT = f"""SELECT count(*) FROM pg_trigger WHERE tgname IN {_NAMES}
AND tgrelid IN (to_regclass('records'), to_regclass('deleted'))"""
_SOME = f"SELECT 1 WHERE ({_COUNT}) > 0"
_NOT_ALL = f"SELECT 1 WHERE ({_COUNT}) < {len(_NAMES)}"


def find_misfit(triggers: bool) -> Misfit:
    """Return what tells that tables do not fit the setting."""
    if triggers:
        return Misfit(_NOT_ALL, SETTING, "is true, and tables lack their triggers")
    return Misfit(_SOME, SETTING, "is false, and tables have triggers")


def fit(storage: Any, dry_run: bool) -> None:
    """Create the triggers, or drop them, as the storage wants it; count the records.

    Args:
        storage: Whose tables are there, of the latest version.
        dry_run: Log what would be done, and do nothing.
    """
    with storage.client.connect(readonly=True) as connection:
        if not _is_misfit(connection, storage.misfit):
            return
    verb, path = ("create", WITH) if storage.has_triggers else ("drop", WITHOUT)
    if dry_run:
        logger.info(f"Would {verb} the triggers of PostgreSQL storage tables: {path}")
        return
    storage._execute_sql_file(path)  # noqa: SLF001 -- applications patch it
    logger.info(f"The triggers of PostgreSQL storage tables: {verb}. Records: counted.")


def _is_misfit(connection: Connection, misfit: Misfit) -> bool:
    return connection.row(misfit.sql) is not None
