"""Requests have one class, with all that was added to them, whoever creates them."""

import functools

import pytest
from pyramid.interfaces import IRequestExtensions
from pyramid.request import Request
from pyramid.router import Router
from pyramid.scripting import prepare
from webtest import TestApp

from cliquet.framework.requests import current_resource_name, current_service

LOOK_AT = (
    "cliquet/framework/requests.py: Pyramid no longer gives requests their methods and "
    "properties as it did; compare pyramid.router.Router with what we use of it: "
)
HEADERS = {"Authorization": "Basic bWF0OjE="}


@pytest.fixture
def router(config):
    return config.make_wsgi_app()


# --- Names of Pyramid and Cornice ------------------------------------------------


def test_the_router_has_what_we_replace(config):
    router = Router(config.registry)

    for name in ("request_factory", "request_extensions", "invoke_subrequest"):
        assert hasattr(router, name), LOOK_AT + name
    config.commit()
    extensions = config.registry.queryUtility(IRequestExtensions)
    assert type(extensions.methods) is dict, LOOK_AT + "methods"
    assert type(extensions.descriptors) is dict, LOOK_AT + "descriptors"
    assert "follow_subrequest" in extensions.methods, LOOK_AT + "add_request_method"
    assert "bound_data" in extensions.descriptors, LOOK_AT + "add_request_method"


def test_requests_are_of_the_class_made_at_start(config):
    seen = []
    config.add_subscriber(
        lambda event: seen.append(event.request), "pyramid.events.NewRequest"
    )
    router = config.make_wsgi_app()

    TestApp(router).post_json("/v1/batch", {"requests": [{"path": "/"}]})

    assert len(seen) == 2
    for request in seen:
        assert type(request) is router.registry.request_class, (
            LOOK_AT + "request_factory"
        )
        assert not {"follow_subrequest", "get_resource_events"} & set(vars(request)), (
            LOOK_AT + "request_extensions, which sets methods on each request"
        )


def test_cornice_keeps_services_by_pattern(router):
    services = getattr(router.registry, "cornice_services", {})

    assert "v1/mushrooms" in services, (
        "cliquet/framework/requests.py, current_service: Cornice no longer keeps services "
        "by the pattern of their route; compare cornice.pyramidhook.register_service_views"
    )


def test_cornice_uses_our_errors_and_state(config):
    seen = []
    config.add_subscriber(
        lambda event: seen.append(event.request), "pyramid.events.NewResponse"
    )
    app = TestApp(config.make_wsgi_app())

    app.get("/v1/", headers={"Origin": "http://page.example"})
    app.get("/v1/")

    look_at = (
        "cliquet/framework/requests.py: Cornice no longer takes `errors` and `info` of "
        "requests if they are there; compare cornice.pyramidhook.wrap_request"
    )
    assert all(request.errors.request is request for request in seen), look_at
    assert all(request.info is vars(request)["info"] for request in seen), look_at


def test_webob_marks_the_bodies_that_it_copied():
    request = Request.blank("/", POST=b"body")
    request.environ.pop("webob.is_body_seekable", None)

    request.make_body_seekable()

    assert request.environ.get("webob.is_body_seekable") is True, (
        "cliquet/protocol/limits.py, limit_attempts: WebOb marks bodies that may be read "
        "again otherwise; compare webob.request.BaseRequest.copy_body"
    )


# --- Behaviour -------------------------------------------------------------------


def test_subrequests_of_any_class_have_all_attributes(router):
    """`Request.blank` is how the documentation of Pyramid builds them."""
    request = Request.blank("/v1/mushrooms", headers=HEADERS)

    response = router.invoke_subrequest(request, use_tweens=True)

    assert response.status_code == 200
    assert request.current_resource_name == "mushroom"
    assert request.prefixed_userid.startswith("basicauth:")


def test_scripts_have_requests_with_all_attributes(router):
    with prepare(registry=router.registry) as env:
        assert env["request"].bound_data == {}
        assert env["request"].get_resource_events() == []


def test_what_is_added_later_is_there(config):
    router = config.make_wsgi_app()
    added = type(config)(registry=config.registry, autocommit=True)

    added.add_request_method(lambda request: "late", name="late", property=True)
    added.add_request_method(lambda request: 7, name="seven")

    created = router.registry.request_class({})
    assert (created.late, created.seven()) == ("late", 7)


def test_applications_may_have_a_function_that_creates_requests(config):
    class Own(Request):
        pass

    seen = []
    config.set_request_factory(functools.partial(Own))
    config.add_subscriber(
        lambda event: seen.append(event.request), "pyramid.events.NewRequest"
    )
    app = TestApp(config.make_wsgi_app())

    app.post_json("/v1/batch", {"requests": [{"path": "/mushrooms"}]}, headers=HEADERS)

    assert isinstance(seen[0], Own)
    assert seen[1].current_service.name == "mushroom-collection"


class _Named:
    resource = object()
    resource_name = "named"


class _Viewset:
    def get_name(self, resource):
        return "asked"


class _Asked:
    resource, viewset = object(), _Viewset()


@pytest.mark.parametrize(
    ("service", "name"), [(_Named(), "named"), (_Asked(), "asked")]
)
def test_the_name_of_a_resource_is_that_of_its_registration(service, name):
    class Reached:
        current_service = service

    assert current_resource_name(Reached()) == name


def test_what_is_no_resource_has_no_name():
    class Reached:
        current_service = matched_route = None

    assert current_service(Reached()) is None
    with pytest.raises(AttributeError):
        current_resource_name(Reached())
