"""How is a database reached, and when are its changes kept? (backends §14)

Statements are text with named parameters (``:name``), the same for every driver.
Reads that follow no write of the same request run outside of any transaction: one
round trip, nothing to begin and nothing to end. A write begins the transaction, and
the reads after it see it.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import sqlalchemy.exc
import transaction
import zope.sqlalchemy
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from cliquet.backends.exceptions import (
    BackendError,
    Outage,
    TransientError,
    is_transient,
)
from cliquet.backends.rows import Result
from cliquet.backends.statements import (
    DriverConnection,
    autocommitting,
    compile_statement,
    dialect_name,
    is_heard,
)
from cliquet.logs import logger

Row = Any
"""A tuple of columns, which are attributes too."""

__all__ = ["Connection", "Row", "SQLClient"]

# The commit at the end of a request is not ours: its failures are outages too.
Outage.register(sqlalchemy.exc.OperationalError)
Outage.register(sqlalchemy.exc.InterfaceError)


class Connection:
    """What statements are sent with, inside `SQLClient.connect`.

    Engines use `rows`, `row`, `run` and `run_many`. Applications written for earlier
    versions find the methods of a session, taking SQL as text (backends §21).
    """

    def __init__(self, session: Session, connection: Any = None) -> None:
        self._session = session
        self._connection = connection or session.connection()
        self._dialect = dialect_name(self._connection.dialect)
        self._driver: DriverConnection | None = None
        if isinstance(self._connection, DriverConnection):
            self._driver = self._connection
        elif not is_heard(self._connection.engine):
            self._driver = DriverConnection.under(self._connection)

    def _send(self, statement: str, values: Any) -> tuple[Sequence[Row], int]:
        """Run a statement; answer its rows, and how many it changed."""
        compiled = compile_statement(statement, self._dialect)
        if self._driver is not None:
            return self._driver.send(compiled, values)
        result = self._connection.exec_driver_sql(compiled, values)
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
            self._connection.exec_driver_sql(compiled, values)

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
        return Result(self._session.execute(statement, {**(values or {}), **more}))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


@contextmanager
def _reading(session: Session) -> Iterator[Connection]:
    """Give a connection outside of transactions."""
    with autocommitting(session.get_bind()) as connection:
        yield Connection(session, connection)


class _OfThread(threading.local):
    """What a thread keeps between two blocks of `connect`."""

    keeps = False
    """Inside `keeping_connection`."""
    reader: Connection | None = None
    release: ExitStack | None = None


class SQLClient:
    """Sessions on one database.

    Args:
        session_factory: Gives the session of the thread, bound to an engine.
        commit_manually: Changes are kept by each block of `connect`; else kept or
            undone with the transaction of the request (pyramid_tm).
    """

    def __init__(
        self, session_factory: Any, commit_manually: bool = True, invalidate: Any = None
    ) -> None:
        self.session_factory = session_factory
        self.commit_manually = commit_manually
        self._thread = _OfThread()

    @classmethod
    def on(cls, engine: Engine, per_request: bool) -> Any:
        """Build a client of an engine."""
        factory = scoped_session(sessionmaker(bind=engine))
        if per_request:
            zope.sqlalchemy.register(factory)
        return cls(factory, commit_manually=not per_request)

    def begin_write(self, session: Session) -> None:
        """Prepare the session for writes: engines override it."""

    @contextmanager
    def connect(
        self, readonly: bool = False, force_commit: bool = False
    ) -> Iterator[Connection]:
        """Give a connection, whose changes are kept when the block ends well.

        Args:
            readonly: Nothing is written: nothing is locked, and nothing kept.
            force_commit: Keep the changes at once, outside of requests.

        Raises:
            TransientError: another transaction was in the way, or the connection
                broke: the same request may succeed when it is sent again.
            BackendError: for any other error of the database or its driver.
        """
        session: Session | None = None
        try:
            session = self.session_factory()
            if readonly and not session.in_transaction():
                with self._reader(session) as reader:
                    yield reader
                return
            # A thread never has two: all might wait for those that the others have.
            self._release()
            if not readonly:
                self.begin_write(session)
            yield Connection(session)
            if not readonly:
                self._keep(session, force_commit)
        except sqlalchemy.exc.SQLAlchemyError as error:
            if session is not None and self.commit_manually:
                session.rollback()
            raise _backend_error(error) from error
        finally:
            if session is not None and self.commit_manually:
                session.close()

    @contextmanager
    def keeping_connection(self) -> Iterator[None]:
        """Read by one connection until the end of the block, or a write.

        Several reads in a row, as those of a batch, take it from the pool once. It
        stays outside of transactions in between.
        """
        if self._thread.keeps:
            yield
            return
        self._thread.keeps = True
        try:
            yield
        finally:
            self._thread.keeps = False
            self._release()

    @contextmanager
    def _reader(self, session: Session) -> Iterator[Connection]:
        thread = self._thread
        if not thread.keeps:
            with _reading(session) as reader:
                yield reader
            return
        if thread.reader is None:
            release = ExitStack()
            thread.reader = release.enter_context(_reading(session))
            thread.release = release
        try:
            yield thread.reader
        except BaseException:
            self._release()
            raise

    def _release(self) -> None:
        release, self._thread.release = self._thread.release, None
        self._thread.reader = None
        if release is not None:
            release.close()

    @contextmanager
    def connect_apart(self) -> Iterator[Connection]:
        """Give a connection that keeps each statement at once.

        Whatever becomes of the request.

        Raises:
            BackendError: for any error of the database or its driver.
        """
        try:
            session = self.session_factory()
            busy = session.in_transaction()
            with _reading(session) if busy else self._reader(session) as connection:
                yield connection
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise _backend_error(error) from error

    def _keep(self, session: Session, force_commit: bool) -> None:
        if self.commit_manually:
            session.commit()
            return
        zope.sqlalchemy.mark_changed(session)
        if force_commit:
            transaction.commit()


def _backend_error(error: sqlalchemy.exc.SQLAlchemyError) -> BackendError:
    """Say in our words what went wrong, and log it."""
    original = getattr(error, "orig", None)
    if original is not None:
        # The driver quotes the statement, or the row: what they hold may be secret.
        first_line = str(original).partition("\n")[0]
        original.args = (first_line,)
        error.args = (f"({type(original).__name__}) {first_line}",)
    message = f"{type(error).__name__}: {original or error}"
    logger.error(message)
    broken = getattr(error, "connection_invalidated", False)
    if broken or is_transient(error):
        return TransientError(original=error, message=message)
    return BackendError(original=error, message=message)
