"""Shareable records."""

import uuid

import pytest
import transaction

from cliquet import resource
from tests.contract.served import serve
from tests.http.conftest import ALICE_ID, BOB_ID

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
URL = f"/toadstools/{ID}"
BODY = {"data": {"name": "a"}}


@pytest.fixture
def app(make_app):
    return make_app(toadstool_create_principals="system.Authenticated")


@pytest.fixture
def shared(app, alice):
    """A record of Alice that Bob may read."""
    body = {**BODY, "permissions": {"read": [BOB_ID]}}
    return app.put_json(URL, body, headers=alice).json


def test_who_creates_may_write_but_not_read(app, alice, shared):
    assert shared["permissions"] == {"read": [BOB_ID], "write": [ALICE_ID]}
    app.get(URL, headers=alice, status=403)
    app.patch_json(URL, BODY, headers=alice)


def test_readers_read_and_others_are_refused(app, bob, shared):
    response = app.get(URL, headers=bob)

    assert response.json == shared
    app.patch_json(URL, BODY, headers=bob, status=403)
    app.put_json(URL, BODY, headers=bob, status=403)
    app.delete(URL, headers=bob, status=403)
    app.get(URL, status=401)


def test_unknown_records_are_not_told_from_hidden_ones(app, bob):
    app.get(URL, headers=bob, status=403)
    app.get("/toadstools/abc", headers=bob, status=403)
    app.get("/toadstools/abc", status=401)


def test_put_replaces_patch_completes(make_app, alice):
    app = make_app(
        toadstool_create_principals="system.Authenticated",
        toadstool_read_principals="system.Authenticated",
    )
    body = {**BODY, "permissions": {"read": [BOB_ID]}}
    app.put_json(URL, body, headers=alice)

    def permissions(method, **given):
        body = {**BODY, "permissions": given} if given else BODY
        send = app.put_json if method == "PUT" else app.patch_json
        found = send(URL, body, headers=alice).json["permissions"]
        return {name: set(principals) for name, principals in found.items()}

    assert permissions("PUT") == {"read": {BOB_ID}, "write": {ALICE_ID}}
    assert permissions("PATCH", write=["g"]) == {
        "read": {BOB_ID},
        "write": {ALICE_ID, "g"},
    }
    assert permissions("PUT", read=["x"]) == {"read": {"x"}, "write": {ALICE_ID}}
    assert permissions("PATCH", read=[]) == {"write": {ALICE_ID}}
    assert permissions("PATCH", write=[]) == {"write": {ALICE_ID}}


def test_deletion_forgets_permissions(app, alice, bob, shared):
    app.delete(URL, headers=alice)

    app.get(URL, headers=bob, status=403)
    recreated = app.put_json(URL, BODY, headers=alice, status=201)
    assert recreated.json["permissions"] == {"write": [ALICE_ID]}


def test_lists_are_restricted_to_what_is_shared(app, alice, bob, shared):
    app.post_json("/toadstools", BODY, headers=alice)

    listed = app.get("/toadstools", headers=bob)
    assert [record["id"] for record in listed.json["data"]] == [ID]
    assert listed.headers["Total-Records"] == "1"
    app.get("/toadstools", headers=alice, status=403)
    app.delete("/toadstools", headers=bob, status=403)
    assert len(app.delete("/toadstools", headers=alice).json["data"]) == 2


def test_settings_open_a_collection(make_app, alice):
    app = make_app(
        toadstool_create_principals="system.Authenticated",
        toadstool_read_principals="nobody, system.Everyone",
        toadstool_cache_expires_seconds=3600,
    )
    app.put_json(URL, BODY, headers=alice)

    anonymous = app.get(URL)
    known = app.get(URL, headers=alice)

    assert anonymous.headers["Cache-Control"] == "max-age=3600"
    assert "Expires" in anonymous.headers
    assert known.headers["Cache-Control"] == "no-cache, no-store"
    assert len(app.get("/toadstools").json["data"]) == 1
    app.get("/toadstools/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b11", status=404)


