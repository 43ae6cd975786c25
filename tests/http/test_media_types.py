"""`Accept` and `Content-Type`: what is read, what is refused, what would do."""

import json

import pytest

from cliquet.framework.requests import create_request
from tests.http.conftest import ALICE
from tests.http.wsgi import build_environ, send

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
BODY = {"data": {"name": "fly"}}

#: Every method of a resource.
ENDPOINTS = [
    ("GET", "/mushrooms"), ("HEAD", "/mushrooms"), ("POST", "/mushrooms"),
    ("DELETE", "/mushrooms"), ("GET", f"/mushrooms/{ID}"), ("HEAD", f"/mushrooms/{ID}"),
    ("PUT", f"/mushrooms/{ID}"), ("PATCH", f"/mushrooms/{ID}"), ("DELETE", f"/mushrooms/{ID}"),
]  # fmt: skip
WRITES = [each for each in ENDPOINTS if each[0] in ("POST", "PUT", "PATCH")]

ADMITS_JSON = [
    None, "", " ", ",", "*/*", "application/*", "application/json", "Application/JSON",
    "application/json;charset=utf-8", "application/json; charset=UTF-8", "application/json ;version=1",
    'application/json;profile="x, y"', "application/json;charset=utf-8;q=0.1",
    "application/json;q=0.001", "text/html, application/json;odata=verbose",
    "text/html, */*;q=0.1", "application/json;version=2;q=0, application/json",
    # For errors only: the rest is as ever (RFC 9457).
    "application/problem+json", "text/html, application/problem+json;q=0.5",
    # No media range at all: as if it were absent.
    "*", "garbage",
]  # fmt: skip
REFUSES_JSON = [
    "text/html", "application/json;q=0", "application/json;q=0, */*", "application/json;charset=utf-8;q=0",
    "application/json; q=0.000", "*/*;q=0", "application/*;q=0, */*", "text/*", "application/xml",
    "application/problem+json, application/json;q=0", "application/problem+json;q=0",
]  # fmt: skip


@pytest.fixture
def mushroom(app, alice):
    """The record of the endpoints; what deletes it comes last."""
    app.put_json(f"/mushrooms/{ID}", BODY, headers=alice)


def request(app, method, path, accept):
    headers = dict(ALICE) if accept is None else {**ALICE, "Accept": accept}
    body = json.dumps(BODY) if method in ("POST", "PUT", "PATCH") else ""
    return app.request(path, method=method, headers=headers, body=body.encode(), expect_errors=True)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("accept", ADMITS_JSON)
def test_who_admits_json_is_served(app, mushroom, accept, method, path):
    response = request(app, method, path, accept)

    assert response.status_int in (200, 201)
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("accept", REFUSES_JSON)
def test_who_refuses_json_is_told(app, mushroom, accept, method, path):
    response = request(app, method, path, accept)

    assert response.status_int == 406
    if method != "HEAD":
        message = "Accept header should be one of ['application/json']"
        assert response.json["message"] == message


@pytest.mark.parametrize(
    ("accept", "status"),
    [*((each, 200) for each in ADMITS_JSON), *((each, 406) for each in REFUSES_JSON)],
)
def test_entries_of_a_batch_are_negotiated_likewise(app, alice, accept, status):
    given = {} if accept is None else {"Accept": accept}
    entry = {"path": "/mushrooms"}

    own = app.post_json(
        "/batch", {"requests": [{**entry, "headers": given}]}, headers=alice
    )
    inherited = app.post_json(
        "/batch", {"requests": [entry]}, headers={**alice, **given}
    )

    for batch in (own, inherited):
        assert batch.json["responses"][0]["status"] == status


def test_applications_may_set_what_a_request_accepts(app):
    request = create_request(
        app.app.registry, build_environ("GET", "/v0/", [], {}, b"")
    )

    request.accept = "text/html;level=1, application/json"
    request.content_type = "Application/JSON; charset=utf-8"

    assert request.headers["Accept"] == "text/html;level=1, application/json"
    assert request.accept.acceptable_offers(["text/html"]) == [("text/html", 1.0)]
    assert request.headers["Content-Type"] == "Application/JSON; charset=utf-8"
    assert request.content_type == "application/json"
    del request.accept
    assert "Accept" not in request.headers


# --- Types of bodies -------------------------------------------------------------

JSON_TYPES = [
    "application/json", "Application/JSON", "APPLICATION/JSON;charset=utf-8",
    "application/json ;charset=utf-8", "application/json ; charset=utf-8",
    "application/json\t;charset=utf-8", "application/json;charset=latin-1",
    # Nothing is said: it is read, and what is no JSON is refused.
    "", None,
]  # fmt: skip
PATCH_TYPES = [
    "application/json", "application/json-patch+json", "application/merge-patch+json",
]  # fmt: skip
OTHER_TYPES = [
    "text/plain", "application/jsonx", "application/json, text/plain",
    "application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded",
    "multipart/form-data; boundary=x", "application/xml-patch+xml", "json",
]  # fmt: skip


