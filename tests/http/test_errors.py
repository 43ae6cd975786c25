"""The format of errors, and what becomes of exceptions."""

import cornice.errors
import pytest
from pyramid import httpexceptions
from pyramid.request import Request

from cliquet.errors import ERRORS, http_error, raise_invalid
from cliquet.framework.requests import create_request
from cliquet.logs import logger
from cliquet.storage.exceptions import BackendError

JSON = "application/json; charset=UTF-8"


def check(response, code, errno, error, **more):
    assert response.status_code == code
    assert response.headers["Content-Type"] == JSON
    assert response.json == {"code": code, "errno": errno, "error": error, **more}


def test_unknown_url(app):
    check(
        app.get("/unknown", status=404), 404, 111, "Not Found",
        message="The resource you are looking for could not be found.",
    )  # fmt: skip


def test_unauthenticated(app):
    response = app.get("/mushrooms", status=401)

    check(
        response, 401, 104, "Unauthorized",
        message="Please authenticate yourself to use this endpoint.",
    )  # fmt: skip
    assert response.headers["WWW-Authenticate"] == (
        'Basic realm="Realm", charset="UTF-8"'
    )


def test_forbidden(app, bob):
    check(
        app.get("/toadstools", headers=bob, status=403), 403, 121, "Forbidden",
        message="This user cannot access this resource.",
    )  # fmt: skip


def test_method_not_allowed(app, alice):
    response = app.put("/mushrooms", headers=alice, status=405)

    check(
        response, 405, 115, "Method Not Allowed",
        message="Method not allowed on this endpoint.",
    )  # fmt: skip
    assert response.headers["Allow"] == "GET, HEAD, POST, DELETE, OPTIONS"


def test_not_acceptable_comes_before_authentication(app):
    response = app.get("/mushrooms", headers={"Accept": "text/plain"}, status=406)

    assert response.json["code"] == 406
    assert response.json["errno"] == 107
    assert response.json["error"] == "Invalid parameters"
    assert (
        response.json["message"]
        == "Accept header should be one of ['application/json']"
    )
    assert response.json["details"][0]["location"] == "header"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_unsupported_media_type(app, alice, method):
    path = "/mushrooms" if method == "POST" else "/mushrooms/abc"
    headers = {**alice, "Content-Type": "text/plain"}

    response = app.request(path, method=method, headers=headers, status=415)

    assert response.json["code"] == 415
    assert (
        response.json["message"]
        == "Content-Type header should be one of ['application/json']"
    )


def test_malformed_json(app, alice):
    response = app.post("/mushrooms", b"{'foo>}", headers=alice, status=400)

    description = (
        "Invalid JSON request body: Expecting property name enclosed in double"
        " quotes: line 1 column 2 (char 1)"
    )
    check(
        response, 400, 107, "Invalid parameters", message=f"body: {description}",
        details=[
            {"description": description, "location": "body", "name": None},
            {"description": "data is missing", "location": "body", "name": "data"},
        ],
    )  # fmt: skip


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_truncated_escape(app, alice, method):
    url = "/mushrooms"
    if method == "PATCH":
        url += (
            "/"
            + app.post_json(url, {"data": {"name": "a"}}, headers=alice).json["data"][
                "id"
            ]
        )

    response = app.request(
        url, method=method, body=b'{"foo": "\\u0d1"}', headers=alice, status=400
    )

    assert "escape sequence" in response.json["message"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/mushrooms", {}, "data is missing"),
        ("/mushrooms", {"data": {}}, "data.name in body: Required"),
        ("/mushrooms", {"data": None}, "data in body: Required"),
        ("/mushrooms", {"data": {"name": 42}}, "data.name in body: 42 is not a string: {'name': ''}"),
        ("/mushrooms", {"data": {"name": "a"}, "datta": 1}, "datta is not allowed"),
        ("/mushrooms", {"data": {"name": "a"}, "permissions": {}}, "permissions is not allowed"),
        ("/mushrooms?zz=1", {"data": {"name": "a"}}, "zz is not allowed"),
        ("/psilos", {"data": {"size": "abc"}}, 'data.size in body: "abc" is not a number'),
        ("/psilos", {"data": {}, "permissions": {"unknown": []}},
         'permissions in body: "unknown" is not one of read, write'),
        ("/psilos", {"data": {}, "permissions": {"read": "book"}},
         'permissions.read in body: "book" is not iterable'),
        ("/mushrooms", {"data": 1},
         'data in body: "1" is not an object'),
        ("/mushrooms", [], "body: Invalid JSON: Should be a JSON object, got []"),
    ],
)  # fmt: skip
def test_validation_messages(make_app, alice, path, body, message):
    app = make_app(psilo_create_principals="system.Authenticated")

    response = app.post_json(path, body, headers=alice, status=400)

    assert response.json["message"] == message
    assert response.json["error"] == "Invalid parameters"


def test_all_errors_are_listed(app, alice):
    response = app.post_json(
        "/mushrooms?zz=1", {"colour": "red"}, headers=alice, status=400
    )

    assert response.json["message"] == "colour is not allowed"
    assert response.json["details"] == [
        {"location": "body", "name": "data", "description": "data is missing"},
        {"location": "body", "name": "colour", "description": "colour is not allowed"},
        {"location": "querystring", "name": "zz", "description": "zz is not allowed"},
    ]


