"""Records: made, read, replaced, changed, deleted."""

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe
from cliquet.conformance.races import RACERS, race

_LIGHT = {"Response-Behavior": "light"}
_DIFF = {"Response-Behavior": "diff"}


@clause("REC-12", "mandatory")
def a_post_creates(probe: Probe) -> None:
    """Create a record on POST, under the id that is sent or one of the server's."""
    made = expect.data(probe.alice.post(probe.private, {"title": "one"}), 201)
    expect.equal(made.get("title"), "one", "title of what was created")
    wanted = probe.unused().rpartition("/")[2]
    fields = {"title": "two", "id": wanted}
    named = expect.data(probe.alice.post(probe.private, fields), 201)
    expect.equal(named.get("id"), wanted, "id of what was created")
    listed = expect.ids(probe.alice.get(probe.private))
    expect.same(listed, [made["id"], wanted], "ids of the list")


@clause("REC-13", "mandatory")
def a_post_of_a_record_that_exists_shows_it(probe: Probe) -> None:
    """Respond 200 with the record to a POST of its id, and change nothing."""
    note = probe.note()
    response = probe.alice.post(probe.private, {"title": "other", "id": note.id})
    expect.equal(expect.data(response, 200), note.data, "the record that exists")
    stored = expect.data(probe.alice.get(note.path))
    expect.equal(stored, note.data, "the record afterwards")


@clause("REC-14", "mandatory")
def a_post_of_a_unique_value_shows_its_record(probe: Probe) -> None:
    """Respond 200 with the record that has a unique value, and change nothing."""
    slug = probe.word()
    note = probe.note(slug=slug)
    response = probe.alice.post(probe.private, {"title": "other", "slug": slug})
    expect.equal(expect.data(response, 200), note.data, "the record that exists")
    got = expect.data(probe.alice.get(probe.private))
    expect.equal(got, [note.data], "the list afterwards")


@clause("REC-15", "repaired")
def a_post_shows_records_to_their_readers_only(probe: Probe) -> None:
    """Respond 403 to a POST of the id of a record that the user may not read."""
    hidden = probe.article()
    shown = probe.article(permissions={"read": [probe.bob.id]})
    refused = probe.bob.post(probe.shared, {"title": "x", "id": hidden.id})
    expect.error(refused, 403, 121)
    response = probe.bob.post(probe.shared, {"title": "x", "id": shown.id})
    expect.equal(expect.data(response, 200), shown.data, "a record of a reader")


@clause("REC-16", "mandatory")
def a_post_of_a_tombstone_creates(probe: Probe) -> None:
    """Create a record on POST of the id of a tombstone."""
    deleted = probe.tombstone()
    response = probe.alice.post(probe.private, {"title": "new", "id": deleted.id})
    expect.equal(expect.data(response, 201).get("id"), deleted.id, "id")
    expect.status(probe.alice.get(deleted.path), 200)


@clause("REC-17", "mandatory")
def a_get_shows_what_was_written(probe: Probe) -> None:
    """Respond to GET with the record as it was last written."""
    note = probe.note()
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "the record")
    for write in (probe.alice.put, probe.alice.patch):
        written = expect.data(write(note.path, {"title": "é" * 9, "rank": -7}))
        got = expect.data(probe.alice.get(note.path))
        expect.equal(got, written, "the record, written again")


@clause("REC-18", "mandatory")
def what_does_not_exist_is_404(probe: Probe) -> None:
    """Respond 404 to GET, PATCH and DELETE of a record that does not exist."""
    for path in (probe.unused(), probe.tombstone().path):
        for response in (
            probe.alice.get(path),
            probe.alice.patch(path, {"rank": 5}),
            probe.alice.delete(path),
        ):
            expect.error(response, 404, 111)


@clause("REC-19", "mandatory")
def a_put_creates(probe: Probe) -> None:
    """Create a record on PUT of an id that has none: 201."""
    for path in (probe.unused(), probe.tombstone().path):
        response = probe.alice.put(path, {"title": "one"})
        made = expect.data(response, 201)
        expect.equal(made.get("id"), path.rpartition("/")[2], "id")
        expect.equal(expect.data(probe.alice.get(path)), made, "what was created")


@clause("REC-20", "mandatory")
def a_put_replaces(probe: Probe) -> None:
    """Replace all of a record on PUT, with a new timestamp even if nothing differs."""
    note = probe.note(rank=5, slug=probe.word())
    replaced = expect.data(probe.alice.put(note.path, {"title": "two"}), 200)
    expect.equal(replaced.get("title"), "two", "title")
    expect.equal(replaced.get("rank"), 0, "rank, of which the default is 0")
    expect.lacks(replaced, "slug", "the record")
    again = expect.data(probe.alice.put(note.path, {"title": "two"}), 200)
    is_newer = again["last_modified"] > replaced["last_modified"]
    expect.true(is_newer, "a PUT of the same fields left the timestamp")
    article = probe.article(extra=1)
    replaced = expect.data(probe.alice.put(article.path, {"title": "two"}), 200)
    expect.lacks(replaced, "extra", "the record")


