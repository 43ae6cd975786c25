"""Small applications that use Cliquet as others do."""

import functools
from unittest import mock

import colander
import pytest
from pyramid import testing
from pyramid.config import Configurator
from pyramid.interfaces import IAuthorizationPolicy
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.authorization import AuthorizationPolicy, groupfinder
from cliquet.engines.overrides import instrument
from cliquet.resource import Filter
from cliquet.storage import memory
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.tests.resource import BaseTest
from cliquet.tests.support import DummyRequest
from cliquet.tests.testapp import main as build_app

MEMORY = {
    f"{kind}_backend": f"cliquet.{kind}.memory"
    for kind in ("storage", "cache", "permission")
}
ALICE = {"Authorization": "Basic bWF0OjE=", "Content-Type": "application/json"}


@pytest.mark.parametrize("prefix", [None, "api"])
def test_a_bare_include_loads_the_defaults(prefix):
    config = Configurator(settings=MEMORY)
    config.include("cliquet", route_prefix=prefix)

    app = TestApp(config.make_wsgi_app())

    path = "/" if prefix is None else f"/{prefix}/"
    assert app.get(path).json["settings"] == {
        "batch_max_requests": 25,
        "readonly": False,
    }
    assert app.get(f"{path}nowhere", status=404).json["errno"] == 111


def test_a_plain_test_configurator_can_be_initialized():
    config = testing.setUp(settings=dict(MEMORY))
    try:
        cliquet.initialize(config, "0.0.1", "name")
        assert hasattr(config.registry, "storage")
    finally:
        testing.tearDown()


def test_defaults_and_their_prefixes():
    config = Configurator(settings={"kinto.paginate_by": "30", **MEMORY})

    cliquet.initialize(
        config, "0.0.1", "kinto", default_settings={"cliquet.retry_after_seconds": 7}
    )

    settings = config.get_settings()
    assert settings["paginate_by"] == 30
    assert settings["retry_after_seconds"] == 7


def test_paths_and_parents_are_the_applications_own():
    class Hen(resource.ShareableResource):
        mapping = resource.ResourceSchema()
        permissions = ("read", "write", "egg:create")

        def get_parent_id(self, request):
            return "/farms/" + request.matchdict["farm_id"]

    config = Configurator(
        settings={"hen_create_principals": "system.Authenticated", **MEMORY}
    )
    cliquet.initialize(config, "1.0", "farms")
    register = resource.register_resource(
        Hen,
        collection_path="/farms/{{farm_id}}/hens",
        record_path="/farms/{{farm_id}}/hens/{{id}}",
    )
    register(type("Scan", (), {"config": config}), "hen", Hen)
    app = TestApp(config.make_wsgi_app())

    created = app.post_json("/v1/farms/a/hens", {"data": {}}, headers=ALICE, status=201)

    hen_id = created.json["data"]["id"]
    assert created.headers["Location"].endswith(f"/v1/farms/a/hens/{hen_id}")
    app.get(f"/v1/farms/b/hens/{hen_id}", headers=ALICE, status=403)
    permissions = config.registry.permission
    assert permissions.object_permissions(f"/farms/a/hens/{hen_id}")


def test_storages_that_know_nothing_of_conditions_still_work():
    class OldStorage(memory.Storage):
        def create(self, collection_id, parent_id, record, id_generator=None,
                   unique_fields=None, id_field="id", modified_field="last_modified",
                   auth=None):  # fmt: skip
            return super().create(collection_id, parent_id, record, id_generator)

        def update(self, collection_id, parent_id, object_id, record,
                   unique_fields=None, id_field="id", modified_field="last_modified",
                   auth=None):  # fmt: skip
            return super().update(collection_id, parent_id, object_id, record)

        def delete(self, collection_id, parent_id, object_id, id_field="id",
                   with_deleted=True, modified_field="last_modified",
                   deleted_field="deleted", auth=None, last_modified=None):  # fmt: skip
            return super().delete(collection_id, parent_id, object_id)

        def collection_timestamp(self, collection_id, parent_id, auth=None):
            return super().collection_timestamp(collection_id, parent_id)

    from cliquet.tests import testapp

    config = Configurator(settings={"project_name": "x", **MEMORY})
    app = TestApp(testapp.main(config=config))
    app.app.registry.storage = OldStorage()
    url = "/v0/mushrooms/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"

    app.put_json(url, {"data": {"name": "a"}}, headers=ALICE, status=201)
    app.put_json(url, {"data": {"name": "b"}}, headers=ALICE, status=200)
    app.patch_json(url, {"data": {"name": "c"}}, headers=ALICE)
    app.delete(url, headers={**ALICE, "If-None-Match": "*"}, status=412)
    app.delete(url, headers=ALICE)


