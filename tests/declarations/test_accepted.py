"""What is looked at when it is declared goes on working where it worked."""

from types import SimpleNamespace
from unittest import mock

import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.declarations.report import warnings_of
from cliquet.events import ACTIONS
from cliquet.listeners.registration import EventActionFilter, EventResourceFilter
from cliquet.logs import logger
from tests.declarations.run import ALICE, SETTINGS


def configure(**settings):
    config = Configurator(settings={**SETTINGS, **settings})
    cliquet.initialize(config, "1.0", "shop")
    return config


def register(config, resource_cls, **options):
    callback = resource.register_resource(resource_cls, **options)
    callback(SimpleNamespace(config=config), resource_cls.__name__, resource_cls)


class Task(resource.UserResource):
    mapping = resource.ResourceSchema()


@pytest.mark.parametrize(
    ("actions", "read"),
    [
        (("create", ACTIONS.DELETE), ["create", "delete"]),
        ([ACTIONS.READ], ["read"]),
        ("create", ["create"]),
        ("create update", ["create", "update"]),
        (ACTIONS.CREATE, ["create"]),
    ],
)
def test_actions_may_be_a_text(actions, read):
    assert EventActionFilter(actions, Configurator()).actions == read


@pytest.mark.parametrize(
    ("resources", "read"),
    [(("a", "b"), ("a", "b")), (["a"], ["a"]), ("task", ("task",)), ("a, b", ("a", "b"))],
)  # fmt: skip
def test_resources_may_be_a_text(resources, read):
    found = EventResourceFilter(resources, Configurator())

    assert found.resources == read
    assert found.phash() == f"for_resources = {','.join(read)}"
    assert not found(SimpleNamespace(payload={"resource_name": "tas"}))


def service(path):
    made = cliquet.Service(name="stats", path=path)
    made.add_view("GET", lambda request: {"path": path})
    return made


def test_who_includes_a_plugin_may_replace_its_services():
    config = configure()
    config.include(lambda inner: inner.add_cornice_service(service("/theirs")))
    config.add_cornice_service(service("/ours"))

    app = TestApp(config.make_wsgi_app())

    assert app.get("/v1/ours").json == {"path": "/ours"}
    assert warnings_of(app.app.registry) == []


def test_one_class_may_be_registered_twice():
    config = configure()
    register(config, Task)
    register(config, Task, name="todo")

    app = TestApp(config.make_wsgi_app())

    for path in ("/v1/tasks", "/v1/todos"):
        app.post_json(path, {"data": {}}, headers=ALICE, status=201)
    assert warnings_of(app.app.registry) == []


def test_viewsets_of_applications_have_attributes_of_their_own():
    class Viewset(resource.ViewSet):
        def get_name(self, resource_cls):
            return f"{vars(self)['flavour']}task"

    config = configure()
    register(config, Task, viewset=Viewset(), flavour="sweet")

    app = TestApp(config.make_wsgi_app())

    app.get("/v1/sweettasks", headers=ALICE)
    assert warnings_of(app.app.registry) == []


def test_fields_that_are_computed_may_be_unique():
    class Schema(resource.ResourceSchema):
        class Options:
            unique_fields = ("slug",)

    class Page(resource.UserResource):
        mapping = Schema()

        def process_record(self, new, old=None):
            return {**super().process_record(new, old), "slug": "x"}

    config = configure()
    register(config, Page)

    assert warnings_of(config.registry) == []


def test_a_class_that_finds_records_itself_needs_no_id():
    class Preferences(resource.UserResource):
        mapping = resource.ResourceSchema()

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.record_id = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"

    config = configure()
    register(config, Preferences, record_path="/preferences", collection_path="/all")
    app = TestApp(config.make_wsgi_app())

    app.put_json("/v1/preferences", {"data": {}}, headers=ALICE, status=201)
    assert warnings_of(config.registry) == []


def test_no_body_may_be_what_is_wanted():
    class Quiet(Task):
        def postprocess(self, *args, **kwargs):
            super().postprocess(*args, **kwargs)
            self.request.response.status_code = 204

    config = configure()
    register(config, Quiet)
    # A server drops what WebTest finds odd.
    app = TestApp(config.make_wsgi_app(), lint=False)

    with mock.patch.object(logger, "warning") as warning:
        app.post_json("/v1/quiets", {"data": {}}, headers=ALICE, status=204)

    assert not warning.called


def test_a_warning_is_told_once():
    class Empty(Task):
        def postprocess(self, *args, **kwargs):
            super().postprocess(*args, **kwargs)

    config = configure()
    register(config, Empty)
    app = TestApp(config.make_wsgi_app())

    with mock.patch.object(logger, "warning") as warning:
        for _ in range(3):
            app.post_json("/v1/emptys", {"data": {}}, headers=ALICE, status=201)

    assert warning.call_count == 1
