"""Orders, pages and fields of lists."""

from urllib.parse import parse_qs, urlsplit

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe

#: Bytes that a header with a URL may have.
_MOST = 4096


@clause("LIST-18", "mandatory")
def lists_have_an_order(probe: Probe) -> None:
    """Order by the fields of ``_sort``, in their order and direction."""
    fields = (("b", 1), ("a", 10), ("b", 2), ("a", 9))
    first, second, third, fourth = (
        probe.note(title=title, rank=rank).id for title, rank in fields
    )
    for order, wanted in (
        ("rank", [first, third, fourth, second]),
        ("-rank", [second, fourth, third, first]),
        ("title,rank", [fourth, second, first, third]),
        ("title,-rank", [second, fourth, third, first]),
        ("-title,%2Brank", [first, third, fourth, second]),
        ("last_modified", [first, second, third, fourth]),
    ):
        got = expect.ids(probe.alice.get(f"{probe.private}?_sort={order}"))
        expect.equal(got, wanted, f"ids in the order of {order}")


@clause("LIST-19", "mandatory")
def the_newest_come_first(probe: Probe) -> None:
    """List the newest first, within equal values too."""
    notes = [probe.note(rank=each).id for each in (1, 2, 1)]
    for query in ("", "?_sort=", "?_sort=title", "?_sort=-done"):
        got = expect.ids(probe.alice.get(probe.private + query))
        expect.equal(got, notes[::-1], f"ids of the list with {query}")
    got = expect.ids(probe.alice.get(f"{probe.private}?_sort=rank"))
    expect.equal(got, [notes[2], notes[0], notes[1]], "ids in the order of rank")


@clause("LIST-20", "mandatory")
def unknown_fields_cannot_be_sorted_by(probe: Probe) -> None:
    """Refuse an order by a field that is not known."""
    for order in ("odd", "-odd", "title,odd"):
        refused = probe.alice.get(f"{probe.private}?_sort={order}")
        said = expect.detail(refused, "querystring", None)
        expect.equal(said, "Unknown sort field 'odd'", "description")


@clause("LIST-21", "repaired")
def odd_names_cannot_be_sorted_by(probe: Probe) -> None:
    """Refuse an order by what is no name of a field."""
    probe.note()
    for order in ("--rank", "a.b", "*", "-due-date", "title,--rank"):
        refused = probe.alice.get(f"{probe.private}?_sort={order}")
        expect.error(refused, 400, 107)


@clause("LIST-22", "repaired")
def orders_are_total(probe: Probe) -> None:
    """Order null and texts before what is missing, and descending in reverse."""
    first = probe.note(slug="B" + probe.word())
    second = probe.note(slug="a" + probe.word())
    missing = probe.note()
    wanted = [first.id, second.id, missing.id]
    got = expect.ids(probe.alice.get(f"{probe.private}?_sort=slug"))
    expect.equal(got, wanted, "ids in the order of slug")
    got = expect.ids(probe.alice.get(f"{probe.private}?_sort=-slug"))
    expect.equal(got, wanted[::-1], "ids in the reverse order of slug")
    no, yes = probe.note(rank=-5), probe.note(rank=-5, done=True)
    got = expect.ids(probe.alice.get(f"{probe.private}?rank=-5&_sort=done"))
    expect.equal(got, [no.id, yes.id], "ids in the order of done")


@clause("LIST-23", "mandatory")
def limits_are_kept(probe: Probe) -> None:
    """List no more than ``_limit``; refuse one that is no integer."""
    notes = [probe.note().id for _ in range(3)]
    got = expect.ids(probe.alice.get(f"{probe.private}?_limit=2"))
    expect.equal(got, notes[:0:-1], "ids of the first page")
    for odd in ("abc", "1.5", "%221%22x"):
        refused = probe.alice.get(f"{probe.private}?_limit={odd}")
        said = expect.detail(refused, "querystring", None)
        expect.equal(said, "_limit should be an integer", "description")


@clause("LIST-24", "repaired")
def limits_are_not_negative(probe: Probe) -> None:
    """Refuse a negative ``_limit``."""
    probe.note()
    expect.error(probe.alice.get(f"{probe.private}?_limit=-1"), 400, 107)


@clause("LIST-25", "mandatory")
def servers_bound_pages(probe: Probe) -> None:
    """List no more than the page size of the server, whatever ``_limit``."""
    for _ in range(11):
        probe.note()
    first = probe.alice.get(probe.private)
    if "Next-Page" not in first.headers:
        expect.skip("the server lists at least 11 records at once")
    size = len(expect.ids(first))
    for limit in (size + 1, 1000):
        response = probe.alice.get(f"{probe.private}?_limit={limit}")
        got = len(expect.ids(response))
        expect.equal(got, size, f"records of a page with _limit={limit}")


@clause("LIST-26", "repaired")
def a_limit_of_nothing_is_none(probe: Probe) -> None:
    """Take ``_limit=0`` and an empty one for none."""
    for _ in range(4):
        probe.note()
    wanted = expect.ids(probe.alice.get(probe.private))
    for value in ("0", ""):
        response = probe.alice.get(f"{probe.private}?_limit={value}")
        expect.equal(expect.ids(response), wanted, f"ids with _limit={value!r}")


