"""Who waits for which collection, in this process, and who wakes them."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from cliquet.live.pace import Pace
from cliquet.types import Environ, Response, Timestamp


class Flag(Protocol):
    """What is set to wake somebody: an event of threads, or of an event loop."""

    def set(self) -> None:
        """Wake them."""

    def doubt(self) -> None:
        """Wake them, for a look that is less urgent than those of others."""
        self.set()


class ThreadFlag(threading.Event, Flag):
    """A flag that a thread waits for, which looks at once by itself."""


def place_of(collection_id: str, parent_id: str | None) -> str:
    """Return the name of a collection of one parent, of the same length for all."""
    text = f"{collection_id}\0{parent_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=12).hexdigest()


class Hub:
    """The seats of those who wait, and the flags that wake them.

    Args:
        max_clients: Seats of this process.

    Attributes:
        pace: What happens without a wake-up.
        clock: Returns seconds.
        make_flag: Makes what wakes a thread.
        run: Runs a request of the application.
        tell: Called with the names of places that changed, for other processes.
        listen: Called when somebody waits, to hear of what others changed.
    """

    run: Callable[[Environ], Response]

    def __init__(self, max_clients: int) -> None:
        self.max_clients = max_clients
        self._lock = threading.Lock()
        self._seats: dict[str, set[Flag]] = {}
        self._taken = 0
        self.pace = Pace()
        self.clock = time.monotonic
        self.make_flag: Callable[[], Any] = ThreadFlag
        self.tell: Callable[[Iterable[str]], None] | None = None
        self.listen: Callable[[], None] | None = None

    @property
    def clients(self) -> int:
        """How many seats are taken."""
        return self._taken

    def take(self, place: str, flag: Flag) -> bool:
        """Take a seat at a place; return whether there was one."""
        with self._lock:
            if self._taken >= self.max_clients:
                return False
            self._taken += 1
            self._seats.setdefault(place, set()).add(flag)
        if self.listen is not None:
            self.listen()
        return True

    def leave(self, place: str, flag: Flag) -> None:
        """Release a seat."""
        with self._lock:
            seated = self._seats.get(place, set())
            if flag in seated:
                self._taken -= 1
                seated.remove(flag)
            if not seated:
                self._seats.pop(place, None)

    def wake(self, places: Iterable[str]) -> None:
        """Wake those who wait in this process for one of some places."""
        with self._lock:
            flags = [flag for place in places for flag in self._seats.get(place, ())]
        for flag in flags:
            flag.set()

    def wake_all(self) -> None:
        """Wake everybody: it is not known what changed, if anything did."""
        with self._lock:
            flags = [flag for seated in self._seats.values() for flag in seated]
        for flag in flags:
            flag.doubt()

    def changed(self, places: Iterable[str]) -> None:
        """Wake those who wait for one of some places, in all processes."""
        found = list(places)
        self.wake(found)
        if self.tell is not None:
            self.tell(found)


class Visit:
    """A client that wants live changes, from its first look to its end.

    Args:
        hub: Where it takes a seat.
        flag: What wakes it.
        is_stream: Whether it wants events; else one list.
        refused: A parameter that has no sense for a stream.

    Attributes:
        seconds: How long its list is waited for.
        found: How many records the last look found.
        since: What a stream knows already; None if it begins now.
        modified_field: Name of the timestamp in records.
    """

    ENVIRON = "cliquet.live"

    def __init__(
        self, hub: Hub, flag: Any, is_stream: bool, refused: str | None = None
    ) -> None:
        self.flag = flag
        self.is_stream = is_stream
        self.refused = refused
        self.seconds = 0.0
        self.found = 0
        self.since: Timestamp | None = None
        self.modified_field = "last_modified"
        self.hub = hub
        self._lock = threading.Lock()
        self._is_over = False
        self._place: str | None = None

    @property
    def place(self) -> str | None:
        """Where it has a seat; None if there is nothing to wait for."""
        return self._place

    @property
    def is_seated(self) -> bool:
        """Whether there is something to wait for."""
        return self._place is not None

    def sit_down(self, place: str) -> bool:
        """Take a seat at a place, another one if it has one; return whether it has.

        Nothing is taken for a client that went while it was looked for it.
        """
        with self._lock:
            if self._is_over or place == self._place:
                return True
            self._leave()
            if not self.hub.take(place, self.flag):
                return False
            self._place = place
            return True

    def learn(self, other: "Visit") -> None:
        """Note what the look of another client found, that asked the same."""
        self.found, self.since = other.found, other.since
        self.modified_field = other.modified_field

    def end(self) -> None:
        """Release the seat, if there is one, and take none any more."""
        with self._lock:
            self._is_over = True
            self._leave()

    def _leave(self) -> None:
        if self._place is not None:
            self.hub.leave(self._place, self.flag)
            self._place = None
