"""Preconditions of writes, of one client and of several at once."""

from collections.abc import Callable, Iterable

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import STRICT, clause
from cliquet.conformance.probe import Headers, Probe, Record
from cliquet.conformance.races import race, statuses

Write = Callable[[Headers], httpx.Response]


def _writes(probe: Probe, note: Record) -> Iterable[tuple[Write, int]]:
    """Yield writes that take headers, with the status of their success."""
    alice, path = probe.alice, note.path
    # Those that let the record be come first.
    yield (
        lambda headers: alice.post(probe.private, {"title": "new"}, headers=headers),
        201,
    )
    yield lambda headers: alice.put(path, {"title": "2"}, headers=headers), 200
    yield lambda headers: alice.patch(path, {"rank": 5}, headers=headers), 200
    yield lambda headers: alice.delete(path, headers=headers), 200
    yield lambda headers: alice.delete(probe.private, headers=headers), 200


@clause("PRE-12", "mandatory")
def writes_to_what_was_changed_are_412(probe: Probe) -> None:
    """Respond 412 to writes with an old ``If-Match``, and change nothing."""
    note = probe.note()
    before = expect.data(probe.alice.get(probe.private))
    for write, _ in _writes(probe, note):
        expect.status(write({"If-Match": note.older}), 412)
    after = probe.alice.get(probe.private)
    expect.equal(expect.data(after), before, "the list after writes that were refused")
    expect.header(after, "ETag", note.etag)
    asked = {"If-Match": note.etag}
    expect.status(probe.alice.patch(note.path, {"rank": 5}, headers=asked), 200)


@clause("PRE-13", "mandatory")
def what_may_only_be_created_is_not_overwritten(probe: Probe) -> None:
    """Respond 412 to ``If-None-Match: *`` if the record exists, else create it."""
    asked = {"If-None-Match": "*"}
    note, deleted = probe.note(), probe.tombstone()
    alice = probe.alice
    expect.status(alice.put(note.path, {"title": "2"}, headers=asked), 412)
    is_strict = STRICT in probe.server.features
    if not is_strict:
        same_id = {"title": "2", "id": note.id}
        expect.status(alice.post(probe.private, same_id, headers=asked), 412)
    got = expect.data(alice.get(note.path))
    expect.equal(got, note.data, "the record after writes that were refused")
    expect.status(alice.put(deleted.path, {"title": "2"}, headers=asked), 201)
    unused = probe.unused()
    expect.status(alice.put(unused, {"title": "2"}, headers=asked), 201)
    if not is_strict:
        other_id = {"title": "2", "id": probe.unused().rpartition("/")[2]}
        expect.status(alice.post(probe.private, other_id, headers=asked), 201)


@clause("PRE-14", "mandatory")
def changes_unless_it_exists_are_412(probe: Probe) -> None:
    """Respond 412 to PATCH and DELETE with ``If-None-Match: *`` of a record."""
    note = probe.note()
    asked = {"If-None-Match": "*"}
    expect.status(probe.alice.patch(note.path, {"rank": 5}, headers=asked), 412)
    expect.status(probe.alice.delete(note.path, headers=asked), 412)
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "the record")


@clause("PRE-15", "mandatory", unless=(STRICT,))
def if_none_match_with_a_tag_is_for_reads(probe: Probe) -> None:
    """Ignore ``If-None-Match: "t"`` on writes."""
    note = probe.note()
    for write, wanted in _writes(probe, note):
        etag = f'"{probe.timestamp() + 100_000}"'
        expect.status(write({"If-None-Match": etag}), wanted)


@clause("PRE-16", "mandatory")
def if_match_is_about_the_tombstone(probe: Probe) -> None:
    """Compare ``If-Match`` of a PUT with the tombstone, where there is one."""
    deleted = probe.tombstone()
    old = {"If-Match": deleted.older}
    expect.status(probe.alice.put(deleted.path, {"title": "2"}, headers=old), 412)
    if STRICT in probe.server.features:
        return
    present = {"If-Match": deleted.etag}
    expect.status(probe.alice.put(deleted.path, {"title": "2"}, headers=present), 201)
    expect.status(probe.alice.put(probe.unused(), {"title": "2"}, headers=old), 201)


@clause("PRE-17", "repaired")
def one_of_many_writers_wins(probe: Probe) -> None:
    """Let exactly one of several writers with the same ``If-Match`` succeed."""
    for _ in range(3):
        note = probe.note()

        def write(number: int, note: Record = note) -> httpx.Response:
            fields = {"title": f"by {number}", "rank": number}
            return probe.alice.put(note.path, fields, headers={"If-Match": note.etag})

        responses = race(write)
        wanted = [200] + [412] * (len(responses) - 1)
        expect.equal(statuses(responses), wanted, "statuses of writers at once")
        (winner,) = (each for each in responses if each.status_code == httpx.codes.OK)
        stored = expect.data(probe.alice.get(note.path))
        expect.equal(stored, expect.data(winner), "the record after the race")


@clause("PRE-18", "repaired")
def one_of_many_creators_wins(probe: Probe) -> None:
    """Let exactly one of several creators with ``If-None-Match: *`` succeed."""
    for _ in range(3):
        path = probe.unused()

        def create(number: int, path: str = path) -> httpx.Response:
            fields = {"title": f"by {number}", "rank": number}
            return probe.alice.put(path, fields, headers={"If-None-Match": "*"})

        responses = race(create)
        wanted = [201] + [412] * (len(responses) - 1)
        expect.equal(statuses(responses), wanted, "statuses of creators at once")
        (winner,) = (
            each for each in responses if each.status_code == httpx.codes.CREATED
        )
        stored = expect.data(probe.alice.get(path))
        expect.equal(stored, expect.data(winner, 201), "the record after the race")