def fail_with(app, monkeypatch, error):
    def fail(request):
        raise error

    monkeypatch.setattr("cliquet.views.hello.get_eos", fail)
    return app.get("/", expect_errors=True)


def test_a_crash_is_logged_and_says_little(app, monkeypatch, caplog):
    response = fail_with(app, monkeypatch, ValueError("secret detail"))

    check(
        response, 500, 999, "Internal Server Error",
        message="A programmatic error occured, developers have been informed.",
        info="https://github.com/mozilla-services/cliquet/issues/",
    )  # fmt: skip
    assert "secret detail" in caplog.text
    assert "Traceback" in caplog.text


def test_a_backend_that_fails_is_unavailable(app, monkeypatch, caplog):
    response = fail_with(app, monkeypatch, BackendError(original=ValueError("pool")))

    check(
        response, 503, 201, "Service Unavailable",
        message="Service temporary unavailable due to overloading or maintenance,"
        " please retry later.",
    )  # fmt: skip
    assert response.headers["Retry-After"] == "30"
    assert "pool" in caplog.text


@pytest.mark.parametrize(
    "error", [httpexceptions.HTTPPaymentRequired, httpexceptions.HTTPInsufficientStorage,
              httpexceptions.HTTPTooManyRequests, httpexceptions.HTTPUnauthorized],
)  # fmt: skip
def test_http_errors_of_applications_are_json(app, monkeypatch, error):
    response = fail_with(app, monkeypatch, error("told"))

    assert response.status_code == error.code
    assert response.headers["Content-Type"] == JSON
    assert response.json["code"] == error.code
    assert response.json["errno"] == 999


@pytest.mark.parametrize(
    "error",
    [httpexceptions.HTTPMethodNotAllowed, httpexceptions.HTTPServiceUnavailable],
)
def test_json_bodies_of_applications_are_kept(app, monkeypatch, error):
    custom = http_error(error(), errno=ERRORS.MISSING_PARAMETERS, message="mine")

    response = fail_with(app, monkeypatch, custom)

    assert response.json["message"] == "mine"
    assert response.json["errno"] == 108


def test_redirections_of_applications_pass(app, monkeypatch):
    response = fail_with(app, monkeypatch, httpexceptions.HTTPFound("/elsewhere"))

    assert response.status_code == 302
    assert response.location == "http://localhost/elsewhere"


def test_a_server_error_that_is_returned_undoes_the_request(app, alice, monkeypatch):
    manager_aborted = []
    import transaction

    class Watch:
        def afterCompletion(self, done):
            manager_aborted.append(done.status)

        def beforeCompletion(self, done):
            pass

        def newTransaction(self, done):
            pass

    watch = Watch()
    transaction.manager.registerSynch(watch)
    app.app.registry.heartbeats["broken"] = lambda request: False
    app.get("/__heartbeat__", status=503)

    assert "Committed" not in manager_aborted


@pytest.mark.parametrize("location", ["headers", "header", "body", "anywhere"])
def test_errors_of_cornice_take_any_location_of_ours(app, location):
    request = create_request(app.app.registry, Request.blank("/").environ)
    request.errors = cornice.errors.Errors()

    with pytest.raises(httpexceptions.HTTPBadRequest) as caught:
        raise_invalid(request, location, "If-Match", "is odd", more=1)

    (told,) = caught.value.json["details"]
    assert told == {"location": location, "name": "If-Match", "description": "is odd", "more": 1}  # fmt: skip


@pytest.fixture
def swallowing(monkeypatch):
    """Have the root of the service build an error, and not respond with it."""

    def build(request):
        http_error(httpexceptions.HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE)

    monkeypatch.setattr("cliquet.views.hello.get_eos", build)


@pytest.mark.parametrize(
    "send",
    [
        lambda app: app.get("/"),
        lambda app: app.post_json("/batch", {"requests": [{"path": "/"}]}),
    ],
    ids=["alone", "in a batch"],
)
def test_an_error_that_was_swallowed_is_in_no_line_of_the_log(
    app, swallowing, monkeypatch, send
):
    errnos = []
    monkeypatch.setattr(
        logger, "info", lambda *args, **values: errnos.append(
            (args[0], {**logger._context._dict, **values}.get("errno"))
        ),
    )  # fmt: skip

    send(app)

    assert errnos
    assert {errno for _, errno in errnos} == {None}


def test_developers_are_told_where_it_crashed(make_app, monkeypatch):
    app = make_app(**{"pyramid.debug_all": "true"})

    answer = fail_with(app, monkeypatch, ValueError("made up"))

    assert answer.status_code == 500
    told = answer.json["details"]
    assert told["exception"] == "ValueError: made up"
    assert "test_errors.py" in told["raised"]
    assert told["raised"].endswith("in fail")


@pytest.mark.parametrize("settings", [{}, {"pyramid.debug_notfound": "true"}])
def test_nobody_else_is(make_app, monkeypatch, settings):
    app = make_app(**settings)

    answer = fail_with(app, monkeypatch, ValueError("made up"))

    assert "details" not in answer.json
    assert "made up" not in answer.text


def test_no_link_is_shown_where_there_is_none(make_app, monkeypatch):
    app = make_app(error_info_link="")

    assert "info" not in fail_with(app, monkeypatch, ValueError("made up")).json
