"""Errors: their bodies, their numbers, and how validation errors are told."""

from collections.abc import Iterable

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import STRICT, clause
from cliquet.conformance.probe import Probe

#: Numbers of the registry, with the statuses that they may have.
_NUMBERS = {
    104: (401,), 105: (401,), 106: (400,), 107: (400, 406, 415), 108: (400,),
    109: (400,), 110: (404,), 111: (404,), 112: (411,), 113: (413,), 114: (412,),
    115: (405,), 116: (404,), 117: (429,), 118: (428,), 121: (403,), 122: (409,),
    201: (503,), 202: (410,),
}  # fmt: skip
#: Of statuses that the protocol names itself; the others may have any.
_REASONS = {
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    409: "Conflict", 412: "Precondition Failed",
}  # fmt: skip
#: Number of validation errors.
_INVALID = 107
_LOCATIONS = {"body", "querystring", "path", "header", "headers"}
#: Words of languages in which servers are written.
_FOREIGN = (
    "NoneType", "object has no attribute", "Traceback", "<class", "Exception", " u'",
    "dict_", "self.", "0x",
)  # fmt: skip


def _errors(probe: Probe) -> Iterable[httpx.Response]:
    """Yield errors of many kinds."""
    alice, note, slug = probe.alice, probe.note(), probe.word()
    probe.note(slug=slug)
    hidden = probe.article()
    yield alice.get("/nothing")
    yield alice.get(probe.unused())
    yield probe.nobody.get("/v999/", prefixed=False)
    yield probe.nobody.get(probe.private)
    yield probe.bob.get(hidden.path)
    yield alice.patch(probe.private, {})
    yield alice.post("/", {})
    yield alice.get(probe.private, headers={"Accept": "image/png"})
    yield alice.post(probe.private, content="x", headers={"Content-Type": "text/plain"})
    yield alice.put(note.path, {"title": "2"}, headers={"If-Match": note.older})
    yield alice.patch(note.path, {"slug": slug})
    yield from _invalid(probe)


def _invalid(probe: Probe) -> Iterable[httpx.Response]:
    """Yield validation errors of many kinds."""
    alice, note = probe.alice, probe.note()
    yield alice.post(probe.private, content="{'x>}")
    yield alice.post(probe.private, content="[]")
    yield alice.post(probe.private, json={})
    yield alice.post(probe.private, {"rank": "high"})
    yield alice.post(probe.private, json={"data": {"title": "one"}, "odd": 1})
    yield alice.post(f"{probe.private}?odd=1", {"title": "one"})
    yield alice.get(f"{probe.private}/odd*id")
    yield alice.get(f"{probe.private}?_since=abc")
    yield alice.get(f"{probe.private}?_limit=abc")
    yield alice.get(f"{probe.private}?_sort=odd")
    yield alice.get(f"{probe.private}?odd=1")
    yield alice.get(f"{probe.private}?_token=abc")
    if STRICT not in probe.server.features:
        yield alice.get(note.path, headers={"If-Match": "abc"})
    yield alice.post("/batch", json={"requests": [{"path": "odd"}]})
    yield alice.post(probe.shared, json={"permissions": {"read": "book"}})


def _bodies(
    responses: Iterable[httpx.Response],
) -> Iterable[tuple[int, dict[str, object]]]:
    for response in responses:
        yield response.status_code, expect.error(response, response.status_code)


@clause("ERR-1", "mandatory")
def errors_have_a_code_a_number_and_a_title(probe: Probe) -> None:
    """Put ``code``, ``errno`` and ``error`` into the body of every error."""
    for response in _errors(probe):
        is_error = response.is_client_error
        expect.true(is_error, f"wanted an error, got {response.status_code}")
        expect.error(response, response.status_code)


@clause("ERR-2", "mandatory")
def errors_have_no_other_member_and_no_null(probe: Probe) -> None:
    """Leave out of an error what says nothing, and what the protocol has not."""
    for code, body in _bodies(_errors(probe)):
        for name in ("message", "info", "details"):
            if name in body:
                expect.true(body[name] is not None, f"{name} of a {code} is null")


@clause("ERR-3", "repaired")
def whatever_is_refused_has_such_a_body(probe: Probe) -> None:
    """Put this body into each response of 400 and above, whatever raised it."""
    alice = probe.alice
    json_type = {"Content-Type": "application/json"}
    for response in (
        alice.get("/%FF"),
        alice.get(f"{probe.private}?odd=%00"),
        alice.request("PROPFIND", probe.private),
        alice.post("/batch", content="x", headers=json_type),
        alice.get("/nothing", headers={"Accept": "text/html"}),
        alice.delete("/", headers={"Accept": "text/html"}),
        probe.nobody.get(probe.private, headers={"Accept": "text/html, */*"}),
    ):
        expect.true(response.is_client_error, f"got {response.status_code}")
        expect.error(response, response.status_code)


