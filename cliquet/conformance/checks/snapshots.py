"""Snapshots: a collection that is open to everybody, at once, for caches."""

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import SERVING, clause
from cliquet.conformance.probe import Probe

_NEEDS = (SERVING, "snapshot")
_SEGMENT = "__snapshot__"
#: No server has reached it.
_LATER = 9_000_000_000_000


def _path(probe: Probe, query: str = "") -> str:
    return f"{probe.public}/{_SEGMENT}{query}"


def _timestamp(response: httpx.Response) -> int:
    """Return the timestamp that a snapshot says, which is that of its entity tag."""
    found = expect.body(response, 200).get("timestamp")
    expect.header(response, "ETag", f'"{found}"')
    return int(found)


@clause("CACHE-9", "repaired", needs=_NEEDS)
def collections_are_read_at_once(probe: Probe) -> None:
    """Send all records of a collection that is open to everybody, and none else."""
    pages = [probe.page() for _ in range(3)]
    response = probe.nobody.get(_path(probe))
    got = expect.ids(response)
    for page in pages:
        expect.contains(got, page.id, "ids of the snapshot")
    expect.true(_timestamp(response) >= pages[-1].timestamp, "its timestamp is too old")
    listed = [each for page in probe.walk(probe.public) for each in expect.ids(page)]
    expect.same(got, listed, "ids of the snapshot, beside those of all pages")
    for closed in (probe.private, probe.shared):
        expect.status(probe.alice.get(f"{closed}/{_SEGMENT}"), 404)


@clause("CACHE-10", "repaired", needs=_NEEDS)
def snapshots_are_the_same_for_everybody(probe: Probe) -> None:
    """Send the same whoever asks, for caches to keep."""
    probe.page()
    path = _path(probe)
    responses = [
        probe.nobody.get(path),
        probe.alice.get(path),
        probe.nobody.get(path, headers={"Origin": "http://stranger.invalid"}),
        probe.nobody.get(path, headers={"Authorization": "Basic !"}),
    ]
    known = expect.ids(responses[0])
    for each in responses:
        expect.equal(expect.ids(each), known, "ids of the snapshot")
        expect.lacks(expect.tokens(each, "Vary"), "authorization", "Vary")
        expect.header(each, "Access-Control-Allow-Origin", "*")
        control = expect.tokens(each, "Cache-Control")
        expect.contains(control, "public", "Cache-Control")
        names = {word.partition("=")[0] for word in control}
        for name in ("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"):
            expect.contains(names, name, "directives of Cache-Control")


@clause("CACHE-11", "repaired", needs=_NEEDS)
def snapshots_have_what_changed(probe: Probe) -> None:
    """Send what was changed after ``_since``, tombstones included."""
    first, second = probe.page(), probe.page()
    expect.status(probe.alice.delete(second.path), 200)
    since = probe.nobody.get(_path(probe, f"?_since={first.timestamp}"))
    found = [each for each in expect.data(since) if each.get("id") == second.id]
    expect.equal([each.get("deleted") for each in found], [True], "what was deleted")
    expect.lacks(expect.ids(since), first.id, "ids of what was changed since")
    whole = probe.nobody.get(_path(probe))
    expect.lacks(expect.ids(whole), second.id, "ids of the snapshot")
    nothing = probe.nobody.get(_path(probe, f"?_since={_timestamp(whole)}"))
    expect.equal(expect.ids(nothing), [], "ids of what was changed since")


@clause("CACHE-12", "repaired", needs=_NEEDS)
def snapshots_have_one_spelling(probe: Probe) -> None:
    """Redirect other spellings of the parameters, and refuse other parameters."""
    for query in ("?_expected=0&_since=0", "?_since=%220%22&_expected=0"):
        response = expect.status(probe.nobody.get(_path(probe, query)), 307, 308)
        expect.header(
            response, "Location", lambda url: url.endswith("?_since=0&_expected=0")
        )
    for query in ("?_limit=1", "?title=one", "?_since=x", "?_since=0&_since=0"):
        expect.status(probe.nobody.get(_path(probe, query)), 400)


@clause("CACHE-13", "repaired", needs=_NEEDS)
def snapshots_are_what_is_expected(probe: Probe) -> None:
    """Keep for good what lies between two timestamps, send 503 until it is there."""
    first, second = probe.page(), probe.page()
    query = f"?_since={first.timestamp}&_expected={second.timestamp}"
    response = probe.nobody.get(_path(probe, query))
    expect.contains(expect.ids(response), second.id, "ids of the interval")
    control = expect.tokens(response, "Cache-Control")
    expect.contains(control, "immutable", "Cache-Control of an interval")
    for query in (f"?_expected={_LATER}", f"?_since=0&_expected={_LATER}"):
        late = expect.status(probe.nobody.get(_path(probe, query)), 503)
        expect.header(late, "Retry-After")


@clause("CACHE-14", "repaired", needs=_NEEDS)
def snapshots_are_revalidated(probe: Probe) -> None:
    """Send 304 to the entity tag of the snapshot, as of the list."""
    probe.page()
    whole = expect.status(probe.nobody.get(_path(probe)), 200)
    asked = {"If-None-Match": whole.headers.get("ETag", "")}
    same = expect.status(probe.nobody.get(_path(probe), headers=asked), 304)
    wanted = expect.tokens(whole, "Cache-Control")
    expect.same(
        expect.tokens(same, "Cache-Control"), wanted, "Cache-Control of the 304"
    )
    other = probe.nobody.get(_path(probe), headers={"If-None-Match": '"1"'})
    expect.status(other, 200)
