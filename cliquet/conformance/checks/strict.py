"""The strict profile: preconditions of RFC 9110, section 13, to the letter."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from cliquet.conformance import expect
from cliquet.conformance.clauses import REQUIRED, SERVING, STRICT, clause
from cliquet.conformance.probe import Headers, Probe

_STRICT = (SERVING, STRICT)


@clause("STRICT-1", "strict", needs=_STRICT)
def timestamps_are_compared_for_equality(probe: Probe) -> None:
    """Compare timestamps for equality: neither older nor newer ones match."""
    note = probe.note()
    for path in (note.path, probe.private):
        for tag in (note.older, note.newer):
            got = probe.alice.get(path, headers={"If-Match": tag})
            expect.status(got, 412)
            got = probe.alice.get(path, headers={"If-None-Match": tag})
            expect.status(got, 200)
        got = probe.alice.get(path, headers={"If-Match": note.etag})
        expect.status(got, 200)
    for write in (probe.alice.put, probe.alice.patch):
        got = write(note.path, {"title": "2"}, headers={"If-Match": note.newer})
        expect.status(got, 412)
    got = probe.alice.delete(note.path, headers={"If-Match": note.newer})
    expect.status(got, 412)


@clause("STRICT-2", "strict", needs=_STRICT)
def weak_tags_never_match_strongly(probe: Probe) -> None:
    """Respond 412 to ``If-Match`` with a weak tag."""
    note = probe.note()
    asked = {"If-Match": f"W/{note.etag}"}
    expect.status(probe.alice.get(note.path, headers=asked), 412)
    expect.status(probe.alice.get(probe.private, headers=asked), 412)
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=asked), 412)
    expect.status(probe.alice.delete(note.path, headers=asked), 412)


@clause("STRICT-3", "strict", needs=_STRICT)
def tags_of_others_match_nothing(probe: Probe) -> None:
    """Let a tag that the server would not give match nothing, and be no error."""
    note = probe.note()
    for tag in ('""', '"abc"', f'"{note.timestamp}-gzip"'):
        for path in (note.path, probe.private):
            expect.status(probe.alice.get(path, headers={"If-None-Match": tag}), 200)
            expect.status(probe.alice.get(path, headers={"If-Match": tag}), 412)
        put = probe.alice.put(note.path, {"title": "2"}, headers={"If-Match": tag})
        expect.status(put, 412)


@clause("STRICT-4", "strict", needs=_STRICT)
def any_tag_of_a_list_counts(probe: Probe) -> None:
    """Let a list of tags hold for any of them."""
    note = probe.note()
    listed, others = f'"1", {note.etag}, "abc"', '"1", "2"'
    for path in (note.path, probe.private):
        expect.status(probe.alice.get(path, headers={"If-None-Match": listed}), 304)
        expect.status(probe.alice.get(path, headers={"If-None-Match": others}), 200)
        expect.status(probe.alice.get(path, headers={"If-Match": listed}), 200)
        expect.status(probe.alice.get(path, headers={"If-Match": others}), 412)
    put = probe.alice.put
    expect.status(put(note.path, {"title": "2"}, headers={"If-Match": others}), 412)
    expect.status(put(note.path, {"title": "2"}, headers={"If-Match": listed}), 200)


@clause("STRICT-5", "strict", needs=_STRICT)
def a_star_matches_what_exists(probe: Probe) -> None:
    """Let ``If-Match: *`` hold if the record exists, and on collections."""
    note, deleted = probe.note(), probe.tombstone()
    asked = {"If-Match": "*"}
    expect.status(probe.alice.get(note.path, headers=asked), 200)
    expect.status(probe.alice.get(probe.private, headers=asked), 200)
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=asked), 200)
    expect.status(probe.alice.patch(note.path, {"rank": 2}, headers=asked), 200)
    for path in (deleted.path, probe.unused()):
        expect.status(probe.alice.put(path, {"title": "2"}, headers=asked), 412)
        expect.status(probe.alice.get(path), 404)
    expect.status(probe.alice.post(probe.private, {"title": "3"}, headers=asked), 201)
    expect.status(probe.alice.delete(note.path, headers=asked), 200)


@clause("STRICT-6", "strict", needs=_STRICT)
def what_is_not_there_matches_nothing(probe: Probe) -> None:
    """Respond 412 to a PUT with ``If-Match`` of what is not there."""
    deleted = probe.tombstone()
    for tag in (deleted.etag, deleted.older, deleted.newer):
        asked = {"If-Match": tag}
        for path in (deleted.path, probe.unused()):
            expect.status(probe.alice.put(path, {"title": "2"}, headers=asked), 412)
            expect.status(probe.alice.get(path), 404)


@clause("STRICT-7", "strict", needs=_STRICT)
def if_match_comes_first(probe: Probe) -> None:
    """Look at ``If-Match`` before ``If-None-Match``."""
    note = probe.note()
    asked = {"If-Match": note.older, "If-None-Match": note.etag}
    for path in (note.path, probe.private):
        expect.status(probe.alice.get(path, headers=asked), 412)
    asked = {"If-Match": note.etag, "If-None-Match": note.etag}
    expect.status(probe.alice.get(note.path, headers=asked), 304)


@clause("STRICT-8", "strict", needs=_STRICT)
def reads_of_what_there_is_unless_it_is_there(probe: Probe) -> None:
    """Respond 304 to reads with ``If-None-Match: *``."""
    note = probe.note()
    asked = {"If-None-Match": "*"}
    for path in (note.path, probe.private):
        expect.status(probe.alice.get(path, headers=asked), 304)
        expect.status(probe.alice.head(path, headers=asked), 304)
    expect.status(probe.alice.get(probe.unused(), headers=asked), 404)


@clause("STRICT-9", "strict", needs=_STRICT)
def reads_compare_weakly(probe: Probe) -> None:
    """Respond 304 to reads with the present tag, weak or not, else 200."""
    note = probe.note()
    for path in (note.path, probe.private):
        for read in (probe.alice.get, probe.alice.head):
            for tag, wanted in (
                (note.etag, 304),
                (f"W/{note.etag}", 304),
                (note.newer, 200),
                (f"W/{note.older}", 200),
            ):
                expect.status(read(path, headers={"If-None-Match": tag}), wanted)


@clause("STRICT-10", "strict", needs=_STRICT)
def writes_unless_it_is_that(probe: Probe) -> None:
    """Respond 412 to a write with ``If-None-Match`` and the present tag."""
    note = probe.note()
    present, other = {"If-None-Match": note.etag}, {"If-None-Match": note.older}
    alice, path = probe.alice, note.path
    for tag in (note.etag, f"W/{note.etag}"):
        asked = {"If-None-Match": tag}
        expect.status(alice.put(path, {"title": "2"}, headers=asked), 412)
    expect.status(alice.patch(path, {"rank": 2}, headers=present), 412)
    expect.status(alice.delete(path, headers=present), 412)
    expect.status(alice.post(probe.private, {"title": "2"}, headers=present), 412)
    expect.status(alice.delete(probe.private, headers=present), 412)
    expect.equal(expect.data(alice.get(path)), note.data, "the record")
    expect.status(alice.put(path, {"title": "2"}, headers=other), 200)
    expect.status(alice.post(probe.private, {"title": "2"}, headers=other), 201)


def _dates(stamp: int) -> tuple[str, str]:
    """Return dates of an hour before and after a timestamp."""
    moment, hour = datetime.fromtimestamp(stamp / 1000, UTC), timedelta(hours=1)
    return (
        format_datetime(moment - hour, usegmt=True),
        format_datetime(moment + hour, usegmt=True),
    )


@clause("STRICT-11", "strict", needs=_STRICT)
def what_was_modified_since_is_412(probe: Probe) -> None:
    """Respond 412 to ``If-Unmodified-Since`` of before the last change."""
    note = probe.note()
    past, future = _dates(note.timestamp)
    alice, path = probe.alice, note.path
    old, new = {"If-Unmodified-Since": past}, {"If-Unmodified-Since": future}
    expect.status(alice.get(path, headers=old), 412)
    expect.status(alice.get(probe.private, headers=old), 412)
    expect.status(alice.put(path, {"title": "2"}, headers=old), 412)
    expect.status(alice.patch(path, {"rank": 2}, headers=old), 412)
    expect.status(alice.delete(path, headers=old), 412)
    expect.status(alice.post(probe.private, {"title": "2"}, headers=old), 412)
    expect.status(alice.delete(probe.private, headers=old), 412)
    expect.equal(expect.data(alice.get(path)), note.data, "the record")
    expect.status(alice.get(path, headers=new), 200)
    expect.status(alice.put(path, {"title": "2"}, headers=new), 200)


@clause("STRICT-12", "strict", needs=_STRICT)
def dates_have_three_forms(probe: Probe) -> None:
    """Read the three forms of dates, and ignore what is no date."""
    note = probe.note()
    for date in (
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ):
        asked = {"If-Unmodified-Since": date}
        expect.status(probe.alice.get(note.path, headers=asked), 412)
        expect.status(probe.alice.put(note.path, {"title": "2"}, headers=asked), 412)
    for odd in ("yesterday", "1994-11-06T08:49:37Z", "784111777", "0"):
        asked = {"If-Unmodified-Since": odd}
        expect.status(probe.alice.get(note.path, headers=asked), 200)


@clause("STRICT-13", "strict", needs=_STRICT)
def tags_come_before_dates(probe: Probe) -> None:
    """Ignore ``If-Unmodified-Since`` where there is an ``If-Match``."""
    note = probe.note()
    past, future = _dates(note.timestamp)
    asked = {"If-Match": note.etag, "If-Unmodified-Since": past}
    expect.status(probe.alice.get(note.path, headers=asked), 200)
    asked = {"If-Match": note.older, "If-Unmodified-Since": future}
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=asked), 412)
    asked = {"If-Match": note.etag, "If-Unmodified-Since": past}
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=asked), 200)


@clause("STRICT-14", "strict", needs=_STRICT)
def tags_come_before_dates_of_reads(probe: Probe) -> None:
    """Ignore ``If-Modified-Since`` where there is an ``If-None-Match``."""
    note = probe.note()
    _, future = _dates(note.timestamp)
    for path in (note.path, probe.private):
        asked = {"If-None-Match": '"1"', "If-Modified-Since": future}
        expect.status(probe.alice.get(path, headers=asked), 200)
        expect.status(
            probe.alice.get(path, headers={"If-Modified-Since": future}), 200, 304
        )


@clause("STRICT-15", "strict", needs=(SERVING, REQUIRED))
def writes_say_what_they_rely_on(probe: Probe) -> None:
    """Respond 428 to writes of a record without a precondition."""
    note, unused = probe.note(), probe.unused()
    alice = probe.alice
    none: Headers = {"If-None-Match": None}
    for path in (note.path, unused):
        expect.error(alice.put(path, {"title": "2"}, headers=none), 428, 118)
        expect.error(alice.patch(path, {"rank": 2}, headers=none), 428, 118)
        expect.error(alice.delete(path, headers=none), 428, 118)
    expect.equal(expect.data(alice.get(note.path)), note.data, "the record")
    expect.status(alice.get(unused), 404)
    expect.status(alice.get(probe.private), 200)
    made = alice.post(probe.private, {"title": "3"}, headers=none)
    expect.status(made, 201)
    asked = {"If-None-Match": "*"}
    expect.status(alice.put(unused, {"title": "2"}, headers=asked), 201)
    asked = {"If-Match": note.etag}
    expect.status(alice.put(note.path, {"title": "2"}, headers=asked), 200)
    expect.status(alice.delete(probe.private, headers=none), 200)


@clause("STRICT-16", "strict", needs=_STRICT)
def a_post_is_about_the_collection(probe: Probe) -> None:
    """Look at the collection for the preconditions of a POST, whatever id is sent."""
    note = probe.note()
    last = probe.note()
    unused = probe.unused().rpartition("/")[2]
    for record_id in (note.id, unused):
        fields = {"title": "2", "id": record_id}
        for asked in ({"If-None-Match": "*"}, {"If-Match": note.etag}):
            response = probe.alice.post(probe.private, fields, headers=asked)
            expect.status(response, 412)
    fields = {"title": "2", "id": unused}
    asked = {"If-Match": last.etag}
    expect.status(probe.alice.post(probe.private, fields, headers=asked), 201)


@clause("STRICT-17", "strict", needs=_STRICT)
def other_refusals_come_first(probe: Probe) -> None:
    """Respond 404, or 400 to a query string, before preconditions are looked at."""
    note = probe.note()
    unused, alice = probe.unused(), probe.alice
    for asked in ({"If-Match": note.older}, {"If-None-Match": "*"}):
        expect.status(alice.get(unused, headers=asked), 404)
        expect.status(alice.patch(unused, {"rank": 2}, headers=asked), 404)
        expect.status(alice.delete(unused, headers=asked), 404)
        expect.status(alice.get(f"{probe.private}?odd=1", headers=asked), 400)
        put = alice.put(f"{note.path}?odd=1", {"title": "2"}, headers=asked)
        expect.status(put, 400)


@clause("STRICT-18", "strict", needs=_STRICT)
def tombstones_can_be_written_over(probe: Probe) -> None:
    """Let ``If-None-Match`` and ``If-Unmodified-Since`` pass on a tombstone."""
    deleted = probe.tombstone()
    past, _ = _dates(deleted.timestamp)
    for asked in (
        {"If-None-Match": "*"},
        {"If-None-Match": deleted.etag},
        {"If-Unmodified-Since": past},
    ):
        deleted = probe.tombstone()
        put = probe.alice.put(deleted.path, {"title": "2"}, headers=asked)
        expect.status(put, 201)
