"""Savepoints of a transaction: what an entry of a batch writes is undone by itself.

Relies on `Savepoint._savepoints` and `NoRollbackSavepoint` of the library transaction.
"""

from collections.abc import Callable
from typing import Any

from transaction._transaction import NoRollbackSavepoint

from cliquet.types import Request


def begin_savepoint(request: Request) -> Callable[[], None]:
    """Return a function that undoes what the transaction is given from now on.

    What data managers without savepoints were given stays: one that cannot go back
    would make the whole transaction fail, though it may have nothing to undo.
    """
    environ = request.environ
    if not (environ.get("tm.active") or environ.get("repoze.tm.active")):
        return _do_nothing
    # Those of our connections are sent with the first statement that follows.
    point: Any = request.tm.get().savepoint(optimistic=True)

    def undo() -> None:
        if point.valid:
            point._savepoints[:] = [  # noqa: SLF001 -- see above
                each
                for each in point._savepoints  # noqa: SLF001
                if not isinstance(each, NoRollbackSavepoint)
            ]
            point.rollback()

    return undo


def _do_nothing() -> None:
    pass
