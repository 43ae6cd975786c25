"""Lists: what is in them, by which filters, with which values."""

from collections.abc import Iterable

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe, Record


def expect_listed(probe: Probe, query: str, wanted: Iterable[Record]) -> None:
    """Expect a list of notes to have some records, in any order."""
    got = expect.ids(probe.alice.get(f"{probe.private}?{query}"))
    ids = [each.id for each in wanted]
    expect.same(got, ids, f"ids of the list with {query}")


def _refused(response: httpx.Response, said: str) -> None:
    """Expect a 400 about the query string, with a description."""
    found = expect.error(response, 400, 107)
    told = [
        each.get("description")
        for each in found.get("details", ())
        if each.get("location") == "querystring"
    ]
    expect.contains(told, said, "descriptions")


@clause("LIST-1", "mandatory")
def lists_are_data(probe: Probe) -> None:
    """Respond to GET of a collection with a list of records as ``data``."""
    expect.equal(expect.body(probe.alice.get(probe.private), 200), {"data": []}, "body")
    note, article = probe.note(), probe.article()
    found = expect.body(probe.alice.get(probe.private), 200)
    expect.equal(found, {"data": [note.data]}, "body")
    found = expect.body(probe.alice.get(probe.shared), 200)
    expect.equal(set(found), {"data"}, "members of the body")
    expect.contains(found["data"], article.data, "records of the shared list")


@clause("LIST-2", "mandatory")
def matches_are_counted(probe: Probe) -> None:
    """Count the records that match in ``Total-Records``, on HEAD too."""
    for rank in (1, 2, 2):
        probe.note(rank=rank)
    deleted = probe.tombstone()
    since = deleted.timestamp - 10**9
    for query, wanted in (
        ("", "3"), ("?rank=2", "2"), ("?_limit=1", "3"), ("?rank=2&_limit=1", "2"),
        ("?rank=9", "0"), (f"?_since={since}", "3"),
    ):  # fmt: skip
        response = expect.status(probe.alice.head(probe.private + query), 200)
        expect.header(response, "Total-Records", wanted)
        response = probe.alice.get(probe.private + query)
        if "Total-Records" in response.headers:
            expect.header(response, "Total-Records", wanted)


@clause("LIST-3", "repaired")
def all_pages_tell_one_total(probe: Probe) -> None:
    """Count the same on all pages of a walk."""
    notes = [probe.note() for _ in range(4)]
    for note in notes[1:3]:
        probe.alice.delete(note.path)
    path = f"{probe.private}?_since={notes[0].timestamp - 1}&_limit=1"
    for each in probe.walk(path):
        if "Total-Records" in each.headers:
            expect.header(each, "Total-Records", "2")
        query = httpx.URL(str(each.request.url)).query.decode()
        head = probe.alice.head(f"{probe.private}?{query}")
        expect.header(head, "Total-Records", "2")


@clause("LIST-4", "mandatory")
def filters_leave_the_etag(probe: Probe) -> None:
    """Send the ETag of the collection, whatever the filters."""
    probe.note(rank=1)
    note = probe.note(rank=2)
    for query in ("rank=1", "_limit=1", "_sort=rank", "rank=99", "_fields=title"):
        response = probe.alice.get(f"{probe.private}?{query}")
        expect.header(response, "ETag", note.etag)


@clause("LIST-5", "mandatory")
def all_filters_apply(probe: Probe) -> None:
    """Apply all parameters as filters, one that is there twice as well."""
    one, two = probe.note(rank=1, done=True), probe.note(rank=2, done=True)
    probe.note(rank=2)
    expect_listed(probe, "rank=2&done=true", [two])
    expect_listed(probe, "min_rank=1&max_rank=2&done=true", [one, two])
    expect_listed(probe, "not_rank=1&not_rank=2", [])
    expect_listed(probe, "rank=1&rank=2", [])


@clause("LIST-6", "mandatory")
def parameters_of_others_are_ignored(probe: Probe) -> None:
    """Ignore parameters that begin with ``_`` and that the protocol has not."""
    note = probe.note()
    expect_listed(probe, "_unknown=1&_=1795758361221&_x", [note])
    expect.status(probe.alice.get(f"{note.path}?_unknown=1"), 200)


@clause("LIST-7", "mandatory")
def unknown_fields_cannot_be_filtered_by(probe: Probe) -> None:
    """Refuse a filter on a field that is not known, by the name of the parameter."""
    note = probe.note()
    for name in ("odd", "min_odd", "not_odd", "in_odd", "madmax_rank", "rank.x"):
        refused = probe.alice.get(f"{probe.private}?{name}=1")
        _refused(refused, f"Unknown filter field '{name}'")
        refused = probe.alice.delete(f"{probe.private}?{name}=1")
        _refused(refused, f"Unknown filter field '{name}'")
    expect_listed(probe, f"id={note.id}", [note])
    expect_listed(probe, f"last_modified={note.timestamp}", [note])


@clause("LIST-8", "mandatory")
def equal_and_unequal_are_told_apart(probe: Probe) -> None:
    """List what is equal, or what is not, records without the field included."""
    word = probe.word()
    with_slug, other = probe.note(slug=word, rank=1), probe.note(slug=probe.word())
    without = probe.note()
    expect_listed(probe, f"slug={word}", [with_slug])
    expect_listed(probe, f"not_slug={word}", [other, without])
    expect_listed(probe, "rank=1", [with_slug])
    expect_listed(probe, "not_rank=1", [other, without])


