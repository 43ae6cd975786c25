"""Links, preferences, problems."""

from collections.abc import Iterator

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import SERVING, clause
from cliquet.conformance.probe import Probe
from cliquet.conformance.server import ENDING

_LINKS = (SERVING, "links")
_PREFERENCES = (SERVING, "preferences")
_PROBLEMS = (SERVING, "problem_details")
_DESCRIPTION = (SERVING, "openapi")
_PROBLEM = "application/problem+json"


def _links(response: httpx.Response, relation: str) -> Iterator[str]:
    """Yield the targets of the links of a relation."""
    for link in response.headers.get_list("Link", split_commas=True):
        target, _, parameters = link.strip().partition(">")
        relations = parameters.replace('"', "").replace(" ", "").split(";")
        if f"rel={relation}" in relations:
            yield target.removeprefix("<")


def _link(response: httpx.Response, relation: str) -> str:
    """Return the target of the first link of a relation, empty if there is none."""
    return next(_links(response, relation), "")


@clause("PREF-1", "http", needs=_LINKS)
def the_next_page_is_linked(probe: Probe) -> None:
    """Link to the next page, with the relation ``next``."""
    probe.note()
    probe.note()
    response = expect.status(probe.alice.get(f"{probe.private}?_limit=1"), 200)
    wanted = expect.header(response, "Next-Page")
    expect.equal(_link(response, "next"), wanted, "target of the link")
    last = expect.status(probe.alice.get(f"{probe.private}?_limit=2"), 200)
    expect.equal(_link(last, "next"), "", "target of the link of the last page")


@clause("PREF-2", "http", needs=(ENDING,))
def the_end_has_a_date(probe: Probe) -> None:
    """Send ``Sunset``, and a link, with every response once the end is announced."""
    for response in (
        probe.nobody.get("/"),
        probe.nobody.get("/nothing"),
        probe.nobody.get(probe.private),
        probe.alice.get(probe.private),
        probe.alice.post(probe.private, {"title": "one"}),
    ):
        expect.header(response, "Sunset", lambda date: date.endswith("GMT"))
        expect.true(_link(response, "sunset"), "no link has the relation sunset")


@clause("PREF-3", "http", needs=_PREFERENCES)
def preferences_are_behaviours(probe: Probe) -> None:
    """Respond to PATCH as ``Prefer: return=…`` asks, unless it says it otherwise."""
    note = probe.note()

    def patch(rank: int, **headers: str) -> object:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = probe.alice.patch(note.path, {"rank": rank}, headers=named)
        return expect.data(response, 200)

    expect.equal(patch(1, Prefer="return=minimal"), {"rank": 1}, "the minimal answer")
    whole = patch(2, Prefer="return=representation")
    expect.contains(whole, "title", "the whole answer")
    both = patch(3, Prefer="return=minimal", Response_Behavior="full")
    expect.contains(both, "title", "the answer to Response-Behavior")


@clause("PREF-4", "http", needs=_PREFERENCES)
def what_was_honoured_is_named(probe: Probe) -> None:
    """Name in ``Preference-Applied`` what was honoured, and nothing else."""
    note = probe.note()
    for value in ("return=minimal", "return=representation"):
        response = probe.alice.patch(note.path, {"rank": 1}, headers={"Prefer": value})
        expect.header(response, "Preference-Applied", value)
    for headers in ({}, {"Prefer": "handling=odd"}, {"Prefer": "return=odd"}):
        response = probe.alice.patch(note.path, {"rank": 1}, headers=headers)
        expect.no_header(response, "Preference-Applied")


@clause("PREF-5", "http", needs=_PROBLEMS)
def problems_are_for_who_asks(probe: Probe) -> None:
    """Respond with a problem to who accepts one before JSON, else with an error."""
    json_type = "application/json"
    for accepted, wanted in (
        (_PROBLEM, _PROBLEM),
        (f"{_PROBLEM}, {json_type}", _PROBLEM),
        (f"{json_type};q=0.5, {_PROBLEM};q=0.9", _PROBLEM),
        (f"{_PROBLEM};q=0.5, {json_type}", json_type),
        (json_type, json_type),
        ("*/*", json_type),
    ):
        for path in ("/nothing", probe.unused(), f"{probe.private}?odd=1"):
            response = probe.alice.get(path, headers={"Accept": accepted})
            got = expect.header(response, "Content-Type").partition(";")[0]
            expect.equal(got, wanted, f"Content-Type for Accept: {accepted}")


@clause("PREF-6", "http", needs=_PROBLEMS)
def problems_are_errors_too(probe: Probe) -> None:
    """Put ``type``, ``title``, ``status`` and ``detail`` beside what errors have."""
    asked = {"Accept": f"{_PROBLEM}, application/json;q=0.5"}
    for response, code in (
        (probe.alice.get("/nothing", headers=asked), 404),
        (probe.alice.get(f"{probe.private}?odd=1", headers=asked), 400),
        (probe.nobody.get(probe.private, headers=asked), 401),
    ):
        found = expect.body(response, code)
        for name in ("type", "title", "detail", "code", "errno", "error"):
            expect.contains(found, name, "the problem")
        expect.equal(found.get("status"), code, "status of the problem")
        expect.equal(found["detail"], found.get("message"), "detail of the problem")


@clause("PREF-7", "http", needs=_LINKS)
def the_documentation_is_linked(probe: Probe) -> None:
    """Link from hello to the documentation, with the relation ``service-doc``."""
    response = probe.nobody.get("/")
    wanted = expect.body(response, 200).get("project_docs")
    if not wanted:
        expect.skip("hello names no documentation")
    expect.equal(_link(response, "service-doc"), wanted, "target of the link")


@clause("PREF-8", "http", needs=(*_PREFERENCES, "problem_details"))
def caches_are_told_of_preferences(probe: Probe) -> None:
    """Name in ``Vary`` the headers that choose what is answered."""
    patched = probe.alice.patch(probe.note().path, {"rank": 2})
    got = expect.tokens(expect.status(patched, 200), "Vary")
    expect.contains(sorted(got), "prefer", "Vary of a PATCH")
    for path in ("/nothing", probe.unused(), f"{probe.private}?odd=1"):
        got = expect.tokens(probe.alice.get(path), "Vary")
        expect.contains(sorted(got), "accept", f"Vary of the error of {path}")


@clause("PREF-9", "http", needs=_DESCRIPTION)
def the_description_is_linked(probe: Probe) -> None:
    """Describe the service at ``/__api__``, to which hello links."""
    link = _link(probe.nobody.get("/"), "service-desc")
    expect.true(link.endswith("/__api__"), "hello has no link to the description")
    document = expect.body(probe.nobody.get("/__api__"), 200)
    expect.contains(document, "openapi", "the description")
    expect.equal(
        expect.body(probe.alice.get("/__api__"), 200), document, "that of Alice"
    )


@clause("PREF-10", "http", needs=_DESCRIPTION)
def people_are_shown_a_page(probe: Probe) -> None:
    """Show the description at ``/__docs__``, to which hello links."""
    *_, link = ("", *_links(probe.nobody.get("/"), "service-doc"))
    expect.true(link.endswith("/__docs__"), "hello has no link to the page")
    page = expect.status(probe.nobody.get("/__docs__"), 200)
    got = expect.header(page, "Content-Type").partition(";")[0]
    expect.equal(got, "text/html", "Content-Type of the page")
    policy = expect.header(page, "Content-Security-Policy")
    expect.contains(policy, "default-src 'none'", "the policy of the page")
