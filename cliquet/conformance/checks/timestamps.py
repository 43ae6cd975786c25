"""Timestamps: who gives them, which they are, and those that clients force."""

import time

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe
from cliquet.conformance.races import race

_DAY = 24 * 60 * 60 * 1000


@clause("SYNC-1", "mandatory")
def timestamps_are_milliseconds(probe: Probe) -> None:
    """Keep timestamps as integers: milliseconds since the Unix epoch."""
    got = expect.data(probe.alice.post(probe.private, {"title": "one"}), 201)
    stamp = got.get("last_modified")
    is_integer = isinstance(stamp, int) and not isinstance(stamp, bool)
    expect.true(is_integer, f"last_modified: wanted an integer, got {stamp!r}")
    now = time.time() * 1000
    # The clocks of two machines, and one that was pushed ahead by forced timestamps.
    expect.true(
        abs(stamp - now) < 3 * _DAY,
        f"last_modified: wanted milliseconds, about {now:.0f}, got {stamp}",
    )


@clause("SYNC-2", "mandatory")
def each_write_has_a_greater_timestamp(probe: Probe) -> None:
    """Move the timestamp of the record on, past all of its list, at each write."""
    alice, note = probe.alice, probe.note()
    other = probe.note()
    responses = (
        alice.put(note.path, {"title": "2"}),
        alice.patch(other.path, {"rank": 5}),
        alice.put(note.path, {"title": "2"}),
        alice.delete(other.path),
    )
    stamps = [note.timestamp, other.timestamp]
    stamps += [expect.data(response)["last_modified"] for response in responses]
    stamps += [probe.note().timestamp for _ in range(3)]
    expect.equal(stamps, sorted(set(stamps)), "timestamps of writes, one after another")


@clause("SYNC-3", "mandatory")
def the_list_has_the_greatest_timestamp(probe: Probe) -> None:
    """Keep as timestamp of a list the greatest of its records and tombstones."""
    probe.note()
    note = probe.note()
    for _ in range(2):
        expect.header(probe.alice.get(probe.private), "ETag", note.etag)
        probe.alice.get(note.path)
    deletion = expect.data(probe.alice.delete(note.path))
    wanted = f'"{deletion["last_modified"]}"'
    for _ in range(2):
        expect.header(probe.alice.get(probe.private), "ETag", wanted)


@clause("SYNC-4", "repaired")
def reading_what_was_never_used_writes_nothing(probe: Probe) -> None:
    """Keep ``"0"`` as the ETag of a list that was never used, however often read."""
    stranger = probe.stranger()
    for _ in range(2):
        expect.header(stranger.get(probe.private), "ETag", '"0"')


@clause("SYNC-5", "mandatory")
def users_have_timestamps_of_their_own(probe: Probe) -> None:
    """Leave the timestamp of a user's list alone when another user writes."""
    probe.note(probe.bob)
    before = probe.timestamp(user=probe.bob)
    probe.note()
    expect.equal(probe.timestamp(user=probe.bob), before, "timestamp of Bob's list")


@clause("SYNC-6", "repaired")
def pollers_miss_nothing(probe: Probe) -> None:
    """Let who polls with ``_since`` and the last ETag miss no change of others."""
    since = probe.note().timestamp
    seen: set[str] = set()
    made: set[str] = set()

    def write_or_poll(number: int) -> httpx.Response:
        nonlocal since
        if number:
            for _ in range(4):
                response = probe.alice.post(probe.private, {"title": f"{number}"})
                made.add(expect.data(response, 201)["id"])
            return response
        for _ in range(12):
            pages = list(probe.walk(f"{probe.private}?_since={since}"))
            seen.update(each for page in pages for each in expect.ids(page))
            # Of the first page: what is written during a walk is for the next poll.
            since = int(expect.header(pages[0], "ETag").strip('"'))
        return pages[0]

    race(write_or_poll)
    for page in probe.walk(f"{probe.private}?_since={since}"):
        seen.update(expect.ids(page))
    missed = made - seen
    expect.true(not missed, f"{len(missed)} of {len(made)} records were never listed")


# --- forced by clients ---


