"""The copy of a collection for event loops: a thread reads its file."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol, Self

from cliquet.client.exchanges import Call, T
from cliquet.client.local.copy import Copy
from cliquet.client.local.results import Result, Strategy
from cliquet.client.local.store import Store
from cliquet.client.local.syncing import synchronise
from cliquet.client.records import Record
from cliquet.client.session import Session


class AsyncRunner(Protocol):
    """What sends the requests of a copy."""

    @property
    def session(self) -> Session:
        """What is known of the service."""

    async def run(self, call: Call[T], *, blocks: bool) -> T:
        """Return the result of a call."""


class AsyncLocalCollection:
    """As :class:`~cliquet.client.LocalCollection`; a thread reads the file."""

    def __init__(self, client: AsyncRunner, path: str, store: Store) -> None:
        self._client = client
        self._copy = Copy(path, store)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the file."""
        await asyncio.to_thread(self._copy.close)

    async def list(self) -> list[Record]:
        """Return the records, in the order of their ids."""
        return await asyncio.to_thread(self._copy.list)

    async def get(self, record_id: str) -> Record:
        """Return a record.

        Raises:
            KeyError: it is not there.
        """
        return await asyncio.to_thread(self._copy.get, record_id)

    async def put(self, data: Mapping[str, Any]) -> Record:
        """Keep a record, new or changed; see :meth:`LocalCollection.put`."""
        return await asyncio.to_thread(self._copy.put, data)

    async def delete(self, record_id: str) -> None:
        """Delete a record; see :meth:`LocalCollection.delete`.

        Raises:
            KeyError: it is not there.
        """
        await asyncio.to_thread(self._copy.delete, record_id)

    async def pending(self) -> int:
        """Return the number of changes that the server does not have yet."""
        return await asyncio.to_thread(self._copy.pending)

    async def sync(self, strategy: Strategy = "server") -> Result:
        """Push and pull; see :meth:`LocalCollection.sync`.

        Raises:
            ClientError: the server refuses all of it, or does not answer.
        """
        copy = self._copy
        call = synchronise(self._client.session, copy.path, copy.store, strategy)
        return await self._client.run(call, blocks=True)
