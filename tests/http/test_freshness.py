"""What caches may do with each response: the table of the docs, and every URL."""

import itertools
import json
import re
from pathlib import Path

import pytest
from webtest import TestApp

from cliquet.protocol.freshness import cache_control

PAGE = Path(__file__).parents[2] / "docs/freshness.rst"
BASE = {"Alert", "Backoff", "Content-Length", "Retry-After", "Vary"}
RECORD = {*BASE, "Cache-Control", "ETag", "Expires", "Last-Modified", "Pragma"}
EXPOSED = {
    "nothing": set(),
    "base": BASE,
    "record": RECORD,
    "list": {*RECORD, "Next-Page", "Total-Records"},
    "written": {*BASE, "Accept-Patch", "ETag", "Last-Modified"},
    "deleted": {*BASE, "ETag", "Last-Modified"},
}
ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b11"
OTHER = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b12"
MINE, SHARED = f"/mushrooms/{ID}", f"/toadstools/{ID}"
BODY = {"data": {"name": "a"}}
OPEN = {
    "toadstool_create_principals": "system.Authenticated",
    "toadstool_read_principals": "system.Everyone",
}
CACHED = {**OPEN, "toadstool_cache_expires_seconds": 60}


DATED = {"": set(), "yes": {"ETag", "Last-Modified"}, "``ETag``": {"ETag"}}


def read_table():
    """Return the rows of the table, by the first of their cells."""
    text = PAGE.read_text().partition(":name: table-freshness")[2]
    text = text.partition("\n\nExposed are")[0].partition("    * - ")[2]
    rows = [row.split("\n      -") for row in text.split("\n    * - ")]
    cells = [[cell.strip() for cell in row] for row in rows[1:]]
    return {re.sub("``", "", row[0]): row[1:] for row in cells}


ROWS = read_table()


class Client:
    """A client of an application with some settings, that has two records."""

    def __init__(self, make_app, alice, bob, **settings):
        self.app, self.alice, self.bob = make_app(**settings), alice, bob
        self.app.put_json(MINE, BODY, headers=alice)
        if "toadstool_create_principals" in settings:
            self.app.put_json(SHARED, BODY, headers=alice)

    def get(self, path, status, user=None, **headers):
        headers = {**(user or {}), **headers}
        return self.app.get(path, headers=headers, status=status)

    def again(self, path, user=None):
        etag = self.get(path, 200, user).headers["ETag"]
        return self.get(path, 304, user, **{"If-None-Match": etag})

    def write(self, method, path, status, body=BODY, **headers):
        send = getattr(self.app, f"{method}_json")
        return send(path, body, headers={**self.alice, **headers}, status=status)

    def load(self):
        """Get the last file that the page of the description loads."""
        page = self.get("/__docs__", 200)
        return self.get("/" + re.findall(r'src="([^"]+)"', page.text)[-1], 200)

    def batch(self, **entry):
        return self.app.post_json("/batch", {"requests": [{"path": "/", **entry}]})

    def fail(self, path, status):
        checks = self.app.app.registry.heartbeats
        checks["one that fails"] = lambda request: False
        return self.get(path, status)


