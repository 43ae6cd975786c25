"""Errors as RFC 9457 has them, for those who ask."""

import json

import pytest
from pyramid import httpexceptions

from cliquet.errors import ERRORS, http_error
from cliquet.protocol.problems import describe_problem
from cliquet.storage.exceptions import BackendError
from tests.http.conftest import ALICE
from tests.http.wsgi import build_environ, send

PROBLEM = "application/problem+json"
ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
JSON = "application/json; charset=UTF-8"

#: Errors of all origins: method, path, headers, body, status.
ERRONEOUS = [
    ("GET", "/unknown", {}, b"", 404),
    ("GET", "/mushrooms", {"Authorization": ""}, b"", 401),
    ("GET", "/toadstools", {}, b"", 403),
    ("PUT", "/mushrooms", {}, b"", 405),
    ("GET", f"/mushrooms/{ID}", {}, b"", 404),
    ("GET", "/mushrooms/abc", {}, b"", 400),
    ("GET", "/mushrooms?_sort=nothing", {}, b"", 400),
    ("POST", "/mushrooms", {}, b"{", 400),
    ("POST", "/mushrooms", {"Content-Type": "text/plain"}, b"{}", 415),
    ("POST", "/mushrooms", {"Content-Encoding": "gzip"}, b"{}", 415),
    ("GET", "/mushrooms", {"If-Match": "x"}, b"", 400),
    ("POST", "/batch", {}, b"{}", 400),
    ("GET", "/unknown?a=%00", {}, b"", 400),
    ("POST", "/mushrooms", {}, b" " * 2000, 413),
    ("GET", "/mushrooms", {"Host": "a b"}, b"", 400),
]  # fmt: skip


@pytest.fixture
def limited(make_app):
    return make_app(max_body_size=1000)


def request(app, method, path, headers, body, accept=PROBLEM):
    path, _, query = path.partition("?")
    environ = build_environ(method, f"/v0{path}", [], {}, body)
    environ["QUERY_STRING"] = query
    del environ["CONTENT_TYPE"]
    for name, value in {**ALICE, "Accept": accept, **headers}.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    status, answered, content = send(app.app, environ)
    return status, answered, content


@pytest.mark.parametrize(("method", "path", "headers", "body", "status"), ERRONEOUS)
def test_every_error_is_a_problem_for_who_prefers_these(limited, method, path, headers, body, status):  # fmt: skip
    _, plain_headers, plain = request(limited, method, path, headers, body, "*/*")
    answered, told, content = request(limited, method, path, headers, body)

    assert answered == status
    assert told["Content-Type"] == PROBLEM
    assert plain_headers["Content-Type"] == JSON
    problem, error = json.loads(content), json.loads(plain)
    assert problem["status"] == status
    assert problem["title"] == error["error"]
    assert problem.get("detail") == error.get("message")
    assert problem["type"].endswith(f"#errno-{error['errno']}")
    # The protocol's own members are as ever.
    assert {name: problem[name] for name in error} == error
    own = problem.keys() - error.keys()
    assert own - {"detail"} == {"type", "title", "status"}
    assert told["Content-Length"] == str(len(content))


@pytest.mark.parametrize(("method", "path", "headers", "body", "status"), ERRONEOUS)
def test_every_error_varies_by_accept(limited, method, path, headers, body, status):
    for accept in ("*/*", PROBLEM):
        _, told, _ = request(limited, method, path, headers, body, accept)
        assert "Accept" in told["Vary"].split(", ")


def test_a_406_is_a_problem_too(app, alice):
    headers = {**alice, "Accept": f"{PROBLEM}, application/json;q=0"}

    response = app.get("/mushrooms", headers=headers, status=406)

    assert response.headers["Content-Type"] == PROBLEM
    assert response.json["code"] == response.json["status"] == 406


def test_the_end_of_service_is_a_problem(make_app):
    response = make_app(eos="2016-01-01").get(
        "/", headers={"Accept": PROBLEM}, status=410
    )

    assert response.headers["Content-Type"] == PROBLEM
    assert response.json["type"].endswith("#errno-202")
    assert "Alert" in response.headers


@pytest.mark.parametrize(
    ("error", "status", "errno"),
    [(BackendError("down"), 503, 201), (ValueError("x"), 500, 999)],
)
def test_outages_and_defects_are_problems(
    app, alice, monkeypatch, error, status, errno
):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(app.app.registry.storage, "get_all", fail)
    monkeypatch.setattr(app.app.registry.storage, "collection_timestamp", fail)

    response = app.get(
        "/mushrooms", headers={**alice, "Accept": PROBLEM}, status=status
    )

    assert response.headers["Content-Type"] == PROBLEM
    assert response.json["errno"] == errno
    assert response.json["status"] == status


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", f"application/json, {PROBLEM};q=0.9", f"*/*, {PROBLEM};q=0.9", f"{PROBLEM};q=0, */*",
     "application/problem+xml, */*", f'text/html;a="{PROBLEM}", */*'],
)  # fmt: skip
def test_others_get_the_errors_of_ever(app, alice, accept):
    response = app.get("/unknown", headers={**alice, "Accept": accept}, status=404)

    assert response.headers["Content-Type"] == JSON
    assert response.json.keys() == {"code", "errno", "error", "message"}


