"""Preconditions: values, reads, and what a 412 says."""

from cliquet.conformance import expect
from cliquet.conformance.clauses import STRICT, clause
from cliquet.conformance.probe import Probe

_LONG_AGO = "Mon, 01 Jan 2001 00:00:00 GMT"
_FAR = "Fri, 01 Jan 2100 00:00:00 GMT"


@clause("PRE-1", "mandatory", unless=(STRICT,))
def what_is_no_tag_is_refused(probe: Probe) -> None:
    """Refuse what is no entity tag, or none of the protocol, where it counts."""
    note = probe.note()
    for value in (str(note.timestamp), '""', '"abc"'):
        for name in ("If-Match", "If-None-Match"):
            for path in (note.path, probe.private):
                refused = probe.alice.get(path, headers={name: value})
                expect.detail(refused, "headers", None)
    for value in (str(note.timestamp), '""', '"abc"', "*"):
        asked = {"If-Match": value}
        refused = probe.alice.put(note.path, {"title": "2"}, headers=asked)
        expect.detail(refused, "headers", None)


@clause("PRE-2", "mandatory")
def the_timestamp_of_what_the_url_names_is_compared(probe: Probe) -> None:
    """Compare the record on its URL and for its id, the collection otherwise."""
    note = probe.note()
    probe.note()
    asked = {"If-Match": note.etag}
    expect.status(probe.alice.get(note.path, headers=asked), 200)
    expect.status(probe.alice.get(probe.private, headers=asked), 412)
    if STRICT not in probe.server.features:
        same_id = {"title": "one", "id": note.id}
        expect.status(probe.alice.post(probe.private, same_id, headers=asked), 200)
    expect.status(probe.alice.post(probe.private, {"title": "3"}, headers=asked), 412)
    expect.status(probe.alice.patch(note.path, {"rank": 2}, headers=asked), 200)


@clause("PRE-3", "mandatory", unless=(STRICT,))
def a_timestamp_in_the_future_is_no_error(probe: Probe) -> None:
    """Take a timestamp in the future to mean that nothing was changed since."""
    note = probe.note()
    expect.status(probe.alice.get(note.path, headers={"If-Match": note.newer}), 200)
    for path in (note.path, probe.private):
        got = probe.alice.get(path, headers={"If-None-Match": note.newer})
        expect.status(got, 304)
    put = probe.alice.put(note.path, {"title": "2"}, headers={"If-Match": note.newer})
    expect.status(put, 200)


@clause("PRE-4", "http")
def weak_tags_and_lists_of_tags_are_understood(probe: Probe) -> None:
    """Understand ``If-None-Match`` with weak tags, lists, and tags of others."""
    note = probe.note()
    other = f'"{note.timestamp}-gzip"'
    for path in (note.path, probe.private):
        for value, wanted in (
            (f"W/{note.etag}", 304),
            (f'"1", {note.etag}', 304),
            (f"{other}, W/{note.etag}", 304),
            (other, 200),
            ('W/"abc"', 200),
            ('"1", W/"2"', 200),
        ):
            got = probe.alice.get(path, headers={"If-None-Match": value})
            expect.status(got, wanted)


@clause("PRE-5", "http", unless=(STRICT,))
def a_weak_if_match_counts_as_its_tag(probe: Probe) -> None:
    """Take ``If-Match: W/"t"`` for ``"t"``."""
    note = probe.note()
    weak, old = {"If-Match": f"W/{note.etag}"}, {"If-Match": f"W/{note.older}"}
    listed = {"If-Match": f'"{note.timestamp}-gzip", {note.etag}'}
    expect.status(probe.alice.get(note.path, headers=weak), 200)
    expect.status(probe.alice.get(note.path, headers=listed), 200)
    other = {"If-Match": f'"{note.timestamp}-gzip"'}
    expect.status(probe.alice.get(note.path, headers=other), 412)
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=old), 412)
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=weak), 200)


@clause("PRE-6", "mandatory", unless=(STRICT,))
def dates_are_ignored(probe: Probe) -> None:
    """Ignore ``If-Modified-Since`` and ``If-Unmodified-Since``."""
    note = probe.note()
    for path in (note.path, probe.private):
        expect.status(probe.alice.get(path, headers={"If-Modified-Since": _FAR}), 200)
        asked = {"If-Unmodified-Since": _LONG_AGO}
        expect.status(probe.alice.get(path, headers=asked), 200)
    asked = {"If-Unmodified-Since": _LONG_AGO}
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=asked), 200)