@clause("SYNC-14", "mandatory")
def creations_may_have_a_timestamp(probe: Probe) -> None:
    """Create a record with the timestamp that is sent, even one in the past."""
    past = probe.article().timestamp - 5 * _DAY
    article = probe.article(last_modified=past)
    expect.equal(article.timestamp, past, "last_modified of a POST that forced it")
    path = probe.unused(probe.shared)
    made = probe.alice.put(path, {"last_modified": past + 1})
    got = expect.data(made, 201)["last_modified"]
    expect.equal(got, past + 1, "last_modified of a PUT that forced it")


@clause("SYNC-15", "mandatory")
def greater_timestamps_are_taken(probe: Probe) -> None:
    """Take a forced timestamp that is greater than the record's, else a new one."""
    alice, article = probe.alice, probe.article()
    stamp = article.timestamp
    for write in (alice.put, alice.patch):
        stamp += 1000
        got = expect.data(write(article.path, {"last_modified": stamp}))
        expect.equal(got["last_modified"], stamp, "last_modified that was forced")
        for older in (stamp, stamp - 1):
            got = expect.data(write(article.path, {"last_modified": older}))
            expect.true(
                got["last_modified"] > stamp,
                f"{older} was forced on {stamp}, and got {got['last_modified']}",
            )
            stamp = got["last_modified"]
    got = expect.data(alice.delete(f"{article.path}?last_modified={stamp + 1000}"))
    expect.equal(got["last_modified"], stamp + 1000, "last_modified of a deletion")
    article = probe.article()
    got = expect.data(alice.delete(f"{article.path}?last_modified={article.timestamp}"))
    is_new = got["last_modified"] > article.timestamp
    expect.true(is_new, "a deletion has the timestamp of its record")


@clause("SYNC-16", "mandatory")
def lists_do_not_go_back(probe: Probe) -> None:
    """Move the timestamp of a list on, to a forced one that is greater."""
    readers = {"read": [probe.alice.id]}
    article = probe.article(permissions=readers)
    before = probe.timestamp(probe.shared)
    ahead = before + 2000
    probe.alice.patch(article.path, {"last_modified": ahead})
    expect.equal(probe.timestamp(probe.shared), ahead, "timestamp of the list")
    probe.article(last_modified=before - _DAY)
    after = probe.timestamp(probe.shared)
    expect.true(after > ahead, f"the list went from {ahead} to {after}")


@clause("SYNC-17", "mandatory")
def deletions_take_a_timestamp(probe: Probe) -> None:
    """Read ``?last_modified=`` of a DELETE, between quotes too; refuse what is none."""
    note = probe.note()
    for value in ("abc", "1.5"):
        path = f"{note.path}?last_modified={value}"
        expect.error(probe.alice.delete(path), 400, 107)
    expect.status(probe.alice.get(note.path), 200)
    ahead = note.timestamp + 1000
    got = expect.data(probe.alice.delete(f"{note.path}?last_modified=%22{ahead}%22"))
    expect.equal(got["last_modified"], ahead, "last_modified of the deletion")


@clause("SYNC-18", "repaired")
def what_is_no_timestamp_is_refused(probe: Probe) -> None:
    """Refuse a ``last_modified`` that is no integer from 0 to 2^53."""
    article = probe.article()
    odd: tuple[object, ...] = ("abc", 1.5, True, -1, 2**53 + 1, [], {})
    for value in odd:
        fields = {"last_modified": value}
        for response in (
            probe.alice.post(probe.shared, fields),
            probe.alice.put(article.path, fields),
            probe.alice.patch(article.path, fields),
        ):
            expect.error(response, 400, 107)


@clause("SYNC-19", "repaired")
def clocks_cannot_be_pushed_far_ahead(probe: Probe) -> None:
    """Refuse a timestamp that is further ahead than the server's bound."""
    article = probe.article()
    far = article.timestamp + 3650 * _DAY
    for response in (
        probe.alice.post(probe.shared, {"last_modified": far}),
        probe.alice.put(article.path, {"last_modified": far}),
        probe.alice.patch(article.path, {"last_modified": far}),
        probe.alice.delete(f"{article.path}?last_modified={far}"),
    ):
        expect.error(response, 400, 107)
    now = probe.article().timestamp
    expect.true(now < far, f"a forced timestamp moved the clock to {now}")