def write(app, method, path, content_type, body=None):
    sent = json.dumps(BODY).encode() if body is None else body
    environ = build_environ(method, f"/v0{path}", [], {}, sent)
    del environ["CONTENT_TYPE"]
    if content_type is not None:
        environ["CONTENT_TYPE"] = content_type
    status, headers, answered = send(app.app, environ)
    return status, headers, json.loads(answered)


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_json_is_read_however_its_type_is_written(app, mushroom, alice, content_type, method, path):  # fmt: skip
    sent = json.dumps({"data": {"name": f"by {method}"}}).encode()

    status, _, body = write(app, method, path, content_type, sent)

    assert status in (200, 201)
    stored = app.get(f"/mushrooms/{body['data']['id']}", headers=alice).json
    assert stored["data"]["name"] == f"by {method}"


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_what_is_no_json_is_refused_however_its_type_is_written(app, mushroom, alice, content_type, method, path):  # fmt: skip
    before = app.get("/mushrooms", headers=alice).json

    status, _, _ = write(app, method, path, content_type, b"name=fly")

    assert status == 400
    assert app.get("/mushrooms", headers=alice).json == before


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_another_type_is_refused_and_told_what_would_do(app, mushroom, alice, content_type, method, path):  # fmt: skip
    before = app.get("/mushrooms", headers=alice).json

    status, headers, body = write(app, method, path, content_type)

    assert status == 415
    # As in 3.1, whatever else PATCH takes: the header tells all of it.
    assert (
        body["message"] == "Content-Type header should be one of ['application/json']"
    )
    types = PATCH_TYPES if method == "PATCH" else ["application/json"]
    name, other = (
        ("Accept-Patch", "Accept") if method == "PATCH" else ("Accept", "Accept-Patch")
    )
    assert headers[name] == ", ".join(types)
    assert other not in headers
    assert app.get("/mushrooms", headers=alice).json == before


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_entries_of_a_batch_are_told_what_would_do(app, mushroom, alice, method, path):
    # Without a body of its own, an entry has the type that it says.
    entry = {"method": method, "path": path, "headers": {"Content-Type": "text/plain"}}

    batch = app.post_json("/batch", {"requests": [entry]}, headers=alice).json

    assert batch["responses"][0]["status"] == 415
    name = "Accept-Patch" if method == "PATCH" else "Accept"
    types = PATCH_TYPES if method == "PATCH" else ["application/json"]
    assert batch["responses"][0]["headers"][name] == ", ".join(types)


@pytest.mark.parametrize(
    ("path", "types"),
    [(f"/mushrooms/{ID}", ", ".join(PATCH_TYPES)), ("/mushrooms", None), ("/batch", None), ("/", None)],
)  # fmt: skip
def test_options_name_the_types_of_patches(app, path, types):
    methods = {"/mushrooms": "POST", "/batch": "POST", "/": "GET"}
    asked = {
        "Origin": "http://a",
        "Access-Control-Request-Method": methods.get(path, "PATCH"),
    }

    response = app.options(path, headers=asked)

    assert response.headers.get("Accept-Patch") == types


def test_options_name_no_type_where_nothing_is_patched(make_app):
    asked = {"Origin": "http://a", "Access-Control-Request-Method": "GET"}

    response = make_app(readonly=True).options(f"/mushrooms/{ID}", headers=asked)

    assert "Accept-Patch" not in response.headers


# --- Bodies of requests that have none -------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path", ["/mushrooms", f"/mushrooms/{ID}", "/", "/__lbheartbeat__"]
)
@pytest.mark.parametrize(
    "body", [b"[]", b'""', b"null", b"3", b"query", b"\xff", b'{"data": 1}']
)
def test_reads_take_no_notice_of_a_body(app, mushroom, alice, body, path, method):
    # RFC 9110, 9.3.1: it has no meaning.
    app.request(path, method=method, body=body, headers=alice, status=200)


@pytest.mark.parametrize("path", ["/mushrooms", f"/mushrooms/{ID}"])
@pytest.mark.parametrize("body", [b"[]", b'""', b"null", b"3", b"query"])
def test_a_deletion_with_a_body_that_is_no_object_is_refused(app, mushroom, alice, body, path):  # fmt: skip
    # Whoever sends one means something by it.
    app.request(path, method="DELETE", body=body, headers=alice, status=400)
    app.get(f"/mushrooms/{ID}", headers=alice, status=200)
