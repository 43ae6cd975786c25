"""Web pages of other origins: preflights, and what pages may read."""

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe
from cliquet.conformance.server import ORIGINS, STRANGER

_ALLOW = "Access-Control-Allow-Origin"
_EXPOSE = "Access-Control-Expose-Headers"
_METHOD = "Access-Control-Request-Method"
_BASE = {"alert", "backoff", "content-length", "retry-after", "vary"}
_READ = _BASE | {"cache-control", "etag", "expires", "last-modified", "pragma"}
_LIST = _READ | {"next-page", "total-records"}


def _origin(probe: Probe) -> str:
    """Return an origin that the server allows."""
    return probe.server.origin


def _preflight(probe: Probe, path: str, method: str, **more: str) -> httpx.Response:
    """Ask whether a page may send a method."""
    headers = {"Origin": _origin(probe), _METHOD: method, **more}
    return probe.nobody.options(path, headers=headers)


def _is_allowed(probe: Probe, response: httpx.Response) -> None:
    """Expect a page to be allowed to read a response."""
    expect.header(response, _ALLOW, ("*", _origin(probe)).__contains__)


@clause("CORS-1", "mandatory")
def pages_may_ask_whether_they_may_ask(probe: Probe) -> None:
    """Respond 200 to a preflight, without credentials, with what is allowed."""
    note = probe.note()
    for path, method in (
        (probe.private, "POST"), (note.path, "PATCH"), (note.path, "DELETE"),
        (probe.shared, "GET"), ("/batch", "POST"), ("/", "GET"),
        ("/__heartbeat__", "GET"),
    ):  # fmt: skip
        response = expect.status(_preflight(probe, path, method), 200)
        _is_allowed(probe, response)
        got = expect.tokens(response, "Access-Control-Allow-Methods")
        expect.contains(got, method.lower(), "Access-Control-Allow-Methods")
        expect.header(response, "Access-Control-Allow-Headers")


@clause("CORS-2", "mandatory")
def headers_that_are_asked_for_are_allowed(probe: Probe) -> None:
    """Allow all headers that a preflight asks for."""
    asked = "Authorization, Content-Type, If-Match, X-Odd"
    response = _preflight(
        probe, probe.private, "POST", **{"Access-Control-Request-Headers": asked}
    )
    got = expect.tokens(expect.status(response, 200), "Access-Control-Allow-Headers")
    for name in asked.lower().split(", "):
        expect.contains(sorted(got), name, "Access-Control-Allow-Headers")


@clause("CORS-3", "mandatory")
def preflights_are_remembered_for_a_time(probe: Probe) -> None:
    """Send a number of seconds, or none, as ``Access-Control-Max-Age``."""
    values = set()
    for path in ("/", probe.private, probe.shared, "/batch"):
        method = "POST" if path == "/batch" else "GET"
        response = expect.status(_preflight(probe, path, method), 200)
        values.add(response.headers.get("Access-Control-Max-Age"))
    expect.true(len(values) == 1, f"Access-Control-Max-Age: got several, {values}")
    (value,) = values
    is_time = value is None or (value.isdigit() and int(value) > 0)
    expect.true(is_time, f"Access-Control-Max-Age: wanted seconds, got {value!r}")


@clause("CORS-4", "mandatory")
def preflights_say_who_and_what(probe: Probe) -> None:
    """Refuse, on an endpoint, OPTIONS that lacks the origin or the method."""
    for path in ("/", probe.private):
        origin = {"Origin": _origin(probe)}
        for headers in ({}, origin, {_METHOD: "GET"}):
            expect.error(probe.nobody.options(path, headers=headers), 400, 107)


