"""The transaction that a thread has begun at a database, and how it ends.

With that of the request, as sessions end theirs by zope.sqlalchemy. For a connection
without session: what an ORM does around the statements of a transaction costs as much
as two statements.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy
import transaction
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from transaction.interfaces import IDataManagerSavepoint, ISavepointDataManager
from zope.interface import implementer

from cliquet.engines.exceptions import is_transient
from cliquet.engines.sql.connection import Connection
from cliquet.engines.sql.watchdog import WATCHDOG

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_NUMBERS = itertools.count()


class Unit:
    """A transaction of a thread.

    Args:
        opened: The connection that it was begun on.

    Attributes:
        connection: By which statements are sent.
        blocks: Number of blocks that are using it, if each commits its own.
    """

    def __init__(self, opened: sqlalchemy.Connection) -> None:
        self.opened = opened
        self.connection = Connection(opened, self._make_session)
        self.blocks = 0

    def _make_session(self) -> "Session":
        from cliquet.engines.sql.orm import JoiningSession  # noqa: PLC0415 -- see there

        return JoiningSession(self.opened)

    def flush(self) -> None:
        """Send what an application gave its session, which waits for the commit."""
        session = self.connection.known_session
        if session is not None:
            session.flush()


class ThreadUnit(threading.local):
    """The transaction that the current thread has begun at one database, if any."""

    current: Unit | None = None

    def session(self) -> "Session | None":
        """Return a session in the transaction, or None if there is none."""
        return None if self.current is None else self.current.connection.session

    def forget(self) -> None:
        """Let the next write begin a transaction: this one has ended."""
        self.current = None

    @contextmanager
    def block(
        self,
        engine: Engine,
        commits: bool,
        begin_write: Callable[[sqlalchemy.Connection], None] | None,
        *,
        limits: Sequence[str] = (),
        keeps_others_out: bool = False,
    ) -> Iterator[Connection]:
        """Send statements in the transaction, begun by the first block.

        Args:
            engine: Gives the connection.
            commits: Blocks that write commit; else the transaction of the request does.
            begin_write: Prepares the connection for writes; None for blocks that read.
            limits: Sent with the first statement: they bound all of the transaction.
            keeps_others_out: Its locks are those of records: it commits after what is
                written along with them in other databases.
        """
        unit = self.current
        if unit is None:
            unit = self._begin(engine, not commits, keeps_others_out)
            unit.connection.waiting.extend(limits)
        if not commits:
            if begin_write is not None:
                begin_write(unit.opened)
            yield unit.connection
            return
        unit.blocks += 1
        try:
            if begin_write is not None:
                begin_write(unit.opened)
            yield unit.connection
            if begin_write is not None:
                unit.flush()
                commit(unit.opened)
        except SQLAlchemyError:
            unit.opened.rollback()
            raise
        finally:
            unit.blocks -= 1
            if not unit.blocks:
                self.forget()
                unit.opened.close()

    @contextmanager
    def snapshot(self, engine: Engine, begin: Sequence[str]) -> Iterator[None]:
        """Have reads belong to a transaction, unless they do already.

        Args:
            engine: Gives the connection.
            begin: Statements that say that it reads of one moment.
        """
        if self.current is not None:
            yield
            return
        with self.block(engine, True, None, limits=begin):
            yield

    def _begin(self, engine: Engine, joins: bool, keeps_others_out: bool) -> Unit:
        opened = engine.connect()
        try:
            opened.begin()
            unit = Unit(opened)
            if joins:
                JoinedConnection(unit, self.forget, keeps_others_out)
        except BaseException:
            # Nobody would commit what it is given.
            opened.close()
            raise
        self.current = unit
        return unit


def commit(connection: sqlalchemy.Connection) -> None:
    """Commit what was sent by a connection, or by its driver since the last commit.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it could not be committed.
    """
    if not connection.in_transaction():
        connection.begin()
    with _watched(connection):
        connection.commit()


def _watched(connection: sqlalchemy.Connection) -> AbstractContextManager[None]:
    """Return a block that ends in time, whatever the server does."""
    if connection.invalidated or connection.closed:
        return nullcontext()
    return WATCHDOG.watch(connection.connection.driver_connection, connection.info)


@implementer(ISavepointDataManager)
class JoinedConnection:
    """A connection whose transaction ends with that of the request, and alike.

    Args:
        unit: Whose connection is in a transaction; returned to its pool at the end.
        ended: Called at the end.
        keeps_others_out: It commits after those of other databases.
    """

    def __init__(
        self, unit: Unit, ended: Callable[[], None], keeps_others_out: bool = False
    ) -> None:
        self.transaction_manager = transaction.manager
        self._unit = unit
        self._connection: sqlalchemy.Connection | None = unit.opened
        self._ended = ended
        self._rank = int(keeps_others_out)
        self.transaction_manager.get().join(self)

    def _end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._ended()
            # What was not committed is rolled back.
            with _watched(connection):
                connection.close()

    def abort(self, transaction: Any) -> None:
        """Undo what was written."""
        self._end()

    def tpc_begin(self, transaction: Any) -> None:
        """Do nothing: nothing was held back."""

    def commit(self, transaction: Any) -> None:
        """Send what a session holds back: the vote commits."""
        self._unit.flush()

    def tpc_vote(self, transaction: Any) -> None:
        """Commit: there is no second phase, and we are the last to be asked.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: it could not be committed.
        """
        if self._connection is not None:
            commit(self._connection)
            self._end()

    def tpc_finish(self, transaction: Any) -> None:
        """Do nothing: it is done."""

    def tpc_abort(self, transaction: Any) -> None:
        """Undo what was written, unless it was committed."""
        self._end()

    def sortKey(self) -> str:  # noqa: N802 -- of the interface
        """Sort after all others, sessions included: a vote is the commit.

        Of two databases the one whose locks keep other writers out comes last: what is
        in the other one is then committed when the next writer reads it.
        """
        return f"~~cliquet:{self._rank}:{id(self)}"

    def savepoint(self) -> Any:
        """Begin what may be undone by itself; nothing is sent before it writes.

        Raises:
            RuntimeError: the transaction has ended.
        """
        if self._connection is None:
            raise RuntimeError("The transaction has ended.")
        session = self._unit.connection.known_session
        if session is None:
            return _Savepoint(self._unit.connection)
        return _SessionSavepoint(session)

    def should_retry(self, error: BaseException) -> bool:
        """Return True if another transaction was in the way."""
        return is_transient(error)


@implementer(IDataManagerSavepoint)
class _Savepoint:
    """One that travels with the next statement: most requests need no way back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._name = f"cliquet_{next(_NUMBERS)}"
        self._statement = f"SAVEPOINT {self._name}"
        connection.waiting.append(self._statement)

    def rollback(self) -> None:
        waiting = self._connection.waiting
        if self._statement in waiting:
            # Nothing was sent since, and the later ones are gone.
            del waiting[waiting.index(self._statement) + 1 :]
            return
        waiting.clear()
        self._connection.run(f"ROLLBACK TO SAVEPOINT {self._name}")
        session = self._connection.known_session
        if session is not None:
            # There was none before: whatever it knows is undone.
            session.expunge_all()


@implementer(IDataManagerSavepoint)
class _SessionSavepoint:
    """One of a session, which forgets what it wrote since; statements follow it."""

    def __init__(self, session: "Session") -> None:
        self._nested = session.begin_nested()
        # It is sent when the session needs the connection: others send by it, too.
        session.connection()

    def rollback(self) -> None:
        self._nested.rollback()
