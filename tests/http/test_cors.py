"""CORS."""

import pytest
import webtest
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

import cliquet
from cliquet import Service

BASE = {"Alert", "Backoff", "Retry-After", "Content-Length", "Vary"}
CACHE = {"Cache-Control", "Expires", "Pragma"}
ORIGIN = {"Origin": "http://my.app"}


def exposed(response):
    names = response.headers["Access-Control-Expose-Headers"].split(",")
    return {name.strip() for name in names}


@pytest.fixture
def record(app, alice):
    return app.post_json("/mushrooms", {"data": {"name": "a"}}, headers=alice).json[
        "data"
    ]


def test_each_endpoint_exposes_its_headers(app, alice, record):
    headers = {**alice, **ORIGIN}
    url = f"/mushrooms/{record['id']}"
    written = BASE | {"ETag", "Last-Modified"}
    dated = written | CACHE

    assert exposed(app.get("/", headers=ORIGIN)) == BASE
    assert exposed(app.get("/mushrooms", headers=headers)) == dated | {
        "Next-Page", "Total-Records",
    }  # fmt: skip
    assert exposed(app.get(url, headers=headers)) == dated
    assert exposed(app.head(url, headers=headers)) == dated
    assert exposed(app.put_json(url, {}, headers=headers, status=400)) == BASE
    body = {"data": {"name": "b"}}
    for write in (app.put_json, app.patch_json):
        told = exposed(write(url, body, headers=headers))
        assert told == written | {"Accept-Patch"}
        stale = {**headers, "If-Match": '"1"'}
        assert exposed(write(url, body, headers=stale, status=412)) == BASE
    assert exposed(app.post_json("/mushrooms", body, headers=headers)) == BASE
    assert exposed(app.delete(url, headers=headers)) == written
    assert exposed(app.delete("/mushrooms", headers=headers)) == written
    assert exposed(app.get("/unknown", headers=ORIGIN, status=404)) == BASE
    wrong = app.post("/__heartbeat__", headers=headers, status=405)
    assert "Access-Control-Expose-Headers" not in wrong.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/mushrooms", 200),
        ("GET", "/mushrooms?foo=1", 400),
        ("GET", "/mushrooms/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10", 404),
        ("POST", "/mushrooms", 400),
        ("PUT", "/mushrooms", 405),
        ("DELETE", "/mushrooms", 200),
        ("GET", "/unknown", 404),
    ],
)
def test_errors_have_cors_headers_too(app, alice, method, path, status):
    response = app.request(
        path, method=method, headers={**alice, **ORIGIN}, expect_errors=True
    )

    assert response.status_code == status
    allowed = response.headers["Access-Control-Allow-Origin"]
    assert allowed == (ORIGIN["Origin"] if path == "/unknown" else "*")


def test_unauthenticated_and_crashed_requests_have_cors_headers(
    app, alice, monkeypatch
):
    refused = app.get("/mushrooms", headers=ORIGIN, status=401)
    monkeypatch.setattr("cliquet.views.hello.get_eos", lambda request: 1 / 0)
    crashed = app.get("/", headers=ORIGIN, status=500)

    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert crashed.headers["Access-Control-Allow-Origin"] == "*"
    assert crashed.json["errno"] == 999


def test_preflight(app):
    headers = {
        **ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "X-Odd, Authorization",
    }

    response = app.options("/mushrooms", headers=headers)

    assert response.json is None
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Max-Age"] == "3600"
    allowed = set(response.headers["Access-Control-Allow-Headers"].split(","))
    assert {"X-Odd", "Authorization"} <= allowed
    methods = set(response.headers["Access-Control-Allow-Methods"].split(","))
    assert {"GET", "HEAD", "POST", "DELETE"} <= methods
    assert "Access-Control-Expose-Headers" not in response.headers


@pytest.mark.parametrize("missing", ["Origin", "Access-Control-Request-Method"])
def test_preflight_needs_its_headers(app, missing):
    headers = {**ORIGIN, "Access-Control-Request-Method": "GET"}
    del headers[missing]

    response = app.options("/mushrooms", headers=headers, status=400)

    assert response.json["details"][0]["name"] == missing


