"""Permissions are kept under one path of an object, whatever way it was reached."""

import itertools

import pytest
from webtest import TestApp

from cliquet.events import ResourceChanged, ResourceRead
from tests.contract.backends import APP_ENGINES
from tests.contract.nested import build, principal_of, user

ALICE, BOB = map(user, ("alice", "bob"))
MEMORY = (APP_ENGINES[0], "")
MOUNTS = ["", "/mounted", "/m\xc3\xa9 x", "/v2"]  # As WSGI has it: bytes of UTF-8.


@pytest.fixture(scope="module")
def made():
    return build(MEMORY, MEMORY)


@pytest.fixture
def mounted(made):
    """Return the application below a path; what is stored is common to all paths."""
    yield lambda mount: TestApp(made.app, {"SCRIPT_NAME": mount} if mount else None)
    for kind in ("storage", "permission"):
        getattr(made.app.registry, kind).flush()


def object_ids(app):
    return {each[0] for each in app.app.registry.permission.all_permissions()}


def alone(app, method, path, body):
    return app.request(
        f"/v1{path}",
        method=method,
        body=body,
        headers=ALICE,
        content_type="application/json",
    )


def in_batch(version):
    def send(app, method, path, body):
        entry = {"method": method, "path": version + path, "body": {"data": {}}}
        if method == "DELETE":
            del entry["body"]
        sent = app.post_json("/v1/batch", {"requests": [entry]}, headers=ALICE)
        assert sent.json["responses"][0]["status"] < 300
        return sent

    return send


WAYS = {"alone": alone, "batch": in_batch("/v1"), "unversioned": in_batch("")}
SPELLINGS = {
    "/articles/caf%C3%A9": ["/articles/caf%C3%A9", "/articles/c%61f%c3%a9"],
    "/articles/~*!": ["/articles/~*!", "/articles/%7E%2A%21"],
    "/articles/%2522/comments/a:b": ["/articles/%2522/comments/a%3Ab"],
}


@pytest.mark.parametrize(
    ("object_id", "spelled"),
    [(object_id, each) for object_id in SPELLINGS for each in SPELLINGS[object_id]],
)
def test_who_writes_one_way_is_found_the_other_way(mounted, object_id, spelled):
    """Written, then deleted, by each way and mount point: nothing is left behind."""
    ways = list(itertools.product(MOUNTS, WAYS))
    for (mount, way), (other, other_way) in zip(ways, ways[5:] + ways[:5], strict=True):
        app = mounted(mount)
        WAYS[way](app, "PUT", spelled, b'{"data": {}}')
        assert object_ids(app) == {object_id}
        WAYS[other_way](mounted(other), "DELETE", spelled, b"")
        assert object_ids(app) == set()


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_the_right_to_create_is_on_the_quoted_collection(mounted, method, mount):
    app = mounted(mount)
    registry = app.app.registry
    registry.permission.add_principal_to_ace(
        "/articles/%22%20%C3%A9/comments", "comment:create", principal_of(app, "bob")
    )
    registry.permission.add_principal_to_ace(
        '/articles/" é/comments', "comment:create", principal_of(app, "alice")
    )
    setting = registry.settings.pop("comment_create_principals")
    try:
        collection = "/v1/articles/%22%20%C3%A9/comments"
        path = f"{collection}/1" if method == "PUT" else collection
        for headers, status in ((ALICE, 403), (BOB, 201)):
            app.request(
                path, method=method, body=b'{"data": {"id": "1"}}', headers=headers,
                content_type="application/json", status=status,
            )  # fmt: skip
    finally:
        registry.settings["comment_create_principals"] = setting
    assert "/articles/%22%20%C3%A9/comments/1" in object_ids(app)


@pytest.mark.parametrize("mount", MOUNTS)
def test_lists_of_what_is_shared_are_below_the_mount_point(mounted, mount):
    app = mounted(mount)
    body = {"data": {}, "permissions": {"read": [principal_of(app, "bob")]}}
    app.put_json("/v1/articles/%22", body, headers=ALICE)

    for each in MOUNTS:
        listed = mounted(each).get("/v1/articles", headers=BOB).json["data"]
        assert [record["id"] for record in listed] == ['"']


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("way", WAYS)
def test_events_name_that_path(mounted, mount, way, made, monkeypatch):
    app, told = mounted(mount), []
    original = type(made.app.registry).notify

    def notify(self, *events):
        told.extend(e for e in events if isinstance(e, ResourceChanged | ResourceRead))
        return original(self, *events)

    monkeypatch.setattr(type(made.app.registry), "notify", notify)

    WAYS[way](app, "PUT", "/articles/caf%c3%a9", b'{"data": {}}')

    assert [event.payload["uri"] for event in told] == ["/articles/caf%C3%A9"]
