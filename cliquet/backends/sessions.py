"""How do applications get sessions of SQLAlchemy's ORM? (backends §14.4)

Our own statements need none: the ORM is imported once somebody asks for a session. It
takes a tenth of a second and 10 MiB, and each transaction by it twice the time.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine

from cliquet.backends import keeping

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Sessions:
    """The sessions of threads on one database: `client.session_factory`.

    Args:
        engine: What they are bound to.
        per_request: They join the transaction of the request (zope.sqlalchemy).

    Attributes:
        in_unit: Gives a session in the transaction that the thread has begun without,
            if it has begun one.
    """

    def __init__(self, engine: Engine, per_request: bool) -> None:
        self.engine = engine
        self._per_request = per_request
        self._scoped: Any = None
        self.in_unit: Callable[[], Session | None] = lambda: None

    def __call__(self) -> "Session":
        """Give the session of the thread, in the transaction that it writes in."""
        session: Session | None = self.in_unit()
        if session is None:
            # It will take a connection.
            keeping.release()
            session = self._registry()()
        return session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry(), name)

    def in_use(self) -> "Session | None":
        """Give the session of the thread, if it is in a transaction."""
        if self._scoped is None or not self._scoped.registry.has():
            return None
        session: Session = self._scoped()
        return session if session.in_transaction() else None

    def _registry(self) -> Any:
        if self._scoped is None:
            from sqlalchemy.orm import scoped_session, sessionmaker  # noqa: PLC0415

            scoped = scoped_session(sessionmaker(bind=self.engine))
            if self._per_request:
                import zope.sqlalchemy  # noqa: PLC0415

                zope.sqlalchemy.register(scoped)
            self._scoped = scoped
        return self._scoped


def session_on(connection: Connection) -> "Session":
    """Make a session in the transaction of a connection, which it may end."""
    from cliquet.backends.orm import JoiningSession  # noqa: PLC0415

    return JoiningSession(connection)