def test_preflight_of_what_is_no_method(app):
    headers = {**ORIGIN, "Access-Control-Request-Method": "GET, PUT"}

    app.options("/mushrooms", headers=headers, status=400)


def test_origins_are_patterns(make_app, alice):
    app = make_app(cors_origins="*.daybed.io")
    allowed = {**alice, "Origin": "demo.daybed.io"}
    refused = {**alice, "Origin": "demo.evil.io"}

    response = app.get("/mushrooms", headers=allowed)
    assert response.headers["Access-Control-Allow-Origin"] == "demo.daybed.io"
    unknown = app.get("/unknown", headers=allowed, status=404)
    assert unknown.headers["Access-Control-Allow-Origin"] == "demo.daybed.io"
    response = app.get("/mushrooms", headers=refused, status=400)
    assert response.json["message"] == "Origin in header: demo.evil.io not allowed"
    assert "Access-Control-Allow-Origin" not in response.headers


def test_applications_do_not_share_their_cors_settings(make_app):
    one = make_app(cors_max_age_seconds=42, cors_origins="one")
    other = make_app(cors_max_age_seconds="", cors_origins="other")
    off = make_app(cors_origins="")
    preflight = {"Access-Control-Request-Method": "GET"}

    for path in ("/", "/mushrooms"):
        response = one.options(path, headers={**preflight, "Origin": "one"})
        assert response.headers["Access-Control-Max-Age"] == "42"
        response = other.options(path, headers={**preflight, "Origin": "other"})
        assert "Access-Control-Max-Age" not in response.headers
        one.options(path, headers={**preflight, "Origin": "other"}, status=400)
        off.options(path, headers={**preflight, "Origin": "one"}, status=405)


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b'{"requests": 1}'])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/batch",
        "/__heartbeat__",
        "/mushrooms",
        "/mushrooms/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b11",
        "/toadstools",
    ],
)
def test_the_body_of_a_preflight_does_not_matter(app, path, body):
    headers = {
        "Origin": "https://a.example",
        "Access-Control-Request-Method": "POST",
        "Content-Type": "application/json",
    }
    method = {"/": "GET", "/__heartbeat__": "GET"}.get(path, "POST")
    headers["Access-Control-Request-Method"] = "PUT" if "-" in path else method

    app.request(path, method="OPTIONS", body=body, headers=headers, status=200)
    # Without what makes it one, either.
    app.request(path, method="OPTIONS", body=body, status=(200, 400))


# --- A page can read every answer that it can cause ---------------------------------

RECORD = "/mushrooms/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
PAGE = "https://page.example"
#: What a page may ask for, and what it is told.
ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/mushrooms", 200),
    ("PUT", "/mushrooms", 405),
    ("POST", "/__heartbeat__", 405),
    ("GET", RECORD, 404),
    ("PATCH", RECORD, 400),
    ("GET", "/unknown", 404),
    ("PUT", "/unknown", 404),
    ("DELETE", "/unknown", 404),
    ("GET", "/__version__", 404),
    ("GET", "/mushrooms/", 307),
    ("DELETE", "/mushrooms/", 307),
    ("POST", "/mushrooms?_limit=x", 400),
    ("GET", "/mushrooms?name=%00", 400),
    ("PUT", "/%ff", 400),
]


@pytest.mark.parametrize("origins", ["*", "https://page.example", "https://*.example"])
@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_a_page_can_read_what_it_is_told(
    make_app, alice, origins, method, path, status
):
    app = make_app(cors_origins=origins)
    headers = {**alice, "Origin": PAGE}
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,x-custom",
    }

    allowed = app.request(path, method="OPTIONS", headers=asked, status=200)
    answer = app.request(path, method=method, headers=headers, expect_errors=True)

    assert answer.status_code == status
    for response in (allowed, answer):
        assert response.headers["Access-Control-Allow-Origin"] in ("*", PAGE)
    assert method in allowed.headers["Access-Control-Allow-Methods"].split(",")
    granted = allowed.headers["Access-Control-Allow-Headers"].split(",")
    assert {"authorization", "x-custom"} <= set(granted)
    assert granted == sorted(granted)
    assert allowed.headers["Access-Control-Max-Age"] == "3600"
    assert allowed.json is None