#: How to get the response of each row: settings, and what is done with a client.
REQUESTS = {
    "200, record, user": ({}, lambda c: c.get(MINE, 200, c.alice)),
    "200, list, user": ({}, lambda c: c.get("/mushrooms", 200, c.alice)),
    "200, shared record, anybody": (OPEN, lambda c: c.get(SHARED, 200)),
    "200, shared list, anybody": (OPEN, lambda c: c.get("/toadstools", 200)),
    "200, shared record, anybody, with …_cache_expires_seconds": (
        CACHED, lambda c: c.get(SHARED, 200),
    ),
    "200, shared list, anybody, with …_cache_expires_seconds": (
        CACHED, lambda c: c.get("/toadstools", 200),
    ),
    "200, shared record, user, with …_cache_expires_seconds": (
        CACHED, lambda c: c.get(SHARED, 200, c.bob),
    ),
    "200, shared record, anybody, with hide_permissions": (
        {**OPEN, "hide_permissions": True}, lambda c: c.get(SHARED, 200),
    ),
    "304, record, user": ({}, lambda c: c.again(MINE, c.alice)),
    "304, shared list, anybody": (OPEN, lambda c: c.again("/toadstools")),
    "304, shared record, anybody, with …_cache_expires_seconds": (
        CACHED, lambda c: c.again(SHARED),
    ),
    "200, PUT, user": ({}, lambda c: c.write("put", MINE, 200)),
    "200, PATCH, user": ({}, lambda c: c.write("patch", MINE, 200)),
    "201, POST, user": ({}, lambda c: c.write("post", "/mushrooms", 201)),
    "200, DELETE, user": ({}, lambda c: c.app.delete(MINE, headers=c.alice)),
    "200, DELETE of a list, user": (
        {}, lambda c: c.app.delete("/mushrooms", headers=c.alice),
    ),
    "412, user": ({}, lambda c: c.write("put", MINE, 412, **{"If-Match": '"1"'})),
    "400, resource, user": ({}, lambda c: c.write("post", "/mushrooms", 400, {})),
    "403, user": (OPEN, lambda c: c.app.delete(SHARED, headers=c.bob, status=403)),
    "404, record, user": ({}, lambda c: c.get(f"/mushrooms/{OTHER}", 404, c.alice)),
    "401": ({}, lambda c: c.get("/mushrooms", 401)),
    "406": ({}, lambda c: c.get("/mushrooms", 406, Accept="image/png")),
    "405": ({}, lambda c: c.app.put("/mushrooms", status=405)),
    "200, hello, anybody": ({}, lambda c: c.get("/", 200)),
    "200, hello, user": ({}, lambda c: c.get("/", 200, c.alice)),
    "200, description": ({}, lambda c: c.get("/__api__", 200)),
    "304, description": ({}, lambda c: c.again("/__api__")),
    "200, page of the description": ({}, lambda c: c.get("/__docs__", 200, c.alice)),
    "304, page of the description": ({}, lambda c: c.again("/__docs__")),
    "200, file of that page": ({}, lambda c: c.load()),
    "404, no such file of that page": ({}, lambda c: c.get("/__docs__/page.js", 404)),
    "200, batch, anybody": ({}, lambda c: c.batch()),
    "200, batch with an entry of a user": ({}, lambda c: c.batch(headers=c.alice)),
    "200, __heartbeat__": ({}, lambda c: c.get("/__heartbeat__", 200)),
    "503, __heartbeat__": ({}, lambda c: c.fail("/__heartbeat__", 503)),
    "200, __lbheartbeat__": ({}, lambda c: c.get("/__lbheartbeat__", 200)),
    "200, __version__": (
        {"version_json_path": "VERSION"}, lambda c: c.get("/__version__", 200),
    ),
    "200, metrics": (
        {"metrics_backend": "prometheus"},
        lambda c: TestApp(c.app.app).get("/metrics"),
    ),
    "404, unknown URL": ({}, lambda c: c.get("/unknown", 404)),
    "307": ({}, lambda c: c.get("/mushrooms/", 307)),
    "410": ({"eos": "2001-01-01"}, lambda c: c.get("/mushrooms", 410)),
    "413": ({"max_body_size": 60}, lambda c: c.write("put", MINE, 413, "x" * 99)),
    "400, unreadable URL": ({}, lambda c: c.get("/%ff", 400)),
    "200, OPTIONS": (
        {},
        lambda c: c.app.options(
            "/", headers={"Origin": "a", "Access-Control-Request-Method": "GET"}
        ),
    ),
    "500": ({"project_docs": "crash"}, lambda c: c.get("/", 500)),
}  # fmt: skip


@pytest.fixture
def version_file(tmp_path):
    path = tmp_path / "version.json"
    path.write_text(json.dumps({"version": "1"}))
    return str(path)


@pytest.fixture
def ask(make_app, alice, bob, version_file, monkeypatch):
    """Return the response of a row."""

    def ask(row):
        settings, request = REQUESTS[row]
        if "version_json_path" in settings:
            settings = {"version_json_path": version_file}
        if "eos" in settings:
            # Nothing can be written any more.
            monkeypatch.setattr(Client, "__init__", only_make)
        if row == "500":
            monkeypatch.setattr("cliquet.views.hello.get_eos", lambda request: 1 / 0)
        return request(Client(make_app, alice, bob, **settings))

    def only_make(client, make_app, alice, bob, **settings):
        client.app, client.alice, client.bob = make_app(**settings), alice, bob

    return ask


def test_the_table_of_the_docs_and_the_requests_have_the_same_rows():
    assert list(ROWS) == list(REQUESTS)


@pytest.mark.parametrize("row", REQUESTS)
def test_the_table_of_the_docs_says_what_is_answered(ask, row):
    control, expires, vary, dated, exposed = ROWS[row]

    headers = ask(row).headers

    assert headers["Cache-Control"] == control.strip("`")
    assert ("Expires" in headers) == (expires == "yes")
    assert headers["Vary"] == vary.strip("`")
    assert {name for name in DATED["yes"] if name in headers} == DATED[dated]
    names = headers.get("Access-Control-Expose-Headers", "").split(", ")
    assert set(filter(None, names)) == EXPOSED[exposed]


# --- Every URL ------------------------------------------------------------------------

