"""URLs: versions, redirections, methods."""

from urllib.parse import urlsplit

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
#: Headers that differ from one response to the next.
_OWN = {"date", "x-request-id", "content-length", "server-timing", "age"}


def _location(response: httpx.Response) -> str:
    """Expect a redirection; return where it leads to."""
    expect.status(response, 307)
    return expect.header(response, "Location")


def _redirected(response: httpx.Response) -> bool:
    """Return whether the server redirects; one that does not answers 404."""
    if response.status_code == httpx.codes.NOT_FOUND:
        return False
    expect.status(response, 307)
    return True


@clause("URL-1", "mandatory")
def endpoints_are_below_a_version(probe: Probe) -> None:
    """Serve endpoints below ``/v`` and the major number of ``http_api_version``."""
    hello = expect.body(probe.nobody.get("/"), 200)
    major = str(hello.get("http_api_version")).partition(".")[0]
    expect.equal(probe.server.prefix, f"/v{major}", "the prefix of the version")
    for path in ("/__lbheartbeat__", "/__heartbeat__"):
        expect.status(probe.nobody.get(path), 200, 503)
        response = probe.nobody.get(path, prefixed=False)
        expect.status(response, 307, 404)
    expect.status(probe.alice.get(probe.private), 200)


@clause("URL-2", "mandatory")
def paths_without_version_are_redirected(probe: Probe) -> None:
    """Redirect a path without a version to the same path below the prefix."""
    for path in ("/", "/nothing", "/no/thing", "/version", "/vx"):
        response = probe.nobody.get(path, prefixed=False)
        if _redirected(response):
            wanted = probe.url + path
            expect.equal(_location(response), wanted, f"Location of {path}")
        else:
            expect.error(response, 404, 116)


@clause("URL-3", "mandatory")
def other_versions_are_not_there(probe: Probe) -> None:
    """Respond 404, errno 116, below the prefix of another version."""
    for path in ("/v0", "/v99/", "/v99/nothing", f"/v99{probe.private}"):
        if path.startswith(probe.server.prefix):
            continue
        expect.error(probe.alice.get(path, prefixed=False), 404, 116)


@clause("URL-4", "mandatory")
def unknown_paths_are_404(probe: Probe) -> None:
    """Respond 404, errno 111, to a path that no endpoint has."""
    for path in ("/nothing", "/no/thing", f"{probe.unused()}/x"):
        for user in (probe.nobody, probe.alice):
            expect.error(user.get(path), 404, 111)
            expect.error(user.post(path, {}), 404, 111)


@clause("URL-5", "mandatory")
def slashes_at_the_end_are_redirected(probe: Probe) -> None:
    """Redirect a path that ends with slashes to the one without."""
    for path in (probe.private, "/nothing", "/no/thing"):
        for slashes in ("/", "///"):
            response = probe.alice.get(path + slashes)
            if _redirected(response):
                expect.equal(_location(response), probe.url + path, "Location")


@clause("URL-6", "mandatory")
def the_prefix_gets_its_slash(probe: Probe) -> None:
    """Redirect the prefix without a slash to the one with it."""
    response = probe.nobody.get("")
    if _redirected(response):
        expect.equal(_location(response), f"{probe.url}/", "Location")


@clause("URL-7", "mandatory")
def endpoints_with_a_slash_are_served(probe: Probe) -> None:
    """Serve the hello view, whose path ends with a slash, without a redirection."""
    expect.status(probe.nobody.get("/"), 200)
    expect.status(probe.nobody.head("/"), 200)


@clause("URL-8", "mandatory")
def redirections_keep_method_and_query(probe: Probe) -> None:
    """Redirect by 307, whatever the method, with the query string."""
    for method in _METHODS:
        path = f"{probe.private}/?rank=1&_limit=2"
        response = probe.alice.request(method, path)
        if _redirected(response):
            wanted = f"{probe.url}{probe.private}?rank=1&_limit=2"
            expect.equal(_location(response), wanted, f"Location of {method}")
        path = f"{probe.private}?rank=1&_limit=2"
        response = probe.alice.request(method, path, prefixed=False)
        if _redirected(response):
            expect.equal(_location(response), wanted, f"Location of {method}")


@clause("URL-9", "repaired")
def query_strings_are_kept_whole(probe: Probe) -> None:
    """Keep the query string of a redirection whole, whatever it holds."""
    inner = f"{probe.server.prefix}{probe.private}/"
    for query in (f"x={inner}", f"x={probe.private}/?y={inner}", "x=%2F&&y"):
        response = probe.alice.get(f"{probe.private}/?{query}")
        if _redirected(response):
            got = urlsplit(_location(response)).query
            expect.equal(got, query, "query of Location")
        response = probe.alice.get(f"{probe.private}?{query}", prefixed=False)
        if _redirected(response):
            got = urlsplit(_location(response)).query
            expect.equal(got, query, "query of Location")


