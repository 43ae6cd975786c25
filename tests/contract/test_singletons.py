"""Resources of one record, on every engine."""

from types import SimpleNamespace

import colander
import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.events import ResourceChanged
from tests.contract.backends import APP_ENGINES
from tests.contract.served import ALICE, engine_settings

BOB = {"Authorization": "Basic Ym9iOjE="}
URL, ONE = "/v1/preferences", "/v1/projects/{}/board"


class Schema(resource.ResourceSchema):
    theme = colander.SchemaNode(colander.String(), missing="light")
    size = colander.SchemaNode(colander.Integer(), missing=12)
    name = colander.SchemaNode(colander.String(), missing=colander.drop)
    needed = colander.SchemaNode(colander.String(), missing=colander.drop)


class Preferences(resource.SingletonResource):
    mapping = Schema()


class Board(resource.SingletonResource):
    mapping = Schema()

    def get_defaults(self):
        return {**super().get_defaults(), "name": "Board"}


class Project(resource.UserResource):
    mapping = Schema()


def build(settings):
    named = {"project_name": "served", "project_version": "1.0"}
    config = Configurator(settings={**settings, **named})
    cliquet.initialize(config, "1.0")
    board = {"parent": "project", "record_path": "/projects/{project_id}/board"}
    for cls, options in ((Board, board), (Preferences, {}), (Project, {})):
        callback = resource.register_resource(cls, **options)
        callback(SimpleNamespace(config=config), cls.__name__, cls)
    told = []
    config.add_subscriber(
        lambda event: told.append((event.payload["action"], event.payload["uri"])),
        ResourceChanged,
    )
    app = TestApp(config.make_wsgi_app())
    app.told = told
    return app


@pytest.fixture(scope="module", params=APP_ENGINES, ids=lambda engine: engine.id)
def app_of_module(request, services, tmp_path_factory):
    engine = request.param
    url = engine.url(services, tmp_path_factory.mktemp(engine.id))
    return build(engine_settings(engine, url))


@pytest.fixture
def app(app_of_module):
    app_of_module.app.registry.storage.flush()
    app_of_module.told.clear()
    return app_of_module


def test_defaults_are_shown_where_nothing_is_stored(app):
    answer = app.get(URL, headers=ALICE)

    shown = {"theme": "light", "size": 12, "id": "preferences", "last_modified": 0}
    assert answer.json == {"data": shown}
    assert answer.headers["ETag"] == '"0"'
    app.get(URL, headers={**ALICE, "If-None-Match": '"0"'}, status=304)
    assert app.get(f"{URL}?_fields=size", headers=ALICE).json["data"]["size"] == 12
    app.get(f"{URL}?_fields=nothing", headers=ALICE, status=400)
    app.head(URL, headers=ALICE)
    app.get(URL, status=401)
    assert app.app.registry.storage.scopes() == []


def test_a_patch_creates_from_defaults(app):
    created = app.patch_json(URL, {"data": {"size": 9}}, headers=ALICE, status=201)

    assert created.json["data"]["theme"] == "light"
    assert created.headers["Location"] == f"http://localhost{URL}"
    found = app.get(URL, headers=ALICE)
    assert found.json == created.json
    assert found.headers["ETag"] == created.headers["ETag"]
    changed = app.patch_json(URL, {"data": {"name": "a"}}, headers=ALICE, status=200)
    assert (changed.json["data"]["size"], changed.json["data"]["name"]) == (9, "a")
    assert app.get(URL, headers=BOB).json["data"]["size"] == 12
    assert app.told == [("create", "/preferences"), ("update", "/preferences")]


@pytest.mark.parametrize("body", [{"data": {"size": "x"}}, {}, {"data": 1}])
def test_what_is_wrong_creates_nothing(app, body):
    app.patch_json(URL, body, headers=ALICE, status=400)
    app.put_json(URL, {"data": {"size": "x"}}, headers=ALICE, status=400)
    app.delete(URL, headers=ALICE, status=404)

    assert app.app.registry.storage.scopes() == []


def test_it_is_replaced_and_deleted(app):
    app.put_json(URL, {"data": {"name": "a", "size": 9}}, headers=ALICE, status=201)
    app.put_json(URL, {"data": {"name": "b"}}, headers=ALICE, status=200)
    assert app.get(URL, headers=ALICE).json["data"]["size"] == 12

    deleted = app.delete(URL, headers=ALICE)

    assert deleted.json["data"]["deleted"] is True
    again = app.get(URL, headers=ALICE)
    assert "name" not in again.json["data"]
    assert again.headers["ETag"] == deleted.headers["ETag"]
    app.delete(URL, headers=ALICE, status=404)
    app.patch_json(URL, {"data": {"name": "c"}}, headers=ALICE, status=201)
    app.put_json(URL, {"data": {}}, headers=ALICE, status=200)


def test_there_is_no_list(app):
    for path in ("/v1/preferencess", f"{URL}/1"):
        app.get(path, headers=ALICE, status=404)
    app.post_json(URL, {"data": {}}, headers=ALICE, status=405)


@pytest.mark.parametrize("method", ["put_json", "patch_json"])
def test_preconditions_are_about_what_is_stored(app, method):
    write = getattr(app, method)
    body, never = {"data": {"size": 1}}, {**ALICE, "If-None-Match": "*"}
    known = {**ALICE, "If-Match": app.get(URL, headers=ALICE).headers["ETag"]}

    write(URL, body, headers=known, status=201)
    write(URL, body, headers=never, status=412)
    write(URL, body, headers=known, status=412)
    deleted = app.delete(URL, headers=ALICE).headers["ETag"]
    write(URL, body, headers=known, status=412)
    write(URL, body, headers={**ALICE, "If-Match": deleted}, status=201)
    app.delete(URL, headers=ALICE)
    write(URL, body, headers=never, status=201)


def test_each_record_above_has_one(app):
    app.get(
        ONE.format("3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"), headers=ALICE, status=404
    )
    ids = [
        app.post_json("/v1/projects", {"data": {}}, headers=ALICE).json["data"]["id"]
        for _ in range(2)
    ]
    one, other = map(ONE.format, ids)
    assert app.get(one, headers=ALICE).json["data"]["name"] == "Board"
    app.patch_json(one, {"data": {"size": 1}}, headers=ALICE, status=201)
    app.patch_json(other, {"data": {"size": 2}}, headers=ALICE, status=201)
    app.get(one, headers=BOB, status=404)
    app.told.clear()

    app.delete(f"/v1/projects/{ids[0]}", headers=ALICE)

    app.get(one, headers=ALICE, status=404)
    assert app.get(other, headers=ALICE).json["data"]["size"] == 2
    uris = [f"/projects/{ids[0]}/board", f"/projects/{ids[0]}"]
    assert app.told == [("delete", uri) for uri in uris]


def test_a_batch_writes_it(app):
    entries = [
        {"method": "PATCH", "path": URL, "body": {"data": {"size": 3}}},
        {"method": "GET", "path": URL},
        {"method": "DELETE", "path": URL},
    ]
    answer = app.post_json("/v1/batch", {"requests": entries}, headers=ALICE)

    assert [each["status"] for each in answer.json["responses"]] == [201, 200, 200]
