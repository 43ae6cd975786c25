"""Each status and header that is answered is described, where it is answered.

What HTTP itself adds is not (lengths, types, CORS), nor OPTIONS, redirections, methods
that are not there, and a 500, which is a defect.
"""

import json
import re

import pytest
from webtest import TestApp

from tests.http.test_description import ALICE, configure

OF_HTTP = re.compile("content-(length|type)|date|access-control-.*", re.IGNORECASE)
BOOK = "/v1/books/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
PAGES = f"{BOOK}/pages"
PATCH = "application/json-patch+json"
TITLE = {"data": {"title": "Fungi", "isbn": 1}}


class Described:
    """An application, each answer of which is looked up in its description."""

    def __init__(self, **given):
        config = configure(**{"write_implies_read": "true", **given})
        self.app = TestApp(config.make_wsgi_app())
        self.registry = self.app.app.registry
        self.document = self.registry.api_description.document()
        self.seen, self.unknown = set(), set()
        self._paths = [
            (re.compile("/v1" + re.sub(r"\{\w+\}", "[^/]+", path) + "$"), item)
            for path, item in sorted(
                self.document["paths"].items(), key=lambda each: each[0].count("{")
            )
        ]

    def ask(self, method, url, body=None, user=ALICE, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, str) else json.dumps(body)
        answer = self.app.request(
            url, method=method, body=(body or "").encode(), headers={**user, **sent},
            expect_errors=True,
        )  # fmt: skip
        self._look_up(method, url.partition("?")[0], answer)
        return answer

    def _look_up(self, method, path, answer):
        item = next(item for form, item in self._paths if form.match(path))
        responses = item[method.lower()]["responses"]
        status = str(answer.status_int)
        described = responses.get(status) or responses.get("default")
        if described is None:
            self.unknown.add(f"{method} {path}: {status}")
            return
        if "$ref" in described:
            name = described["$ref"].rpartition("/")[2]
            described = self.document["components"]["responses"][name]
        told = {name.lower() for name in described["headers"]}
        for name in answer.headers:
            if not OF_HTTP.fullmatch(name):
                self.seen.add(name)
                if name.lower() not in told:
                    self.unknown.add(f"{method} {path} {status}: {name}")


def exchange(service):
    """Have all that a service has asked, in each way that is answered otherwise."""
    ask = service.ask
    for url in ("/v1/", "/v1/__heartbeat__", "/v1/__lbheartbeat__", "/v1/__version__"):
        if any(form.match(url) for form, _ in service._paths):
            ask("GET", url)
            ask("HEAD", url, user={})
    for url in ("/v1/__api__", "/v1/__docs__"):
        tag = ask("GET", url).headers.get("ETag", "*")
        ask("GET", url, If_None_Match=tag)
        ask("HEAD", url)
    ask("POST", "/v1/search/a", {"note": "a"})
    ask("POST", "/v1/search/a", {})
    ask("POST", "/v1/batch", {"requests": [{"path": "/books"}]})
    ask("POST", "/v1/batch", {"requests": 5})
    ask("POST", "/v1/batch", "x", Content_Type="text/plain")
    for url, body in (
        ("/v1/wallet", TITLE),
        (BOOK, TITLE),
        (f"{PAGES}/1", {"data": {}}),
    ):
        record(ask, url, body)
    for url, body in (("/v1/books", TITLE), (PAGES, {"data": {}})):
        collection(ask, url, body)
    ask("PUT", BOOK, TITLE)
    ask("PUT", f"{BOOK[:-1]}1", TITLE)  # The other has this value.
    ask("DELETE", "/v1/books?_limit=1")
    forget_deletions(service)
    ask("GET", '/v1/books?_since="1"')
    for _ in range(2):
        ask("POST", "/v1/books", {"data": {"title": "Fungi"}}, Idempotency_Key="once")


def forget_deletions(service):
    """Do what the command ``purge`` does: polls from before are told."""
    storage = service.registry.storage
    for scope in storage.scopes():
        storage.purge_deleted(*scope)


def record(ask, url, body):
    for method in ("PUT", "GET", "HEAD"):
        tag = ask(method, url, body if method == "PUT" else None).headers.get(
            "ETag", ""
        )
    ask("GET", url, If_None_Match=tag)
    ask("HEAD", url, If_None_Match=tag)
    ask("GET", url, user={})
    ask("GET", url, Accept="text/plain")
    ask("PUT", url, body)
    ask("PUT", url, body, If_Match='"1"')
    ask("PUT", url, body, Content_Encoding="gzip")
    ask("PUT", url, "x", Content_Type="text/plain")
    ask("PUT", url, {"data": 5}, Accept="application/problem+json")
    for prefer in ("return=minimal", "return=representation", "other"):
        ask("PATCH", url, {"data": {}}, Prefer=prefer)
    ask("PATCH", url, "x", Content_Type="text/plain")
    ask("PATCH", url, {"data": 5})
    test = [{"op": "test", "path": "/data/title", "value": "another"}]
    ask("PATCH", url, test, Content_Type=PATCH)
    ask("DELETE", url, If_Match='"1"')
    ask("DELETE", url)
    for method in ("GET", "DELETE"):
        ask(method, url)
    ask("PATCH", url, body)
    ask("PUT", url, body)


def collection(ask, url, body):
    for _ in range(3):
        ask("POST", url, body)
        body = {"data": {**body["data"], "isbn": body["data"].get("isbn", 0) + 1}}
    ask("POST", url, {"data": 5})
    ask("POST", url, "x", Content_Type="text/plain")
    ask("POST", url, body, user={})
    ask("POST", url, body, If_None_Match="*")
    tag = ask("GET", f"{url}?_limit=1").headers.get("ETag", "")
    ask("HEAD", url)
    ask("GET", url, If_None_Match=tag)
    ask("GET", url, If_Match='"1"')
    ask("GET", url, user={})
    ask("GET", f"{url}?nope=1")
    ask("DELETE", url, If_Match='"1"')


SETTINGS = {
    "the defaults": {},
    "an end to come": {"eos": "2099-01-01", "eos_url": "https://example.org/end"},
    "after the end": {"eos": "2000-01-01", "eos_url": "https://example.org/end"},
    "much to tell": {
        "backoff": "10", "server_timing": "true", "paginated_delete": "true",
        "project_docs": "https://example.org/", "announce_capabilities": "true",
    },
    "strict": {"strict_preconditions": "true", "require_preconditions": "true"},
    "small bodies": {"max_body_size": "3"},
    "readers keep it": {
        "book_cache_expires_seconds": "60", "book_read_principals": "system.Everyone",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def served():
    """The services after all that was asked, by the names of their settings."""
    services = {name: Described(**given) for name, given in SETTINGS.items()}
    for service in services.values():
        exchange(service)
    return services


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_answered_is_described(served, name):
    assert served[name].unknown == set()


def test_what_is_described_is_answered(served):
    told = served["the defaults"].document["components"]["headers"].keys()

    # A backend that fails is told below.
    assert told - {name for each in served.values() for name in each.seen} == {
        "Retry-After"
    }


def test_a_backend_that_fails_is_described():
    service = Described()
    service.registry.heartbeats["storage"] = lambda request: False

    answer = service.ask("GET", "/v1/__heartbeat__")

    assert answer.status_int == 503
    assert "Retry-After" in service.seen
    assert service.unknown == set()
