"""Media types, members and parameters of writes, bounds; `Host`, bodies of reads."""

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Headers, Probe
from cliquet.conformance.raw import send_without_host

#: Filters of a query string that is still short enough for servers to read.
_FILTERS = 500


@clause("REQ-13", "mandatory")
def what_cannot_be_accepted_is_406(probe: Probe) -> None:
    """Respond 406 where ``Accept`` does not admit JSON."""
    note = probe.note()
    for accepted in ("image/png", "text/html, text/plain", "application/json;q=0"):
        headers = {"Accept": accepted}
        for response in (
            probe.alice.get(probe.private, headers=headers),
            probe.alice.get(note.path, headers=headers),
            probe.alice.post(probe.private, {"title": "one"}, headers=headers),
            probe.alice.delete(note.path, headers=headers),
        ):
            expect.error(response, 406, 107)


@clause("REQ-14", "mandatory")
def json_is_acceptable_in_many_words(probe: Probe) -> None:
    """Accept every ``Accept`` that admits JSON, whatever its parameters."""
    note = probe.note()
    for accepted in (
        None, "", "*/*", "application/*", "application/json", "image/png, */*;q=0.1",
        "application/json;charset=utf-8", "application/json; version=1",
        'application/json;profile="x";q=0.5', "text/html,application/json;q=0.9",
    ):  # fmt: skip
        headers: Headers = {"Accept": accepted}
        expect.status(probe.alice.get(probe.private, headers=headers), 200)
        expect.status(probe.alice.get(note.path, headers=headers), 200)
        response = probe.alice.post(probe.private, {"title": "1"}, headers=headers)
        expect.status(response, 201)


@clause("REQ-15", "mandatory")
def what_cannot_be_read_is_415(probe: Probe) -> None:
    """Respond 415 to a body of another type."""
    note = probe.note()
    body = '{"data": {"title": "one"}}'
    for sent in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        headers = {"Content-Type": sent}
        for response in (
            probe.alice.post(probe.private, content=body, headers=headers),
            probe.alice.put(note.path, content=body, headers=headers),
            probe.alice.patch(note.path, content=body, headers=headers),
        ):
            expect.error(response, 415, 107)


@clause("REQ-16", "http")
def media_types_have_no_case(probe: Probe) -> None:
    """Compare media types without case, parameters and spaces."""
    for sent in ("Application/JSON", "application/json ;charset=utf-8",
                 "APPLICATION/JSON; Charset=UTF-8"):  # fmt: skip
        headers = {"Content-Type": sent}
        response = probe.alice.post(probe.private, {"title": "é"}, headers=headers)
        got = expect.data(response, 201).get("title")
        expect.equal(got, "é", "title of what was written")
    headers = {"Accept": "Application/JSON"}
    expect.status(probe.alice.get(probe.private, headers=headers), 200)


@clause("REQ-17", "mandatory")
def members_of_bodies_are_known(probe: Probe) -> None:
    """Refuse a member of a body that the protocol does not know."""
    note, article = probe.note(), probe.article()
    sent = {"data": {"title": "one"}, "datta": {}}
    for response in (
        probe.alice.post(probe.private, json=sent),
        probe.alice.put(note.path, json=sent),
        probe.alice.patch(note.path, json=sent),
        probe.alice.patch(article.path, json=sent),
    ):
        said = expect.detail(response, "body", "datta")
        expect.equal(said, "datta is not allowed", "description")


@clause("REQ-18", "mandatory")
def writes_have_no_parameters(probe: Probe) -> None:
    """Refuse query parameters of a POST, PUT or PATCH."""
    note = probe.note()
    fields = {"title": "two"}
    for name in ("odd", "_limit", "last_modified"):
        for response in (
            probe.alice.post(f"{probe.private}?{name}=1", fields),
            probe.alice.put(f"{note.path}?{name}=1", fields),
            probe.alice.patch(f"{note.path}?{name}=1", fields),
        ):
            said = expect.detail(response, "querystring", name)
            expect.equal(said, f"{name} is not allowed", "description")
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "the record")


@clause("REQ-19", "repaired")
def requests_are_bounded(probe: Probe) -> None:
    """Refuse a request that is beyond a bound with 400."""
    query = "&".join(["not_rank=1"] * _FILTERS)
    response = probe.alice.get(f"{probe.private}?{query}")
    if response.is_success:
        expect.skip(f"the server accepts {_FILTERS} filters")
    # 414 is for what the server in front refuses to read.
    expect.status(response, 400, 414)


@clause("REQ-20", "http")
def requests_name_their_host(probe: Probe) -> None:
    """Refuse a request of HTTP/1.1 without ``Host``."""
    code = send_without_host(probe)
    # A server may well close the connection.
    expect.contains((400, None), code, "status of a request without Host")


@clause("REQ-21", "http")
def reads_have_no_body(probe: Probe) -> None:
    """Take no notice of the body of a GET or HEAD."""
    note = probe.note()
    for body in ("[]", '"x"', "{", '{"data": null}', '{"odd": 1}'):
        for path in (note.path, probe.private, "/"):
            for method in ("GET", "HEAD"):
                response = probe.alice.request(method, path, content=body)
                expect.status(response, 200)


@clause("REQ-22", "http")
def a_415_says_what_would_be_read(probe: Probe) -> None:
    """Name with a 415 the types that would be read."""
    note = probe.note()
    headers = {"Content-Type": "text/plain"}
    for response, name in (
        (probe.alice.patch(note.path, content="x", headers=headers), "Accept-Patch"),
        (probe.alice.put(note.path, content="x", headers=headers), "Accept"),
        (probe.alice.post(probe.private, content="x", headers=headers), "Accept"),
    ):
        expect.status(response, 415)
        got = expect.tokens(response, name)
        expect.contains(sorted(got), "application/json", name)


@clause("REQ-23", "http")
def patches_are_offered(probe: Probe) -> None:
    """Send ``Accept-Patch`` with OPTIONS of a record."""
    asked = {
        "Origin": probe.server.origin,
        "Access-Control-Request-Method": "PATCH",
    }
    response = probe.nobody.options(probe.note().path, headers=asked)
    got = expect.tokens(expect.status(response, 200), "Accept-Patch")
    expect.contains(sorted(got), "application/json", "Accept-Patch")