def test_a_page_can_follow_redirections_to_the_version(app, alice):
    # Without the prefix that requests of other tests get.
    app = webtest.TestApp(app.app)
    headers = {**ORIGIN, "Access-Control-Request-Method": "GET"}

    app.options("/mushrooms", headers=headers, status=200)
    moved = app.get("/mushrooms", headers={**alice, **ORIGIN}, status=307)

    assert moved.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
def test_a_page_can_read_that_the_service_has_ended(make_app, method):
    app = make_app(eos="2020-01-01", cors_exposed_headers="X-Mine")
    headers = {**ORIGIN, "Access-Control-Request-Method": method}

    app.options("/mushrooms", headers=headers, status=200)
    gone = app.request("/mushrooms", method=method, headers=ORIGIN, status=410)

    assert gone.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert exposed(gone) == {*BASE, "X-Mine"}
    app.options("/mushrooms", headers=ORIGIN, status=410)


@pytest.mark.parametrize("path", ["/", "/mushrooms", "/mushrooms/", "/unknown"])
@pytest.mark.parametrize("eos", ["2020-01-01", "2199-01-01"])
def test_preflights_too_tell_of_the_end_of_the_service(make_app, eos, path):
    app = make_app(eos=eos, eos_url="https://end.example/")
    headers = {**ORIGIN, "Access-Control-Request-Method": "GET"}

    allowed = app.options(path, headers=headers, status=200)

    assert {"Alert", "Sunset", "Link"} <= set(allowed.headers)


def test_a_page_can_read_that_its_body_is_too_large(make_app, alice):
    app = make_app(max_body_size=10)
    headers = {**alice, **ORIGIN}

    refused = app.post("/mushrooms", "x" * 100, headers=headers, status=413)

    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert exposed(refused) == BASE
    assert refused.headers["Vary"] == "Origin, Authorization, Accept"


@pytest.mark.parametrize("path", ["/unknown", "/mushrooms/", "/%ff"])
@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        # Not a page that may call.
        ({"cors_origins": "other"}, ORIGIN | {"Access-Control-Request-Method": "GET"}),
        ({"cors_origins": ""}, ORIGIN | {"Access-Control-Request-Method": "GET"}),
        # No preflight.
        ({}, ORIGIN),
        ({}, {"Access-Control-Request-Method": "GET"}),
        ({}, ORIGIN | {"Access-Control-Request-Method": "a b"}),
    ],
)
def test_what_is_no_preflight_is_answered_as_before(make_app, path, settings, headers):
    app = make_app(**settings)

    response = app.request(path, method="OPTIONS", headers=headers, expect_errors=True)

    assert response.status_code in (307, 400, 404)
    assert "Access-Control-Allow-Methods" not in response.headers


@pytest.mark.parametrize("name", ["Origin", "Access-Control-Request-Headers"])
def test_no_header_repeats_what_is_no_text(app, name):
    headers = {
        **ORIGIN, "Access-Control-Request-Method": "GET", name: "a\x01b",
    }  # fmt: skip

    response = app.request(
        "/unknown", method="OPTIONS", headers=headers, expect_errors=True
    )

    assert "\x01" not in str(response.headers)


# --- Views of applications ------------------------------------------------------------


@pytest.fixture
def own(app_settings):
    """An application with views that are not those of services."""
    config = Configurator(settings={**app_settings, "project_name": "own"})
    cliquet.initialize(config, "1.0")
    credentials = Service("credentials", "/credentials", cors_credentials=True)
    credentials.add_view("GET", lambda request: {}, permission=NO_PERMISSION_REQUIRED)
    config.add_cornice_service(credentials)

    def lead_elsewhere(request):
        raise HTTPFound("https://elsewhere.example/")

    views = {
        "silent": lambda request: Response("a"),
        "trusting": lambda request: Response("a", headers={
            "Access-Control-Allow-Origin": "https://trusted.example",
            "Access-Control-Allow-Credentials": "true",
        }),
        "leading": lead_elsewhere,
    }  # fmt: skip
    for name, view in views.items():
        config.add_route(name, f"/{name}", request_method="GET")
        config.add_view(view, route_name=name, permission=NO_PERMISSION_REQUIRED)
    config.add_route("got", "/got")
    config.add_view(views["silent"], route_name="got", request_method="GET",
                    permission=NO_PERMISSION_REQUIRED)  # fmt: skip
    return webtest.TestApp(config.make_wsgi_app())


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/silent", None),
        ("/v1/got", None),
        # Any other would give a stranger what cookies of the user open.
        ("/v1/trusting", "https://trusted.example"),
        ("/v1/leading", PAGE),
    ],
)
def test_what_a_view_of_an_application_allows_is_not_widened(own, path, allowed):
    response = own.get(path, headers={"Origin": PAGE})

    assert response.headers.get("Access-Control-Allow-Origin") == allowed


