"""The client for threads: calls return when they are done."""

import builtins
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import Any, Self

from cliquet.client import calls, transports
from cliquet.client.batches import Batch
from cliquet.client.calls import Permissions, Version
from cliquet.client.exchanges import (
    Answer,
    Call,
    Finished,
    Lost,
    Pause,
    Request,
    T,
    advance,
)
from cliquet.client.following import Follower
from cliquet.client.local.store import Store
from cliquet.client.local.synchronous import LocalCollection
from cliquet.client.queries import query_string
from cliquet.client.records import Record
from cliquet.client.retries import Patience
from cliquet.client.session import Session
from cliquet.client.streams import follow
from cliquet.client.transports import Auth
from cliquet.dotted import naming_the_extra

with naming_the_extra("'cliquet.client'", "client"):
    import httpx


class Client:
    """One service, as one user.

    It may be used by several threads at once, and as a context manager, which closes
    its connections.

    Args:
        url: Root of the service, version included: `https://api.example.org/v1`.
        auth: Name and password, or whatever httpx takes.
        headers: Sent with every request: `{"Authorization": "Bearer …"}`.
        timeout: Seconds without any byte after which an answer is lost.
        patience: How often requests are sent again, and how long is waited.
        transport: What httpx sends through, such as `httpx.WSGITransport`.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        url: str,
        auth: Auth = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = 30.0,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self.session = Session(patience or Patience())
        self._sleep = sleep
        self._http = httpx.Client(
            transport=transport, **transports.options(auth, headers, timeout)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def info(self) -> dict[str, Any]:
        """Return the hello page: name, version, settings, capabilities.

        Raises:
            ClientError: as all calls; see :mod:`cliquet.client.errors`.
        """
        return self.run(self.session.info())

    def collection(self, path: str) -> "Collection":
        """Return a collection by its path below the root: `tasks`."""
        return Collection(self, calls.collection_path(path))

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Collect calls, and send them at the end of the block.

        Raises:
            ExceptionGroup: some of them were refused; the others are done.
        """
        batch = Batch(self.session)
        yield batch
        sent = batch.collected
        self.run(batch.send())
        batch.raise_refusals(sent)

    def run(self, call: Call[T]) -> T:
        """Return the result of a call (:mod:`cliquet.client.exchanges`)."""
        steps = self.session.steps(call)
        outcome: Answer | Lost | None = None
        while not isinstance(step := advance(steps, outcome), Finished):
            if isinstance(step, Pause):
                self.pause(step.seconds)
                outcome = None
            else:
                outcome = self._send(step)
        return step.result

    def pause(self, seconds: float) -> None:
        """Wait for some seconds, as the client was made to."""
        self._sleep(seconds)

    def _send(self, request: Request) -> Answer | Lost:
        silence = self.session.patience.longest_silence
        built, how = transports.built(self._http, self.url, request, silence)
        try:
            response = self._http.send(built, **how)
            if request.streamed and not transports.is_stream(response):
                response.read()
        except httpx.TransportError as error:
            return transports.lost(error)
        return transports.answered(response)


class Collection:
    """The records of one collection on the server.

    Attributes:
        timestamp: That of the last list, None before.
        horizon: Up to when deletions may be missing in the last list, else 0.
    """

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self.path = path
        self.timestamp: int | None = None
        self.horizon = 0

    def list(
        self,
        filters: Mapping[str, Any] | None = None,
        sort: str | None = None,
        fields: Iterable[str] | None = None,
        *,
        since: Version | None = None,
        limit: int | None = None,
    ) -> Iterator[Record]:
        """Return the records of all pages; each page is asked for when it is reached.

        Args:
            filters: Values by parameter: `{"min_rank": 3, "in_status": [1, 2]}`.
            sort: Names of fields, with a minus for descending: `-rank,title`.
            fields: Those that records are cut to.
            since: Only what was changed after it, tombstones included.
            limit: Records per page; the server has the last word.
        """
        reached = None if since is None else calls.timestamp(since)
        query = query_string(filters, sort, fields, since=reached, limit=limit)
        return self._pages(self.path + query)

    def _pages(self, path: str) -> Iterator[Record]:
        page = self._client.run(calls.read_page(path))
        self.timestamp, self.horizon = page.timestamp, page.horizon
        yield from page.records
        while page.next is not None:
            page = self._client.run(calls.read_page(page.next))
            self.horizon = max(self.horizon, page.horizon)
            yield from page.records

    def get(self, record_id: str) -> Record:
        """Read a record."""
        return self._client.run(calls.get(self.path, record_id))

    def create(
        self, data: Mapping[str, Any], permissions: Permissions | None = None
    ) -> Record:
        """Create a record; the server chooses its id, unless the data has one."""
        return self._client.run(calls.create(self.path, data, permissions))

    def replace(
        self,
        record_id: str,
        data: Mapping[str, Any],
        permissions: Permissions | None = None,
        *,
        if_match: Version | None = None,
        if_none_match: Version | None = None,
    ) -> Record:
        """Replace a record, or create it.

        Args:
            record_id: Its id.
            data: All of its fields.
            permissions: Principals by permission.
            if_match: Only if it is still this version: a record, a timestamp, a tag.
            if_none_match: `*` only creates.

        Raises:
            Conflict: it is another version, which the error has.
        """
        call = calls.replace(
            self.path,
            record_id,
            data,
            permissions,
            if_match=if_match,
            if_none_match=if_none_match,
        )
        return self._client.run(call)

    def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        permissions: Permissions | None = None,
        *,
        if_match: Version | None = None,
    ) -> Record:
        """Change some fields of a record; see :meth:`replace`."""
        call = calls.update(
            self.path, record_id, changes, permissions, if_match=if_match
        )
        return self._client.run(call)

    def delete(self, record_id: str, *, if_match: Version | None = None) -> Record:
        """Delete a record; return its tombstone. See :meth:`replace`."""
        return self._client.run(calls.delete(self.path, record_id, if_match=if_match))

    def delete_all(
        self,
        filters: Mapping[str, Any] | None = None,
        *,
        if_match: Version | None = None,
    ) -> "builtins.list[Record]":
        """Delete the records that filters select, all without; return tombstones."""
        query = query_string(filters)
        return self._client.run(calls.delete_all(self.path, query, if_match=if_match))

    def changes(
        self,
        since: Version | None = None,
        *,
        wait: float = 20.0,
        filters: Mapping[str, Any] | None = None,
    ) -> Generator[Record, None, None]:
        """Follow the collection: return records and tombstones as they change.

        Args:
            since: What is known already: a record that this returned, a timestamp. None
                begins with what changes from now on.
            wait: Seconds between two looks where the server has no live changes.
            filters: Those of :meth:`list`.

        Raises:
            HistoryForgotten: Not all deletions since then are known any more: read the
                whole list, and follow anew.
        """
        reached = None if since is None else calls.timestamp(since)
        follower = Follower(self._client.session, self.path, reached, wait, filters)
        return follow(self._client, follower)

    def local(self, path: str | PathLike[str]) -> LocalCollection:
        """Return a copy of the collection in a file, which works offline.

        Args:
            path: A SQLite file, made if it is not there; of one user.
        """
        store = Store(path, self._client.url + self.path)
        return LocalCollection(self._client, self.path, store)
