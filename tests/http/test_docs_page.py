"""The page of the description: files of the package, and what browsers are told of them."""

import hashlib
import re
from importlib import resources

import pytest

FILES = resources.files("cliquet.description").joinpath("files")
PAGE = "/__docs__"


def loaded(page):
    """Return the URLs of what a page loads, relative to it."""
    return [
        url
        for url in re.findall(r'(?:src|href)="([^"]+)"', page.text)
        if url.startswith("__docs__/")
    ]


def policy_of(response):
    directives = response.headers["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


# --- The page ------------------------------------------------------------------------


def test_it_is_the_same_for_everybody(app, alice):
    page = app.get(PAGE)

    assert page.content_type == "text/html"
    assert page.charset == "UTF-8"
    assert app.get(PAGE, headers=alice).body == page.body
    assert app.get(PAGE, headers={"Accept": "text/html"}).body == page.body


def test_browsers_are_told_what_it_may_do(app):
    page = app.get(PAGE)

    assert policy_of(page) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_nothing_is_inline_and_nothing_is_elsewhere(app):
    page = app.get(PAGE).text

    assert "<style" not in page
    assert " style=" not in page
    assert " on" not in re.sub(r">[^<]*<", "><", page)
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page) == ["", ""]
    assert "//" not in page


def test_caches_ask_whether_it_changed(app):
    tag = app.get(PAGE).headers["ETag"]

    unchanged = app.get(PAGE, headers={"If-None-Match": tag}, status=304)

    assert unchanged.headers["ETag"] == tag
    assert policy_of(unchanged)["default-src"] == "'none'"


def test_the_name_of_the_project_is_text(make_app):
    app = make_app(project_name="<script>a</script> & b")

    assert "<title>&lt;script&gt;a&lt;/script&gt; &amp; b</title>" in app.get(PAGE).text


@pytest.mark.parametrize("settings", [
    {}, {"http_scheme": "https", "http_host": "api.example.org"},
])  # fmt: skip
@pytest.mark.parametrize("mount", ["", "/api"])
def test_it_is_found_wherever_the_service_is(make_app, mount, settings):
    app = make_app(**settings)
    root = "https://api.example.org" if settings else "http://localhost:80"
    environ = {"SCRIPT_NAME": mount} if mount else {}

    hello = app.get("/", extra_environ=environ)
    link = f'<{root.removesuffix(":80")}{mount}/v0/__docs__>; rel="service-doc"'
    assert link in hello.headers["Link"]
    # Whatever scheme and host a proxy has before us.
    page = app.get(PAGE, extra_environ=environ)
    assert len(loaded(page)) == 4
    for url in loaded(page):
        app.get(f"/{url}", extra_environ=environ)


@pytest.mark.parametrize("path", ["/__docs__", "/v0/__docs__/"])
def test_what_leads_to_it_is_redirected(app, path):
    from webtest import TestApp

    response = TestApp(app.app).get(path, status=307)

    assert response.headers["Location"] == "http://localhost/v0/__docs__"


# --- Its files -----------------------------------------------------------------------


def test_its_files_never_change(app):
    for url in loaded(app.get(PAGE)):
        response = app.get(f"/{url}")

        digest = hashlib.sha256(response.body).hexdigest()
        assert f".{digest[:16]}." in url
        assert response.headers["Cache-Control"].endswith("immutable")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        kind = "text/css" if url.endswith(".css") else "text/javascript"
        assert response.content_type == kind
        assert response.charset == "UTF-8"


def test_head_is_get_without_body(app):
    for path in (PAGE, *(f"/{url}" for url in loaded(app.get(PAGE)))):
        full, head = app.get(path), app.head(path)

        assert head.body == b""
        own = ("X-Request-Id",)
        assert {**head.headers, **dict.fromkeys(own)} == {
            **full.headers,
            **dict.fromkeys(own),
        }


@pytest.mark.parametrize("name", ["page.js", "none", "..%2Fpage.html", "swagger-ui%2FLICENSE", "ORIGIN"])  # fmt: skip
def test_other_files_are_not_there(app, name):
    error = app.get(f"/__docs__/{name}", status=404)

    assert error.json["errno"] == 111
    assert error.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("method", "path", "status"), [
    ("POST", PAGE, 405), ("DELETE", PAGE, 405), ("POST", "/__docs__/page.js", 404),
])  # fmt: skip
def test_errors_are_those_of_the_protocol(app, method, path, status):
    error = app.request(path, method=method, status=status)

    assert error.json["code"] == status
    assert error.content_type == "application/json"


def test_a_batch_has_it_as_text(app):
    entry = {"path": PAGE}
    (answer,) = app.post_json("/batch", {"requests": [entry]}).json["responses"]

    assert answer["status"] == 200
    assert answer["body"] == app.get(PAGE).text


# --- Whether it is there -------------------------------------------------------------


def test_switched_off_none_of_it_is_there(app, make_app):
    urls = [PAGE, *(f"/{url}" for url in loaded(app.get(PAGE)))]
    without = make_app(api_description_enabled=False)

    for url in urls:
        assert without.get(url, status=404).json["errno"] == 111
    assert "__docs__" not in without.get("/").headers["Link"]


def test_it_is_described_as_what_it_is(app):
    answers = app.get("/__api__").json["paths"]["/__docs__"]["get"]["responses"]

    assert list(answers["200"]["content"]) == ["text/html"]


# --- The viewer ----------------------------------------------------------------------


def test_the_viewer_is_what_was_published():
    folder = FILES.joinpath("swagger-ui")
    sums = dict(
        reversed(line.split())
        for line in folder.joinpath("SHA256SUMS").read_text().splitlines()
    )
    origin = folder.joinpath("ORIGIN").read_text()

    assert {"LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"} < sums.keys()
    assert {file.name for file in folder.iterdir()} == {*sums, "ORIGIN", "SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest
    version = re.match(r"swagger-ui-dist (\S+),", origin)[1]
    assert f"swagger-ui-dist-{version}.tgz" in origin
    assert (
        f"/v{version}/" in origin
        or version in folder.joinpath("swagger-ui-bundle.js").read_text()
    )
