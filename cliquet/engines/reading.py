"""How the current request reads: from replicas or not, and how new that has to be.

A replica is a little behind. A client that knows a timestamp of a collection may not be
answered by what has not reached it: the request is run again on the primary. Replayed
is what was committed in the order of commits, so that a replica which shows a timestamp
of a collection has all of it up to there, and at each later statement no less.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cliquet.engines.exceptions import BehindError
from cliquet.types import Timestamp


class Reading:
    """How one request reads, maybe with entries of a batch inside.

    Args:
        minimum: The timestamp that the client knows of what it asks for; 0 for none.
        uses_replicas: They may be asked, since the request can be run again.
        is_readonly: The service writes nothing: its database may be a replica itself.

    Attributes:
        chosen: The replica that is asked, by the replicas that it is one of.
    """

    def __init__(
        self,
        minimum: Timestamp = 0,
        *,
        uses_replicas: bool = False,
        is_readonly: bool = False,
    ) -> None:
        self.minimum = minimum
        self.uses_replicas = uses_replicas
        self.is_readonly = is_readonly
        self.chosen: dict[Any, Any] = {}
        self._target: Any = None
        self._asked: set[Any] = set()
        self._proven: Any = None
        self._is_proven = False
        self._is_refused = False

    def aim(self, scope: Any) -> None:
        """Note which collection the request is about: the timestamp is one of it."""
        if scope != self._target:
            self._target, self._is_proven, self._proven = scope, False, None

    def asks(self, scope: Any) -> bool:
        """Return whether it must be shown how new a collection is."""
        if not self.minimum or self._is_proven:
            return False
        may_lag = self.uses_replicas or self.is_readonly
        return may_lag and scope == self._target

    def answered(self, replicas: Any, replica: Any) -> None:
        """Note that a replica has answered, which is one of several."""
        self.chosen[replicas] = replica
        self._asked.add(replica)

    def prove(self, reached: Timestamp, replica: Any) -> bool:
        """Return whether a database has what the client knows.

        Args:
            reached: The timestamp of the target that it shows.
            replica: Which database it is.
        """
        self._is_proven = reached >= self.minimum
        self._proven = replica if self._is_proven else None
        return self._is_proven

    def refuse(self, reason: str) -> BehindError:
        """Return the error to raise: the request is run again, if it can be."""
        self._is_refused = True
        return BehindError(reason)

    def begin_write(self) -> None:
        """Read nothing more from replicas.

        Raises:
            BehindError: It has, and what it writes may rely upon that.
        """
        if self._asked:
            raise self.refuse("What is written may rely on what a replica has")
        self.uses_replicas = False

    @property
    def is_too_old(self) -> bool:
        """Whether to run it again: its response may be older than what is known."""
        is_unproven = bool(self.minimum) and self._asked != {self._proven}
        return bool(self._asked) and (self._is_refused or is_unproven)

    @contextmanager
    def entry(self, minimum: Timestamp) -> Iterator[None]:
        """Read for an entry of a batch, whose client knows another timestamp."""
        whole = self.minimum
        self.minimum, self._target = minimum, None
        self._proven, self._is_proven = None, False
        asked, self._asked = self._asked, set()
        try:
            yield
        finally:
            self._is_refused = self._is_refused or self.is_too_old
            self._asked |= asked
            self.minimum = whole


class _Thread(threading.local):
    reading: Reading | None = None


_THREAD = _Thread()


def current_reading() -> Reading | None:
    """Return how the request of this thread reads; None outside of requests."""
    return _THREAD.reading


def aim(collection_id: str, parent_id: str | None) -> None:
    """Note which collection the request of this thread is about."""
    if _THREAD.reading is not None:
        _THREAD.reading.aim((collection_id, parent_id))


def needs_proof(scope: Any) -> bool:
    """Return whether the request must be shown how new a collection is."""
    reading = _THREAD.reading
    return reading is not None and reading.asks(scope)


@contextmanager
def reads_as(reading: Reading) -> Iterator[Reading]:
    """Read like this in the block."""
    before, _THREAD.reading = _THREAD.reading, reading
    try:
        yield reading
    finally:
        _THREAD.reading = before
