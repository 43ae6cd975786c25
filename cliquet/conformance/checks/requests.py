"""Requests: what is refused, bodies, media types."""

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Headers, Probe
from cliquet.conformance.raw import put_less

#: A kibibyte.
_KB = 1024
#: Levels of a body that is nested too deeply.
_DEEP = 200


@clause("REQ-1", "repaired")
def odd_requests_are_no_fault_of_the_server(probe: Probe) -> None:
    """Respond to nothing that a client can send with a 5xx."""
    alice, note = probe.alice, probe.note()
    bodies = ("", "null", "[]", "5", '"x"', "{", '{"data": null}', '{"data": []}',
              '{"data": {"title": {"a": [null]}}}', '{"data": {"title": 1e999}}',
              '{"requests": null}', '{"requests": [5, null]}', '{"requests": {}}',
              '{"requests": [{"path": "/é\\u0000"}]}',
              '{"permissions": null}',
              '{"permissions": {"read": {"a": 1}}}')  # fmt: skip
    for body in bodies:
        for method, path in (
            ("POST", probe.private), ("PUT", note.path), ("PATCH", note.path),
            ("POST", probe.shared), ("POST", "/batch"), ("GET", probe.private),
        ):  # fmt: skip
            _is_no_fault(alice.request(method, path, content=body))
    for query in ("rank=" + "9" * 400, "min_rank=1e400", "_limit=-1", "_since=true",
                  "title=%00", "in_rank=[1],(2", "_sort=--rank,", "_token=e30=",
                  "gt_last_modified=abc", "_fields=,a..b", "rank=" + "[" * 300,
                  "_limit=" + "9" * 30, "min_title=1&max_title=true"):  # fmt: skip
        for path in (probe.private, note.path):
            _is_no_fault(alice.get(f"{path}?{query}"))
        _is_no_fault(alice.delete(f"{note.path}x?{query}"))
    for name, value in (
        ("Accept", "x/;q=a,,"), ("Authorization", "Basic \t=="), ("Origin", "://"),
        ("Content-Type", "application/json; charset=odd"), ("If-Match", ',"'),
        ("Accept-Language", "*-*"), ("Response-Behavior", "odd"), ("Cookie", "=;="),
    ):  # fmt: skip
        headers = {name: value}
        _is_no_fault(alice.put(note.path, {"title": "2"}, headers=headers))


def _is_no_fault(response: httpx.Response) -> None:
    code = response.status_code
    expect.true(not response.is_server_error, f"{response.request.url}: got {code}")


@clause("REQ-2", "repaired")
def what_is_refused_changes_nothing(probe: Probe) -> None:
    """Change nothing on a request that is refused."""
    alice, note = probe.alice, probe.note(source="a")
    article = probe.article()
    lists = [
        alice.get(path).headers.get("ETag") for path in (probe.private, probe.shared)
    ]
    for response in (
        alice.post(probe.private, {"rank": 1}),
        alice.post(probe.private, {"title": "2"}, headers={"If-Match": note.older}),
        alice.put(note.path, {"title": "2", "source": "b"}),
        alice.patch(note.path, {"rank": "high"}),
        alice.put(probe.unused(), {"title": ""}),
        alice.delete(note.path, headers={"If-Match": note.older}),
        alice.delete(f"{probe.private}?odd=1"),
        alice.patch(article.path, json={"data": {}, "permissions": {"odd": []}}),
        probe.bob.patch(article.path, {"title": "2"}),
        probe.nobody.delete(note.path),
    ):
        is_refused = response.is_client_error
        expect.true(is_refused, f"wanted a 4xx, got {response.status_code}")
    expect.equal(expect.data(alice.get(note.path)), note.data, "the record")
    stored = expect.body(alice.get(article.path), 200)
    wanted = {"data": article.data, "permissions": article.permissions}
    expect.equal(stored["data"], wanted["data"], "the shared record")
    for path, etag in zip((probe.private, probe.shared), lists, strict=True):
        expect.equal(alice.get(path).headers.get("ETag"), etag, f"ETag of {path}")


@clause("REQ-3", "repaired")
def what_is_no_text_is_refused(probe: Probe) -> None:
    """Refuse a path, a query string or a header that is no UTF-8, or holds NUL."""
    for end in ("/%FF", "/a%00b", "?title=%FF", "?title=a%00b", "?%C3%28=1"):
        _is_refused(probe.alice.get(f"{probe.private}{end}"))
    _is_refused(probe.alice.put(f"{probe.unused()}%00", {"title": "one"}))


def _is_refused(response: httpx.Response) -> None:
    code = response.status_code
    expect.true(response.is_client_error, f"wanted a 4xx, got {code}")


