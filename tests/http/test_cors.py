"""CORS (protocol §8)."""

import pytest

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
    dated = BASE | CACHE | {"ETag", "Last-Modified"}

    assert exposed(app.get("/", headers=ORIGIN)) == BASE
    assert exposed(app.get("/mushrooms", headers=headers)) == dated | {
        "Next-Page", "Total-Records",
    }  # fmt: skip
    assert exposed(app.get(url, headers=headers)) == dated
    assert exposed(app.head(url, headers=headers)) == dated
    assert exposed(app.put_json(url, {}, headers=headers, status=400)) == BASE
    assert (
        exposed(app.patch_json(url, {"data": {"name": "b"}}, headers=headers)) == BASE
    )
    assert exposed(app.delete(url, headers=headers)) == BASE
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


def test_preflight_of_a_method_that_is_not_defined(app):
    headers = {**ORIGIN, "Access-Control-Request-Method": "PATCH"}

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
