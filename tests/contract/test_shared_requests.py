"""Lists of shared records over HTTP, on each engine; shortcuts ask who was replaced."""

import sys
import types

import pytest
import transaction
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.tests.testapp import main as build_app
from tests.contract.round_trips import RoundTrips
from tests.contract.sharing import ALICE, BOB, ids_of, share_some
from tests.sync.proof import settings_for


def build(settings):
    return TestApp(build_app(config=Configurator(settings=settings)))


@pytest.fixture
def settings(engine, engine_url):
    found = {
        **settings_for(engine.id, engine_url),
        "toadstool_create_principals": "system.Authenticated",
    }
    engine.prepare(found)
    return found


@pytest.fixture
def make(settings):
    built = []

    def make(**more):
        built.append(build({**settings, **more}))
        return built[-1]

    yield make
    for app in built:
        for kind in ("storage", "permission", "cache"):
            getattr(app.app.registry, kind).flush()


def test_only_what_is_shared_is_listed(make):
    app = make()
    shared = share_some(app)

    listed = app.get("/v0/toadstools?_limit=3", headers=BOB)
    following = app.get(listed.headers["Next-Page"], headers=BOB)

    assert ids_of(listed) + ids_of(following) == shared[::-1]
    assert listed.headers["Total-Records"] == "5"
    named = app.get("/v0/toadstools?name=n1&_since=1", headers=BOB)
    assert ids_of(named) == shared[:1]
    app.get("/v0/toadstools", headers={"Authorization": "Basic Y2Fyb2w6"}, status=403)


def test_a_deleted_record_is_no_longer_counted(make):
    app = make()
    shared = share_some(app)

    app.delete(f"/v0/toadstools/{shared[0]}", headers=ALICE)

    listed = app.get("/v0/toadstools?_limit=2", headers=BOB)
    assert listed.headers["Total-Records"] == "4"
    assert ids_of(listed) == shared[:-3:-1]


def test_a_replaced_method_is_asked(make, monkeypatch):
    app = make()
    shared = share_some(app)
    asked = []

    def shared_objects(*args, **kwargs):
        asked.append(kwargs["object_id_match"])
        return {f"/toadstools/{shared[2]}"}

    backend = app.app.registry.permission
    monkeypatch.setattr(backend, "principals_accessible_objects", shared_objects)

    assert ids_of(app.get("/v0/toadstools", headers=BOB)) == [shared[2]]
    assert asked == ["/toadstools/*"]


def test_a_write_reads_permissions_once(make, monkeypatch, unhurried):
    """With the groups of its user: by a member of one, who may write and not read."""
    app = make()
    backend = app.app.registry.permission
    bob = app.get("/v0/", headers=BOB).json["user"]["id"]
    with transaction.manager:
        backend.add_user_principal(bob, "group:writers")
    body = {"data": {"name": "a"}, "permissions": {"write": ["group:writers"]}}
    created = app.post_json("/v0/toadstools", body, headers=ALICE).json["data"]
    path = f"/v0/toadstools/{created['id']}"
    reads = []
    read_access = backend.read_access

    def spy(*args):
        reads.append(args)
        return read_access(*args)

    monkeypatch.setattr(backend, "read_access", spy)
    for send, *more in (
        (app.put_json, {"data": {"name": "b"}}),
        (app.patch_json, {"data": {"name": "c"}}),
        (app.delete,),
    ):
        reads.clear()
        send(path, *more, headers=BOB)
        assert [user_id for user_id, _ in reads] == [bob]


