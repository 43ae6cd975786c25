"""Both patch formats on each kind of resource, in events, in batches, over CORS."""

import json

import pytest
from webtest import TestApp

from cliquet.events import ResourceChanged
from tests.http.test_description import ALICE, configure

JSON = "application/json"
MERGE = "application/merge-patch+json"
PATCH = "application/json-patch+json"
TYPES = f"{JSON}, {PATCH}, {MERGE}"
ORIGIN = {"Origin": "https://app.example"}


def replacing(field, value):
    """Return the body of each format that sets a field."""
    operation = {"op": "add", "path": f"/data/{field}", "value": value}
    body = {"data": {field: value}}
    return {JSON: body, MERGE: body, PATCH: [operation]}


def removing(field):
    return {
        MERGE: {"data": {field: None}},
        PATCH: [{"op": "remove", "path": f"/data/{field}"}],
    }


@pytest.fixture(scope="module")
def events():
    return []


@pytest.fixture(scope="module")
def app(events):
    config = configure(write_implies_read="true", inherit_permissions="true")
    config.add_subscriber(events.append, ResourceChanged)
    return TestApp(config.make_wsgi_app())


@pytest.fixture(autouse=True)
def _nothing_is_stored(app, events):
    app.app.registry.storage.flush()
    app.app.registry.permission.flush()
    events.clear()


def patch(app, url, body, kind, status=200, **headers):
    headers = {**ALICE, **headers, "Content-Type": kind}
    return app.patch(url, json.dumps(body), headers=headers, status=status)


@pytest.fixture
def book(app):
    body = {"data": {"title": "Fungi", "tags": ["red"]}}
    created = app.post_json("/v1/books", body, headers=ALICE).json
    return f"/v1/books/{created['data']['id']}"


@pytest.fixture
def page(app, book):
    """The URL of a record that is below another one."""
    body = {"data": {"text": "once", "n": 1}}
    created = app.post_json(f"{book}/pages", body, headers=ALICE).json
    return f"{book}/pages/{created['data']['id']}"


WALLET = "/v1/wallet"


@pytest.fixture
def wallet(app):
    app.put_json(WALLET, {"data": {"title": "Fungi"}}, headers=ALICE)
    return WALLET


