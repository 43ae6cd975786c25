"""What is a session in the transaction of a connection? Imported with the ORM."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session


class JoiningSession(Session):
    """A session whose commit and rollback end the transaction of a connection.

    It tells the engine, as other sessions do (backends §14.4).
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(bind=connection, join_transaction_mode="control_fully")

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """Tell the engine; the connection, if asked for what a statement is sent by."""
        bind = super().get_bind(*args, **kwargs)
        return bind if args or kwargs else bind.engine

    def connection(
        self, bind_arguments: Any = None, *args: Any, **kwargs: Any
    ) -> Connection:
        """Give the connection."""
        bind_arguments = bind_arguments or {"bind": self.bind}
        return super().connection(bind_arguments, *args, **kwargs)
