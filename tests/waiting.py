"""Time in tests: what becomes true elsewhere is waited for, and clocks can be set."""

import time
from collections.abc import Callable


def eventually(probe: Callable[[], object], seconds: float = 60) -> bool:
    """Return whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if probe():
            return True
        time.sleep(0.1)
    return False


class Clock:
    """A clock of seconds that goes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the seconds that it shows."""
        return self.now