class TestResourceWithoutHTTP(BaseTest):
    """Resources are called directly, with a request that is a mock."""

    def test_endpoints_work_without_http(self):
        self.resource.mapping.add(
            colander.SchemaNode(colander.String(), name="any", missing="")
        )
        self.resource.request.validated = {"data": {"any": "x"}}
        created = self.resource.collection_post()["data"]

        self.resource.record_id = created["id"]
        assert self.resource.get()["data"] == created
        assert self.last_response.headers["ETag"] == f'"{created["last_modified"]}"'
        self.resource.delete()
        with pytest.raises(RecordNotFoundError):
            self.model.get_record(created["id"])

    def test_context_is_optional(self):
        request = DummyRequest(method="GET")
        request.registry.storage = self.storage

        shareable = resource.ShareableResource(request)

        assert shareable.model.permission is request.registry.permission
        # What is kept on a request is real: code need not tell mocks apart.
        assert request.bound_data == {}
        assert Filter("a", 1, None).field == "a"


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_a_permission_backend_of_the_application_is_asked(engine, tmp_path):
    """The one lookup of built-in engines goes around methods: not around these."""
    asked = []

    def spy(name, method):
        def called(*args, **kwargs):
            asked.append(name)
            return method(*args, **kwargs)

        return called

    config = Configurator(
        settings={
            "project_name": "spy",
            "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy",
            "toadstool_create_principals": "system.Authenticated",
            **{f"{kind}_backend": f"cliquet.{kind}.{engine}"
               for kind in ("storage", "cache", "permission")},
            **{f"{kind}_url": f"sqlite:///{tmp_path}/{kind}.db"
               for kind in ("storage", "cache", "permission")},
        }
    )  # fmt: skip
    application = build_app(config=config)
    registry = application.registry
    for kind in ("storage", "cache", "permission"):
        getattr(registry, kind).initialize_schema()
    permission = registry.permission
    for name in ("user_principals", "check_permission", "object_permissions"):
        setattr(permission, name, spy(name, getattr(permission, name)))
    app = TestApp(application)
    headers = {"Authorization": "Basic bWF0OjE="}
    body = {"data": {"name": "a"}, "permissions": {"read": ["system.Authenticated"]}}
    created = app.post_json("/v0/toadstools", body, headers=headers)

    app.get(f"/v0/toadstools/{created.json['data']['id']}", headers=headers)

    assert set(asked) == {"user_principals", "check_permission", "object_permissions"}


class Closed(AuthorizationPolicy):
    """Permits nothing, whatever settings say."""

    def permits(self, context, principals, permission):
        self.asked_about = set(principals)
        return False


def nobody(userid, request):
    """Refuse all users, as a `groupfinder` may."""


@functools.wraps(groupfinder)
def like_ours(userid, request):
    """Refuse all users, whatever it looks like."""


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({}, 201),
        ({"multiauth.authorization_policy": f"{__name__}.Closed"}, 403),
        ({"multiauth.groupfinder": f"{__name__}.nobody"}, 401),
        ({"multiauth.groupfinder": f"{__name__}.like_ours"}, 401),
    ],
)
def test_policies_of_the_application_decide_where_settings_would(settings, status):
    """Settings that permit to all users are decided without groups: not around these."""
    policy = "cliquet.authorization.AuthorizationPolicy"
    config = Configurator(
        settings={
            "project_name": "x",
            "multiauth.authorization_policy": policy,
            "toadstool_create_principals": "system.Authenticated",
            **MEMORY,
            **settings,
        }
    )
    app = TestApp(build_app(config=config))
    userid = app.get("/v0/", headers=ALICE).json.get("user", {}).get("id")
    app.app.registry.permission.add_user_principal(userid, "group:staff")

    created = {"data": {"name": "a"}}
    app.post_json("/v0/toadstools", created, headers=ALICE, status=status)

    if status == 403:
        own = app.app.registry.queryUtility(IAuthorizationPolicy)
        assert {"group:staff", "system.Authenticated"} <= own.asked_about


@pytest.fixture
def shared():
    """An application with a record that all may read; its registry and path."""
    config = Configurator(
        settings={
            "project_name": "x",
            "multiauth.authorization_policy": f"{AuthorizationPolicy.__module__}."
            "AuthorizationPolicy",
            "toadstool_create_principals": "system.Authenticated",
            **MEMORY,
        }
    )
    app = TestApp(build_app(config=config))
    body = {"data": {"name": "a"}, "permissions": {"read": ["system.Everyone"]}}
    created = app.post_json("/v0/toadstools", body, headers=ALICE)
    path = f"/v0/toadstools/{created.json['data']['id']}"
    app.get(path, headers=ALICE)
    return app, app.app.registry, path


def test_a_policy_that_is_replaced_on_its_instance_decides(shared):
    app, registry, _ = shared
    policy = registry.queryUtility(IAuthorizationPolicy)

    policy.permits = lambda context, principals, permission: False

    app.post_json("/v0/toadstools", {"data": {}}, headers=ALICE, status=403)
    app.get("/v0/mushrooms", headers=ALICE, status=403)


def test_an_instrument_that_is_a_mock_is_called(shared):
    app, registry, path = shared
    timed = instrument(mock.Mock(wraps=registry.permission.check_permission))

    registry.permission.check_permission = timed
    app.get(path, headers=ALICE)

    assert timed.called


def test_a_method_of_permissions_that_is_patched_decides(shared):
    app, registry, path = shared
    backend = registry.permission

    with mock.patch.object(type(backend), "check_permission", return_value=False):
        app.get(path, headers=ALICE, status=403)
    app.get(path, headers=ALICE)

    @functools.wraps(backend.check_permission)
    def refuse(*args, **kwargs):
        return False

    backend.check_permission = refuse
    app.get(path, headers=ALICE, status=403)


def test_request_methods_may_be_replaced_after_the_start():
    config = Configurator(settings=MEMORY)
    config.include("cliquet")
    config.add_request_method(lambda request: "first", "who")
    config.add_route("who", "/who")
    config.add_view(
        lambda request: {"who": request.who()}, route_name="who", renderer="json"
    )
    app = TestApp(config.make_wsgi_app())
    before = app.get("/who").json

    config.add_request_method(lambda request: "second", "who")
    config.commit()

    assert (before, app.get("/who").json) == ({"who": "first"}, {"who": "second"})
