"""The connection that a block of `SQLClient.connect` gives: values in, rows out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self

import sqlalchemy
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cliquet.engines.exceptions import SERIALIZATION_FAILURE, sqlstate
from cliquet.engines.sql.driver import (
    DriverConnection,
    Values,
    compile_statement,
    dialect_name,
)
from cliquet.engines.sql.switch import Switch
from cliquet.engines.sql.watchdog import WATCHDOG

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cliquet.engines.sql.orm import Result

_ROWS = 1000

Row = Any
"""A tuple of columns, which are attributes too."""


class Connection:
    """What statements are sent by. They are text with named parameters (``:name``).

    Engines use `rows`, `row`, `run` and `run_many`. Applications written for earlier
    versions find the methods of a session of the ORM, which take SQL as text.

    Args:
        opened: A connection in a transaction.
        make_session: Returns the session that applications find, when they look.

    Attributes:
        known_session: That session, once they have looked.
    """

    _sender: "Sender"
    _opened: Any = None
    known_session: "Session | None" = None

    def __init__(
        self, opened: sqlalchemy.Connection, make_session: Callable[[], "Session"]
    ) -> None:
        self._make_session = make_session
        self._send_within(opened)

    def _send_within(self, opened: sqlalchemy.Connection) -> None:
        """Send what follows in the transaction of a connection."""
        self._opened = opened
        if has_listeners(opened.engine):
            self._sender = EngineConnection(opened)
        else:
            self._sender = DriverConnection(opened.engine, opened.connection, opened)

    @property
    def waiting(self) -> list[str]:
        """Statements without values that are sent before the next one."""
        return self._sender.waiting

    def rows(self, statement: str, **values: Any) -> Sequence[Row]:
        """Run a statement, and return its rows."""
        return self._sender.send(statement, values)[0]

    def row(self, statement: str, **values: Any) -> Row | None:
        """Run a statement, and return its first row, if there is one."""
        rows = self._sender.send(statement, values)[0]
        return rows[0] if rows else None

    def run(self, statement: str, **values: Any) -> int:
        """Run a statement, and return how many rows it changed."""
        return self._sender.send(statement, values)[1]

    def run_many(self, statement: str, values: list[dict[str, Any]]) -> None:
        """Run a statement for each of many values; only in a transaction."""
        if values:
            name = dialect_name(self._opened.dialect)
            compiled = compile_statement(statement, name)
            self._send_waiting()
            self._opened.exec_driver_sql(compiled.text, values)

    def stream(self, statement: str, **values: Any) -> Iterator[Row]:
        """Yield the rows of a statement, of which few are kept; in a transaction."""
        compiled = compile_statement(statement, dialect_name(self._opened.dialect))
        self._send_waiting()
        options = {"yield_per": _ROWS}
        yield from self._opened.exec_driver_sql(
            compiled.text, values, execution_options=options
        )

    def run_script(self, script: str) -> None:
        """Run statements as they are, separated by semicolons; in a transaction."""
        self._send_waiting()
        self._opened.exec_driver_sql(script, execution_options={"no_parameters": True})

    def execute(
        self, statement: Any, values: Mapping[str, Any] | None = None, **more: Any
    ) -> "Result":
        """Run SQL by the session, for applications.

        Args:
            statement: Text with named parameters, or an expression of SQLAlchemy.
            values: Of its parameters.
            more: Of its parameters, too.

        Returns:
            A result whose rows have their columns by position and by name.
        """
        from cliquet.engines.sql.orm import Result  # noqa: PLC0415 -- of sessions only

        if isinstance(statement, str):
            statement = sqlalchemy.text(statement)
        return Result(self.session.execute(statement, {**(values or {}), **more}))

    @property
    def session(self) -> "Session":
        """A session of the ORM in the same transaction, for applications."""
        if self.known_session is None:
            self.known_session = self._make_session()
            self._send_waiting()
        return self.known_session

    def _send_waiting(self) -> None:
        """Send what waits for the next statement: that will go another way."""
        if self.waiting:
            # Those before the last one are sent before it.
            self._sender.send(self.waiting.pop(), {})

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)


class Sender(Protocol):
    """A connection by which statements are sent.

    Attributes:
        waiting: Statements without values that are sent before the next one.
        sends_along: They are one message with it, so one transaction, where each
            statement is one.
    """

    waiting: list[str]
    sends_along: bool

    def send(self, statement: str, values: Values) -> tuple[Sequence[Any], int]:
        """Run a statement, and return its rows and how many rows it changed.

        Raises:
            sqlalchemy.exc.DBAPIError: whatever the driver raised.
        """

    def close(self) -> None:
        """Return the connection to its pool."""


def take_outside(engine: Engine, limits: Sequence[str] = ()) -> Sender:
    """Take a connection on which each statement is a transaction.

    SQLAlchemy's own way to it ("AUTOCOMMIT") takes two more round trips, to set and
    reset the isolation of the session; drivers have a switch that sends nothing.

    Args:
        engine: Gives the connection.
        limits: Statements that bound those of a transaction.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: there is no connection.
    """
    kind = EngineConnection if has_listeners(engine) else DriverConnection
    return Outside(kind.open(engine), limits)


class Outside:
    """A connection on which each statement is a transaction.

    Its isolation is the default of the database: to say another takes round trips. What
    a stricter one refuses is run again under READ COMMITTED, where it waits instead.

    Args:
        sender: Sends the statements, and begins no transaction.
        limits: Statements that bound those of a transaction.
    """

    def __init__(self, sender: Sender, limits: Sequence[str] = ()) -> None:
        self._sender = sender
        self._limits = limits
        self.waiting = sender.waiting
        self.sends_along = sender.sends_along
        self.close = sender.close

    def send(self, statement: str, values: Values) -> tuple[Sequence[Any], int]:
        if self._limits and not self.sends_along:
            return self._send_in_transaction(statement, values)
        try:
            self.waiting += self._limits
            return self._sender.send(statement, values)
        except DBAPIError as error:
            if sqlstate(error) != SERIALIZATION_FAILURE:
                raise
        return self._send_in_transaction(statement, values)

    def _send_in_transaction(
        self, statement: str, values: Values
    ) -> tuple[Sequence[Any], int]:
        self.waiting += ["BEGIN ISOLATION LEVEL READ COMMITTED", *self._limits]
        try:
            sent = self._sender.send(statement, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                self._sender.send("ROLLBACK", {})
            raise
        self._sender.send("COMMIT", {})
        return sent


def has_listeners(engine: Engine) -> bool:
    """Return whether anybody listens to statements, as tracers do."""
    listened = engine.dispatch
    return bool(
        listened.before_cursor_execute or listened.after_cursor_execute or engine.echo
    )


class EngineConnection:
    """A connection whose statements SQLAlchemy sends, so that its listeners see them.

    Args:
        connection: Maybe in a transaction.
    """

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection
        self.waiting: list[str] = []
        self.sends_along = connection.dialect.driver == "psycopg2"
        self._driver = connection.connection.driver_connection
        self._switch = Switch(connection.dialect, self._driver)

    @classmethod
    def open(cls, engine: Engine) -> Self:
        """Take a connection from the pool, where each statement is a transaction."""
        opened = cls(engine.connect())
        opened._switch.leave_transactions()
        return opened

    def send(self, statement: str, values: Values) -> tuple[Sequence[Any], int]:
        name = dialect_name(self._connection.dialect)
        compiled = compile_statement(statement, name)
        with WATCHDOG.watch(self._driver, self._connection.info):
            return self._execute(compiled.text, values)

    def _execute(self, statement: str, values: Values) -> tuple[Sequence[Any], int]:
        waiting, self.waiting[:] = tuple(self.waiting), ()
        before = ""
        if self.sends_along:
            before, waiting = "".join(f"{each}; " for each in waiting), ()
        for each in waiting:
            self._connection.exec_driver_sql(each)
        result = self._connection.exec_driver_sql(before + statement, values)
        return result.all() if result.returns_rows else (), result.rowcount

    def close(self) -> None:
        connection = self._connection
        if not connection.invalidated:
            # SQLAlchemy believes in a transaction; there is none.
            connection.rollback()
            self._switch.enter_transactions()
        connection.close()
