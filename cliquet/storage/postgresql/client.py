"""The client of PostgreSQL, where applications import it from (backends §14)."""

import warnings
from typing import Any

from cliquet.backends import postgresql
from cliquet.backends.postgresql import _CLIENTS, PostgreSQLClient

sqlalchemy: Any
try:
    import sqlalchemy
except ImportError:  # pragma: no cover -- the library is optional
    sqlalchemy = None

__all__ = ["_CLIENTS", "PostgreSQLClient", "create_from_config", "warnings"]


def create_from_config(config: Any, prefix: str = "") -> PostgreSQLClient:
    """Answer the client that the settings `<prefix>*` describe.

    Raises:
        ImportWarning: a library is missing.
    """
    if sqlalchemy is None:
        raise ImportWarning(
            "PostgreSQL needs SQLAlchemy and its driver: "
            "pip install 'cliquet[postgresql]'."
        )
    return postgresql.create_from_config(config, prefix)