@pytest.fixture(params=["book", "page", "wallet"])
def url(request):
    """One of a shareable resource, of a nested one, of a singleton."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("kind", [MERGE, PATCH])
def test_each_kind_of_resource_is_patched(app, url, kind):
    before = app.get(url, headers=ALICE)

    answer = patch(app, url, replacing("title", "Spores")[kind], kind)

    after = app.get(url, headers=ALICE)
    assert answer.json["data"] == after.json["data"]
    assert after.json["data"]["title"] == "Spores"
    changed = {"title", "last_modified"}
    kept = before.json["data"].keys() - changed
    assert all(after.json["data"][n] == before.json["data"][n] for n in kept)
    stale = {"If-Match": before.headers["ETag"]}
    patch(app, url, replacing("title", "Caps")[kind], kind, status=412, **stale)


@pytest.mark.parametrize("kind", [MERGE, PATCH])
def test_what_a_patch_removes_has_its_default_again(app, wallet, kind):
    patch(app, wallet, replacing("kind", "essay")[kind], kind)
    removed = patch(app, wallet, removing("kind")[kind], kind)

    assert removed.json["data"]["kind"] == "novel"
    patch(app, wallet, removing("title")[kind], kind, status=400)


@pytest.mark.parametrize("kind", [JSON, MERGE, PATCH])
def test_a_singleton_that_is_not_stored_is_patched_from_its_defaults(app, kind):
    refused = patch(app, WALLET, replacing("kind", "essay")[kind], kind, status=400)
    assert refused.json["message"] == "data.title in body: Required"
    assert app.get(WALLET, headers=ALICE).headers["ETag"] == '"0"'

    created = patch(app, WALLET, replacing("title", "Fungi")[kind], kind, status=201)

    assert created.headers["Accept-Patch"] == TYPES
    assert created.json["data"]["kind"] == "novel"
    assert created.json["data"] == app.get(WALLET, headers=ALICE).json["data"]


@pytest.mark.parametrize("kind", [MERGE, PATCH])
def test_what_is_below_a_record_that_is_gone_is_not_patched(app, book, page, kind):
    app.delete(book, headers=ALICE)
    gone = app.get(book, headers=ALICE, expect_errors=True).status_int

    patch(app, page, replacing("n", 2)[kind], kind, status=gone)


@pytest.mark.parametrize("kind", [MERGE, PATCH])
def test_events_tell_the_record_and_not_the_patch(app, events, url, kind):
    before = app.get(url, headers=ALICE).json["data"]
    events.clear()

    patch(app, url, replacing("title", "Spores")[kind], kind)

    (event,) = events
    (change,) = event.impacted_records
    assert event.payload["action"] == "update"
    assert event.payload["uri"] == url.removeprefix("/v1")
    assert change["new"] == app.get(url, headers=ALICE).json["data"]
    assert change["old"] == before


@pytest.mark.parametrize("kind", [MERGE, PATCH])
def test_events_lack_what_was_removed(app, events, page, kind):
    events.clear()

    patch(app, page, removing("n")[kind], kind)

    ((change,),) = (event.impacted_records for event in events)
    assert "n" in change["old"]
    assert "n" not in change["new"]


@pytest.mark.parametrize("kind", [MERGE, PATCH])
def test_entries_of_a_batch_are_patches_of_each_kind(app, book, page, wallet, kind):
    entries = [
        {
            "method": "PATCH",
            "path": url.removeprefix("/v1"),
            "headers": {"Content-Type": kind},
            "body": replacing("title", "Spores")[kind],
        }
        for url in (book, page, wallet)
    ]
    refused = {**entries[0], "headers": {"Content-Type": "text/plain"}, "body": {}}
    del refused["body"]

    answer = app.post_json(
        "/v1/batch", {"requests": [*entries, refused]}, headers=ALICE
    ).json["responses"]

    assert [each["status"] for each in answer] == [200, 200, 200, 415]
    assert {each["headers"]["Accept-Patch"] for each in answer} == {TYPES}
    for url in (book, page, wallet):
        assert app.get(url, headers=ALICE).json["data"]["title"] == "Spores"


def test_each_answer_of_a_record_names_what_patch_takes(app, url):
    sent = app.get(url, headers=ALICE).json["data"]
    replaced = app.put_json(url, {"data": sent}, headers=ALICE)
    told = [app.get(url, headers=ALICE), app.head(url, headers=ALICE), replaced]
    for kind, body in ((JSON, {"data": {}}), (MERGE, {}), (PATCH, [])):
        told.append(patch(app, url, body, kind))
    told.append(patch(app, url, {}, "text/plain", status=415))

    assert {each.headers["Accept-Patch"] for each in told} == {TYPES}
    assert "Accept-Patch" not in app.delete(url, headers=ALICE).headers


@pytest.mark.parametrize("kind", [MERGE, PATCH])
def test_pages_of_other_origins_send_patches(app, url, kind):
    asked = {
        **ORIGIN,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    preflight = app.options(url, headers=asked).headers
    assert "PATCH" in preflight["Access-Control-Allow-Methods"].split(",")
    allowed = preflight["Access-Control-Allow-Headers"].split(",")
    assert {"authorization", "content-type", "if-match"} <= set(allowed)
    assert preflight["Accept-Patch"] == TYPES

    answer = patch(app, url, replacing("title", "Spores")[kind], kind, **ORIGIN)

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Accept-Patch", "ETag", "Last-Modified"} <= set(exposed)
    refused = patch(app, url, 5, kind, status=400, **ORIGIN)
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
