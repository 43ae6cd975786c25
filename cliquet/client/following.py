"""Following a collection: what was changed, in order, over and over."""

from collections.abc import Mapping
from typing import Any

from cliquet.client.calls import read_page
from cliquet.client.exchanges import Call
from cliquet.client.queries import query_string
from cliquet.client.records import Record
from cliquet.client.session import Session

_LONGEST_POLL = 30


class Follower:
    """Where one is in the changes of a collection.

    Args:
        since: Timestamp of what is known already; None begins with what comes now.
        wait: Seconds between two looks; a server that has live changes is asked to
            answer as soon as there is one, for 30 seconds at most.
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

    def look(self) -> Call[tuple[list[Record], float]]:
        """Return changes, the oldest first, and seconds until the next look."""
        if self._since is None:
            page = yield from read_page(f"{self._path}?_limit=1")
            self._since = page.timestamp
        is_live = "stream" in (yield from self._session.known_info()).get(
            "capabilities", {}
        )
        page = yield from read_page(
            self._next or self._first_url(is_live),
            if_none_match=self._condition(is_live),
        )
        if self._next is None:
            self._reached = page.timestamp
        self._next = page.next
        if page.next is None:
            # What is newer than the first page is news for the next look.
            self._since = self._reached
        at_once = is_live or page.next is not None or page.records
        return page.records, 0.0 if at_once else self._wait

    def _condition(self, is_live: bool) -> int | None:
        return None if is_live or self._next is not None else self._since

    def _first_url(self, is_live: bool) -> str:
        wait = min(int(self._wait), _LONGEST_POLL) if is_live else None
        query = query_string(
            self._filters, sort="last_modified", since=self._since, wait=wait
        )
        return self._path + query
