"""Versions, redirections, unknown URLs."""

import pytest


def get(app, path, **options):
    """Ask for a path as it is, without the prefix that the fixture adds."""
    path, _, query = path.partition("?")
    environ = {"PATH_INFO": path}
    return app.get(f"/?{query}", extra_environ=environ, expect_errors=True, **options)


@pytest.mark.parametrize(
    ("path", "status", "outcome"),
    [
        ("/", 307, "/v0/"),
        ("/mushrooms", 307, "/v0/mushrooms"),
        ("/mushrooms/", 307, "/v0/mushrooms/"),
        ("/home/articles?_since=42", 307, "/v0/home/articles?_since=42"),
        ("/version", 307, "/v0/version"),
        ("/v0", 307, "/v0/"),
        ("/v0/", 200, None),
        ("/v0//", 307, "/v0"),
        ("/v0/mushrooms/", 307, "/v0/mushrooms"),
        ("/v0/mushrooms/?a=/b&c=%20", 307, "/v0/mushrooms?a=/b&c=%20"),
        ("/?x=/a/b", 307, "/v0/?x=/a/b"),
        ("/v0/foo/?x=/v0/foo/", 307, "/v0/foo?x=/v0/foo/"),
        ("/a b", 307, "/v0/a%20b"),
        ("/v0/unknown", 404, 111),
        ("/v1", 404, 116),
        ("/v1/", 404, 116),
        ("/v2/anything", 404, 116),
        ("/v0x", 404, 111),
        ("/v0x/", 307, "/v0x"),
        ("/v0/static/", 200, None),
    ],
)
def test_unmatched_paths(app, mount, path, status, outcome):
    response = get(app, path)

    assert response.status_code == status
    if status == 307:
        assert response.location == f"http://localhost{mount}{outcome}"
    elif status == 404:
        assert response.json["errno"] == outcome


@pytest.mark.parametrize(
    "path", ["/x\r\nSet-Cookie: a=b", "/v0/x\r\nA: b/", "//evil.com", "/\\evil/"]
)
def test_redirections_stay_on_one_line_of_this_host(app, path):
    response = get(app, path)

    assert response.status_code in (307, 400, 404)
    if response.status_code == 307:
        assert response.location.startswith("http://localhost/")
        assert "\n" not in response.location


@pytest.mark.parametrize("path", ["/", "/mushrooms/"])
def test_version_redirection_can_be_disabled(make_app, path):
    app = make_app(version_prefix_redirect_enabled=False)

    response = get(app, path)

    assert response.status_code == 404
    assert response.json["errno"] == 116


@pytest.mark.parametrize("path", ["/v0", "/v0/mushrooms/"])
def test_slash_redirection_can_be_disabled(make_app, path):
    app = make_app(trailing_slash_redirect_enabled=False)

    response = get(app, path)

    assert response.status_code == 404
    assert response.json["errno"] == 111


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_redirections_keep_the_method(app, alice, method):
    response = app.request("/mushrooms/", method=method, headers=alice)

    assert response.status_code == 307
    assert response.location == "http://localhost/v0/mushrooms"
    assert response.headers["Vary"] == "Origin, Authorization"


@pytest.mark.parametrize(
    "host", ["a b", "a\x00", "[::1", "x/y", "é", "a:b:c", "evil.com/?"]
)
def test_hosts_that_are_none_are_refused(app, host):
    environ = {"HTTP_HOST": host.encode().decode("latin-1")}

    response = app.get("/", extra_environ=environ, expect_errors=True)

    assert response.status_code == 400
    assert response.json["errno"] == 107


@pytest.mark.parametrize("host", [{}, {"HTTP_HOST": ""}], ids=["missing", "empty"])
def test_requests_of_http_1_1_name_a_host(app, host):
    # Servers differ in what they say of a header that is not there.
    environ = {"SERVER_PROTOCOL": "HTTP/1.1", **host}
    request = app.RequestClass.blank("/", environ=environ)
    if not host:
        del request.environ["HTTP_HOST"]

    response = app.do_request(request, expect_errors=True)

    assert response.status_code == 400
    assert response.json["message"] == "Host is missing"