@clause("ERR-4", "mandatory")
def errors_are_called_by_their_reason(probe: Probe) -> None:
    """Call an error by the reason phrase, or ``Invalid parameters`` for errno 107."""
    for code, body in _bodies(_errors(probe)):
        wanted = _REASONS.get(code)
        if body["errno"] == _INVALID:
            wanted = "Invalid parameters"
        if wanted:
            expect.equal(body["error"], wanted, f"error of a {code}")


@clause("ERR-5", "mandatory")
def numbers_are_those_of_the_registry(probe: Probe) -> None:
    """Number errors as the registry does."""
    seen = set()
    for code, body in _bodies(_errors(probe)):
        number = body["errno"]
        seen.add(number)
        if number not in (999, *_NUMBERS):
            expect.fail(f"errno {number} of a {code} is not in the registry")
        if number in _NUMBERS:
            expect.contains(_NUMBERS[number], code, f"statuses of errno {number}")
    for wanted in (104, 107, 111, 114, 115, 116, 121, 122):
        expect.contains(sorted(seen), wanted, "numbers of errors")


@clause("ERR-6", "mandatory")
def validation_errors_list_what_is_wrong(probe: Probe) -> None:
    """List what is wrong in ``details``, each with location, name and description."""
    for response in _invalid(probe):
        details = expect.error(response, 400, 107).get("details")
        if not isinstance(details, list) or not details:
            expect.fail(f"details: wanted a list of errors, got {details!r}")
        for each in details:
            wanted = {"location", "name", "description"}
            expect.equal(set(each), wanted, "members of an entry of details")


@clause("ERR-7", "mandatory")
def locations_are_parts_of_requests(probe: Probe) -> None:
    """Say where an error is in one of the words of the protocol."""
    seen = set()
    for response in _invalid(probe):
        for each in expect.error(response, 400, 107).get("details", ()):
            seen.add(each.get("location"))
            expect.contains(_LOCATIONS, each.get("location"), "locations")
    for wanted in ("body", "querystring", "path"):
        expect.contains(seen, wanted, "locations of errors")


@clause("ERR-8", "mandatory")
def names_are_paths_of_fields(probe: Probe) -> None:
    """Name the field with dots, the parameter, or nothing."""
    alice = probe.alice
    fields = {"title": "one", "rank": "high"}
    expect.detail(alice.post(probe.private, fields), "body", "data.rank")
    readers = {"data": {}, "permissions": {"read": [42]}}
    expect.detail(alice.post(probe.shared, json=readers), "body", "permissions.read.0")
    refused = alice.get(f"{probe.private}?_since=abc")
    expect.detail(refused, "querystring", "_since")
    expect.detail(alice.post(probe.private, content="{"), "body", None)
    batch = {"requests": [{"path": "/"}, {"path": "odd"}]}
    expect.detail(alice.post("/batch", json=batch), "body", "requests.1.path")


@clause("ERR-9", "mandatory")
def the_message_is_that_of_the_first_name(probe: Probe) -> None:
    """Make ``message`` of the first error by name, with its location and name."""
    for response in _invalid(probe):
        body = expect.error(response, 400, 107)
        first = min(body["details"], key=lambda each: str(each["name"]))
        place, name, said = (first[key] for key in ("location", "name", "description"))
        if name is None:
            wanted = f"{place}: {said}"
        else:
            wanted = said if name in said else f"{name} in {place}: {said}"
        expect.equal(body.get("message"), wanted, "message")


@clause("ERR-10", "mandatory")
def errors_of_bodies_are_told_together(probe: Probe) -> None:
    """List all that is wrong with a body and a query string at once."""
    sent = {"data": {"title": 42, "rank": "high"}, "odd": 1, "odder": 2}
    response = probe.alice.post(f"{probe.private}?first=1&second=2", json=sent)
    details = expect.error(response, 400, 107).get("details", [])
    found = {each["name"] for each in details}
    for wanted in ("data.title", "data.rank", "odd", "odder", "first", "second"):
        expect.contains(found, wanted, "names of errors")


@clause("ERR-11", "repaired")
def messages_speak_of_json(probe: Probe) -> None:
    """Speak of JSON and of the protocol in messages, not of a language of servers."""
    alice = probe.alice
    odd: tuple[object, ...] = (
        None, [], "x", 5, True, {"data": None}, {"data": []}, {"data": "x"},
        {"data": {"title": None}}, {"data": {"title": [None]}},
        {"data": {"title": {"a": True}}}, {"data": {"title": "a", "rank": [None]}},
        {"data": {"title": "a", "rank": {}}}, {"data": {"title": "a", "done": {}}},
    )  # fmt: skip
    responses = [alice.request("POST", probe.private, json=each) for each in odd[1:]]
    responses += [alice.put(probe.unused(), content="null")]
    responses += [alice.post("/batch", json={"requests": each}) for each in odd]
    responses += [
        alice.post(probe.shared, json={"permissions": each}) for each in odd[1:]
    ]
    for response in responses:
        for word in _FOREIGN:
            expect.lacks(response.text, word, "the body of the response")
