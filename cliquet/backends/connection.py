"""How do statements get their values, and callers their rows? (backends §21)

Statements are text with named parameters (``:name``), the same for every driver.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from cliquet.backends.rows import Result
from cliquet.backends.statements import (
    DriverConnection,
    compile_statement,
    dialect_name,
    is_heard,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Row = Any
"""A tuple of columns, which are attributes too."""


class Connection:
    """What statements are sent with, inside `SQLClient.connect`.

    Engines use `rows`, `row`, `run` and `run_many`. Applications written for earlier
    versions find the methods of a session, taking SQL as text (backends §21).

    Args:
        connection: Of SQLAlchemy, or of the driver.
        make_session: Gives the session that applications find, when they look.
    """

    def __init__(self, connection: Any, make_session: Callable[[], "Session"]) -> None:
        self._make_session = make_session
        self._known_session: Session | None = None
        self._dialect = dialect_name(connection.dialect)
        self.send_by(connection)

    def send_by(self, connection: Any) -> None:
        """Send what follows by a connection."""
        self._connection = connection
        self._driver: DriverConnection | None = None
        if isinstance(connection, DriverConnection):
            self._driver = connection
        elif not is_heard(connection.engine):
            self._driver = DriverConnection.under(connection)

    def _send(self, statement: str, values: Any) -> tuple[Sequence[Row], int]:
        """Run a statement; answer its rows, and how many it changed."""
        compiled = compile_statement(statement, self._dialect)
        if self._driver is not None:
            return self._driver.send(compiled, values)
        result = self._connection.exec_driver_sql(compiled.text, values)
        return result.all() if result.returns_rows else (), result.rowcount

    def rows(self, statement: str, **values: Any) -> Sequence[Row]:
        """Run a statement, and answer its rows."""
        return self._send(statement, values)[0]

    def row(self, statement: str, **values: Any) -> Row | None:
        """Run a statement, and answer its first row, if there is one."""
        rows = self._send(statement, values)[0]
        return rows[0] if rows else None

    def run(self, statement: str, **values: Any) -> int:
        """Run a statement, and tell how many rows it changed."""
        return self._send(statement, values)[1]

    def run_many(self, statement: str, values: list[dict[str, Any]]) -> None:
        """Run a statement for each of many values."""
        if values:
            compiled = compile_statement(statement, self._dialect)
            self._connection.exec_driver_sql(compiled.text, values)

    def run_script(self, script: str) -> None:
        """Run statements as they are, separated by semicolons."""
        self._connection.exec_driver_sql(
            script, execution_options={"no_parameters": True}
        )

    def execute(
        self, statement: Any, values: Mapping[str, Any] | None = None, **more: Any
    ) -> Result:
        """Run SQL, as text with named parameters or as SQLAlchemy has it."""
        if isinstance(statement, str):
            statement = text(statement)
        return Result(self.session.execute(statement, {**(values or {}), **more}))

    @property
    def session(self) -> "Session":
        """A session of the ORM in the same transaction, for applications."""
        if self._known_session is None:
            self._known_session = self._make_session()
        return self._known_session

    def close_session(self) -> None:
        """End what an application may have begun."""
        if self._known_session is not None:
            self._known_session.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)