@pytest.mark.parametrize(
    "accept",
    [
        PROBLEM,
        f"application/json, {PROBLEM}",
        f"{PROBLEM}, text/html",
        f"{PROBLEM}, */*",
    ],
)
def test_successes_are_json(app, alice, accept):
    headers = {**alice, "Accept": accept}

    for path in ("/", "/mushrooms", "/__heartbeat__", "/__lbheartbeat__"):
        response = app.get(path, headers=headers, status=200)
        assert response.headers["Content-Type"] == JSON
        assert "Accept" not in response.headers["Vary"].split(", ")
    body = {"data": {"name": "a"}}
    created = app.post_json("/mushrooms", body, headers=headers, status=201)
    assert created.headers["Content-Type"] == JSON


def test_redirections_are_none(app, alice):
    response = app.get("/mushrooms/", headers={**alice, "Accept": PROBLEM}, status=307)

    assert response.headers["Content-Type"] != PROBLEM


def test_a_heartbeat_that_fails_is_none(app):
    app.app.registry.heartbeats["plugin"] = lambda request: False

    response = app.get("/__heartbeat__", headers={"Accept": PROBLEM}, status=503)

    assert response.headers["Content-Type"] == JSON
    assert response.json["plugin"] is False


def test_head_tells_what_get_would(app, alice):
    headers = {**alice, "Accept": PROBLEM}

    get = app.get("/mushrooms/abc", headers=headers, status=400)
    head = app.head("/mushrooms/abc", headers=headers, status=400)

    assert head.body == b""
    for name in ("Content-Type", "Content-Length", "Vary"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize("where", ["entry", "batch"])
def test_errors_in_a_batch_are_problems(app, alice, where):
    accept = {"Accept": PROBLEM}
    paths = [
        "/mushrooms",
        "/unknown",
        "/mushrooms/abc",
        f"/mushrooms/{ID}",
        "/toadstools",
        "/unknown/",
        "/mushrooms?a=%00",
    ]
    entries = [
        {"path": path, "headers": accept if where == "entry" else {}} for path in paths
    ]
    headers = {**alice, **accept} if where == "batch" else alice

    batch = app.post_json("/batch", {"requests": entries}, headers=headers)

    assert batch.headers["Content-Type"] == JSON
    good, *errors = batch.json["responses"]
    assert (good["status"], good["headers"]["Content-Type"]) == (200, JSON)
    assert [error["status"] for error in errors] == [404, 400, 404, 403, 404, 400]
    for error in errors:
        assert error["headers"]["Content-Type"] == PROBLEM
        assert "Accept" in error["headers"]["Vary"].split(", ")
        assert error["body"]["status"] == error["status"] == error["body"]["code"]
        assert error["body"]["type"].endswith(f"#errno-{error['body']['errno']}")


def test_an_entry_may_prefer_otherwise(app, alice):
    entry = {"path": "/unknown", "headers": {"Accept": "application/json"}}

    batch = app.post_json(
        "/batch", {"requests": [entry]}, headers={**alice, "Accept": PROBLEM}
    )

    error = batch.json["responses"][0]
    assert error["headers"]["Content-Type"] == JSON
    assert "type" not in error["body"]


def test_a_batch_that_fails_is_a_problem(app, alice, monkeypatch):
    def fail(*args, **kwargs):
        raise BackendError("down")

    monkeypatch.setattr(app.app.registry.storage, "collection_timestamp", fail)
    body = {"requests": [{"path": "/mushrooms"}]}

    response = app.post_json(
        "/batch", body, headers={**alice, "Accept": PROBLEM}, status=503
    )

    assert response.headers["Content-Type"] == PROBLEM
    assert response.json["type"].endswith("#errno-201")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": 418, "errno": 999, "error": "I'm a teapot"}, {"type": "about:blank", "title": "I'm a teapot"}),
        ({"code": 400, "errno": 1234, "error": "Odd", "message": "m"}, {"type": "about:blank", "title": "Odd", "detail": "m"}),
    ],
)  # fmt: skip
def test_numbers_that_are_not_ours_have_no_page(error, expected):
    assert describe_problem(error, 400) == {**expected, "status": 400, **error}


@pytest.mark.parametrize(
    "errno", [error for error in ERRORS if error is not ERRORS.UNDEFINED]
)
def test_each_number_has_its_page(errno):
    error = {"code": 400, "errno": errno.value, "error": "x"}

    assert describe_problem(error, 400)["type"].endswith(f"#errno-{errno.value}")


@pytest.mark.parametrize(
    "body", [b"[1]", b"no json", b'{"a": 1}', b'{"errno": "x", "error": "y"}', b'{"errno": [1], "error": "y"}']
)  # fmt: skip
def test_errors_that_are_not_of_the_protocol_are_left_alone(
    app, alice, monkeypatch, body
):
    def fail(request):
        response = httpexceptions.HTTPBadRequest(body=body)
        response.content_type = "application/json"
        return response

    monkeypatch.setattr(
        "cliquet.views.hello.get_eos", lambda request: raise_(fail(request))
    )

    response = app.get("/", headers={"Accept": PROBLEM}, status=400)

    assert response.content_type == "application/json"
    assert response.body == body


def raise_(error):
    raise error


def test_errors_of_applications_are_problems(app, monkeypatch):
    error = http_error(
        httpexceptions.HTTPTooManyRequests(),
        errno=ERRORS.CLIENT_REACHED_CAPACITY,
        message="slow",
    )
    monkeypatch.setattr("cliquet.views.hello.get_eos", lambda request: raise_(error))

    response = app.get("/", headers={"Accept": PROBLEM}, status=429)

    assert response.json["title"] == "Too Many Requests"
    assert response.json["detail"] == "slow"


def test_messages_keep_their_letters(app):
    response = app.get(
        "/mushrooms?_sort=%C3%A9", headers={**ALICE, "Accept": PROBLEM}, status=400
    )

    assert "é" in response.json["detail"]
    assert response.json["detail"] == response.json["message"]
