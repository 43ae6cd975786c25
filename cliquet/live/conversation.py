"""What is said to a client that wants live changes: when to look, to wait, to speak.

Generators that know no connection and no clock but the one that they are given: threads
and event loops do what they yield.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from cliquet import serialization
from cliquet.live import asked, events
from cliquet.live.hub import Visit
from cliquet.live.pace import Pace
from cliquet.types import Environ, Record, Response, Timestamp

_OK, _NOT_MODIFIED, _REFUSED, _TOO_MANY, _FAILED = 200, 304, 400, 429, 500


class Reason(IntEnum):
    """Why there is a look, the most urgent first.

    Attributes:
        WOKEN: Something changed.
        ASKED: A client came.
        DUE: There may be something, as far as is known.
    """

    WOKEN = 0
    ASKED = 1
    DUE = 2


@dataclass(frozen=True)
class Look:
    """A request is to be run; the response is the outcome."""

    environ: Environ
    reason: Reason


@dataclass(frozen=True)
class Wait:
    """Nothing is to be done until a wake-up; why to look, or None, is the outcome."""

    seconds: float


@dataclass(frozen=True)
class Answer:
    """The response, which is the end."""

    response: Response


@dataclass(frozen=True)
class Begin:
    """A stream begins, with these headers."""

    headers: list[tuple[str, str]]


@dataclass(frozen=True)
class Emit:
    """A part of the stream."""

    data: bytes


Step = Look | Wait | Answer | Begin | Emit
Steps = Generator[Step, Any, None]


def converse(
    environ: Environ, visit: Visit, pace: Pace, clock: Callable[[], float]
) -> Steps:
    """Say what is to be done for a client.

    Args:
        environ: Its request.
        visit: Told by the views that looks run.
        pace: What happens by itself.
        clock: Returns seconds.
    """
    if visit.is_stream:
        return _stream({**environ, Visit.ENVIRON: visit}, visit, pace, clock)
    return _poll({**environ, Visit.ENVIRON: visit}, visit, pace, clock)


def _poll(
    environ: Environ, visit: Visit, pace: Pace, clock: Callable[[], float]
) -> Steps:
    response = yield Look(dict(environ), Reason.ASKED)
    looked = clock()
    ends, due = looked + visit.seconds, looked + pace.until_look()
    while visit.is_seated and _has_no_news(response, visit) and clock() < ends:
        woken = yield Wait(max(0.0, min(ends, due) - clock()))
        if woken is not None or clock() >= due:
            visit.found = 0
            reason = Reason.DUE if woken is None else woken
            response = yield Look(asked.look_again(environ), reason)
            due = clock() + pace.until_look()
    yield Answer(response)


def _has_no_news(response: Response, visit: Visit) -> bool:
    status = response.status_code
    return status == _NOT_MODIFIED or (status == _OK and visit.found == 0)


def _stream(
    environ: Environ, visit: Visit, pace: Pace, clock: Callable[[], float]
) -> Steps:
    since = asked.find_since(environ)
    response = yield Look(asked.look_at(environ, since), Reason.ASKED)
    if not visit.is_seated and response.status_code < _REFUSED:
        # It is no list, or another URL: they know what they make of the media type.
        again = {**asked.look_again(environ), Visit.ENVIRON: None}
        response = yield Look(again, Reason.ASKED)
    if not visit.is_seated or response.status_code != _OK:
        yield Answer(response)
        return
    yield Begin(asked.headers_of_stream(response))
    first = _read(response)
    stream = _Stream(environ, visit, pace, clock)
    if visit.since is None or since is None:
        yield from stream.follow(first.timestamp, None)
    else:
        yield from stream.follow(visit.since, first)


class _Seen(NamedTuple):
    """What a look found.

    Attributes:
        timestamp: That of the collection before the records were read.
        has_more: Whether there are records that were not read.
        horizon: Up to when deletions may be missing among the records, else 0.
    """

    records: list[Record]
    timestamp: Timestamp
    has_more: bool
    horizon: Timestamp


def _read(response: Response) -> _Seen:
    """Read the response to a look.

    Raises:
        ValueError: It is not what our lists are.
    """
    body = serialization.loads(response.body)
    headers = response.headers
    timestamp = int(headers["ETag"].strip('"'))
    horizon = int(headers.get("Horizon", '"0"').strip('"'))
    return _Seen(body["data"], timestamp, "Next-Page" in headers, horizon)


class _Stream:
    """The stream of one client, from where it knows everything."""

    def __init__(
        self, environ: Environ, visit: Visit, pace: Pace, clock: Callable[[], float]
    ) -> None:
        self._environ = environ
        self._visit = visit
        self._pace = pace
        self._clock = clock
        self._told_horizon = 0
        self._spoke = clock()
        self._due = self._spoke + pace.until_look()

    def follow(self, since: Timestamp, seen: _Seen | None) -> Steps:
        """Say what is to be done, until a look is refused."""
        yield from self._emit(events.mark(since))
        while True:
            if seen is not None:
                yield from self._show(seen)
                since = self._position(since, seen)
            reason = Reason.WOKEN
            if seen is None or not seen.has_more:
                reason = yield from self._rest()
            response = yield Look(asked.look_at(self._environ, str(since)), reason)
            status = response.status_code
            is_down = status >= _FAILED or status == _TOO_MANY
            if status != _OK and not is_down:
                return
            seen = None if is_down else _read(response)
            self._due = self._clock() + (
                self._pace.retry if is_down else self._pace.until_look()
            )

    def _show(self, seen: _Seen) -> Iterator[Step]:
        if seen.horizon > self._told_horizon:
            # Web pages do not see headers, and it may have risen since they began.
            yield from self._emit(events.tell_horizon(seen.horizon))
            self._told_horizon = seen.horizon
        if seen.records:
            field = self._visit.modified_field
            yield from self._emit(events.write_events(seen.records, field))

    def _position(self, since: Timestamp, seen: _Seen) -> Timestamp:
        """Return up to where everything is known."""
        field = self._visit.modified_field
        newest: list[Timestamp] = [record[field] for record in seen.records[-1:]]
        # What filters leave out, and what is not read yet, is not known by the records.
        reached = [] if seen.has_more else [seen.timestamp]
        return max([since, *newest, *reached])

    def _emit(self, data: bytes) -> Iterator[Step]:
        self._spoke = self._clock()
        yield Emit(data)

    def _rest(self) -> Generator[Step, Any, Reason]:
        """Wait until there is a reason to look, and return it."""
        while (now := self._clock()) < self._due:
            speaks = self._spoke + self._pace.comment
            woken: Reason | None = yield Wait(max(0.0, min(speaks, self._due) - now))
            if speaks <= self._clock() < self._due:
                yield from self._emit(events.COMMENT)
            if woken is not None:
                return woken
        return Reason.DUE