@clause("LIST-27", "mandatory")
def next_pages_keep_parameters(probe: Probe) -> None:
    """Send as ``Next-Page`` an absolute URL with all parameters of the request."""
    for _ in range(3):
        probe.note(rank=1)
    query = "min_rank=1&_sort=rank,-title&_limit=2&_fields=title&_odd=%C3%A9"
    response = probe.alice.get(f"{probe.private}?{query}")
    url = urlsplit(expect.header(response, "Next-Page"))
    told = expect.body(probe.nobody.get("/"), 200)["url"]
    wanted = f"{told.rstrip('/')}{probe.private}"
    got = f"{url.scheme}://{url.netloc}{url.path}"
    expect.equal(got, wanted, "Next-Page up to its query")
    sent, told = parse_qs(query), parse_qs(url.query)
    expect.contains(told, "_token", "parameters of Next-Page")
    for name, values in sent.items():
        expect.equal(told.get(name), values, f"{name} of Next-Page")


@clause("LIST-28", "mandatory")
def walks_visit_every_record_once(probe: Probe) -> None:
    """List every record once, in order, to who follows ``Next-Page``."""
    notes = [probe.note(rank=each % 2, title=f"{each % 3}") for each in range(7)]
    for query in ("", "_sort=rank", "_sort=-title,rank", "_sort=-rank,last_modified",
                  "rank=1", f"_since={notes[0].timestamp - 1}"):  # fmt: skip
        whole = expect.ids(probe.alice.get(f"{probe.private}?{query}&_limit=50"))
        for limit in (1, 2, 7):
            path = f"{probe.private}?{query}&_limit={limit}"
            got = [each for page in probe.walk(path) for each in expect.ids(page)]
            expect.equal(got, whole, f"ids of a walk with {query}, {limit} a page")


@clause("LIST-29", "repaired")
def walks_see_what_stays(probe: Probe) -> None:
    """Send ``Next-Page`` if records remain, whatever is written meanwhile."""
    notes = [probe.note(rank=each) for each in range(6)]
    got: list[str] = []
    for number, page in enumerate(probe.walk(f"{probe.private}?_sort=rank&_limit=2")):
        found = expect.ids(page)
        expect.true(found, "a page that Next-Page leads to is empty")
        got += found
        if number == 0:
            probe.alice.delete(notes[0].path)
            probe.alice.delete(notes[1].path)
            probe.note(rank=-1)
    wanted = [note.id for note in notes]
    expect.equal(got, wanted, "ids of a walk during which others write")


@clause("LIST-30", "mandatory")
def tokens_are_those_of_the_server(probe: Probe) -> None:
    """Refuse a ``_token`` that the server would not send."""
    for _ in range(2):
        probe.note()
    for token in ("123", "abc", "e30=", "W10=", "eyJvZmZzZXQiOiAxfQ==", "%C3%A9"):
        refused = probe.alice.get(f"{probe.private}?_limit=1&_token={token}")
        said = expect.detail(refused, "querystring", None)
        expect.equal(said, "_token has invalid content", "description")


@clause("LIST-31", "repaired")
def next_pages_are_short(probe: Probe) -> None:
    """Keep ``Next-Page`` below 4,096 bytes, whatever records hold."""
    titles = [letter * 20_000 for letter in "ab"]
    for title in titles:
        probe.note(title=title)
    path = f"{probe.private}?_sort=title&_limit=1"
    pages = list(probe.walk(path))
    next_page = expect.header(pages[0], "Next-Page")
    expect.true(len(next_page) < _MOST, f"Next-Page has {len(next_page)} bytes")
    got = [each["title"][0] for page in pages for each in expect.data(page)]
    expect.equal(got, ["a", "b"], "titles of a walk")


@clause("LIST-33", "mandatory")
def fields_are_chosen(probe: Probe) -> None:
    """Respond with the fields of ``_fields``, the id, the timestamp, and no other."""
    note = probe.note(rank=5)
    wanted = {"id": note.id, "last_modified": note.timestamp, "rank": 5}
    got = expect.data(probe.alice.get(f"{note.path}?_fields=rank,slug"))
    expect.equal(got, wanted, "the record")
    got = expect.data(probe.alice.get(f"{probe.private}?_fields=rank,slug"))
    expect.equal(got, [wanted], "the list")
    got = expect.data(probe.alice.get(f"{note.path}?_fields="))
    expect.equal(got, note.data, "the record with an empty _fields")


@clause("LIST-34", "mandatory")
def fields_inside_are_chosen(probe: Probe) -> None:
    """Respond with members of objects by names with dots."""
    article = probe.article(deep={"a": 1, "b": {"c": 2, "d": 3}, "e": 4}, flat=5)
    path = f"{article.path}?_fields="
    for names, wanted in (
        ("deep.a", {"deep": {"a": 1}}),
        ("deep.a,deep.e", {"deep": {"a": 1, "e": 4}}),
        ("deep.b.c", {"deep": {"b": {"c": 2}}}),
        ("deep.b.c,deep.a,flat", {"deep": {"b": {"c": 2}, "a": 1}, "flat": 5}),
        ("flat.x", {"flat": 5}),
    ):
        got = expect.data(probe.alice.get(path + names))
        own = {"id": article.id, "last_modified": article.timestamp}
        expect.equal(got, {**own, **wanted}, f"the record with {names}")


@clause("LIST-35", "mandatory")
def unknown_fields_cannot_be_chosen(probe: Probe) -> None:
    """Refuse a name in ``_fields`` that is not known, unless others are preserved."""
    note, article = probe.note(), probe.article()
    for path in (note.path, probe.private):
        expect.error(probe.alice.get(f"{path}?_fields=title,odd"), 400, 107)
    got = expect.data(probe.alice.get(f"{article.path}?_fields=odd"))
    expect.equal(set(got), {"id", "last_modified"}, "fields of the record")


@clause("LIST-36", "mandatory")
def chosen_fields_come_without_permissions(probe: Probe) -> None:
    """Leave out permissions where fields are chosen."""
    article = probe.article()
    found = expect.body(probe.alice.get(f"{article.path}?_fields=title"), 200)
    expect.equal(set(found), {"data"}, "members of the body")
