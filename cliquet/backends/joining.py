"""How does a connection take part in the transaction of a request? (backends §14.5)

As zope.sqlalchemy does for sessions, for a connection without session: what an ORM
does around the statements of a transaction costs as much as two statements.
"""

from collections.abc import Callable
from typing import Any

import transaction
from sqlalchemy import Connection, NestedTransaction
from transaction.interfaces import IDataManagerSavepoint, ISavepointDataManager
from zope.interface import implementer

from cliquet.backends.exceptions import is_transient


def commit(connection: Connection) -> None:
    """Keep what was sent by a connection, or by its driver after it was committed.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it could not be committed.
    """
    if not connection.in_transaction():
        connection.begin()
    connection.commit()


@implementer(ISavepointDataManager)
class JoinedConnection:
    """A connection whose transaction ends with that of the request, and alike.

    Args:
        connection: In a transaction; returned to its pool at the end.
        ended: Called at the end.
    """

    def __init__(self, connection: Connection, ended: Callable[[], None]) -> None:
        self.transaction_manager = transaction.manager
        self._connection: Connection | None = connection
        self._ended = ended
        self.transaction_manager.get().join(self)

    def _end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._ended()
            # What was not committed is rolled back.
            connection.close()

    def abort(self, transaction: Any) -> None:
        """Undo what was written."""
        self._end()

    def tpc_begin(self, transaction: Any) -> None:
        """Nothing was held back."""

    def commit(self, transaction: Any) -> None:
        """Wait for the vote."""

    def tpc_vote(self, transaction: Any) -> None:
        """Commit: there is no second phase, and we are the last to be asked.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: it could not be committed.
        """
        if self._connection is not None:
            commit(self._connection)
            self._end()

    def tpc_finish(self, transaction: Any) -> None:
        """It is done."""

    def tpc_abort(self, transaction: Any) -> None:
        """Undo what was written, unless it was committed."""
        self._end()

    def sortKey(self) -> str:  # noqa: N802 -- of the interface
        """Sort after all others, sessions included: a vote is the commit."""
        return f"~~cliquet:{id(self)}"

    def savepoint(self) -> "_Savepoint":
        """Begin what may be undone by itself."""
        if self._connection is None:
            raise RuntimeError("The transaction has ended.")
        return _Savepoint(self._connection.begin_nested())

    def should_retry(self, error: BaseException) -> bool:
        """Tell whether another transaction was in the way."""
        return is_transient(error)


@implementer(IDataManagerSavepoint)
class _Savepoint:
    def __init__(self, nested: NestedTransaction) -> None:
        self._nested = nested

    def rollback(self) -> None:
        self._nested.rollback()
