"""Lists that wait, and streams of changes."""

import itertools
import json
from typing import Any

from cliquet.conformance import expect
from cliquet.conformance.clauses import SERVING, clause
from cliquet.conformance.expect import UnmetError
from cliquet.conformance.probe import Probe

_LIVE = (SERVING, "stream")
_EVENTS = "text/event-stream"


def _follow(
    probe: Probe, query: str, blocks: int, **headers: str
) -> list[tuple[str, Any]]:
    """Return the first blocks of a stream: ids, and data or None."""
    credentials = probe.server.alice
    asked = {"Accept": _EVENTS, "Authorization": credentials.header, **headers}
    url = f"{probe.url}{probe.private}{query}"
    with probe.server.client.stream("GET", url, headers=asked) as response:
        expect.equal(response.status_code, 200, "status of a stream")
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        expect.equal(kind, _EVENTS, "media type of a stream")
        return list(itertools.islice(_blocks(response.iter_lines()), blocks))


def _blocks(lines: Any) -> Any:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if line.startswith(":"):
            # A comment says that there is nothing to say.
            raise UnmetError("an event is missing")
        if name:
            fields[name] = value.removeprefix(" ")
        elif fields:
            if "id" not in fields:
                raise UnmetError("an event has no id")
            data = fields.get("data")
            yield fields["id"], None if data is None else json.loads(data)
            fields = {}


@clause("LIVE-1", "repaired", needs=_LIVE)
def lists_wait(probe: Probe) -> None:
    """Return a list with ``_wait`` at once if there is something, or after the time."""
    first, second = probe.note(), probe.note()
    query = f"{probe.private}?_since={first.timestamp}&_wait=20"
    expect.equal(expect.ids(probe.alice.get(query)), [second.id], "ids after the first")
    query = f"{probe.private}?_since={second.timestamp}&_wait=1"
    expect.equal(expect.ids(probe.alice.get(query)), [], "ids after the last")


@clause("LIVE-2", "repaired", needs=_LIVE)
def times_are_bounded(probe: Probe) -> None:
    """Refuse to wait for more than 30 seconds, or for what is no number."""
    note = probe.note()
    for value in ("31", "-1", "soon", ""):
        refused = probe.alice.get(f"{probe.private}?_since=1&_wait={value}")
        expect.detail(refused, "querystring", "_wait")
    listed = probe.alice.get(f"{probe.private}?_wait=30")
    expect.equal(expect.ids(listed), [note.id], "ids without _since")


@clause("LIVE-3", "repaired", needs=_LIVE)
def known_lists_wait(probe: Probe) -> None:
    """Respond 304 after the time where the client knows the list."""
    known = {"If-None-Match": probe.note().etag}
    path = f"{probe.private}?_since=1&_wait=1"
    answer = probe.alice.get(path, headers=known)
    expect.equal(answer.status_code, 304, "status of a list that is known")


@clause("LIVE-4", "repaired", needs=_LIVE)
def streams_say_from_where(probe: Probe) -> None:
    """Begin a stream with an id without data, where the client resumes."""
    newest = probe.note()
    ((identifier, data),) = _follow(probe, "", 1)
    expect.equal(identifier, str(newest.timestamp), "id at the beginning")
    expect.equal(data, None, "data at the beginning")


@clause("LIVE-5", "repaired", needs=_LIVE)
def changes_are_events(probe: Probe) -> None:
    """Send each change as an event, in the order of timestamps."""
    first, second = probe.note(), probe.note(title="two")
    gone = probe.tombstone()
    _, *told = _follow(probe, f"?_since={first.timestamp}", 3)
    expected = [(str(each.timestamp), each.data) for each in (second, gone)]
    expect.equal(told, expected, "events")


@clause("LIVE-6", "repaired", needs=_LIVE)
def streams_resume(probe: Probe) -> None:
    """Resume after ``Last-Event-ID``, rather than after ``_since``."""
    first, second = probe.note(), probe.note()
    last = str(first.timestamp)
    query = f"?_since={second.timestamp}"
    _, told = _follow(probe, query, 2, **{"Last-Event-ID": last})
    expect.equal(told[0], str(second.timestamp), "id of the event after the last")


@clause("LIVE-7", "repaired", needs=_LIVE)
def streams_are_filtered(probe: Probe) -> None:
    """Filter streams as lists, and refuse an order, and pages."""
    since = probe.note().timestamp
    probe.note(title="one")
    two = probe.note(title="two")
    _, told = _follow(probe, f"?title=two&_since={since}", 2)
    expect.equal(told, (str(two.timestamp), two.data), "event of a filtered stream")
    for name in ("_sort", "_limit", "_token"):
        path = f"{probe.private}?{name}=1"
        refused = probe.alice.get(path, headers={"Accept": _EVENTS})
        expect.detail(refused, "querystring", name)
