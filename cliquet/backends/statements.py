"""How is a statement sent to a driver, with as little in between as possible?"""

from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError


@lru_cache(maxsize=2000)
def compile_statement(statement: str, dialect_name: str) -> str:
    """Write a statement with named parameters as a driver wants it."""
    style = "named" if dialect_name.startswith("sqlite") else "pyformat"
    dialect = create_engine(f"{dialect_name}://", paramstyle=style).dialect
    return str(text(statement).compile(dialect=dialect))


class DriverConnection:
    """A connection as its driver has it: an error is told as SQLAlchemy would.

    What SQLAlchemy does around a statement costs as much as a short statement itself
    (see docs/performance).
    """

    def __init__(self, engine: Any, pooled: Any, owner: Any = None) -> None:
        self.dialect = engine.dialect
        self._engine = engine
        self._pooled = pooled
        # Whoever returns it to the pool must know that it is broken.
        self._owner = owner or pooled
        self.broken = False

    @classmethod
    def under(cls, connection: Connection) -> "DriverConnection":
        """Go below a connection of SQLAlchemy, in its transaction."""
        return cls(connection.engine, connection.connection, connection)

    def send(self, statement: str, values: Any) -> tuple[list[Any], int]:
        """Run a statement; answer its rows, and how many it changed.

        Raises:
            sqlalchemy.exc.DBAPIError: whatever the driver raised.
        """
        cursor = None
        try:
            cursor = self._pooled.cursor()
            cursor.execute(statement, values)
            if cursor.description is None:
                return [], cursor.rowcount
            make = _row_class(tuple(column[0] for column in cursor.description))
            return list(map(make, cursor.fetchall())), cursor.rowcount
        except self.dialect.loaded_dbapi.Error as error:
            driver = self._pooled.driver_connection
            self.broken = self.dialect.is_disconnect(error, driver, cursor)
            if self.broken:
                # The others of the pool were opened before: they are broken, too.
                self._owner.invalidate(error)
                self._engine.dispose()
            raise _told(self.dialect, error, statement, self.broken) from error
        finally:
            if cursor is not None and not self.broken:
                cursor.close()


def _told(dialect: Any, error: Any, statement: str, broken: bool) -> Any:
    """Tell an error of a driver as SQLAlchemy does."""
    return DBAPIError.instance(
        statement,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=broken,
        dialect=dialect,
    )


@lru_cache(maxsize=500)
def _row_class(columns: tuple[str, ...]) -> Any:
    # mypy wants to know the columns.
    make: Any = getattr(namedtuple("Row", columns, rename=True), "_make")  # noqa: B009, PYI024
    return make


def autocommitting(engine: Any) -> Any:
    """Take a connection on which each statement is a transaction, for a moment.

    SQLAlchemy's own way to it ("AUTOCOMMIT") takes two more round trips, to set and
    reset the isolation of the session; drivers know a switch that sends nothing.

    Who listens to the statements of the engine, as tracers do, hears of these.
    """
    return _by_sqlalchemy(engine) if is_heard(engine) else _by_driver(engine)


def is_heard(engine: Any) -> bool:
    """Tell whether anybody listens to statements: SQLAlchemy must send them."""
    listened = engine.dispatch
    return bool(
        listened.before_cursor_execute or listened.after_cursor_execute or engine.echo
    )


@contextmanager
def _by_sqlalchemy(engine: Any) -> Iterator[Connection]:
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


@contextmanager
def _by_driver(engine: Any) -> Iterator[DriverConnection]:
    switched = engine.dialect.name == "postgresql"
    try:
        pooled = engine.raw_connection()
    except engine.dialect.loaded_dbapi.Error as error:
        raise _told(engine.dialect, error, "(connect)", broken=True) from error
    connection = DriverConnection(engine, pooled)
    try:
        if switched:
            pooled.driver_connection.autocommit = True
        yield connection
    finally:
        if not connection.broken:
            if switched and not pooled.driver_connection.closed:
                pooled.driver_connection.autocommit = False
            pooled.close()


def dialect_name(dialect: Any) -> str:
    """Name a dialect and its driver, as URLs do."""
    return f"{dialect.name}+{dialect.driver}"
