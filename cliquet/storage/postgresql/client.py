"""The client of PostgreSQL, where applications of 3.1 import it from."""

import warnings
from typing import Any

import sqlalchemy

from cliquet.dotted import require
from cliquet.engines.sql import postgresql
from cliquet.engines.sql.postgresql import _CLIENTS, PostgreSQLClient

__all__ = ["_CLIENTS", "PostgreSQLClient", "create_from_config", "warnings"]


def create_from_config(config: Any, prefix: str = "") -> PostgreSQLClient:
    """Return the client that the settings `<prefix>*` describe.

    Raises:
        MissingLibraryError: SQLAlchemy is not installed; an `ImportWarning`, as in 3.1.
    """
    require(sqlalchemy, "SQLAlchemy", "PostgreSQL", "postgresql")
    return postgresql.create_from_config(config, prefix)