def test_a_route_of_an_application_answers_preflights_itself(own):
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}

    # There is nothing for this method.
    refused = own.options("/v1/got", headers=asked, status=404)

    assert "Access-Control-Allow-Methods" not in refused.headers
    own.options("/v1/unknown", headers=asked, status=200)
    own.options("/got", headers=asked, status=200)


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_pages_that_send_cookies_can_read_a_405_too(own, method):
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}

    response = own.request(
        "/v1/credentials", method=method, headers=headers, expect_errors=True
    )

    assert response.status_code == (405 if method == "PUT" else 200)
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Origin" in response.headers["Vary"]


# --- Headers --------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [ORIGIN, {}])
@pytest.mark.parametrize("path", ["/", "/mushrooms", RECORD, "/unknown", "/unknown/"])
def test_vary_says_whether_the_allowed_origin_is_constant(make_app, alice, path, sent):
    for origins in ("*", "http://my.app"):
        app = make_app(cors_origins=origins)
        response = app.get(path, headers={**alice, **sent}, expect_errors=True)
        names = response.headers["Vary"].split(", ")
        constant = response.headers.get("Access-Control-Allow-Origin") == "*"
        assert constant is ("Origin" not in names)
        # Where it is, caches may keep what somebody got who sent no origin.
        assert constant is (origins == "*" and path in ("/", "/mushrooms", RECORD))


def test_exposed_headers_are_added_everywhere_and_sorted(make_app, alice):
    app = make_app(cors_exposed_headers="X-Request-Id ETag, Location")
    added = {"X-Request-Id", "ETag", "Location"}
    body = {"data": {"name": "a"}}
    answers = [
        app.get("/"),
        app.get("/mushrooms", headers=alice),
        app.post_json("/mushrooms", body, headers=alice),
        app.post_json("/mushrooms", {}, headers=alice, status=400),
        app.get("/unknown", status=404),
        app.get("/mushrooms/", status=307),
        app.get("/mushrooms", status=401),
        app.post_json("/batch", {"requests": [{"path": "/"}]}),
    ]

    for answer in answers:
        assert exposed(answer) >= BASE | added
        names = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert names == sorted(names)
    inner = answers[-1].json["responses"][0]["headers"]
    assert "X-Request-Id" in inner["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_pages_of_the_service_itself_may_call_it(make_app, alice, method):
    app = make_app(cors_origins="https://app.example", http_scheme="https")
    headers = {**alice, "Host": "api.example", "Origin": "https://api.example"}
    body = b'{"data": {"name": "a"}}' if method == "POST" else b""

    answer = app.request("/mushrooms", method=method, headers=headers, body=body)

    # Browsers ask for no permission there.
    assert "Access-Control-Allow-Origin" not in answer.headers
    for other in ("http://api.example", "https://api.example:8443", "https://x"):
        refused = {**headers, "Origin": other}
        app.request("/mushrooms", method=method, headers=refused, body=body, status=400)


def test_pages_may_read_the_timing_that_they_may_read_the_answer_of(make_app):
    listed = make_app(server_timing=True, cors_origins="http://my.app")
    everyone = make_app(server_timing=True)
    without = make_app()

    allowed = listed.get("/", headers=ORIGIN)
    assert allowed.headers["Timing-Allow-Origin"] == "http://my.app"
    assert everyone.get("/").headers["Timing-Allow-Origin"] == "*"
    refused = listed.get("/", headers={"Origin": "http://other"}, status=400)
    assert "Timing-Allow-Origin" not in refused.headers
    assert "Timing-Allow-Origin" not in without.get("/").headers
