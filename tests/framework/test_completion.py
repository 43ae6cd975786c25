"""Every response is completed, whatever an application makes it of."""

import pytest
from pyramid import httpexceptions
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from webtest import TestApp

from cliquet.service import Service

PAGE = {"Origin": "http://page.example"}
VIEWS = {
    "plain": lambda request: Response("text"),
    "cached": lambda request: Response("text", cache_control="max-age=9"),
    "expiring": lambda request: Response(headerlist=[("Expires", "0")]),
    "vary": lambda request: Response("text", vary=["Accept-Language"]),
    "moved": lambda request: httpexceptions.HTTPFound("/elsewhere"),
    "missing": lambda request: httpexceptions.HTTPNotFound("No such thing"),
    "broken": lambda request: httpexceptions.HTTPBadGateway(),
    "empty": lambda request: httpexceptions.HTTPNoContent(),
    "fine": lambda request: httpexceptions.HTTPOk(),
    "own": lambda request: httpexceptions.HTTPNotFound(body=b"mine"),
}

#: Neither errors nor redirections, nor what Pyramid takes for these.
NO_ERRORS = {"plain", "cached", "expiring", "vary"}


def raising(view):
    def raise_it(request):
        response = view(request)
        if isinstance(response, Exception):
            raise response
        return response

    return raise_it


@pytest.fixture
def app(config):
    """An application whose views are no services, and services that return responses."""
    for name, view in VIEWS.items():
        config.add_route(name, f"/{name}")
        config.add_view(view, route_name=name, permission=NO_PERMISSION_REQUIRED)
        service = Service(f"{name}-service", f"/services/{name}")
        service.add_view("GET", view, permission=NO_PERMISSION_REQUIRED)
        config.add_cornice_service(service)
        service = Service(f"{name}-raised", f"/raised/{name}")
        service.add_view("GET", raising(view), permission=NO_PERMISSION_REQUIRED)
        config.add_cornice_service(service)
    return TestApp(config.make_wsgi_app())


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/plain"])
@pytest.mark.parametrize("name", VIEWS)
def test_no_response_is_left_as_it_is(app, name, accept):
    bodies = set()
    for path in (f"/v1/{name}", f"/v1/services/{name}", f"/v1/raised/{name}"):
        sent = {**PAGE, "Accept": accept}
        response = app.get(path, headers=sent, expect_errors=True)
        assert response.status_code != 500
        # Views that are no services say themselves which pages may read them.
        is_their_own = path == f"/v1/{name}" and name in NO_ERRORS
        assert ("Access-Control-Allow-Origin" in response.headers) != is_their_own
        assert "Authorization" in response.headers["Vary"]
        assert "Cache-Control" in response.headers or name == "expiring"
        if 300 <= response.status_code < 400:
            assert response.content_type == "text/plain"
            assert "Accept" not in response.headers["Vary"]
            bodies.add(response.body.partition(b"\n")[0])
        elif response.status_code >= 400 and name != "own":
            assert response.json["code"] == response.status_code
            bodies.add(response.json["error"])
    assert len(bodies) <= 1


def test_what_a_view_says_wins(app):
    assert app.get("/v1/cached").headers["Cache-Control"] == "max-age=9"
    assert "Cache-Control" not in app.get("/v1/expiring").headers
    varies = app.get("/v1/services/vary", headers=PAGE).headers["Vary"]
    assert varies == "Accept-Language, Authorization"
    assert app.get("/v1/missing", status=404).json["message"] == "No such thing"
    assert app.get("/v1/own", status=404).body == b"mine"
    # Whose body depends on the request says so.
    assert "Accept" in app.get("/v1/fine").headers["Vary"]


def test_endpoints_for_operators_are_declared(config):
    config.get_settings()["eos"] = "2001-01-01"
    status = Service("status", "/status", is_operational=True)
    status.add_view("GET", lambda request: {}, permission=NO_PERMISSION_REQUIRED)
    config.add_cornice_service(status)
    app = TestApp(config.make_wsgi_app())

    assert app.get("/v1/status").headers["Cache-Control"] == "no-store"
    assert app.post("/v1/status", status=405).headers["Cache-Control"] == "no-store"
    app.get("/v1/", status=410)


def test_endpoints_for_operators_have_no_parameters(config):
    service = Service("one", "/status/{id}", is_operational=True)

    with pytest.raises(ConfigurationError, match="have no parameters: /status/"):
        config.add_cornice_service(service)


def test_plugins_of_an_application_may_add_what_answers_depend_on(config):
    config.add_subscriber(compress, "pyramid.events.NewRequest")
    app = TestApp(config.make_wsgi_app())

    for path, status in [("/v1/", 200), ("/v1/nope", 404), ("/v1", 307)]:
        varies = app.get(path, status=status).headers["Vary"].split(", ")
        assert {"Accept-Encoding", "Authorization"} <= set(varies)


def compress(event):
    event.request.add_response_callback(
        lambda request, response: response.headers.add("Vary", "Accept-Encoding")
    )