PATHS = [
    "/", "/batch", "/__heartbeat__", "/__lbheartbeat__", "/__version__", "/unknown",
    "/__api__", "/__docs__", "/__docs__/", "/__docs__/none.js",
    "/mushrooms", "/mushrooms/", MINE, "/toadstools", SHARED, "/spores?_limit=x",
    "/mushrooms/-", "/static/none", "/%ff", "/%00", "",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cors_origins": "https://page.example", "vary": "Authorization, Cookie"},
        {"private_responses": False},
        {"eos": "2001-01-01"},
        {"readonly": True, "version_prefix_redirect_enabled": False},
        {"trailing_slash_redirect_enabled": False},
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_every_response_says_what_caches_may_do(make_app, alice, settings, method):
    app = make_app(**settings)
    odd = ({}, {"Accept": "image/png"}, {"Origin": "https://page.example"})
    for path, user, more in itertools.product(PATHS, ({}, alice), odd):
        headers = {**user, **more}
        found = app.request(
            path, method=method, headers=headers, expect_errors=True
        ).headers
        where = f"{method} {path} {headers}"
        assert found["Cache-Control"] in (
            "no-cache", "no-store", "no-cache, no-store",
        ), where  # fmt: skip
        varies = found["Vary"].split(", ")
        assert "Authorization" in varies, where
        assert len(varies) == len(set(varies)), where
        assert ("Cookie" in varies) == ("vary" in settings), where
        constant = found.get("Access-Control-Allow-Origin") == "*"
        assert constant is ("Origin" not in varies), where


@pytest.mark.parametrize("entry", [
    {"path": "/"}, {"path": "/unknown"}, {"path": "/mushrooms"},
    {"path": "/mushrooms", "method": "PUT"}, {"path": "/mushrooms/"},
    {"path": "/mushrooms?_limit=x"}, {"path": "/mushrooms?a=%00"},
    {"path": "/__heartbeat__"}, {"path": "/%ff"},
])  # fmt: skip
@pytest.mark.parametrize("user", [True, False])
def test_entries_of_a_batch_are_answered_as_requests_are(app, alice, entry, user):
    app.app.registry.settings["backoff"] = 10
    headers = alice if user else {"Content-Type": "application/json"}
    headers = {**headers, "Origin": "https://page.example"}
    method, path = entry.get("method", "GET"), entry["path"]

    direct = app.request(path, method=method, headers=headers, expect_errors=True)
    if direct.status_code == 307:
        # It is followed.
        direct = app.request(path.rstrip("/"), headers=headers, expect_errors=True)
    batch = app.post_json("/batch", {"requests": [entry]}, headers=headers).json
    inner = batch["responses"][0]

    assert inner["status"] == direct.status_code
    for name in (
        "Cache-Control", "Vary", "Backoff", "Access-Control-Allow-Origin",
        "Access-Control-Expose-Headers", "Content-Type",
    ):  # fmt: skip
        assert inner["headers"].get(name) == direct.headers.get(name), name


@pytest.mark.parametrize(
    "path", ["/", "/mushrooms", "/mushrooms?_limit=x", "/toadstools/", "/unknown"]
)
def test_a_batch_is_private_as_soon_as_one_of_its_entries_is(app, alice, path):
    own = {"Authorization": alice["Authorization"]}
    entries = [{"path": "/"}, {"path": path, "headers": own}, {"path": "/"}]

    batch = app.post_json("/batch", {"requests": entries})

    private = batch.json["responses"][1]["headers"]["Cache-Control"]
    assert batch.headers["Cache-Control"] == private


# --- Whose header it is ---------------------------------------------------------------


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("operational", [True, False])
def test_the_decision(private, operational):
    found = cache_control(is_private=private, is_operational=operational)

    assert ("no-store" in found) == (private or operational)


def test_a_304_of_each_list_and_record_has_the_freshness_of_its_200(
    make_app, alice, bob
):
    for settings in (OPEN, CACHED, {**CACHED, "private_responses": False}):
        client = Client(make_app, alice, bob, **settings)
        for path, user in itertools.product(("/toadstools", SHARED), (None, bob)):
            full, known = client.get(path, 200, user), client.again(path, user)
            for name in ("Cache-Control", "ETag", "Last-Modified", "Vary"):
                assert known.headers[name] == full.headers[name]
            assert ("Expires" in known.headers) == ("Expires" in full.headers)


def test_who_signs_in_is_not_shown_what_a_browser_stored(make_app, alice, bob):
    # Browsers revalidate what was stored for another user, whatever Vary says.
    client = Client(make_app, alice, bob, **OPEN)
    for path, first in [
        ("/mushrooms", alice), ("/toadstools", alice), ("/toadstools", None),
    ]:  # fmt: skip
        stored = client.get(path, 200, first)
        assert "no-store" in stored.headers["Cache-Control"]


def test_after_the_end_operators_are_answered(make_app, version_file):
    ended = {"eos": "2001-01-01", "metrics_backend": "prometheus"}
    app = make_app(**ended, version_json_path=version_file)
    paths = ["/__heartbeat__", "/__lbheartbeat__", "/__version__"]

    for path in paths:
        assert json.loads(app.get(path).headers["Alert"])["code"] == "hard-eol"
    plain = TestApp(app.app)
    plain.get("/metrics")
    for path in paths:
        # Redirected to their version.
        plain.get(path, status=307)
    without = make_app(eos="2001-01-01").get("/__version__", status=404)
    assert without.headers["Cache-Control"] == "no-store"
    for path in ("/", "/mushrooms", "/__heartbeat__/x", "/x/__heartbeat__"):
        app.get(path, status=410)
