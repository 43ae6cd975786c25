"""Statements on their way to the driver: prepared, and with little in between.

What SQLAlchemy does around a statement costs as much as a short statement itself, and a
transaction around a single read two more round trips.
"""

import re
from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Self

import sqlalchemy
from sqlalchemy import Engine, PoolProxiedConnection, create_engine, text
from sqlalchemy.exc import DBAPIError

from cliquet.engines.exceptions import UNPREPARED_STATES
from cliquet.engines.sql.switch import Switch
from cliquet.engines.sql.watchdog import WATCHDOG

_PARAMETER = re.compile(r"%\((\w+)\)s")

#: Key in the `info` of pooled connections: the SQL to send by name of statement, or
#: `_NEVER` where PREPARE is unsafe (PgBouncer).
_PREPARED = "cliquet.prepared"
_NEVER: Mapping[str, str] = MappingProxyType({})

#: Characters of the statements that are remembered: a list with a few filters.
_MAX_KEPT = 4_000

Values = dict[str, Any]


class Prepared(str):
    """A statement that finds rows by their whole key, and is sent all the time.

    PostgreSQL takes longer to plan it than to run it, and the plan is the same for all
    values: it is worth preparing.
    """

    __slots__ = ()


class Compiled:
    """A statement as a driver wants it.

    Attributes:
        text: With the parameters of the driver.
        name: Of the prepared statement, empty if it is not to be prepared. Equal names
            are equal statements.
        prepare: SQL that prepares it and runs it, with the parameters of `execute`.
        execute: SQL that runs it once it is prepared.
    """

    __slots__ = ("_make_row", "execute", "name", "prepare", "text")

    def __init__(self, compiled: str, is_prepared: bool) -> None:
        self.text = compiled
        self.name = ""
        self._make_row: Any = None
        if is_prepared:
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
        if self._make_row is None:
            columns = tuple(column[0] for column in cursor.description)
            self._make_row = _row_class(columns)
        return list(map(self._make_row, cursor.fetchall()))


@lru_cache(maxsize=500)
def _row_class(columns: tuple[str, ...]) -> Any:
    # mypy wants to know the columns.
    make: Any = getattr(namedtuple("Row", columns, rename=True), "_make")  # noqa: B009, PYI024
    return make


def compile_statement(statement: str, dialect_name: str) -> Compiled:
    """Write a statement with named parameters (``:name``) as a driver wants it.

    Long ones, which clients make up, are not remembered.
    """
    if len(statement) > _MAX_KEPT:
        return _compile(statement, dialect_name)
    return _compile_once(statement, dialect_name)


def _compile(statement: str, dialect_name: str) -> Compiled:
    compiled = str(text(statement).compile(dialect=_dialect(dialect_name)))
    return Compiled(compiled, isinstance(statement, Prepared))


_compile_once = lru_cache(maxsize=2000)(_compile)


@lru_cache(maxsize=10)
def _dialect(name: str) -> sqlalchemy.Dialect:
    style = "named" if name.startswith("sqlite") else "pyformat"
    return create_engine(f"{name}://", paramstyle=style).dialect


