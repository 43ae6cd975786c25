"""How is a database reached, and when are its changes kept? (backends §14)"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import transaction
import zope.sqlalchemy
from sqlalchemy import Engine, TextClause
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from cliquet.backends.exceptions import BackendError
from cliquet.logs import logger

Row = Mapping[str, Any]


class Connection:
    """What statements are sent with, inside `SQLClient.connect`."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def rows(self, statement: TextClause, **values: Any) -> list[Row]:
        """Run a statement, and answer its rows by column name."""
        return [dict(row) for row in self.session.execute(statement, values).mappings()]

    def row(self, statement: TextClause, **values: Any) -> Row | None:
        """Run a statement, and answer its first row, if there is one."""
        row = self.session.execute(statement, values).mappings().first()
        return None if row is None else dict(row)

    def run(self, statement: TextClause, **values: Any) -> int:
        """Run a statement, and tell how many rows it changed."""
        result: Any = self.session.execute(statement, values)
        count: int = result.rowcount
        return count

    def run_many(self, statement: TextClause, values: list[dict[str, Any]]) -> None:
        """Run a statement for each of many values."""
        if values:
            self.session.execute(statement, values)


class SQLClient:
    """Sessions on one database.

    Args:
        engine: The database.
        per_request: Changes are kept or undone with the transaction of the request
            (pyramid_tm); otherwise with each block of `connect`.
    """

    def __init__(self, engine: Engine, per_request: bool) -> None:
        self.engine = engine
        self.session_factory = scoped_session(sessionmaker(bind=engine))
        self.commit_manually = not per_request
        if per_request:
            zope.sqlalchemy.register(self.session_factory)

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
            BackendError: for any error of the database or its driver.
        """
        session: Session | None = None
        try:
            session = self.session_factory()
            if not readonly:
                self.begin_write(session)
            yield Connection(session)
            if not readonly:
                self._keep(session, force_commit)
        except SQLAlchemyError as error:
            # The parameters may be secrets; what went wrong is in the original.
            logger.error(getattr(error, "orig", None) or type(error).__name__)
            raise BackendError(original=error) from error
        finally:
            if session is not None and self.commit_manually:
                session.close()

    def _keep(self, session: Session, force_commit: bool) -> None:
        if self.commit_manually:
            session.commit()
            return
        zope.sqlalchemy.mark_changed(session)
        if force_commit:
            transaction.commit()
