"""Deletions, unique fields, and whose records are."""

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe


@clause("REC-29", "mandatory")
def a_delete_leaves_a_tombstone(probe: Probe) -> None:
    """Respond to DELETE of a record with its tombstone, after which it is gone."""
    note = probe.note()
    response = probe.alice.delete(note.path)
    got = expect.data(response, 200)
    wanted = {"id": note.id, "last_modified": got.get("last_modified"), "deleted": True}
    expect.equal(got, wanted, "the tombstone")
    body = expect.body(response, 200)
    expect.equal(set(body), {"data"}, "members of the answer")
    expect.status(probe.alice.get(note.path), 404)
    expect.equal(expect.ids(probe.alice.get(probe.private)), [], "ids of the list")


@clause("REC-30", "mandatory")
def a_delete_of_a_list_deletes_what_matches(probe: Probe) -> None:
    """Delete the records of a list that match, and respond with their tombstones."""
    kept, gone, other = probe.note(rank=1), probe.note(rank=2), probe.note(rank=2)
    got = expect.data(probe.alice.delete(f"{probe.private}?rank=2"), 200)
    found = [each.get("id") for each in got]
    expect.same(found, [gone.id, other.id], "ids of what was deleted")
    for each in got:
        wanted = {"id", "last_modified", "deleted"}
        expect.equal(set(each), wanted, "fields of a tombstone")
    listed = expect.ids(probe.alice.get(probe.private))
    expect.equal(listed, [kept.id], "ids of what is left")


@clause("REC-31", "mandatory", unless=("paginated_delete",))
def a_delete_of_a_list_has_no_pages(probe: Probe) -> None:
    """Ignore ``_limit``, ``_sort``, ``_token`` and ``_fields`` of a DELETE."""
    made = [probe.note().id for _ in range(3)]
    query = "_limit=1&_sort=-title&_token=abc&_fields=title"
    response = probe.alice.delete(f"{probe.private}?{query}")
    expect.same(expect.ids(response), made, "ids of what was deleted")
    expect.equal(expect.ids(probe.alice.get(probe.private)), [], "ids of the list")


@clause("REC-32", "mandatory")
def unique_values_conflict(probe: Probe) -> None:
    """Respond 409 to a PUT or PATCH with a unique value of another record."""
    slug = probe.word()
    probe.note(slug=slug)
    note, unused = probe.note(), probe.unused()
    fields = {"title": "two", "slug": slug}
    for response in (
        probe.alice.put(note.path, fields),
        probe.alice.put(unused, fields),
        probe.alice.patch(note.path, {"slug": slug}),
    ):
        found = expect.error(response, 409, 122)
        details = found.get("details", {})
        expect.equal(details.get("field"), "slug", "details.field")
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "the record")
    expect.status(probe.alice.get(unused), 404)


@clause("REC-33", "mandatory")
def conflicts_show_the_other_record(probe: Probe) -> None:
    """Put the other record into a 409, for who may read it."""
    slug = probe.word()
    other, note = probe.note(slug=slug), probe.note()
    response = probe.alice.patch(note.path, {"slug": slug})
    found = expect.error(response, 409, 122)
    got = found.get("details", {}).get("existing")
    expect.equal(got, other.data, "details.existing")


@clause("REC-34", "mandatory")
def what_is_missing_is_not_unique(probe: Probe) -> None:
    """Let null, missing and deleted values be no conflict; nor those of other users."""
    for fields in ({"title": "one"}, {"title": "two", "slug": None}) * 2:
        expect.status(probe.alice.post(probe.private, fields), 201)
    slug = probe.word()
    deleted = probe.note(slug=slug)
    probe.alice.delete(deleted.path)
    fields = {"title": "two", "slug": slug}
    expect.status(probe.alice.post(probe.private, fields), 201)
    expect.status(probe.bob.post(probe.private, fields), 201)


@clause("REC-35", "mandatory")
def users_see_their_own_records_only(probe: Probe) -> None:
    """Keep the records of one user from another: 404, or one of their own."""
    note = probe.note()
    for response in (
        probe.bob.get(note.path),
        probe.bob.patch(note.path, {"rank": 5}),
        probe.bob.delete(note.path),
    ):
        expect.error(response, 404, 111)
    expect.equal(expect.ids(probe.bob.get(probe.private)), [], "ids of Bob's list")
    expect.status(probe.bob.put(note.path, {"title": "Bob's"}), 201)
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "Alice's record")
    expect.status(probe.bob.delete(probe.private), 200)
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "Alice's record")


@clause("REC-36", "mandatory")
def other_parameters_are_ignored(probe: Probe) -> None:
    """Ignore parameters of GET and DELETE of a record that mean nothing there."""
    note = probe.note()
    query = "odd=1&rank=99&_limit=abc&_sort=odd&_since=abc"
    for read in (probe.alice.get, probe.alice.head):
        expect.status(read(f"{note.path}?{query}"), 200)
    got = expect.data(probe.alice.get(f"{note.path}?{query}&last_modified=abc"))
    expect.equal(got, note.data, "the record")
    deleted = probe.alice.delete(f"{note.path}?{query}&_fields=odd")
    expect.equal(expect.data(deleted).get("id"), note.id, "id of the tombstone")