@clause("CORS-5", "http")
def every_path_has_a_preflight(probe: Probe) -> None:
    """Respond 200 to preflights where the request would be refused or redirected."""
    for path, method in (
        ("/nothing", "POST"), (f"{probe.private}/", "POST"), (probe.private, "PUT"),
        ("", "GET"), (probe.unused(), "PATCH"),
    ):  # fmt: skip
        response = expect.status(_preflight(probe, path, method), 200)
        _is_allowed(probe, response)
        got = expect.tokens(response, "Access-Control-Allow-Methods")
        expect.contains(sorted(got), method.lower(), "Access-Control-Allow-Methods")
    headers = {"Origin": _origin(probe), _METHOD: "GET"}
    for path in ("/", "/nothing"):
        response = probe.nobody.options(path, headers=headers, prefixed=False)
        expect.status(response, 200)
        _is_allowed(probe, response)


@clause("CORS-6", "mandatory")
def pages_may_read_what_endpoints_say(probe: Probe) -> None:
    """Send ``Access-Control-Allow-Origin`` with every response of an endpoint."""
    alice, note = probe.alice, probe.note(slug=probe.word())
    slug = note.data["slug"]
    other, hidden = probe.note(), probe.article()
    origin = {"Origin": _origin(probe)}
    for response, code in (
        (probe.nobody.get("/", headers=origin), 200),
        (alice.get(probe.private, headers=origin), 200),
        (alice.get(note.path, headers=origin), 200),
        (alice.get(note.path, headers={**origin, "If-None-Match": note.etag}), 304),
        (alice.post(probe.private, {"title": "2"}, headers=origin), 201),
        (alice.post(probe.private, {}, headers=origin), 400),
        (alice.patch(note.path, {"rank": "high"}, headers=origin), 400),
        (probe.nobody.get(probe.private, headers=origin), 401),
        (probe.bob.get(hidden.path, headers=origin), 403),
        (alice.get(probe.unused(), headers=origin), 404),
        (alice.put(probe.private, {}, headers=origin), 405),
        (alice.get(note.path, headers={**origin, "Accept": "image/png"}), 406),
        (alice.patch(other.path, {"slug": slug}, headers=origin), 409),
        (alice.get(note.path, headers={**origin, "If-Match": note.older}), 412),
        (alice.delete(note.path, headers=origin), 200),
    ):
        expect.status(response, code)
        _is_allowed(probe, response)


@clause("CORS-7", "http")
def pages_may_read_everything_else(probe: Probe) -> None:
    """Send it with what no endpoint says as well."""
    origin = {"Origin": _origin(probe)}
    for response in (
        probe.nobody.get("/nothing", headers=origin),
        probe.nobody.get("/nothing/", headers=origin),
        probe.nobody.get("/v99/", headers=origin, prefixed=False),
        probe.nobody.get("/", headers=origin, prefixed=False),
        probe.nobody.get("/%FF", headers=origin),
    ):
        expect.true(not response.is_success, f"got {response.status_code}")
        _is_allowed(probe, response)


@clause("CORS-8", "mandatory")
def credentials_are_not_allowed(probe: Probe) -> None:
    """Never send ``Access-Control-Allow-Credentials``."""
    origin = {"Origin": _origin(probe)}
    for response in (
        _preflight(probe, probe.private, "POST"),
        probe.alice.get(probe.private, headers=origin),
        probe.alice.get("/", headers=origin),
        probe.nobody.get("/nothing", headers=origin),
        probe.nobody.get(probe.private, headers=origin),
    ):
        expect.no_header(response, "Access-Control-Allow-Credentials")


@clause("CORS-9", "mandatory", needs=("serving", ORIGINS))
def strangers_are_refused(probe: Probe) -> None:
    """Refuse an origin that is not allowed, and serve nothing."""
    alice, note = probe.alice, probe.note()
    stranger = {"Origin": STRANGER}
    for response in (
        alice.get(probe.private, headers=stranger),
        alice.put(note.path, {"title": "2"}, headers=stranger),
        alice.post(probe.private, {"title": "2"}, headers=stranger),
        alice.delete(note.path, headers=stranger),
    ):
        expect.error(response, 400, 107)
        expect.no_header(response, _ALLOW)
    for response in (
        probe.nobody.get("/nothing", headers=stranger),
        probe.nobody.get(probe.private, headers=stranger),
    ):
        expect.no_header(response, _ALLOW)
    got = expect.data(alice.get(probe.private))
    expect.equal(got, [note.data], "the list after requests of a stranger")