@clause("PRE-7", "mandatory")
def reads_of_what_was_not_changed_are_304(probe: Probe) -> None:
    """Respond 304 to ``If-None-Match`` if nothing was changed since, else 200."""
    note = probe.note()
    for path in (note.path, probe.private):
        for user_reads in (probe.alice.get, probe.alice.head):
            got = user_reads(path, headers={"If-None-Match": note.etag})
            expect.status(got, 304)
            got = user_reads(path, headers={"If-None-Match": note.older})
            expect.status(got, 200)


@clause("PRE-8", "mandatory")
def reads_of_what_was_changed_are_412(probe: Probe) -> None:
    """Respond 412 to reads with an ``If-Match`` of before the last change."""
    note = probe.note()
    for path in (note.path, probe.private):
        for user_reads in (probe.alice.get, probe.alice.head):
            expect.status(user_reads(path, headers={"If-Match": note.older}), 412)
            expect.status(user_reads(path, headers={"If-Match": note.etag}), 200)


@clause("PRE-9", "mandatory", unless=(STRICT,))
def reads_of_a_record_unless_it_exists_are_412(probe: Probe) -> None:
    """Respond 412 to a read of a record with ``If-None-Match: *``."""
    note = probe.note()
    asked = {"If-None-Match": "*"}
    expect.status(probe.alice.get(note.path, headers=asked), 412)
    expect.status(probe.alice.head(note.path, headers=asked), 412)


@clause("PRE-10", "mandatory")
def what_does_not_exist_is_404_first(probe: Probe) -> None:
    """Respond 404 for a record that does not exist, whatever the preconditions."""
    deleted = probe.tombstone()
    for path in (probe.unused(), deleted.path):
        for asked in (
            {"If-Match": deleted.etag},
            {"If-Match": deleted.older},
            {"If-None-Match": deleted.etag},
            {"If-None-Match": "*"},
        ):
            expect.status(probe.alice.get(path, headers=asked), 404)


@clause("PRE-11", "mandatory", unless=(STRICT,))
def if_none_match_comes_first_on_reads(probe: Probe) -> None:
    """Look at ``If-None-Match: "t"`` before ``If-Match``."""
    note = probe.note()
    asked = {"If-None-Match": note.etag, "If-Match": note.older}
    for path in (note.path, probe.private):
        expect.status(probe.alice.get(path, headers=asked), 304)


@clause("PRE-19", "mandatory")
def a_412_says_what_is_there_now(probe: Probe) -> None:
    """Put errno 114, the message, and the present validators into a 412."""
    note = probe.note()
    asked = {"If-Match": note.older}
    for path in (note.path, probe.private):
        refused = probe.alice.get(path, headers=asked)
        found = expect.error(refused, 412, 114)
        message = "Resource was modified meanwhile"
        expect.equal(found.get("message"), message, "message of a 412")
        expect.header(refused, "ETag", note.etag)
        expect.header(refused, "Last-Modified")
    refused = probe.alice.put(note.path, {"title": "2"}, headers=asked)
    expect.header(refused, "ETag", note.etag)
    expect.header(refused, "Last-Modified")


@clause("PRE-20", "mandatory")
def a_412_shows_the_record_as_it_is(probe: Probe) -> None:
    """Put the present record into a 412 about it, and nothing about collections."""
    note = probe.note()
    asked = {"If-Match": note.older}
    found = expect.error(probe.alice.get(probe.private, headers=asked), 412)
    expect.equal(found.get("details"), {}, "details of a 412 on a collection")
    refused = probe.alice.put(note.path, {"title": "2"}, headers=asked)
    found = expect.error(refused, 412)
    expect.equal(found.get("details"), {"existing": note.data}, "details of a 412")
    readable = {"read": [probe.alice.id], "write": []}
    article = probe.article(permissions=readable)
    refused = probe.alice.put(
        article.path, {"title": "2"}, headers={"If-Match": article.older}
    )
    found = expect.error(refused, 412)
    expect.equal(found.get("details"), {"existing": article.data}, "details of a 412")


@clause("PRE-21", "repaired")
def a_412_shows_nothing_to_who_may_not_read(probe: Probe) -> None:
    """Keep the record, and its timestamp, from who may write it but not read it."""
    article = probe.article(permissions={"write": [probe.bob.id]})
    refused = probe.bob.put(
        article.path, {"title": "2"}, headers={"If-Match": article.older}
    )
    found = expect.error(refused, 412)
    expect.lacks(found.get("details", {}), "existing", "details of a 412")
    expect.no_header(refused, "ETag")
    expect.no_header(refused, "Last-Modified")
