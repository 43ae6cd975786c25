"""How is a database reached, and when are its changes kept? (backends §14)

Reads that follow no write of the same request run outside of any transaction: one
round trip, nothing to begin and nothing to end. A write begins the transaction, and
the reads after it see it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any

import sqlalchemy
import sqlalchemy.exc
import transaction
from sqlalchemy import Engine

from cliquet.backends import keeping
from cliquet.backends.connection import Connection, Row
from cliquet.backends.exceptions import (
    BackendError,
    Outage,
    TransientError,
    is_transient,
)
from cliquet.backends.joining import JoinedConnection, commit
from cliquet.backends.sessions import Sessions, session_on
from cliquet.backends.statements import Autocommitting
from cliquet.logs import logger

__all__ = ["Connection", "Row", "SQLClient"]

# The commit at the end of a request is not ours: its failures are outages too.
Outage.register(sqlalchemy.exc.OperationalError)
Outage.register(sqlalchemy.exc.InterfaceError)


class _Unit:
    """The transaction of a thread: its connection, and how many blocks are in it."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self.opened = connection
        self.connection = Connection(connection, lambda: session_on(connection))
        self.blocks = 0


class _OfThread(threading.local):
    """What a thread has between two blocks of `connect`."""

    unit: _Unit | None = None


class SQLClient:
    """Connections to one database.

    Args:
        session_factory: Gives the session of the thread, bound to an engine.
        commit_manually: Changes are kept by each block of `connect`; else kept or
            undone with the transaction of the request (pyramid_tm).
        invalidate: Of earlier versions, ignored.
    """

    def __init__(
        self, session_factory: Any, commit_manually: bool = True, invalidate: Any = None
    ) -> None:
        self.session_factory = session_factory
        self.commit_manually = commit_manually
        self._thread = _OfThread()
        if isinstance(session_factory, Sessions):
            session_factory.in_unit = self._session_of_unit

    @classmethod
    def on(cls, engine: Engine, per_request: bool) -> Any:
        """Build a client of an engine."""
        return cls(Sessions(engine, per_request), commit_manually=not per_request)

    def begin_write(self, connection: sqlalchemy.Connection) -> None:
        """Prepare a connection for writes: engines override it."""

    def connect(
        self, readonly: bool = False, force_commit: bool = False
    ) -> AbstractContextManager[Connection]:
        """Give a connection, whose changes are kept when the block ends well.

        Args:
            readonly: Nothing is written: nothing is locked, and nothing kept.
            force_commit: Keep the changes at once, outside of requests.

        Raises:
            TransientError: another transaction was in the way, or the connection
                broke: the same request may succeed when it is sent again.
            BackendError: for any other error of the database or its driver.
        """
        at_once = force_commit and not readonly and not self.commit_manually
        return _Block(lambda: self._block(readonly), at_once)

    def _block(self, readonly: bool) -> AbstractContextManager[Connection]:
        session = self._session_in_use()
        if session is not None:
            return self._by_session(session, readonly)
        if readonly and self._thread.unit is None:
            return keeping.reader(self, _Reading)
        return self._in_unit(readonly)

    @property
    def _engine(self) -> Engine:
        factory = self.session_factory
        if isinstance(factory, Sessions):
            return factory.engine
        engine: Engine = factory().get_bind()
        return engine

    def _session_in_use(self) -> Any:
        """Give the session that the statements of the thread belong to, if any.

        An application has begun a transaction with it, or supplied the factory.
        """
        factory = self.session_factory
        return factory.in_use() if isinstance(factory, Sessions) else factory()

    @contextmanager
    def _by_session(self, session: Any, readonly: bool) -> Iterator[Connection]:
        """Send statements in the transaction of a session."""
        try:
            connection = session.connection()
            if not readonly:
                self.begin_write(connection)
            yield Connection(connection, lambda: session)
            if not readonly and self.commit_manually:
                session.commit()
            elif not readonly:
                import zope.sqlalchemy  # noqa: PLC0415 -- see sessions.py

                zope.sqlalchemy.mark_changed(session)
        except sqlalchemy.exc.SQLAlchemyError:
            if self.commit_manually:
                session.rollback()
            raise
        finally:
            if self.commit_manually:
                session.close()

    @contextmanager
    def _in_unit(self, readonly: bool) -> Iterator[Connection]:
        """Send statements in the transaction of the thread, begun by the first one."""
        unit = self._thread.unit
        if unit is None:
            unit = self._begin()
        if not readonly:
            self.begin_write(unit.opened)
        if not self.commit_manually:
            yield unit.connection
            return
        unit.blocks += 1
        try:
            yield unit.connection
            if not readonly:
                commit(unit.opened)
        except sqlalchemy.exc.SQLAlchemyError:
            unit.opened.rollback()
            raise
        finally:
            unit.blocks -= 1
            if not unit.blocks:
                self._thread.unit = None
                unit.opened.close()

    def _begin(self) -> _Unit:
        keeping.release()
        opened = self._engine.connect()
        try:
            opened.begin()
            if not self.commit_manually:
                JoinedConnection(opened, ended=self._forget_unit)
        except BaseException:
            # Nobody would commit what it is given.
            opened.close()
            raise
        unit = self._thread.unit = _Unit(opened)
        return unit

    def _forget_unit(self) -> None:
        self._thread.unit = None

    def _session_of_unit(self) -> Any:
        unit = self._thread.unit
        return None if unit is None else unit.connection.session

    def connect_apart(self) -> AbstractContextManager[Connection]:
        """Give a connection that keeps each statement at once.

        Whatever becomes of the request.

        Raises:
            BackendError: for any error of the database or its driver.
        """
        return _Block(self._block_apart)

    def _block_apart(self) -> AbstractContextManager[Connection]:
        busy = self._thread.unit is not None or self._session_in_use() is not None
        return _Reading(self) if busy else keeping.reader(self, _Reading)


class _Reading:
    """A block that reads outside of transactions.

    Until its session is asked for: that one has a transaction, and a connection, for
    which this one makes place.
    """

    __slots__ = ("_client", "_opened", "connection")

    def __init__(self, client: SQLClient) -> None:
        self._client = client
        self._opened: Autocommitting | None = None

    def __enter__(self) -> Connection:
        self._opened = Autocommitting(self._client._engine)  # noqa: SLF001 -- one module
        opened = self._opened.__enter__()
        self.connection = Connection(opened, self._make_session)
        return self.connection

    def __exit__(self, *raised: object) -> None:
        if self._client.commit_manually:
            self.connection.close_session()
        self._close(*raised)

    def _close(self, *raised: object) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.__exit__(*raised)

    def _make_session(self) -> Any:
        self._close()
        session = self._client.session_factory()
        self.connection.send_by(session.connection())
        return session

    @property
    def is_broken(self) -> bool:
        return self._opened is None or self._opened.is_broken


class _Block:
    """A block whose errors of SQLAlchemy become ours.

    Args:
        begin: Gives the block; it may fail, too.
        at_once: The transaction ends with the block.
    """

    __slots__ = ("_at_once", "_begin", "_block")

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Connection]],
        at_once: bool = False,
    ) -> None:
        self._begin = begin
        self._at_once = at_once

    def __enter__(self) -> Connection:
        try:
            self._block = self._begin()
            return self._block.__enter__()
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise _backend_error(error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._block.__exit__(kind, error, trace)
            if self._at_once and kind is None:
                transaction.commit()
        except sqlalchemy.exc.SQLAlchemyError as raised:
            raise _backend_error(raised) from raised
        if isinstance(error, sqlalchemy.exc.SQLAlchemyError):
            raise _backend_error(error) from error


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
