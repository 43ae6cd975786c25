"""Following a collection: what was changed, in order, over and over.

By a stream where the server has such; else by lists that it answers when there is
something new; else by lists, now and then. Each goes on where the one before ended.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cliquet.client.calls import read_page
from cliquet.client.errors import HistoryForgotten, UnreachableError
from cliquet.client.events import MEDIA_TYPE, EventReader
from cliquet.client.exchanges import Answer, Call, Request, checked
from cliquet.client.queries import query_string
from cliquet.client.records import Record
from cliquet.client.retries import is_busy, seconds_of
from cliquet.client.session import Session

#: Seconds, below those in which clients expect an answer.
_LONGEST_POLL = 25
#: Answers of servers, or of what is in front of them, that have no streams.
_HAS_NO_STREAMS = (405, 406, 501)
#: Streams in a row that were cut before they said anything: something holds them back.
_MUTE_STREAMS = 3


@dataclass(frozen=True)
class Look:
    """What a look found.

    Attributes:
        records: Changes, the oldest first.
        pause: Seconds until the next look.
        stream: What tells the changes from now on, None for a list.
    """

    records: list[Record] = field(default_factory=list)
    pause: float = 0.0
    stream: Any = None


class Follower:
    """Where one is in the changes of a collection.

    Args:
        since: Timestamp of what is known already; None begins with what comes now.
        wait: Seconds between two looks; a server that has live changes, and sends no
            streams, is asked to answer as soon as there is one, for 30 at most.
        filters: Those of lists.
    """

    def __init__(
        self,
        session: Session,
        path: str,
        since: int | None,
        wait: float,
        filters: Mapping[str, Any] | None,
    ) -> None:
        self._session = session
        self._path = path
        self._since = since
        self._wait = wait
        self._filters = filters
        self._next: str | None = None
        self._reached = 0
        self._reader = EventReader()
        self._has_told = False
        self._is_resumed = False
        self._has_streams = session.has_streams
        self._wants_list = False
        self._vain = 0
        self._mute = 0

    def look(self) -> Call[Look]:
        """Look once: open a stream, or read the page of a list.

        Raises:
            HistoryForgotten: Not all deletions are known since then.
            ClientError: the server refused, or did not answer.
        """
        if self._since is None:
            page = yield from read_page(f"{self._path}?_limit=1")
            self._since = page.timestamp
        known = yield from self._session.known_info()
        is_live = "stream" in known.get("capabilities", {})
        if not (is_live and self._has_streams):
            # Who waits for less than a second looks again by itself, not over and over.
            return (yield from self._list(waits=is_live and self._wait >= 1))
        if self._next is None and not self._wants_list:
            return (yield from self._open())
        self._wants_list = False
        found = yield from self._list(waits=False)
        return Look(found.records)

    def take(self, chunk: bytes) -> list[Record]:
        """Return the changes that a chunk of the stream completes.

        Raises:
            HistoryForgotten: Not all deletions are among the changes.
        """
        events = self._reader.feed(chunk)
        for event in events:
            if event.type == "horizon":
                raise HistoryForgotten.up_to(int(event.data))
        if self._reader.last_id.isdigit():
            self._since, self._is_resumed = int(self._reader.last_id), True
        told = [Record(json.loads(e.data)) for e in events if e.type == "message"]
        self._has_told = self._has_told or bool(told)
        return told

    def end(self) -> float:
        """Note that the stream ended; return seconds until the next look."""
        retry = min(self._reader.retry or 0.0, self._session.patience.longest_wait)
        self._mute = 0 if self._reader.last_id else self._mute + 1
        if not (self._has_told or self._reader.comments):
            return retry + self._retreat(None)
        self._vain = 0
        return retry + self._session.patience.delay(None, 0)

    def _open(self) -> Call[Look]:
        headers = {"Accept": MEDIA_TYPE}
        if self._is_resumed:
            headers["Last-Event-ID"] = str(self._since)
        query = query_string(self._filters, since=self._since)
        request = Request("GET", self._path + query, headers, streamed=True)
        try:
            answer = yield request
        except UnreachableError:
            self._mute += 1
            return Look(pause=self._retreat(None))
        if answer.stream is not None:
            self._reader, self._has_told = EventReader(), False
            return Look(stream=answer.stream)
        longest = self._session.patience.longest_wait
        if is_busy(answer) and seconds_of(answer, "retry-after") <= longest:
            return Look(pause=self._retreat(answer))
        if answer.status not in _HAS_NO_STREAMS:
            checked(answer)
        self._has_streams = False
        return Look()

    def _retreat(self, answer: Answer | None) -> float:
        """Return seconds until a look at a list, which may do where streams do not."""
        self._vain += 1
        self._wants_list = True
        self._has_streams = self._mute < _MUTE_STREAMS
        return self._session.patience.delay(answer, self._vain)

    def _list(self, *, waits: bool) -> Call[Look]:
        is_first = self._next is None
        page = yield from read_page(
            self._next or self._first_url(waits),
            if_none_match=self._since if is_first and not waits else None,
        )
        if self._since is not None and page.horizon > self._since:
            # On a later page as well: what was not read yet may be forgotten meanwhile.
            raise HistoryForgotten.up_to(page.horizon)
        if is_first:
            self._reached = page.timestamp
        self._next = page.next
        if page.next is None:
            # What is newer than the first page, and was not read with the others, is
            # news for the next look.
            newest = [each.get("last_modified", 0) for each in page.records[-1:]]
            self._since = max([self._reached, *newest])
        at_once = waits or page.next is not None or page.records
        return Look(page.records, 0.0 if at_once else self._wait)

    def _first_url(self, waits: bool) -> str:
        wait = min(int(self._wait), _LONGEST_POLL) if waits else None
        query = query_string(
            self._filters, sort="last_modified", since=self._since, wait=wait
        )
        return self._path + query
