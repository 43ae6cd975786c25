"""Sessions and rows as applications written for 3.1 find them: the ORM of SQLAlchemy.

Our own statements need none of it. It is imported once somebody asks for a session: it
takes a tenth of a second and 10 MiB, and each transaction by it twice the time.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import zope.sqlalchemy
from sqlalchemy import Connection, Engine, TextClause, event
from sqlalchemy.orm import ORMExecuteState, Session, scoped_session, sessionmaker


class Sessions:
    """The sessions of threads on one database: `SQLClient.session_factory`.

    Args:
        engine: What they are bound to.
        per_request: Whether they join the transaction of the request.
        in_transaction: Returns a session in the transaction that the thread has begun
            without, if it has begun one.
        begin_write: Prepares a connection for writes.
        limits: Returns statements that bound those of a transaction.

    Attributes:
        scoped: The sessions that begin transactions of their own.
    """

    def __init__(
        self,
        engine: Engine,
        per_request: bool,
        in_transaction: Callable[[], Session | None],
        begin_write: Callable[[Connection], None],
        limits: Callable[[], Sequence[str]],
    ) -> None:
        self.engine = engine
        self._in_transaction = in_transaction
        maker = sessionmaker(bind=engine)
        self.scoped = scoped_session(maker)

        def after_begin(session: Session, begun: Any, connection: Connection) -> None:
            if not connection.in_nested_transaction():
                for statement in limits():
                    connection.exec_driver_sql(statement)

        def before_flush(session: Session, *args: Any) -> None:
            begin_write(session.connection())

        def before_statement(state: ORMExecuteState) -> None:
            if _only_reads(state):
                return
            begin_write(state.session.connection())
            if per_request:
                # Text, too: what is not marked is not committed.
                zope.sqlalchemy.mark_changed(state.session)

        event.listen(maker, "after_begin", after_begin)
        event.listen(maker, "before_flush", before_flush)
        event.listen(maker, "do_orm_execute", before_statement)
        if per_request:
            zope.sqlalchemy.register(self.scoped)

    def __call__(self) -> Session:
        """Return the session of the thread, in the transaction that it writes in."""
        return self._in_transaction() or self.scoped()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.scoped, name)

    def in_use(self) -> bool:
        """Return whether the session of the thread is in a transaction."""
        return self.scoped.registry.has() and self.scoped().in_transaction()


def _only_reads(state: ORMExecuteState) -> bool:
    """Return False for statements that may write."""
    if isinstance(state.statement, TextClause):
        return state.statement.text.lstrip()[:7].lower().rstrip() == "select"
    return state.is_select


class JoiningSession(Session):
    """A session whose commit and rollback end the transaction of a connection.

    It is bound to the engine, for who asks, as other sessions are.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(bind=connection, join_transaction_mode="control_fully")

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """Return the engine; the connection, if asked for that of a statement."""
        bind = super().get_bind(*args, **kwargs)
        return bind if args or kwargs else bind.engine

    def connection(
        self, bind_arguments: Any = None, *args: Any, **kwargs: Any
    ) -> Connection:
        """Return the connection."""
        bind_arguments = bind_arguments or {"bind": self.bind}
        return super().connection(bind_arguments, *args, **kwargs)


class LegacyRow(tuple[Any, ...]):  # noqa: SLOT001 -- it has the names besides
    """A row whose columns are found by position and by name, as in SQLAlchemy 1."""

    _fields: Sequence[str]

    def __new__(cls, row: Any) -> Self:
        """Copy a row."""
        made = super().__new__(cls, row)
        made._fields = row._fields
        return made

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            try:
                return super().__getitem__(self._fields.index(key))
            except ValueError:
                raise KeyError(key) from None
        return super().__getitem__(key)

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        return list(self._fields)


class Result:
    """A result of SQLAlchemy whose rows are `LegacyRow`."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def __iter__(self) -> Iterator[LegacyRow]:
        return map(LegacyRow, self._result)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._result, name)

    def fetchone(self) -> LegacyRow | None:
        """Return the next row, if there is one."""
        row = self._result.fetchone()
        return None if row is None else LegacyRow(row)

    def first(self) -> LegacyRow | None:
        """Return the first row, if there is one, and close the result."""
        row = self._result.first()
        return None if row is None else LegacyRow(row)

    def fetchmany(self, size: int | None = None) -> list[LegacyRow]:
        """Return the next rows."""
        return [LegacyRow(row) for row in self._result.fetchmany(size)]

    def fetchall(self) -> list[LegacyRow]:
        """Return the rows that are left."""
        return list(self)
