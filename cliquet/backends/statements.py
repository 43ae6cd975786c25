"""How is a statement sent to a driver, with as little in between as possible?"""

import re
from collections import namedtuple
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from cliquet.backends.exceptions import UNPREPARED_STATES

_PARAMETER = re.compile(r"%\((\w+)\)s")


class Frequent(str):
    """A statement that finds rows by their whole key, and is sent all the time.

    PostgreSQL takes longer to plan it than to run it, and the plan is the same for all
    values: it is worth preparing.
    """

    __slots__ = ()


class Compiled:
    """A statement as a driver wants it.

    Attributes:
        text: With the parameters of the driver.
        name: Of the prepared statement: equal names are equal statements.
        prepare: What prepares it, the driver's parameters being those of `execute`.
        execute: What runs it once it is prepared.
    """

    __slots__ = ("_rows", "execute", "name", "prepare", "text")

    def __init__(self, compiled: str, is_frequent: bool) -> None:
        self.text = compiled
        self.name = ""
        self._rows: Any = None
        if is_frequent:
            names = list(dict.fromkeys(_PARAMETER.findall(compiled)))
            numbered = _PARAMETER.sub(
                lambda found: f"${names.index(found[1]) + 1}", compiled
            )
            listed = ", ".join(f"%({name})s" for name in names)
            arguments = f" ({listed})" if names else ""
            self.name = f"cliquet_{sha256(compiled.encode()).hexdigest()[:32]}"
            self.execute = f"EXECUTE {self.name}{arguments}"
            self.prepare = f"PREPARE {self.name} AS {numbered}; {self.execute}"

    def rows_of(self, cursor: Any) -> list[Any]:
        """Fetch all rows, as named tuples."""
        if self._rows is None:
            columns = tuple(column[0] for column in cursor.description)
            self._rows = _row_class(columns)
        return list(map(self._rows, cursor.fetchall()))


@lru_cache(maxsize=2000)
def compile_statement(statement: str, dialect_name: str) -> Compiled:
    """Write a statement with named parameters as a driver wants it."""
    style = "named" if dialect_name.startswith("sqlite") else "pyformat"
    dialect = create_engine(f"{dialect_name}://", paramstyle=style).dialect
    compiled = str(text(statement).compile(dialect=dialect))
    return Compiled(compiled, isinstance(statement, Frequent))


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

    def send(self, statement: Compiled, values: Any) -> tuple[list[Any], int]:
        """Run a statement; answer its rows, and how many it changed.

        Raises:
            sqlalchemy.exc.DBAPIError: whatever the driver raised.
        """
        cursor = None
        if self.broken:
            error = self.dialect.loaded_dbapi.OperationalError("Connection was lost.")
            raise _told(self.dialect, error, statement.text, broken=True)
        try:
            cursor = self._pooled.cursor()
            if statement.name:
                self._execute_prepared(cursor, statement, values)
            else:
                cursor.execute(statement.text, values)
            if cursor.description is None:
                return [], cursor.rowcount
            return statement.rows_of(cursor), cursor.rowcount
        except self.dialect.loaded_dbapi.Error as error:
            driver = self._pooled.driver_connection
            self.broken = self.dialect.is_disconnect(error, driver, cursor)
            if self.broken:
                # The others of the pool were opened before: they are broken, too.
                self._owner.invalidate(error)
                self._engine.dispose()
            raise _told(self.dialect, error, statement.text, self.broken) from error
        finally:
            if cursor is not None and not self.broken:
                cursor.close()

    def _execute_prepared(self, cursor: Any, statement: Compiled, values: Any) -> None:
        """Run a statement that the server has prepared for this connection.

        Raises:
            Exception: whatever the driver raised.
        """
        info = self._pooled.info
        prepared = info.get(_PREPARED)
        if prepared is None:
            is_direct = _is_direct(self.dialect, self._pooled, cursor)
            prepared = info[_PREPARED] = {} if is_direct else _NEVER
        if prepared is _NEVER:
            cursor.execute(statement.text, values)
            return
        known = prepared.get(statement.name)
        try:
            cursor.execute(known or statement.prepare, values)
        except self.dialect.loaded_dbapi.Error as error:
            if getattr(error, "pgcode", None) in UNPREPARED_STATES:
                info[_PREPARED] = _NEVER
            elif known is None:
                # It may have failed before it was prepared, or afterwards.
                prepared[statement.name] = statement.text
            raise
        if known is None:
            prepared[statement.name] = statement.execute


#: Where the pool remembers what to send by name of statement once it was prepared on a
#: connection, or that nothing may be.
_PREPARED = "cliquet.prepared"
_NEVER: Mapping[str, str] = MappingProxyType({})


def _is_direct(dialect: Any, pooled: Any, cursor: Any) -> bool:
    """Tell whether a connection always leads to the same session of a server.

    Behind PgBouncer it may not. It shows: a pooler answers for the server when the
    connection is opened, and cannot know which process will serve it.
    """
    if dialect.driver != "psycopg2":
        return False
    cursor.execute("SELECT pg_backend_pid()")
    served_by: int = cursor.fetchone()[0]
    answered_by: int = pooled.driver_connection.get_backend_pid()
    return served_by == answered_by


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


def is_heard(engine: Any) -> bool:
    """Tell whether anybody listens to statements: SQLAlchemy must send them.

    Tracers do.
    """
    listened = engine.dispatch
    return bool(
        listened.before_cursor_execute or listened.after_cursor_execute or engine.echo
    )


class Autocommitting:
    """A connection on which each statement is a transaction, for a block.

    SQLAlchemy's own way to it ("AUTOCOMMIT") takes two more round trips, to set and
    reset the isolation of the session; drivers know a switch that sends nothing.

    Args:
        engine: Who listens to its statements hears of these.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: there is no connection.
    """

    __slots__ = ("_connection", "_engine", "_pooled", "_switched")

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._switched = engine.dialect.name == "postgresql"
        self._pooled: Any = None

    def __enter__(self) -> Any:
        engine = self._engine
        if is_heard(engine):
            self._connection = connection = engine.connect()
            if self._switched:
                connection.connection.driver_connection.autocommit = True
            return connection
        try:
            self._pooled = engine.raw_connection()
        except engine.dialect.loaded_dbapi.Error as error:
            raise _told(engine.dialect, error, "(connect)", broken=True) from error
        if self._switched:
            self._pooled.driver_connection.autocommit = True
        self._connection = DriverConnection(engine, self._pooled)
        return self._connection

    @property
    def is_broken(self) -> bool:
        """Tell whether the server, or the network, ended the connection."""
        if self._pooled is None:
            return bool(self._connection.invalidated)
        return bool(self._connection.broken)

    def __exit__(self, *raised: object) -> None:
        connection = self._connection
        if self._pooled is None:
            if self._switched and not connection.invalidated:
                connection.rollback()
                connection.connection.driver_connection.autocommit = False
            connection.close()
        elif not connection.broken:
            driver = self._pooled.driver_connection
            if self._switched and not driver.closed:
                driver.autocommit = False
            self._pooled.close()


def dialect_name(dialect: Any) -> str:
    """Name a dialect and its driver, as URLs do."""
    return f"{dialect.name}+{dialect.driver}"
