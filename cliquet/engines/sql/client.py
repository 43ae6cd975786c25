"""Connections to an SQL database, and when what is written by them is committed.

Reads that follow no write of the same request run outside of any transaction: one round
trip, nothing to begin and nothing to end. A write begins the transaction, and the reads
after it see it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy
import transaction
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cliquet.dotted import naming_the_extra
from cliquet.engines.exceptions import (
    LOCK_NOT_AVAILABLE,
    BackendError,
    BusyError,
    Outage,
    TransientError,
    is_transient,
    outage,
    sqlstate,
)
from cliquet.engines.sql.connection import Connection, Row, Sender, take_outside
from cliquet.engines.sql.transaction import ThreadUnit
from cliquet.types import reify

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cliquet.engines.sql.orm import Sessions

__all__ = ["Connection", "Row", "SQLClient"]

# The commit at the end of a request is not ours: its failures are outages too.
Outage.register(OperationalError)
Outage.register(InterfaceError)


class SQLClient:
    """Connections to one database.

    Args:
        session_factory: Returns the session of the thread, bound to an engine.
        commit_manually: Changes are committed by each block of `connect`; else with the
            transaction of the request (pyramid_tm).
        invalidate: Accepted for applications written for 3.1, and ignored.
    """

    #: What begins a transaction that reads of one moment.
    one_moment: Sequence[str] = ()
    _engine: Any = None
    _sessions: "Sessions | None" = None

    def __init__(
        self, session_factory: Any, commit_manually: bool = True, invalidate: Any = None
    ) -> None:
        if session_factory is not None:
            self.session_factory = session_factory
        self.commit_manually = commit_manually
        self._unit = ThreadUnit()
        #: Sent with the first statement of each transaction: they bound all of it.
        self.limits: Sequence[str] = ()
        #: Whether locks on it are those of records (docs: rules-atomic-writes).
        self.keeps_others_out = False
        self._lock = Lock()

    @classmethod
    def on(cls, engine: sqlalchemy.Engine, per_request: bool) -> Self:
        """Return a client of an engine, which makes its sessions itself.

        Args:
            engine: With its pool of connections.
            per_request: Changes are committed with the transaction of the request.
        """
        client = cls(None, commit_manually=not per_request)
        client._engine = engine
        return client

    @reify
    def session_factory(self) -> Any:
        """Return the session of the thread; applications may replace it."""
        with naming_the_extra("A session", "postgresql"):
            from cliquet.engines.sql.orm import Sessions  # noqa: PLC0415 -- see there

        with self._lock:
            # Two threads may ask at once: with two of them, one would not see that the
            # other one's session is in a transaction.
            if self._sessions is None:
                self._sessions = Sessions(
                    self._engine,
                    not self.commit_manually,
                    self._unit.session,
                    self.begin_write,
                    lambda: self.limits,
                )
        return self._sessions

    @property
    def engine(self) -> sqlalchemy.Engine:
        """The engine of SQLAlchemy, with its pool of connections."""
        factory = self._foreign_factory()
        engine: sqlalchemy.Engine
        engine = self._engine if factory is None else factory().get_bind()
        return engine

    def _foreign_factory(self) -> Any:
        """Return the factory of sessions that an application supplied, or None."""
        factory = vars(self).get("session_factory")
        return None if factory is self._sessions else factory

    def begin_write(self, connection: sqlalchemy.Connection) -> None:
        """Prepare a connection for writes: engines override it."""

    def connect(
        self, readonly: bool = False, force_commit: bool = False
    ) -> AbstractContextManager[Connection]:
        """Return a block with a connection, which commits when it ends well.

        Args:
            readonly: Nothing is written: nothing is locked, and nothing committed.
            force_commit: Commit at once, outside of requests.

        Raises:
            TransientError: another transaction was in the way, or the connection
                broke: the same request may succeed when it is sent again.
            BackendError: for any other error of the database or its driver.
        """
        if readonly and not self.is_in_transaction():
            return _Reading(self)
        return self._in_transaction(readonly, force_commit)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Have all that this thread reads be of one moment, until the block ends."""
        with _errors_as_ours(), self._unit.snapshot(self.engine, self.one_moment):
            yield

    def is_in_transaction(self) -> bool:
        """Return whether this thread has begun one here: reads belong to it."""
        return self._unit.current is not None or self._find_sessions() is not None

    def connect_apart(self, limited: bool = True) -> AbstractContextManager[Connection]:
        """Return a block whose connection commits each statement at once.

        Args:
            limited: Statements are bounded; else each is sent alone, in no transaction.

        Raises:
            BackendError: for any error of the database or its driver.
        """
        return _Reading(self, limited)

    def _find_sessions(self) -> "Callable[[], Session] | None":
        """Return what gives the session by which all statements are sent, if any.

        An application supplied the factory, or has begun a transaction with a session.
        """
        if self._sessions is not None and self._sessions.in_use():
            return self._sessions.scoped
        factory: Callable[[], Session] | None = self._foreign_factory()
        return factory

    @contextmanager
    def _in_transaction(
        self, readonly: bool, force_commit: bool
    ) -> Iterator[Connection]:
        with _errors_as_ours():
            sessions = self._find_sessions()
            if sessions is None:
                begin_write = None if readonly else self.begin_write
                block = self._unit.block(
                    self.engine,
                    self.commit_manually,
                    begin_write,
                    limits=self.limits,
                    keeps_others_out=self.keeps_others_out,
                )
            else:
                block = self._by_session(sessions, readonly)
            with block as connection:
                yield connection
            if force_commit and not readonly and not self.commit_manually:
                transaction.commit()

    @contextmanager
    def _by_session(
        self, sessions: "Callable[[], Session]", readonly: bool
    ) -> Iterator[Connection]:
        """Send statements in the transaction of a session."""
        session = sessions()
        try:
            opened = session.connection()
            if not readonly:
                self.begin_write(opened)
            yield Connection(opened, lambda: session)
            if not readonly and self.commit_manually:
                session.commit()
            elif not readonly:
                import zope.sqlalchemy  # noqa: PLC0415 -- with the ORM only

                zope.sqlalchemy.mark_changed(session)
        except SQLAlchemyError:
            if self.commit_manually:
                session.rollback()
            raise
        finally:
            if self.commit_manually:
                session.close()