def test_a_subclass_is_asked(make, engine, monkeypatch):
    """Backends of an application, by the name of their module."""
    storage = sys.modules[f"cliquet.storage.{engine.id}"]
    permission = sys.modules[f"cliquet.permission.{engine.id}"]
    asked = []

    class OwnPermission(permission.Permission):
        def principals_accessible_objects(self, *args, **kwargs):
            found = super().principals_accessible_objects(*args, **kwargs)
            return set(sorted(found)[:2])

    class OwnStorage(storage.Storage):
        def get_all(self, *args, **kwargs):
            asked.append([list(item.value) for item in kwargs["filters"]])
            return super().get_all(*args, **kwargs)

    module = types.ModuleType("backends_of_application")

    def load_as(original, own):
        def load_from_config(config):
            backend = original.load_from_config(config)
            backend.__class__ = own
            return backend

        return types.SimpleNamespace(load_from_config=load_from_config)

    module.permission = load_as(permission, OwnPermission)
    module.storage = load_as(storage, OwnStorage)
    monkeypatch.setitem(sys.modules, "backends_of_application", module)
    app = make(
        storage_backend="backends_of_application.storage",
        permission_backend="backends_of_application.permission",
    )
    shared = share_some(app)

    listed = ids_of(app.get("/v0/toadstools", headers=BOB))

    assert sorted(listed) == sorted(shared)[:2]
    assert [sorted(ids) for ids in asked[-1]] == [sorted(listed)]


@pytest.fixture
def trips(services, unhurried):
    """Requests to an application on Redis, counted."""
    url = services.redis_url()
    app = build(
        {
            **settings_for("redis", url),
            "toadstool_create_principals": "system.Authenticated",
        }
    )
    registry = app.app.registry
    counters = [
        RoundTrips(getattr(registry, kind)._client)
        for kind in ("storage", "permission", "cache")
    ]
    for kind in ("storage", "permission"):
        backend = getattr(registry, kind)
        for script in backend._scripts.values():
            backend._client.script_load(script.script)

    def count(method, path, *body, headers=ALICE):
        for counter in counters:
            counter.sent.clear()
        send = getattr(app, method)
        answer = send(path, *body, headers=headers)
        return sum(len(counter.sent) for counter in counters), answer

    yield count
    for kind in ("storage", "permission"):
        getattr(registry, kind).flush()


@pytest.mark.parametrize(
    ("collection", "wanted"),
    [
        # Where permissions matter, groups and permissions are one more; a list finds
        # out first whether anything is shared. Permissions are written with the record.
        ("mushrooms", {"get": 1, "list": 2, "post": 1, "put": 2, "patch": 2, "del": 2}),
        (
            "toadstools",
            {"get": 2, "list": 4, "post": 1, "put": 3, "patch": 3, "del": 3},
        ),
    ],
)
def test_a_request_makes_few_round_trips(trips, collection, wanted):
    body = {"data": {"name": "a"}}
    path = f"/v0/{collection}"
    # The server knows the scripts then, those of records with permissions too.
    _, known = trips("post_json", path, body)
    for method, *more in (("put_json", body), ("patch_json", body), ("delete",)):
        trips(method, f"{path}/{known.json['data']['id']}", *more)
    _, created = trips("post_json", path, body)
    own = created.json.get("permissions", {}).get("write")
    if own:
        body["permissions"] = {"read": own}
        trips("put_json", f"{path}/{created.json['data']['id']}", body)
        del body["permissions"]
    record = f"{path}/{created.json['data']['id']}"
    etag = trips("get", record)[1].headers["ETag"]
    unchanged = {**ALICE, "If-None-Match": etag}

    assert trips("get", record)[0] == wanted["get"]
    assert trips("get", record, headers=unchanged)[0] == wanted["get"]
    assert trips("get", f"{path}?_limit=10")[0] == wanted["list"]
    assert trips("get", f"{path}?_since=5")[0] == wanted["list"]
    assert trips("get", f"{path}?name=a")[0] == wanted["list"]
    assert trips("post_json", path, body)[0] == wanted["post"]
    assert trips("put_json", record, body)[0] == wanted["put"]
    assert trips("patch_json", record, {"data": {"name": "b"}})[0] == wanted["patch"]
    assert trips("delete", record)[0] == wanted["del"]
    entries = [{"method": "POST", "path": path, "body": body}] * 5
    count, _ = trips("post_json", "/v0/batch", {"requests": entries})
    assert count <= 5 * wanted["post"]