@clause("URL-10", "repaired")
def paths_of_locations_are_encoded(probe: Probe) -> None:
    """Percent-encode what URLs ask for in the path of a ``Location``."""
    path = "/a%20b%C3%A9%22%3C%0D%0AX-Odd:%20x"
    for response in (
        probe.nobody.get(path, prefixed=False),
        probe.nobody.get(f"{path}/"),
    ):
        expect.no_header(response, "X-Odd")
        # The line break is for some servers no path at all.
        if response.status_code == httpx.codes.TEMPORARY_REDIRECT:
            got = _location(response)
            expect.true(got.isascii() and got.isprintable(), f"Location: got {got!r}")
            for odd in (" ", '"', "<"):
                expect.lacks(got, odd, "Location")
    response = probe.nobody.get("/a%20b%C3%A9", prefixed=False)
    if _redirected(response):
        wanted = f"{probe.url}/a%20b%C3%A9"
        expect.equal(_location(response), wanted, "Location")


@clause("URL-11", "http")
def redirections_lead_nowhere_else(probe: Probe) -> None:
    """Redirect to the authority of the request only, whatever the path."""
    wanted = urlsplit(probe.url).netloc
    for path in ("//other.example/", "///other.example", "/%5C%5Cother.example/",
                 "//other.example/%2E%2E", "/@other.example/"):  # fmt: skip
        for prefixed in (False, True):
            response = probe.nobody.get(path, prefixed=prefixed)
            if response.is_redirect:
                got = urlsplit(_location(response)).netloc
                expect.equal(got, wanted, f"authority of the Location of {path}")


@clause("URL-12", "mandatory")
def absolute_urls_are_those_of_the_request(probe: Probe) -> None:
    """Build absolute URLs of the scheme and the host of the request."""
    told = expect.body(probe.nobody.get("/"), 200).get("url")
    if told != f"{probe.url}/":
        expect.skip(f"the server is configured to have the URL {told}")
    scheme = urlsplit(probe.url).scheme
    port = {"http": 80, "https": 443}[scheme]
    path = urlsplit(probe.url).path
    for host, wanted in (
        ("name.example", "name.example"),
        (f"name.example:{port}", "name.example"),
        ("name.example:8765", "name.example:8765"),
    ):
        response = probe.nobody.get("/", headers={"Host": host})
        got = expect.body(response, 200).get("url")
        expect.equal(got, f"{scheme}://{wanted}{path}/", f"url for Host: {host}")


@clause("URL-13", "mandatory")
def head_is_get_without_a_body(probe: Probe) -> None:
    """Respond to HEAD as to GET, without the body."""
    note, article = probe.note(), probe.article()
    alice = probe.alice
    paths = ("/", "/__heartbeat__", "/__lbheartbeat__", probe.private, note.path,
             article.path, probe.shared, probe.unused(), "/nothing",
             f"{probe.private}?odd=1")  # fmt: skip
    for path in paths:
        got, head = alice.get(path), alice.head(path)
        if _differing(got, head):
            # A second may have ended: what was changed after now is told as now.
            got, head = alice.get(path), alice.head(path)
        expect.equal(head.status_code, got.status_code, f"status of HEAD {path}")
        expect.true(not head.content, f"HEAD {path} has a body")
        for name in _differing(got, head):
            expect.equal(head.headers.get(name), got.headers[name], f"{name} of {path}")


def _differing(got: httpx.Response, head: httpx.Response) -> list[str]:
    """Return the headers of the first response that the second one has not."""
    names = got.headers.keys() - _OWN
    return [name for name in names if head.headers.get(name) != got.headers[name]]


@clause("URL-14", "mandatory")
def missing_methods_are_405(probe: Probe) -> None:
    """Respond 405 to a method that an endpoint does not have, to anybody."""
    note = probe.note()
    for user in (probe.alice, probe.nobody):
        for method, path in (
            ("PUT", probe.private),
            ("PATCH", probe.shared),
            ("POST", note.path),
            ("POST", "/"),
            ("DELETE", "/__heartbeat__"),
            ("GET", "/batch"),
        ):
            expect.error(user.request(method, path), 405, 115)


@clause("URL-15", "http")
def a_405_says_which_methods_there_are(probe: Probe) -> None:
    """Name the methods of the endpoint in the ``Allow`` of a 405."""
    note = probe.note()
    for method, path, methods in (
        ("PUT", probe.private, {"get", "head", "post", "delete"}),
        ("POST", note.path, {"get", "head", "put", "patch", "delete"}),
        ("GET", "/batch", {"post"}),
    ):
        response = expect.status(probe.alice.request(method, path), 405)
        got = expect.tokens(response, "Allow")
        expect.equal(sorted(got - {"options"}), sorted(methods), f"Allow of {path}")
