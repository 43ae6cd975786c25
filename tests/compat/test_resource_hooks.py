"""Are hooks, models and storages of applications called, whatever is spared without?"""

import functools
from unittest import mock

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from cliquet import authorization, resource
from cliquet.events import ACTIONS
from cliquet.resource import model as models
from cliquet.storage import memory
from cliquet.storage.exceptions import UnicityError
from cliquet.storage.query import Condition
from cliquet.tests.testapp import main as build_app
from tests.sync.proof import settings_for

MEMORY = {
    f"{kind}_backend": f"cliquet.{kind}.memory"
    for kind in ("storage", "cache", "permission")
}
ALICE = {"Authorization": "Basic bWF0OjE="}
MUSHROOM = "/v0/mushrooms/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
TOADSTOOL = MUSHROOM.replace("mushrooms", "toadstools")


@pytest.fixture
def app():
    config = Configurator(
        settings={
            "project_name": "x",
            "toadstool_create_principals": "system.Authenticated",
            **MEMORY,
        }
    )
    return TestApp(build_app(config=config), extra_environ={})


def put(app, path, name="a", **options):
    return app.put_json(path, {"data": {"name": name}}, headers=ALICE, **options)


@pytest.mark.parametrize(
    ("owner", "path"),
    [(resource.UserResource, MUSHROOM), (resource.ShareableResource, TOADSTOOL)],
)
def test_a_hook_that_is_patched_sees_tombstones(app, owner, path):
    put(app, path)
    app.delete(path, headers=ALICE)
    seen = []
    written = owner.process_record

    def process_record(self, new, old=None):
        seen.append(old)
        return written(self, new, old)

    with mock.patch.object(owner, "process_record", process_record):
        put(app, path, status=201)

    assert seen[0]["deleted"] is True


@pytest.mark.parametrize("path", [MUSHROOM, TOADSTOOL])
def test_without_a_hook_no_tombstone_is_read(app, path):
    storage = app.app.registry.storage

    with mock.patch.object(storage, "get_all", wraps=storage.get_all) as get_all:
        put(app, path, status=201)

    assert not get_all.called


class Renaming(models.Model):
    """A model as for 3.1, whose methods do not know of conditions."""

    def create_record(self, record, parent_id=None, unique_fields=None):
        return super().create_record(record, parent_id, unique_fields)

    def update_record(self, record, parent_id=None, unique_fields=None):
        record = {**record, "name": record["name"].upper()}
        return super().update_record(record, parent_id, unique_fields)

    def delete_record(self, record, parent_id=None, last_modified=None):
        return super().delete_record(record, parent_id, last_modified)

    def delete_records(self, filters=None, parent_id=None):
        return super().delete_records(filters, parent_id)


def test_a_model_of_3_1_loses_no_update(app):
    """Another writer comes between the read and the write of a PATCH."""
    put(app, MUSHROOM, "first")
    storage = app.app.registry.storage
    update, calls = storage.update, []

    def late_update(*args, **kwargs):
        calls.append(kwargs["record"]["name"])
        if len(calls) == 1:
            put(app, MUSHROOM, "second")
        return update(*args, **kwargs)

    with (
        mock.patch.object(resource.UserResource, "default_model", Renaming),
        mock.patch.object(storage, "update", late_update),
    ):
        app.patch_json(MUSHROOM, {"data": {"name": "third"}}, headers=ALICE)
        app.delete(MUSHROOM, headers=ALICE)
        app.delete("/v0/mushrooms", headers=ALICE)

    assert calls == ["THIRD", "SECOND", "THIRD"]


def old_update(self, collection_id, parent_id, object_id, record, unique_fields=None,
               id_field="id", modified_field="last_modified", auth=None):  # fmt: skip
    """Update as in 3.1."""
    old_update.called = True
    return UPDATE(self, collection_id, parent_id, object_id, record)


UPDATE = memory.Storage.update


@pytest.mark.parametrize("way", ["class", "instance", "wrapped"])
def test_a_storage_method_with_the_signature_of_3_1_is_called(app, way):
    storage = app.app.registry.storage
    put(app, MUSHROOM)
    old_update.called = False
    bound = functools.partial(old_update, storage)

    @functools.wraps(bound)
    def wrapper(*args, **kwargs):
        return bound(*args, **kwargs)

    patch = {
        "class": mock.patch.object(memory.Storage, "update", old_update),
        "instance": mock.patch.object(storage, "update", bound),
        "wrapped": mock.patch.object(storage, "update", wrapper),
    }[way]
    with patch:
        put(app, MUSHROOM, "b", status=200)
    put(app, MUSHROOM, "c", status=200)

    assert old_update.called


def test_a_condition_that_no_write_took_is_forgotten(app, monkeypatch):
    seen = []

    def write_nothing(model, record, parent_id=None, unique_fields=None):
        seen.append((model, model.condition))
        return {**record, "last_modified": 1}

    monkeypatch.setattr(models.Model, "create_record", write_nothing)
    put(app, MUSHROOM)

    [(model, condition)] = seen
    assert condition == Condition(record=None)
    assert model.condition is None


def own_object_id(request, object_uri):
    """Name its second argument as it likes: it is given by position."""
    return f"/own/{object_uri}"


def make_default(request):
    """Create, change and delete a record from a view that serves no resource."""
    context = authorization.RouteFactory(request)
    context.get_permission_object_id = own_object_id
    found = resource.ShareableResource(request, context=context)
    request.current_resource_name = "toadstool"
    written = []
    record = found.model.create_record({"id": "a"})
    written.append(request.registry.permission.object_permissions("/own/a"))
    with pytest.raises(UnicityError):
        found.model.create_record({"id": "a"})
    record = found.model.update_record({"id": "a", "__permissions__": {"read": ["x"]}})
    written.append(found.model.get_record("a")["__permissions__"])
    answer = found.postprocess(record, action=ACTIONS.CREATE)
    found.model.delete_record({"id": "a"})
    written.append(request.registry.permission.object_permissions("/own/a"))
    return {**answer, "written": written}


def test_a_view_of_an_application_makes_records(engine, engine_url):
    settings = {**settings_for(engine.id, engine_url), "project_name": "x"}
    engine.prepare(settings)
    config = Configurator(settings=settings)
    config.add_route("default", "/v0/default")
    config.add_view(
        make_default,
        route_name="default",
        renderer="json",
        permission=authorization.PRIVATE,
    )
    app = TestApp(build_app(config=config))

    answer = app.get("/v0/default", headers=ALICE).json

    created, updated, deleted = answer.pop("written")
    (alice,) = created.pop("write")
    assert updated == {"write": [alice], "read": ["x"]}
    assert created == deleted == {}
    assert answer["data"]["id"] == "a"


def test_lists_are_deleted_with_the_objects_of_an_application(app):
    """Its function is given the id by keyword there."""
    put(app, TOADSTOOL)
    asked = []

    def get_permission_object_id(context, request, record_id=None):
        asked.append(record_id)
        return original(context, request, record_id=record_id)

    original = authorization.RouteFactory.get_permission_object_id
    app.app.registry.settings["toadstool_write_principals"] = "system.Authenticated"
    patched = mock.patch.object(
        authorization.RouteFactory, "get_permission_object_id", get_permission_object_id
    )
    with patched:
        deleted = app.delete("/v0/toadstools", headers=ALICE).json["data"]

    assert deleted[0]["id"] in asked