class DriverConnection:
    """A connection as its driver has it; errors are those that SQLAlchemy would raise.

    Args:
        engine: Of the connection.
        pooled: The connection.
        owner: Who returns it to the pool, and must know when it is broken.
    """

    def __init__(
        self,
        engine: Engine,
        pooled: PoolProxiedConnection,
        owner: sqlalchemy.Connection | None = None,
    ) -> None:
        self._dialect: Any = engine.dialect
        self.engine = engine
        self._pooled = pooled
        self._driver: Any = pooled.driver_connection
        self._owner = owner or pooled
        self._switch = Switch(self._dialect, self._driver)
        self.is_broken = False
        self.waiting: list[str] = []
        self.sends_along = self._dialect.name == "postgresql"
        # Values are written into the text, as psycopg2 does: several statements are
        # one message then.
        make_cursor = getattr(self._dialect.loaded_dbapi, "ClientCursor", None)
        self._make_cursor = make_cursor or _make_cursor

    @classmethod
    def open(cls, engine: Engine) -> Self:
        """Take a connection from the pool, where each statement is a transaction."""
        try:
            pooled = engine.raw_connection()
        except engine.dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy(engine, error, "(connect)") from error
        opened = cls(engine, pooled)
        opened._switch.leave_transactions()
        return opened

    def close(self) -> None:
        # A broken one was returned when it broke.
        if not self.is_broken:
            self._switch.enter_transactions()
            self._pooled.close()

    def send(self, statement: str, values: Values) -> tuple[Sequence[Any], int]:
        dialect = self._dialect
        compiled = compile_statement(statement, dialect_name(dialect))
        if self.is_broken:
            lost: Exception = dialect.loaded_dbapi.OperationalError(
                "Connection was lost."
            )
            raise _as_sqlalchemy(self.engine, lost, compiled.text, is_broken=True)
        cursor: Any = None
        try:
            cursor = self._make_cursor(self._driver)
            with WATCHDOG.watch(self._driver, self._pooled.info):
                self._execute(cursor, compiled, values)
            if cursor.description is None:
                return (), cursor.rowcount
            return compiled.rows_of(cursor), cursor.rowcount
        except dialect.loaded_dbapi.Error as error:
            self.is_broken = dialect.is_disconnect(error, self._driver, cursor)
            if self.is_broken:
                # The others of the pool were opened before: they are broken, too.
                self._owner.invalidate(error)
                self.engine.dispose()
            raise _as_sqlalchemy(
                self.engine, error, compiled.text, self.is_broken
            ) from error
        finally:
            if cursor is not None and not self.is_broken:
                cursor.close()

    def _execute(self, cursor: Any, compiled: Compiled, values: Values) -> None:
        """Run a statement, after what waits for it.

        Raises:
            Exception: whatever the driver raised.
        """
        waiting, self.waiting[:] = tuple(self.waiting), ()
        before = ""
        if self.sends_along:
            before, waiting = "".join(f"{each}; " for each in waiting), ()
        for statement in waiting:
            cursor.execute(statement)
        if compiled.name:
            self._execute_prepared(cursor, compiled, values, before)
        else:
            cursor.execute(before + compiled.text, values)
        if before and self._dialect.driver == "psycopg":
            # psycopg2 has forgotten all results but the last one.
            while cursor.nextset():
                pass

    def _execute_prepared(
        self, cursor: Any, statement: Compiled, values: Values, before: str
    ) -> None:
        """Run a statement that the server has prepared for this connection.

        Args:
            cursor: Of the driver.
            statement: What to run.
            values: Its parameters.
            before: Statements that are sent along, with a semicolon behind each.

        Raises:
            Exception: whatever the driver raised.
        """
        info: Any = self._pooled.info
        prepared: Any = info.get(_PREPARED)
        if prepared is None:
            prepared = info[_PREPARED] = {} if self._is_direct(cursor) else _NEVER
        if prepared is _NEVER:
            cursor.execute(before + statement.text, values)
            return
        known = prepared.get(statement.name)
        try:
            cursor.execute(before + (known or statement.prepare), values)
        except self._dialect.loaded_dbapi.Error as error:
            if getattr(error, "pgcode", None) in UNPREPARED_STATES:
                info[_PREPARED] = _NEVER
            elif known is None:
                # It may have failed before it was prepared, or afterwards.
                prepared[statement.name] = statement.text
            raise
        if known is None:
            prepared[statement.name] = statement.execute

    def _is_direct(self, cursor: Any) -> bool:
        """Return whether the connection always leads to the same session of a server.

        Behind PgBouncer it may not. It shows: a pooler answers for the server when the
        connection is opened, and cannot know which process will serve it.
        """
        if self._dialect.driver != "psycopg2":
            return False
        cursor.execute("SELECT pg_backend_pid()")
        served_by: int = cursor.fetchone()[0]
        answered_by: int = self._driver.get_backend_pid()
        return served_by == answered_by


def _make_cursor(driver: Any) -> Any:
    return driver.cursor()


def _as_sqlalchemy(
    engine: Engine, error: Any, statement: str, is_broken: bool = False
) -> BaseException:
    """Return the exception of SQLAlchemy for one of a driver."""
    dialect: Any = engine.dialect
    found: BaseException = DBAPIError.instance(
        statement,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_broken,
        dialect=dialect,
    )
    return found


def dialect_name(dialect: Any) -> str:
    """Return the name of a dialect and its driver, as in URLs."""
    return f"{dialect.name}+{dialect.driver}"
