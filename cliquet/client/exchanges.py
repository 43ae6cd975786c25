"""What calls are made of: requests and answers, and generators that go between.

A call is a generator that yields requests, is sent the answers, and returns what it was
for. It knows no connection: the same ones serve threads, event loops and batches.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cliquet.client.errors import Conflict, HistoryForgotten, ProtocolError

_OK = range(200, 300)
_NOT_MODIFIED = 304
_CONFLICTS = (409, 412)


@dataclass(frozen=True)
class Request:
    """A request of the protocol.

    Attributes:
        path: Below the root of the service, query string included, or a whole URL.
        body: What is sent as JSON, nothing if it is None.
        idempotent: Whether doing it twice is doing it once; None if the method tells.
        anonymous: Whether credentials are left out: shared caches pass them on.
        streamed: Whether an event stream is asked for. It is tried once: who asks
            knows what to do without it.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    idempotent: bool | None = None
    anonymous: bool = False
    streamed: bool = False


@dataclass(frozen=True)
class Answer:
    """A response; names of headers are in lower case.

    Attributes:
        body: What was read from JSON, None for a body that is none.
        repeated: Whether the request was sent before, and may have been done then.
        stream: Of an event stream, the response, whose body is still to be read.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    repeated: bool = False
    stream: Any = None


@dataclass(frozen=True)
class Lost:
    """No answer came.

    Attributes:
        unsent: Whether it is sure that the server never had the request.
    """

    error: Exception
    unsent: bool


@dataclass(frozen=True)
class Pause:
    """Nothing is to be sent for some seconds."""

    seconds: float


T = TypeVar("T")
Call = Generator[Request, Answer, T]
"""Yields requests, is sent answers, returns a result."""
Step = Request | Pause
Steps = Generator[Step, Any, T]
"""Yields what is to be done, is sent how it went, returns a result."""


@dataclass(frozen=True)
class Finished(Generic[T]):
    """Nothing is left to be done."""

    result: T


def advance(steps: Steps[T], outcome: Answer | Lost | None) -> Step | Finished[T]:
    """Return what is to be done next, or the result.

    Args:
        steps: What is to be done for a call.
        outcome: How the step before went, None for the first and after a pause.
    """
    try:
        return steps.send(outcome)
    except StopIteration as end:
        return Finished(end.value)


def checked(answer: Answer) -> Answer:
    """Return the answer if it is none of refusal.

    Raises:
        Conflict: 409 or 412.
        HistoryForgotten: 410, of what changed since too long ago.
        ProtocolError: any other status that is neither 2xx nor 304.
    """
    if answer.status in _OK or answer.status == _NOT_MODIFIED:
        return answer
    raise _kind(answer)(answer.status, answer.headers, answer.body)


def _kind(answer: Answer) -> type[ProtocolError]:
    if answer.status in _CONFLICTS:
        return Conflict
    told = answer.body if isinstance(answer.body, Mapping) else {}
    if told.get("errno") == HistoryForgotten.ERRNO:
        return HistoryForgotten
    return ProtocolError
