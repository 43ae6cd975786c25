"""A clock that stands still, and goes when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from cliquet.timestamps import CLOCK, current_seconds, msec_time


class FrozenClock:
    """The time of timestamps, of what expires in caches, and of tokens.

    It is that of Python: neither PostgreSQL nor the expiry of Redis looks at it.
    """

    def move_to(self, seconds: float) -> None:
        """Set the clock to seconds since the Unix epoch."""
        CLOCK.stopped = seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        CLOCK.stopped = self.seconds + seconds

    @property
    def seconds(self) -> float:
        """Seconds since the Unix epoch."""
        return current_seconds()

    @property
    def milliseconds(self) -> int:
        """Milliseconds since the Unix epoch, as timestamps are."""
        return msec_time()


@contextmanager
def frozen() -> Iterator[FrozenClock]:
    """Stop the clock at the start of this second; it runs again after."""
    CLOCK.stopped = float(int(current_seconds()))
    try:
        yield FrozenClock()
    finally:
        CLOCK.stopped = None