@clause("CORS-10", "http", needs=("serving", ORIGINS))
def the_server_is_no_stranger(probe: Probe) -> None:
    """Serve requests whose origin is that of the server."""
    url = httpx.URL(probe.url)
    own = {"Origin": f"{url.scheme}://{url.netloc.decode()}"}
    note = probe.note()
    expect.status(probe.alice.get(probe.private, headers=own), 200)
    expect.status(probe.alice.put(note.path, {"title": "2"}, headers=own), 200)


@clause("CORS-11", "http")
def caches_are_told_of_origins(probe: Probe) -> None:
    """Name ``Origin`` in ``Vary`` wherever the allowed origin is not constant."""
    origins = (None, "http://one.example", "http://two.example", _origin(probe))
    for path in ("/", probe.private, "/nothing", "/nothing/", probe.unused()):
        responses = [
            probe.alice.get(path, headers={"Origin": origin}) for origin in origins
        ]
        allowed = {response.headers.get(_ALLOW) for response in responses}
        for response in responses:
            if len(allowed) > 1:
                got = sorted(expect.tokens(response, "Vary"))
                expect.contains(got, "origin", f"Vary of {path}")


@clause("CORS-12", "repaired", needs=("serving", ORIGINS))
def patterns_mean_the_same_everywhere(probe: Probe) -> None:
    """Allow the same origins where there is no endpoint."""
    origin = {"Origin": _origin(probe)}
    on_endpoint = probe.alice.get("/", headers=origin)
    if _ALLOW not in on_endpoint.headers:
        expect.skip("no origin is known that the server allows")
    for path in ("/nothing", "/nothing/"):
        response = probe.nobody.get(path, headers=origin)
        expect.header(response, _ALLOW, origin["Origin"])


@clause("CORS-13", "mandatory")
def pages_may_read_common_headers(probe: Probe) -> None:
    """Expose the headers that all responses may have."""
    note = probe.note()
    for response in (
        probe.nobody.get("/"),
        probe.nobody.get("/nothing"),
        probe.nobody.get(probe.private),
        probe.alice.post(probe.private, {"title": "2"}),
        probe.alice.put(note.path, {}),
        probe.alice.put(note.path, {"title": "2"}),
        probe.alice.post("/batch", json={"requests": []}),
        probe.alice.delete(note.path),
    ):
        _exposes(response, _BASE)


@clause("CORS-14", "mandatory")
def pages_may_read_what_reads_have(probe: Probe) -> None:
    """Expose validators and freshness on reads, and pages on lists."""
    note = probe.note()
    for read in (probe.alice.get, probe.alice.head):
        _exposes(expect.status(read(note.path), 200), _READ)
        _exposes(expect.status(read(probe.private), 200), _LIST)


@clause("CORS-15", "repaired")
def pages_may_read_what_writes_have(probe: Probe) -> None:
    """Expose validators on successful writes."""
    note, wanted = probe.note(), _BASE | {"etag", "last-modified"}
    for response in (
        probe.alice.put(note.path, {"title": "2"}),
        probe.alice.patch(note.path, {"rank": 2}),
        probe.alice.delete(note.path),
        probe.alice.delete(probe.private),
    ):
        _exposes(expect.status(response, 200), wanted)


def _exposes(response: httpx.Response, wanted: set[str]) -> None:
    """Expect a page to be allowed to read some headers."""
    got = expect.tokens(response, _EXPOSE)
    missing = wanted - got
    named = f"{response.request.method} {response.request.url.path}"
    expect.true(not missing, f"{named}: {_EXPOSE} lacks {sorted(missing)}")