def test_everyone_may_be_granted_a_record(app, alice):
    body = {**BODY, "permissions": {"read": ["system.Everyone"]}}
    app.put_json(URL, body, headers=alice)

    assert app.get(URL).json["data"]["name"] == "a"
    assert len(app.get("/toadstools").json["data"]) == 1


def test_groups_of_the_permission_backend_count(app, alice, bob):
    app.app.registry.permission.add_user_principal(BOB_ID, "group:staff")
    transaction.commit()
    body = {**BODY, "permissions": {"read": ["group:staff"]}}
    app.put_json(URL, body, headers=alice)

    app.get(URL, headers=bob)


def test_settings_may_name_groups_and_users(make_app, alice, bob):
    old_notation = ALICE_ID.replace(":", "_")
    app = make_app(toadstool_create_principals=f"group:staff {old_notation}")
    app.post_json("/toadstools", BODY, headers=alice)
    app.post_json("/toadstools", BODY, headers=bob, status=403)
    app.post_json("/toadstools", BODY, status=401)

    app.app.registry.permission.add_user_principal(BOB_ID, "group:staff")
    transaction.commit()

    app.post_json("/toadstools", BODY, headers=bob)


def test_old_notation_of_principals_counts(app, alice, bob):
    body = {**BODY, "permissions": {"read": [BOB_ID.replace(":", "_")]}}
    app.put_json(URL, body, headers=alice)

    app.get(URL, headers=bob)


def test_write_on_the_collection_does_not_create(make_app, alice):
    app = make_app()
    app.app.registry.permission.add_principal_to_ace("/toadstools", "write", ALICE_ID)
    transaction.commit()

    app.put_json(URL, BODY, headers=alice, status=403)
    app.app.registry.permission.add_principal_to_ace(
        "/toadstools", "toadstool:create", ALICE_ID
    )
    transaction.commit()
    app.put_json(URL, BODY, headers=alice, status=201)


def test_an_existing_record_is_shown_to_readers_only(app, alice, bob, shared):
    body = {"data": {"name": "b", "id": ID}}

    assert (
        app.post_json("/toadstools", body, headers=bob, status=200).json["data"]["id"]
        == ID
    )
    app.post_json("/toadstools", body, headers=alice, status=403)
    headers = {**alice, "If-Match": '"1"'}
    error = app.put_json(URL, BODY, headers=headers, status=412)
    assert error.json["details"] == {}
    headers = {**bob, "If-Match": '"1"'}
    error = app.get(URL, headers=headers, status=412)
    assert error.json["details"]["existing"]["id"] == ID


def test_who_may_list_some_records_is_shown_no_other(app, alice, bob, shared):
    """What is shared counts for lists, not for the record that a POST conflicts with."""
    hidden = app.post_json("/toadstools", BODY, headers=alice).json["data"]["id"]
    app.get("/toadstools", headers=bob)

    body = {"data": {"name": "b", "id": hidden}}
    app.post_json("/toadstools", body, headers=bob, status=403)


def test_projection_leaves_permissions_out(app, bob, shared):
    assert "permissions" not in app.get(f"{URL}?_fields=name", headers=bob).json


def test_permissions_may_be_hidden_from_readers(make_app, alice, bob):
    app = make_app(
        toadstool_create_principals="system.Authenticated", hide_permissions=True
    )
    body = {**BODY, "permissions": {"read": [BOB_ID]}}

    assert "permissions" in app.put_json(URL, body, headers=alice).json
    assert "permissions" not in app.get(URL, headers=bob).json


@pytest.mark.parametrize("behavior", ["light", "diff", "full"])
def test_fields_called_like_permissions_are_none(make_app, alice, bob, behavior):
    app = make_app(
        spore_create_principals="system.Authenticated",
        spore_read_principals="system.Authenticated",
        hide_permissions=True,
    )
    body = {"data": {}, "permissions": {"write": [BOB_ID]}}
    url = f"/spores/{ID}"
    before = app.put_json(url, body, headers=alice).json["permissions"]

    for sent in (1, {"write": ["x"]}):
        changes = {"data": {"__permissions__": sent, "n": str(sent)}}
        headers = {**bob, "Response-Behavior": behavior}
        answer = app.patch_json(url, changes, headers=headers).json
        assert "__permissions__" not in answer["data"]
    if behavior != "full":
        assert "permissions" not in answer
    after = app.get(url, headers=bob).json
    assert after["permissions"] == before
    assert "__permissions__" not in after["data"]