@clause("REC-21", "repaired")
def a_put_keeps_read_only_fields(probe: Probe) -> None:
    """Refuse a PUT that gives a read-only field another value."""
    note = probe.note(source="a")
    refused = probe.alice.put(note.path, {"title": "two", "source": "b"})
    expect.error(refused, 400, 107)
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "the record")
    same = probe.alice.put(note.path, {"title": "two", "source": "a"})
    expect.status(same, 200)


@clause("REC-22", "mandatory")
def a_patch_replaces_what_is_sent(probe: Probe) -> None:
    """Replace the fields that a PATCH sends, objects as a whole, and no other."""
    note = probe.note(rank=1, slug=probe.word())
    changed = expect.data(probe.alice.patch(note.path, {"rank": 2}), 200)
    wanted = {**note.data, "rank": 2, "last_modified": changed["last_modified"]}
    expect.equal(changed, wanted, "the record after a PATCH")
    got = expect.data(probe.alice.get(note.path))
    expect.equal(got, wanted, "the record, read again")
    article = probe.article(deep={"a": 1, "b": 2}, kept=1)
    response = probe.alice.patch(article.path, {"deep": {"b": 3}})
    got = expect.data(response, 200)
    expect.equal(got.get("deep"), {"b": 3}, "an object that was sent")
    expect.equal(got.get("kept"), 1, "a field that was not sent")


@clause("REC-23", "mandatory")
def a_patch_that_changes_nothing_leaves_timestamps(probe: Probe) -> None:
    """Leave timestamps when a PATCH of a user's record changes nothing."""
    note = probe.note(rank=1)
    for fields in ({}, {"rank": 1}, {"title": "one", "rank": 1}):
        response = probe.alice.patch(note.path, fields)
        expect.equal(expect.data(response, 200), note.data, "the record")
        expect.equal(probe.timestamp(), note.timestamp, "timestamp of the list")


@clause("REC-24", "mandatory")
def a_patch_of_what_is_shared_has_a_new_timestamp(probe: Probe) -> None:
    """Move the timestamp of a shareable record on at every PATCH."""
    article = probe.article(rank=1)
    before = article.timestamp
    bodies: tuple[object, ...] = (
        {"data": {}},
        {"data": {"rank": 1}},
        {"permissions": {"read": [probe.bob.id]}},
    )
    for sent in bodies:
        got = expect.data(probe.alice.patch(article.path, json=sent), 200)
        expect.true(got["last_modified"] > before, f"the timestamp is that of {before}")
        before = got["last_modified"]


@clause("REC-25", "mandatory")
def a_patch_says_something(probe: Probe) -> None:
    """Refuse a PATCH without ``data`` on a user resource, or without a body."""
    note, article = probe.note(), probe.article()
    json_type = {"Content-Type": "application/json"}
    expect.error(probe.alice.patch(note.path, json={}), 400, 107)
    for path in (note.path, article.path):
        expect.error(probe.alice.patch(path, content="", headers=json_type), 400, 107)


@clause("REC-26", "mandatory")
def a_patch_keeps_read_only_fields(probe: Probe) -> None:
    """Refuse a PATCH that gives a read-only field another value."""
    note = probe.note(source="a")
    refused = probe.alice.patch(note.path, {"source": "b"})
    said = expect.detail(refused, "body", "source")
    expect.equal(said, "Cannot modify source", "description")
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "the record")
    expect.status(probe.alice.patch(note.path, {"source": "a", "rank": 2}), 200)


@clause("REC-27", "mandatory")
def patches_are_answered_as_asked(probe: Probe) -> None:
    """Respond to PATCH with what changed, or differs, as ``Response-Behavior`` asks."""
    sent = {"title": "one", "rank": "5"}
    note = probe.note()
    got = expect.body(probe.alice.patch(note.path, sent, headers=_LIGHT), 200)
    expect.equal(got, {"data": {"rank": 5}}, "the answer to light")
    note = probe.note()
    got = expect.body(probe.alice.patch(note.path, sent, headers=_DIFF), 200)
    expect.equal(got, {"data": {"rank": 5}}, "the answer to diff")
    note = probe.note()
    response = probe.alice.patch(note.path, {"rank": 5}, headers=_DIFF)
    expect.equal(expect.body(response, 200), {"data": {}}, "the answer to diff")
    article = probe.article()
    for headers in (_LIGHT, _DIFF):
        response = probe.alice.patch(article.path, {"rank": 1}, headers=headers)
        expect.lacks(expect.body(response, 200), "permissions", "the answer")


@clause("REC-28", "repaired")
def patches_at_once_keep_one_another(probe: Probe) -> None:
    """Apply each of several PATCHes at once to the record as it is by then."""
    article = probe.article()

    def change(number: int) -> httpx.Response:
        return probe.alice.patch(article.path, {f"field{number}": number})

    for response in race(change):
        expect.status(response, 200)
    stored = expect.data(probe.alice.get(article.path))
    for number in range(RACERS):
        got = stored.get(f"field{number}")
        expect.equal(got, number, f"field{number}, written with others at once")