@clause("LIST-9", "mandatory")
def ranges_have_their_ends(probe: Probe) -> None:
    """List what is at least, at most, more or less than a value."""
    one, two, three = (probe.note(rank=each) for each in (-1, 2, 10))
    expect_listed(probe, "min_rank=2", [two, three])
    expect_listed(probe, "max_rank=2", [one, two])
    expect_listed(probe, "gt_rank=2", [three])
    expect_listed(probe, "lt_rank=2", [one])
    expect_listed(probe, "gt_rank=-1&lt_rank=10", [two])


@clause("LIST-10", "mandatory")
def values_areexpect_listed(probe: Probe) -> None:
    """List what is one of the values, or none of them."""
    words = [probe.word() for _ in range(3)]
    first, second, third = (probe.note(slug=each) for each in words)
    without = probe.note()
    expect_listed(probe, f"in_slug={words[0]},{words[1]}", [first, second])
    expect_listed(probe, f"in_slug={words[2]}", [third])
    expect_listed(probe, f"exclude_slug={words[0]},{words[1]}", [third, without])
    expect_listed(probe, f"in_id={first.id},{third.id}", [first, third])
    expect_listed(probe, "in_rank=0,7", [first, second, third, without])


@clause("LIST-11", "mandatory")
def ids_are_texts_and_timestamps_integers(probe: Probe) -> None:
    """Refuse ids that are no texts, and timestamps that are no integers."""
    for name, value in (
        ("in_id", "0,1"), ("exclude_id", "0"),
        ("in_last_modified", "a,b"), ("exclude_last_modified", "1,b"),
    ):  # fmt: skip
        refused = probe.alice.get(f"{probe.private}?{name}={value}")
        said = expect.detail(refused, "querystring", name)
        expect.equal(said, f"Invalid value for {name}", "description")


@clause("LIST-12", "repaired")
def fields_may_begin_like_filters(probe: Probe) -> None:
    """Take a parameter for the field of that whole name, where there is one."""
    stocked = probe.note(in_stock=True)
    if "in_stock" not in stocked.data:
        expect.skip("the private resource has no field in_stock")
    missing = probe.note(in_stock=False)
    expect_listed(probe, "in_stock=true", [stocked])
    expect_listed(probe, "in_stock=false", [missing])
    expect_listed(probe, "not_in_stock=true", [missing])


@clause("LIST-13", "mandatory")
def words_of_queries_have_types(probe: Probe) -> None:
    """Read booleans, null, numbers and quoted texts in any filter."""
    done, other = probe.note(done=True, title="7"), probe.note(title="on")
    for word in ("true", "on", "yes", "TRUE", "Yes"):
        expect_listed(probe, f"done={word}", [done])
    for word in ("false", "off", "no", "False", "OFF"):
        expect_listed(probe, f"done={word}", [other])
    expect_listed(probe, "slug=None", [done, other])
    expect_listed(probe, "rank=0", [done, other])
    expect_listed(probe, "rank=0.0", [done, other])
    expect_listed(probe, "title=%227%22", [done])
    expect_listed(probe, "title='7'", [done])
    expect_listed(probe, "title=%22on%22", [other])


@clause("LIST-14", "repaired")
def everything_else_is_text(probe: Probe) -> None:
    """Read brackets, and what is no literal of the protocol, as text."""
    for title in ("(1, 2, 3)", "[1]", "{}", "1+1", "null", "1.2.3", "007x", "0x10"):
        note = probe.note(title=title)
        query = str(httpx.QueryParams({"title": title}))
        expect_listed(probe, query, [note])
        probe.alice.delete(note.path)


@clause("LIST-15", "mandatory")
def numbers_are_no_texts(probe: Probe) -> None:
    """Compare numbers with numbers, and texts with texts as a whole."""
    note = probe.note(title="12", rank=12)
    expect_listed(probe, "title=12", [])
    expect_listed(probe, "title=%2212%22", [note])
    expect_listed(probe, "rank=%2212%22", [])
    expect_listed(probe, "rank=12", [note])
    expect_listed(probe, "title=%221%22", [])
    longer = probe.note(title="MoFo")
    expect_listed(probe, "title=MoF", [])
    expect_listed(probe, "title=MoFo", [longer])


@clause("LIST-16", "repaired")
def types_are_not_mixed(probe: Probe) -> None:
    """Compare values within their type."""
    low, done = probe.note(rank=1), probe.note(rank=0, done=True)
    slug = probe.note(slug=probe.word(), rank=3)
    expect_listed(probe, "rank=true", [])
    expect_listed(probe, "done=1", [])
    expect_listed(probe, "min_rank=a", [])
    expect_listed(probe, "max_title=5", [])
    expect_listed(probe, "min_slug=a", [slug])
    expect_listed(probe, "slug=None", [low, done])
    expect_listed(probe, "not_slug=None", [slug])
    expect_listed(probe, "gt_rank=0&lt_rank=true", [])


@clause("LIST-17", "repaired")
def numbers_have_bounds(probe: Probe) -> None:
    """Refuse numbers with more digits than are compared."""
    for query in (f"rank={'9' * 400}", "min_rank=1e400", f"_since={'9' * 400}"):
        response = probe.alice.get(f"{probe.private}?{query}")
        expect.error(response, 400, 107)
