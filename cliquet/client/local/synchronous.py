"""The copy of a collection, with the server that it is a copy of."""

from typing import Protocol, Self

from cliquet.client.exchanges import Call, T
from cliquet.client.local.copy import Copy
from cliquet.client.local.results import Result, Strategy
from cliquet.client.local.store import Store
from cliquet.client.local.syncing import synchronise
from cliquet.client.session import Session


class Runner(Protocol):
    """What sends the requests of a copy."""

    @property
    def session(self) -> Session:
        """What is known of the service."""

    def run(self, call: Call[T]) -> T:
        """Return the result of a call."""


class LocalCollection(Copy):
    """A copy of a collection in a file, with its server."""

    def __init__(self, client: Runner, path: str, store: Store) -> None:
        super().__init__(path, store)
        self._client = client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def sync(self, strategy: Strategy = "server") -> Result:
        """Push what was changed here, pull what was changed elsewhere.

        It may be interrupted at any point, and called again: nothing is lost.

        Args:
            strategy: Who wins where a record was changed on both sides: `server`,
                `client`, or a function that is given what was found and returns what
                the record shall be, None for deleted.

        Raises:
            ClientError: the server refuses all of it, or does not answer.
        """
        session = self._client.session
        return self._client.run(synchronise(session, self.path, self.store, strategy))
