"""Statements outside of transactions, without a word to the server."""

from typing import Any


class Switch:
    """What makes each statement of a connection a transaction, and sends nothing.

    Only PostgreSQL has it: SQLite never begins a transaction by itself.
    """

    def __init__(self, dialect: Any, driver: Any) -> None:
        self._is_there = dialect.name == "postgresql"
        self._keeps_level = dialect.driver == "psycopg2"
        self._driver = driver
        self._level: Any = None

    def leave_transactions(self) -> None:
        """Let each statement be a transaction."""
        if not self._is_there:
            return
        if self._keeps_level:
            # The driver would tell the session, by statements, and take it back.
            self._level = self._driver.isolation_level
            self._driver.isolation_level = None
        self._driver.autocommit = True

    def enter_transactions(self) -> None:
        """Let the next statement begin a transaction, again."""
        if not self._is_there or self._driver.closed:
            return
        self._driver.autocommit = False
        if self._keeps_level:
            self._driver.isolation_level = self._level