class _Reading(Connection):
    """A block that reads outside of transactions; it is its own connection.

    Asking for its session returns the connection to the pool first: the session takes
    its own, for its transaction.
    """

    _taken: Sender | None = None

    def __init__(self, client: SQLClient, limited: bool = True) -> None:
        self._client = client
        self._limits = client.limits if limited else ()

    def __enter__(self) -> Connection:
        try:
            self._sender = self._taken = take_outside(self._client.engine, self._limits)
        except SQLAlchemyError as error:
            raise as_ours(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self.known_session is not None and self._client.commit_manually:
                self.known_session.close()
            if self._taken is not None:
                self._taken.close()
        except SQLAlchemyError as raised:
            raise as_ours(raised) from raised
        if isinstance(error, SQLAlchemyError):
            raise as_ours(error) from error

    def _make_session(self) -> "Session":
        if self._taken is not None:
            self._taken.close()
            self._taken = None
        session: Session = self._client.session_factory()
        self._send_within(session.connection())
        return session


@contextmanager
def _errors_as_ours() -> Iterator[None]:
    """Raise our errors for those of SQLAlchemy."""
    try:
        yield
    except SQLAlchemyError as error:
        raise as_ours(error) from error


def as_ours(error: SQLAlchemyError) -> BackendError:
    """Return the error to raise for one of SQLAlchemy; logged, if it is an outage.

    What can be run again is logged by whoever gives up.
    """
    original = getattr(error, "orig", None)
    if original is not None:
        # The driver quotes the statement, or the row: what they hold may be secret.
        first_line = str(original).partition("\n")[0]
        original.args = (first_line,)
        error.args = (f"({type(original).__name__}) {first_line}",)
    message = f"{type(error).__name__}: {original or error}"
    if getattr(error, "connection_invalidated", False) or is_transient(error):
        return TransientError(error, message)
    return outage(error, message, BusyError if _is_busy(error) else BackendError)


def _is_busy(error: SQLAlchemyError) -> bool:
    """Return True if all connections, or a lock, were held for too long."""
    if isinstance(error, PoolTimeoutError) or sqlstate(error) == LOCK_NOT_AVAILABLE:
        return True
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    # The lower byte is the code, the others say more of it.
    return code & 0xFF == sqlite3.SQLITE_BUSY