@clause("REQ-4", "mandatory")
def faults_are_told_in_order(probe: Probe) -> None:
    """Respond with the first that applies: 404, 405, 406 or 415, 401 or 403, 400."""
    odd: Headers = {"Accept": "image/png", "Content-Type": "text/plain"}
    nobody, article = probe.nobody, probe.article()
    for path in ("/nothing",):
        expect.status(nobody.post(path, content="x", headers=odd), 404)
    for method, path in (("PUT", probe.private), ("POST", article.path)):
        expect.status(nobody.request(method, path, content="x", headers=odd), 405)
    expect.status(nobody.get(probe.private, headers={"Accept": "image/png"}), 406)
    typed = {"Content-Type": "text/plain"}
    expect.status(nobody.post(probe.private, content="x", headers=typed), 415)
    query = f"{probe.private}?odd=1"
    expect.status(nobody.get(query), 401)
    expect.status(nobody.post(query, content="{"), 401)
    expect.status(probe.bob.patch(f"{article.path}?odd=1", content="{"), 403)
    note = probe.note()
    headers = {"If-Match": note.older}
    refused = probe.alice.put(note.path, {"title": ""}, headers=headers)
    expect.status(refused, 400)


@clause("REQ-5", "http")
def bodies_that_were_cut_are_not_acted_upon(probe: Probe) -> None:
    """Leave alone what a body that is shorter than its ``Content-Length`` is about."""
    article = probe.article()
    for sent in (b"", b'{"data": {"title": "cut"}}'):
        code = put_less(probe.alice, probe, article.path, sent)
        is_refused = code is None or code >= httpx.codes.BAD_REQUEST
        expect.true(is_refused, f"status of a PUT that was cut: {code}")
        stored = expect.data(probe.alice.get(article.path))
        expect.equal(stored, article.data, "the record after a body that was cut")


@clause("REQ-6", "repaired")
def large_bodies_are_413(probe: Probe) -> None:
    """Respond 413, errno 113, to a body that is larger than the server's bound."""
    large = b'{"data": {"title": "' + b"x" * (16 * _KB * _KB) + b'"}}'
    try:
        response = probe.alice.post(probe.private, content=large)
    except (httpx.NetworkError, httpx.RemoteProtocolError):
        expect.skip("the server closes the connection to a body of 16 MiB")
    if response.is_success:
        expect.skip("the server accepts a body of 16 MiB")
    expect.error(response, 413, 113)


@clause("REQ-7", "http")
def encoded_bodies_are_decoded_or_415(probe: Probe) -> None:
    """Respond 415, with ``Accept-Encoding``, to an encoding that is not decoded."""
    response = probe.alice.post(
        probe.private, content='{"data": {"title": "one"}}',
        headers={"Content-Encoding": "x-odd"},
    )  # fmt: skip
    expect.status(response, 415)
    expect.header(response, "Accept-Encoding")


@clause("REQ-8", "mandatory")
def bodies_are_json(probe: Probe) -> None:
    """Refuse a body that is no JSON, with an entry for it in ``details``."""
    note = probe.note()
    for body in ("{", "{'x>}", '{"data": {"title": "\\u0d1"}}', b'{"data": "\xff"}'):
        for response in (
            probe.alice.post(probe.private, content=body),
            probe.alice.put(note.path, content=body),
            probe.alice.patch(note.path, content=body),
        ):
            expect.detail(response, "body", None)


@clause("REQ-9", "mandatory")
def bodies_are_objects(probe: Probe) -> None:
    """Refuse a body that is JSON, but no object."""
    note = probe.note()
    for body in ("[]", "5", '"data"', "null", "true"):
        for response in (
            probe.alice.post(probe.private, content=body),
            probe.alice.put(note.path, content=body),
            probe.alice.patch(note.path, content=body),
            probe.alice.post("/batch", content=body),
        ):
            expect.error(response, 400, 107)


@clause("REQ-10", "repaired")
def what_is_no_proper_json_is_refused(probe: Probe) -> None:
    """Refuse bodies that are too deep, or hold NaN, infinities, NUL or half a pair."""
    deep = "[" * _DEEP + "]" * _DEEP
    for value in (deep, "NaN", "Infinity", "-Infinity", '"a\\u0000b"', '"\\ud800"'):
        body = f'{{"data": {{"x": {value}}}}}'
        expect.error(probe.alice.post(probe.shared, content=body), 400)


@clause("REQ-11", "repaired")
def bodies_without_a_type_are_read(probe: Probe) -> None:
    """Read a body without ``Content-Type`` as JSON, or refuse it."""
    headers: Headers = {"Content-Type": None}
    article = probe.article()
    body = '{"data": {"title": "sent"}}'
    for response in (
        probe.alice.put(article.path, content=body, headers=headers),
        probe.alice.patch(article.path, content=body, headers=headers),
        probe.alice.post(probe.shared, content=body, headers=headers),
    ):
        if response.is_success:
            got = expect.data(response, 200, 201).get("title")
            expect.equal(got, "sent", "title of what was written")
        else:
            _is_refused(response)


@clause("REQ-12", "http")
def parts_cannot_be_put(probe: Probe) -> None:
    """Refuse a PUT with ``Content-Range``."""
    note = probe.note()
    headers = {"Content-Range": "bytes 0-10/20"}
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=headers), 400)
    expect.equal(expect.data(probe.alice.get(note.path)), note.data, "the record")
