"""The progress of a long command, on standard error, when a person looks."""

import sys
import time


class Progress:
    """A line that is rewritten, at most a few times a second."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.done = 0
        self._started = self._shown = time.monotonic()

    def add(self, count: int = 1) -> None:
        """Count what was done."""
        self.done += count
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._shown > 0.2:
            self._shown = now
            sys.stderr.write(f"\r{self._text(now)}")
            sys.stderr.flush()

    def end(self) -> None:
        """Show the result."""
        start = "\r" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{start}{self._text(time.monotonic())}\n")

    def _text(self, now: float) -> str:
        seconds = now - self._started
        rate = f", {self.done / seconds:.0f}/s" if seconds > 1 else ""
        return f"{self._what}: {self.done} in {seconds:.1f} s{rate}"
