"""When a request is sent again, and when nothing is to be sent at all."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cliquet.client.errors import UnreachableError
from cliquet.client.exchanges import Answer, Lost, Pause, Request, Steps

KEY = "Idempotency-Key"
_BUSY = (429, 502, 503, 504)
#: The errno of 409: an earlier attempt of this request is still running.
_STILL_RUNNING = 120
_IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
_FIRST_SECONDS = 0.2
_LONGEST_SECONDS = 10.0


@dataclass
class Patience:
    """How a client waits for a service, and what the service asked for.

    Args:
        retries: How often a request is sent again.
        longest_wait: Seconds that are waited at once. A service that asks for more is
            told to the caller by an error, which has `retry-after` in its headers.
        longest_silence: Seconds without any byte after which a stream is lost; servers
            send a comment every 15 seconds.
        clock: Returns seconds, which never go back.
        chance: Returns a number from 0 to 1: clients are not to come back all at once.
    """

    retries: int = 4
    longest_wait: float = 60.0
    longest_silence: float = 45.0
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    _not_before: float = field(default=0.0, init=False)

    def exchange(
        self, request: Request, keeps_keys: Callable[[], Steps[bool]]
    ) -> Steps[Answer]:
        """Send a request until there is an answer to keep, or patience ends.

        Args:
            request: It is sent again only where that cannot do it twice: its method
                says so, the server never had it, or it has a key that is kept.
            keeps_keys: Asks the server whether it does.

        Raises:
            UnreachableError: no answer came.
        """
        attempt = 0
        retries = 0 if request.streamed else self.retries
        while True:
            yield from self._leave_alone()
            outcome: Answer | Lost = yield request
            if isinstance(outcome, Answer):
                backoff = seconds_of(outcome, "backoff")
                self._not_before = self.clock() + backoff if backoff else 0.0
                outcome = replace(outcome, repeated=attempt > 0)
                if not is_busy(outcome):
                    return outcome
            delay = self.delay(outcome, attempt)
            if attempt == retries or delay > self.longest_wait:
                break
            if not (yield from _may_repeat(request, outcome, keeps_keys)):
                break
            yield Pause(delay)
            attempt += 1
        if isinstance(outcome, Answer):
            return outcome
        message = f"No answer to {request.method} {request.path}: {outcome.error}"
        raise UnreachableError(message) from outcome.error

    def _leave_alone(self) -> Steps[None]:
        """Wait as long as the service wants to be left alone (:clause:`HDR-4`)."""
        seconds = self._not_before - self.clock()
        if seconds > 0:
            yield Pause(min(seconds, self.longest_wait))

    def delay(self, outcome: Answer | Lost | None, attempt: int) -> float:
        """Return seconds until the next attempt, which are more from time to time.

        Args:
            outcome: Of the last attempt; None if it was neither answered nor lost.
            attempt: Its number, from 0.
        """
        asked = seconds_of(outcome, "retry-after") if isinstance(outcome, Answer) else 0
        grown = min(_FIRST_SECONDS * 2.0 ** min(attempt, 10), _LONGEST_SECONDS)
        return asked + grown * (0.5 + self.chance() / 2)


def seconds_of(answer: Answer, header: str) -> float:
    """Return the seconds that a header asks for, 0 for none or for a date."""
    text: str = answer.headers.get(header, "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def is_idempotent(request: Request) -> bool:
    """Return whether doing a request twice is doing it once (RFC 9110, 9.2.2)."""
    if request.idempotent is None:
        return request.method in _IDEMPOTENT
    return request.idempotent


def is_busy(answer: Answer) -> bool:
    """Return whether the answer to a request is yet to come."""
    if answer.status == 409 and isinstance(answer.body, dict):
        return bool(answer.body.get("errno") == _STILL_RUNNING)
    return answer.status in _BUSY


def _may_repeat(
    request: Request, outcome: Answer | Lost, keeps_keys: Callable[[], Steps[bool]]
) -> Steps[bool]:
    if is_idempotent(request) or (isinstance(outcome, Lost) and outcome.unsent):
        return True
    return KEY in request.headers and (yield from keeps_keys())
