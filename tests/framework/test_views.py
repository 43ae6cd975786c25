"""Views by method and `Accept` are those that Pyramid finds, and rely on its names."""

import itertools

import pytest
from pyramid.config import Configurator
from pyramid.config.views import MultiView
from pyramid.interfaces import IMultiView
from pyramid.predicates import AcceptPredicate, RequestMethodPredicate
from pyramid.response import Response
from webtest import TestApp

from cliquet.framework import views
from cliquet.framework.views import IndexedMultiView, setup_dispatch

LOOK_AT = (
    "cliquet/framework/views.py: Pyramid no longer keeps its views as it did; compare "
    "pyramid.config.views.MultiView and pyramid.viewderivers with what we use of them: "
)


def multi_views(registry):
    return [each.factory for each in registry.registeredAdapters()
            if each.provided is IMultiView]  # fmt: skip


# --- Names of Pyramid ------------------------------------------------------------


def test_views_of_one_url_are_a_multi_view(config):
    app = config.make_wsgi_app()

    found = multi_views(app.registry)
    assert found, LOOK_AT + "IMultiView"
    assert {type(each) for each in found} == {IndexedMultiView}, LOOK_AT + "MultiView"


def test_multi_views_have_what_ours_copies():
    found = vars(MultiView("name"))

    assert set(found) == {"name", "media_views", "views", "accepts"}, (
        LOOK_AT + "its attributes, of which IndexedMultiView makes a copy"
    )


def test_predicates_of_views_are_seen(config):
    app = config.make_wsgi_app()

    for found in multi_views(app.registry):
        for _, view, _ in [*found.views, *itertools.chain(*found.media_views.values())]:
            predicates = getattr(view, "__predicates__", ())
            below = views._without_predicates(view)
            assert below is not None, LOOK_AT + "`__wraps__`"
            assert bool(predicates) == (below is not view), LOOK_AT + "`__predicates__`"
    kinds = {type(each) for found in multi_views(app.registry)
             for _, view, _ in itertools.chain(*found.media_views.values())
             for each in view.__predicates__}  # fmt: skip
    assert {RequestMethodPredicate, AcceptPredicate} <= kinds, LOOK_AT + "predicates"


# --- Behaviour -------------------------------------------------------------------


class Chosen:
    """A predicate of an application, which depends on the request."""

    def __init__(self, value, config):
        self.value = value

    def text(self):
        return f"chosen = {self.value}"

    phash = text

    def __call__(self, context, request):
        return request.headers.get("X-Chosen") == self.value


def add_views(config):
    config.add_route("home", "/")
    config.add_view_predicate("chosen", Chosen)
    config.commit()

    def add(name, **predicates):
        config.add_view(lambda request: Response(name), route_name="home", **predicates)

    add("json", accept="application/json", request_method="GET")
    add("html", accept="text/html", request_method="GET")
    add("chosen", chosen="yes", request_method="GET")
    add("sent", request_method=("POST", "PUT"), accept="application/json")
    add("parameter", request_method="DELETE", request_param="a")
    add("last", request_method="DELETE")


def respond(app, method, headers):
    response = app.request("/", method=method, headers=headers, status="*")
    return response.status_int, response.text if response.status_int == 200 else ""


def test_the_view_is_the_one_that_pyramid_finds():
    apps = []
    for indexed in (True, False):
        config = Configurator()
        add_views(config)
        if indexed:
            setup_dispatch(config)
        apps.append(TestApp(config.make_wsgi_app(), lint=False))
    assert isinstance(multi_views(apps[0].app.registry)[0], IndexedMultiView)
    accepts = [None, "*/*", "text/html", "application/json", "text/plain", "text/*",
               "text/html;q=0.5, application/json", "application/json;q=0, */*", "",
               "not valid", "text/html,application/xml;q=0.9,*/*;q=0.8"]  # fmt: skip
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "MADE-UP"]

    # Twice: the second time by what was remembered.
    for method, accept, chosen in 2 * list(
        itertools.product(methods, accepts, ["yes", "no"])
    ):
        headers = {"X-Chosen": chosen}
        if accept is not None:
            headers["Accept"] = accept
        ours, pyramids = (respond(app, method, headers) for app in apps)
        assert ours == pyramids, (method, headers)


def test_a_view_that_is_added_later_is_found():
    config = Configurator(autocommit=True)
    add_views(config)
    setup_dispatch(config)
    app = TestApp(config.make_wsgi_app())
    assert respond(app, "PATCH", {})[0] == 404

    config.add_view(
        lambda request: Response("late"), route_name="home", request_method="PATCH"
    )

    assert respond(app, "PATCH", {}) == (200, "late")


def test_what_clients_make_up_is_not_kept():
    config = Configurator()
    add_views(config)
    setup_dispatch(config)
    app = TestApp(config.make_wsgi_app(), lint=False)
    (found,) = multi_views(app.app.registry)

    for number in range(200):
        assert respond(app, "GET", {"Accept": f"text/html, a/b{number}"})[1] == "html"
        respond(app, f"METHOD{number}", {})
        long = f"text/html, a/{number}{'b' * 1000}"
        assert respond(app, "GET", {"Accept": long})[1] == "html"

    kept = found._candidates
    assert len(kept) <= views._MOST_KEYS
    assert all(len(accept or "") <= views._LONGEST_KEY for _, accept in kept)


@pytest.mark.parametrize("accept", [None, "*/*", "text/html, */*;q=0.8"])
def test_a_client_that_comes_back_asks_no_view_in_vain(config, accept):
    app = TestApp(config.make_wsgi_app())
    headers = {"Authorization": "Basic bWF0OjE="} | (
        {"Accept": accept} if accept else {}
    )
    app.get("/v1/mushrooms", headers=headers)
    finding, found = IndexedMultiView._find_candidates, []
    IndexedMultiView._find_candidates = lambda *args: found.append(args)
    try:
        app.get("/v1/mushrooms", headers=headers)
    finally:
        IndexedMultiView._find_candidates = finding

    assert found == []


def test_entries_of_a_batch_accept_what_the_batch_does(config):
    app = TestApp(config.make_wsgi_app())
    entries = [{"path": "/mushrooms"}]

    for accept, status in (("application/json", 200), ("text/plain", 406)):
        headers = {"Authorization": "Basic bWF0OjE=", "Accept": "*/*"}
        entries[0]["headers"] = {"Accept": accept}
        response = app.post_json("/v1/batch", {"requests": entries}, headers=headers)
        assert response.json["responses"][0]["status"] == status
    del entries[0]["headers"]
    headers["Accept"] = "text/plain"
    response = app.post_json("/v1/batch", {"requests": entries}, headers=headers)
    assert response.json["responses"][0]["status"] == 406
