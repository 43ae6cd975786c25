"""How is a statement sent to a driver, with as little in between as possible?"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, create_engine, text


@lru_cache(maxsize=2000)
def compile_statement(statement: str, dialect_name: str) -> str:
    """Write a statement with named parameters as a driver wants it."""
    style = "named" if dialect_name.startswith("sqlite") else "pyformat"
    dialect = create_engine(f"{dialect_name}://", paramstyle=style).dialect
    return str(text(statement).compile(dialect=dialect))


@contextmanager
def autocommitting(engine: Any) -> Iterator[Connection]:
    """Take a connection on which each statement is a transaction, for a moment.

    SQLAlchemy's own way to it ("AUTOCOMMIT") takes two more round trips, to set and
    reset the isolation of the session; drivers know a switch that sends nothing.
    """
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if engine.dialect.name != "postgresql":
            yield connection
            return
        driver.autocommit = True
        try:
            yield connection
        finally:
            if not connection.invalidated:
                connection.rollback()
                driver.autocommit = False


def dialect_name(dialect: Any) -> str:
    """Name a dialect and its driver, as URLs do."""
    return f"{dialect.name}+{dialect.driver}"
