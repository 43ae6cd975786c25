"""Bodies, fields and ids of records."""

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe


@clause("REC-1", "mandatory")
def records_are_objects_with_id_and_timestamp(probe: Probe) -> None:
    """Respond with a record as ``data``, with its ``id`` and ``last_modified``."""
    note = probe.note()
    for response in (
        probe.alice.get(note.path),
        probe.alice.put(note.path, {"title": "2"}),
        probe.alice.patch(note.path, {"rank": 5}),
        probe.alice.post(probe.private, {"title": "3"}),
    ):
        got = expect.data(response, 200, 201)
        expect.true(isinstance(got, dict), f"data: wanted an object, got {got!r}")
        expect.true(isinstance(got.get("id"), str), "id: wanted a text")
        is_integer = type(got.get("last_modified")) is int
        expect.true(is_integer, "last_modified: wanted an integer")


@clause("REC-2", "mandatory")
def data_must_be_there(probe: Probe) -> None:
    """Refuse a POST or PUT without ``data``, unless nothing in it is required."""
    for response in (
        probe.alice.post(probe.private, json={}),
        probe.alice.put(probe.unused(), json={}),
    ):
        said = expect.detail(response, "body", "data")
        expect.equal(said, "data is missing", "description")
    expect.status(probe.alice.post(probe.shared, json={}), 201)
    expect.status(probe.alice.put(probe.unused(probe.shared), json={}), 201)


@clause("REC-3", "repaired")
def data_is_not_null(probe: Probe) -> None:
    """Refuse ``data`` that is null."""
    article = probe.article()
    for path in (probe.private, probe.shared):
        expect.error(probe.alice.post(path, json={"data": None}), 400, 107)
    for path in (article.path, probe.unused(probe.shared)):
        expect.error(probe.alice.put(path, json={"data": None}), 400, 107)
    expect.error(probe.alice.patch(article.path, json={"data": None}), 400, 107)


@clause("REC-4", "mandatory")
def required_fields_are_required(probe: Probe) -> None:
    """Refuse a record whose required field is absent, null or empty."""
    for fields in ({"rank": 1}, {"title": None}, {"title": ""}):
        for response in (
            probe.alice.post(probe.private, fields),
            probe.alice.put(probe.unused(), fields),
        ):
            said = expect.detail(response, "body", "data.title")
            expect.equal(said, "Required", "description")


@clause("REC-5", "mandatory")
def fields_have_their_types(probe: Probe) -> None:
    """Refuse a field that cannot be read, by its name."""
    note = probe.note()
    fields = {"title": "one", "rank": "high"}
    for response in (
        probe.alice.post(probe.private, fields),
        probe.alice.put(note.path, fields),
        probe.alice.patch(note.path, {"rank": "high"}),
    ):
        expect.detail(response, "body", "data.rank")
    response = probe.alice.post(probe.private, {"title": 42})
    expect.detail(response, "body", "data.title")


@clause("REC-6", "mandatory")
def unknown_fields_are_dropped_or_kept(probe: Probe) -> None:
    """Drop fields that are not declared, or keep them where the schema does."""
    dropped = probe.note(unknown="x")
    expect.lacks(dropped.data, "unknown", "a note")
    stored = expect.data(probe.alice.get(dropped.path))
    expect.lacks(stored, "unknown", "a note, read again")
    value = {"deep": ["x", 1, None, {"é": 1.5}]}
    kept = probe.article(unknown=value)
    stored = expect.data(probe.alice.get(kept.path))
    expect.equal(stored.get("unknown"), value, "a field that is not declared")


@clause("REC-7", "repaired")
def what_is_read_can_be_written(probe: Probe) -> None:
    """Accept in a PUT what a GET of the record was answered."""
    article = probe.article(rank=1)
    for path in (probe.note(slug=probe.word(), source="a").path, article.path):
        stored = expect.data(probe.alice.get(path))
        written = expect.data(probe.alice.put(path, stored))
        for name in stored.keys() - {"last_modified"}:
            expect.equal(written.get(name), stored[name], f"{name}, written back")


@clause("REC-8", "repaired")
def integers_are_kept_exactly(probe: Probe) -> None:
    """Keep integers exactly, or refuse them."""
    for value in (2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**64 + 1, 10**40 + 1):
        response = probe.alice.post(
            probe.shared, json={"data": {"size": value, "in": [value]}}
        )
        if expect.status(response, 201, 400).status_code == 400:
            continue
        got = expect.data(response, 201)
        expect.equal(got.get("size"), value, "an integer that was sent")
        expect.equal(got.get("in"), [value], "an integer that was sent in an array")


@clause("REC-9", "mandatory")
def ids_are_those_that_servers_make(probe: Probe) -> None:
    """Refuse an id, in a URL or a POST, that the server would not make."""
    alice = probe.alice
    for odd in ("not*an*id", "wrong=id", "%C3%A9"):
        path = f"{probe.private}/{odd}"
        for response in (
            alice.get(path),
            alice.put(path, {"title": "one"}),
            alice.patch(path, {"title": "one"}),
            alice.delete(path),
            alice.post(probe.private, {"title": "one", "id": odd}),
        ):
            said = expect.detail(response, "path", None)
            expect.equal(said, "Invalid record id", "description")


@clause("REC-10", "repaired")
def ids_match_as_a_whole(probe: Probe) -> None:
    """Refuse an id with a line break at its end."""
    note = probe.note()
    expect.error(probe.alice.get(f"{note.path}%0A"), 400, 107)
    response = probe.alice.put(f"{probe.unused()}%0A", {"title": "one"})
    expect.error(response, 400, 107)


@clause("REC-11", "mandatory")
def ids_of_bodies_are_those_of_urls(probe: Probe) -> None:
    """Refuse a PUT or PATCH whose ``data.id`` is not the id of the URL."""
    article = probe.article()
    other = probe.unused().rpartition("/")[2]
    for response in (
        probe.alice.put(article.path, {"id": other}),
        probe.alice.patch(article.path, {"id": other}),
        probe.alice.put(probe.unused(probe.shared), {"id": other}),
    ):
        expect.error(response, 400, 107)
    expect.status(probe.alice.put(article.path, {"id": article.id}), 200)