def test_applications_may_answer_otherwise(app_settings, alice):
    """Who may not read sees nothing that a hook answers instead of the record."""

    class Note(resource.ShareableResource):
        def postprocess(self, result, *args, **kwargs):
            return {"note": super().postprocess(result, *args, **kwargs)["data"]}

    settings = {**app_settings, "note_create_principals": "system.Authenticated"}
    app = serve(settings, Note)
    url = f"/v1/notes/{ID}"

    assert app.put_json(url, {"data": {}}, headers=alice).json["note"]["id"] == ID
    assert app.put_json(url, {"data": {}}, headers=alice).json == {"data": {}}
    assert app.patch_json(url, {"data": {}}, headers=alice).json == {"data": {}}
    app.delete(url, headers=alice)


def test_anonymous_writers_leave_no_principal(make_app):
    app = make_app(toadstool_create_principals="system.Everyone")

    created = app.put_json(URL, BODY, headers={"Content-Type": "application/json"})

    assert created.json["permissions"] == {}


@pytest.mark.parametrize(
    "body", [{}, {"permissions": {}}, {"data": {}}, {"permissions": None}]
)
def test_patch_takes_either_part(app, alice, shared, body):
    response = app.patch_json(URL, body, headers=alice)

    assert response.json["data"]["last_modified"] > shared["data"]["last_modified"]


def test_patch_wants_one_part(app, alice, shared):
    response = app.patch(URL, b"", headers=alice, status=400)

    assert response.json["message"] == "Provide at least one of data or permissions"


def test_a_plugin_may_have_its_own_permission(make_app, alice):
    app = make_app(includes="cliquet.tests.testplugin")

    app.post("/attachment", status=401)
    app.post("/attachment", headers=alice, status=403)
    preflight = {"Origin": "x", "Access-Control-Request-Method": "POST"}
    assert app.options("/attachment", headers=preflight).headers[
        "Access-Control-Allow-Origin"
    ]


def test_entries_of_a_batch_see_what_those_before_them_permitted(app, alice, bob):
    app.put_json(URL, BODY, headers=alice)

    def share(*principals):
        body = {"permissions": {"read": [*principals]}}
        return {"method": "PATCH", "path": URL, "body": body, "headers": alice}

    read = {"method": "GET", "path": URL, "headers": bob}
    entries = [read, share(BOB_ID), read, read, share("x"), read]
    answer = app.post_json("/batch", {"requests": entries})

    statuses = [each["status"] for each in answer.json["responses"]]
    assert statuses == [403, 200, 200, 200, 200, 403]


def test_object_ids_do_not_depend_on_the_mount_point(make_app, alice, bob, mount):
    """Nor on whether a request came alone or in a batch, nor on its spelling."""
    app = make_app(toadstool_create_principals="system.Authenticated")
    owned = {"data": {"name": "a"}, "permissions": {"read": [BOB_ID]}}
    uris = {}
    for number, path in enumerate(["/toadstools/{}", "/to%61dstools/{}"]):
        alone, entry = path.format(uuid.uuid4()), path.format(uuid.uuid4())
        app.put_json(alone, owned, headers=alice)
        batch = {"requests": [{"method": "PUT", "path": entry, "body": owned}]}
        app.post_json("/batch", batch, headers=alice)
        uris[number] = {alone, entry}
    kept = {each[0] for each in app.app.registry.permission.all_permissions()}

    assert kept == {uri.replace("%61", "a") for both in uris.values() for uri in both}
    for uri in kept:
        app.get(uri, headers=bob)
        entries = {"requests": [{"path": uri}]}
        (shown,) = app.post_json("/batch", entries, headers=bob).json["responses"]
        assert shown["status"] == 200
    assert len(app.get("/toadstools", headers=bob).json["data"]) == 4
