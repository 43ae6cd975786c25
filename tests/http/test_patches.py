"""PATCH by JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpatch import make_patch

from tests.http.conftest import ALICE, ALICE_ID, BOB

MERGE = "application/merge-patch+json"
PATCH = "application/json-patch+json"
#: A shareable resource that keeps any field.
SHARED = "/toadstools"
ANY = "/spores"


@pytest.fixture
def app(make_app):
    return make_app(
        toadstool_create_principals="system.Authenticated",
        spore_create_principals="system.Authenticated",
        announce_capabilities="true",
        write_implies_read="true",
    )


def patch(app, path, body, kind, user=ALICE, status=200, **headers):
    headers = {**user, **headers, "Content-Type": kind}
    return app.patch(path, json.dumps(body), headers=headers, status=status)


@pytest.fixture
def url(app):
    """The URL of a record that anybody keeps anything in."""
    body = {"data": {"name": "Fly", "a": {"b": 1, "c": [1, 2]}, "n": 1, "t": True}}
    created = app.post_json(ANY, body, headers=ALICE).json
    return f"{ANY}/{created['data']['id']}"


def data(app, url):
    fields = app.get(url, headers=ALICE).json["data"]
    return {k: v for k, v in fields.items() if k not in ("id", "last_modified")}


def test_a_merge_patch_changes_members_of_objects(app, url):
    answer = patch(app, url, {"data": {"a": {"b": 2, "c": None}, "n": None}}, MERGE)

    expected = {"name": "Fly", "a": {"b": 2}, "t": True}
    assert data(app, url) == expected
    assert expected.items() <= answer.json["data"].items()


def test_a_json_patch_is_a_list_of_operations(app, url):
    operations = [
        {"op": "test", "path": "/data/a/b", "value": 1},
        {"op": "replace", "path": "/data/a/b", "value": 2},
        {"op": "add", "path": "/data/a/c/-", "value": 3},
        {"op": "remove", "path": "/data/n"},
        {"op": "move", "from": "/data/t", "path": "/data/moved"},
        {"op": "copy", "from": "/data/a/c", "path": "/data/copied"},
    ]
    patch(app, url, operations, PATCH)

    assert data(app, url) == {
        "name": "Fly", "a": {"b": 2, "c": [1, 2, 3]}, "moved": True,
        "copied": [1, 2, 3],
    }  # fmt: skip


@pytest.mark.parametrize(("path", "value"), [
    ("/data/t", 1), ("/data/n", True), ("/data/name", "fly"), ("/data/missing", None),
    ("/permissions/read/bob", "bob"),
])  # fmt: skip
def test_a_test_that_fails_is_a_409(app, url, path, value):
    before = app.get(url, headers=ALICE)
    operations = [
        {"op": "add", "path": "/data/x", "value": 1},
        {"op": "test", "path": path, "value": value},
    ]

    refused = patch(app, url, operations, PATCH, status=409)

    assert refused.json["errno"] == 122
    after = app.get(url, headers=ALICE)
    assert after.json == before.json
    assert after.headers["ETag"] == before.headers["ETag"]


def test_numbers_are_tested_by_value(app, url):
    patch(app, url, [{"op": "test", "path": "/data/n", "value": 1.0}], PATCH)


INAPPLICABLE = [
    None, 5, "x", {}, [5], [{"op": "add"}], [{"op": "eat", "path": "/data/a"}],
    [{"op": "add", "path": "/data/a"}],
    [{"op": "add", "path": "", "value": {}}],
    [{"op": "add", "path": "/other/a", "value": 1}],
    [{"op": "add", "path": 5, "value": 1}],
    [{"op": "add", "path": "/data/missing/a", "value": 1}],
    [{"op": "add", "path": "/data/name/a", "value": 1}],
    [{"op": "add", "path": "/data/n/a", "value": 1}],
    [{"op": "add", "path": "/data/a/c/7", "value": 1}],
    [{"op": "add", "path": "/data/a/c/-1", "value": 1}],
    [{"op": "add", "path": "/data/a/c/x", "value": 1}],
    [{"op": "remove", "path": "/data/missing"}],
    [{"op": "remove", "path": "/data"}],
    [{"op": "remove", "path": "/data/id"}],
    [{"op": "remove", "path": "/data/last_modified"}],
    [{"op": "replace", "path": "/data", "value": []}],
    [{"op": "replace", "path": "/data/id", "value": "other"}],
    [{"op": "move", "from": "/data/missing", "path": "/data/b"}],
    [{"op": "move", "from": "/data/a", "path": "/data/a/b"}],
    [{"op": "copy", "path": "/data/b"}],
    [{"op": "copy", "from": "/other", "path": "/data/b"}],
    [{"op": "test", "path": "/data/n"}],
    [{"op": "add", "path": "/permissions/eat/bob"}],
    [{"op": "replace", "path": "/permissions/read", "value": 5}],
    [{"op": "add", "path": "/permissions/read", "value": [{}]}],
    [{"op": "remove", "path": "/permissions/read/bob"}],
    [{"op": "replace", "path": "/permissions", "value": 5},
     {"op": "add", "path": "/permissions/read/bob"}],
    [{"op": "copy", "from": "/data/name", "path": "/permissions"},
     {"op": "add", "path": "/permissions/read"}],
]  # fmt: skip


@pytest.mark.parametrize("operations", INAPPLICABLE, ids=json.dumps)
def test_what_cannot_be_applied_is_a_400(app, url, operations):
    before = app.get(url, headers=ALICE)

    refused = patch(app, url, operations, PATCH, status=400)

    assert refused.json["errno"] == 107
    after = app.get(url, headers=ALICE)
    assert (after.json, after.headers["ETag"]) == (
        before.json, before.headers["ETag"],
    )  # fmt: skip


@pytest.mark.parametrize("body", [
    None, [], 5, {"data": None}, {"data": 5}, {"permissions": None}, {"other": {}},
    {"data": {"id": None}}, {"data": {"last_modified": None}},
    {"data": {"id": "other"}}, {"permissions": {"eat": ["bob"]}},
    {"permissions": {"read": {"bob": "bob"}}}, {"permissions": {"read": [5, None]}},
    {"data": {"a": "\x00"}},
], ids=json.dumps)  # fmt: skip
def test_what_is_no_merge_patch_is_a_400(app, url, body):
    before = app.get(url, headers=ALICE).json

    assert patch(app, url, body, MERGE, status=400).json["errno"] == 107
    assert app.get(url, headers=ALICE).json == before


@pytest.mark.parametrize("kind", [MERGE, PATCH])
@pytest.mark.parametrize("text", ["", "{", '{"data": NaN}', "[1e999]"])
def test_what_is_no_json_is_a_400(app, url, kind, text):
    headers = {**ALICE, "Content-Type": kind}
    refused = app.patch(url, text, headers=headers, status=400).json

    assert refused["errno"] == 107
    assert refused["message"].startswith("body: Invalid JSON request body")


# --- Permissions ---------------------------------------------------------------------


def permissions(app, url):
    found = app.get(url, headers=ALICE).json["permissions"]
    return {name: sorted(principals) for name, principals in found.items()}


@pytest.mark.parametrize("principal", ["bob", "/groups/a~b", "system.Everyone"])
@pytest.mark.parametrize("more", [{}, {"value": "ignored"}, {"value": None}])
def test_principals_are_added_tested_and_removed(app, url, principal, more):
    escaped = principal.replace("~", "~0").replace("/", "~1")
    path = f"/permissions/read/{escaped}"
    patch(app, url, [{"op": "add", "path": path, **more}], PATCH)
    assert permissions(app, url)["read"] == [principal]

    test = {"op": "test", "path": path, **more}
    patch(app, url, [test, {"op": "remove", "path": path}], PATCH)
    assert "read" not in permissions(app, url)
    assert permissions(app, url)["write"] == [ALICE_ID]


def test_permissions_are_replaced_as_lists(app, url):
    operation = {"op": "add", "path": "/permissions/read", "value": ["bob", "eve"]}
    patch(app, url, [operation], PATCH)
    assert permissions(app, url)["read"] == ["bob", "eve"]

    patch(app, url, {"permissions": {"read": ["bob"]}}, MERGE)
    assert permissions(app, url)["read"] == ["bob"]

    patch(app, url, {"permissions": {"read": None}}, MERGE)
    assert "read" not in permissions(app, url)
    assert permissions(app, url)["write"] == [ALICE_ID]


def test_whoever_may_not_write_may_not_patch(app, url):
    patch(app, url, {"permissions": {"read": ["system.Everyone"]}}, MERGE)

    for kind, body in ((MERGE, {"data": {"n": 2}}), (PATCH, [])):
        patch(app, url, body, kind, user=BOB, status=403)


def test_whoever_may_not_read_learns_nothing_from_patches(make_app):
    """Their outcome tells what is stored; a merge patch only sets."""
    app = make_app(spore_create_principals="system.Authenticated")
    body = {"data": {"a": {"b": 1}, "n": 1}}
    url = f"{ANY}/{app.post_json(ANY, body, headers=ALICE).json['data']['id']}"
    app.get(url, headers=ALICE, status=403)

    for value in (1, 2):
        test = [{"op": "test", "path": "/data/n", "value": value}]
        patch(app, url, test, PATCH, status=403)
    answer = patch(app, url, {"data": {"a": {"x": 2}}}, MERGE)

    assert answer.json["data"]["a"] == {"x": 2}
    assert "n" not in answer.json["data"]
    stored = app.app.registry.storage.get("spore", "", url.rpartition("/")[2])
    assert stored["a"] == {"b": 1, "x": 2}


# --- The schema, preconditions, behaviours -------------------------------------------


@pytest.fixture
def mushroom(app):
    created = app.post_json("/mushrooms", {"data": {"name": "Fly"}}, headers=ALICE)
    return f"/mushrooms/{created.json['data']['id']}"


@pytest.mark.parametrize(("kind", "body"), [
    (MERGE, {"data": {"name": None}}), (MERGE, {"data": {"name": ["x"]}}),
    (PATCH, [{"op": "remove", "path": "/data/name"}]),
    (PATCH, [{"op": "replace", "path": "/data/name", "value": {}}]),
    (PATCH, [{"op": "add", "path": "/permissions/read/bob"}]),
    (MERGE, {"permissions": {"read": ["bob"]}}),
])  # fmt: skip
def test_the_result_is_validated(app, mushroom, kind, body):
    before = app.get(mushroom, headers=ALICE).json

    refused = patch(app, mushroom, body, kind, status=400).json

    assert refused["errno"] == 107
    assert app.get(mushroom, headers=ALICE).json == before


@pytest.mark.parametrize(("kind", "body"), [
    (MERGE, {"data": {"n": 5, "t": True}}),
    (PATCH, [{"op": "replace", "path": "/data/n", "value": 5}]),
])  # fmt: skip
def test_preconditions_and_behaviours_are_those_of_patch(app, url, kind, body):
    old = app.get(url, headers=ALICE).headers["ETag"]
    first = patch(app, url, body, kind, **{"Response-Behavior": "light"})
    assert first.json["data"] == {"n": 5}
    assert first.headers["ETag"] != old

    patch(app, url, body, kind, status=412, **{"If-Match": old})
    again = patch(app, url, body, kind, **{"If-Match": first.headers["ETag"]})
    assert again.json["data"]["n"] == 5


@pytest.mark.parametrize(("kind", "body"), [
    (MERGE, {"data": {"x": None}}), (PATCH, [{"op": "remove", "path": "/data/x"}]),
])  # fmt: skip
def test_what_is_null_is_removed(app, kind, body):
    created = app.post_json(ANY, {"data": {"x": None}}, headers=ALICE).json["data"]
    url = f"{ANY}/{created['id']}"

    patch(app, url, body, kind)

    assert data(app, url) == {}


def test_nothing_to_do_is_done(app, mushroom):
    before = app.get(mushroom, headers=ALICE).headers["ETag"]

    for kind, body in ((MERGE, {}), (MERGE, {"data": {}}), (PATCH, [])):
        assert patch(app, mushroom, body, kind).headers["ETag"] == before


# --- Bounds --------------------------------------------------------------------------


def test_copies_of_copies_are_bounded(app, url):
    doubling = [
        {"op": "copy", "from": "/data", "path": f"/data/x{n}"} for n in range(40)
    ]
    refused = patch(app, url, doubling, PATCH, status=400)
    assert "Copies are limited" in refused.json["message"]


def test_operations_are_bounded(app, url):
    test = {"op": "test", "path": "/data/n", "value": 1}
    patch(app, url, [test] * 1000, PATCH)
    patch(app, url, [test] * 1001, PATCH, status=400)


def test_depth_is_bounded(app, url):
    deep = []
    for _ in range(200):
        deep += [
            {"op": "add", "path": "/data/x", "value": {}},
            {"op": "move", "from": "/data/a", "path": "/data/x/a"},
            {"op": "move", "from": "/data/x", "path": "/data/a"},
        ]
    patch(app, url, deep, PATCH, status=400)


# --- Media types ---------------------------------------------------------------------


def test_accept_patch_names_them(app, url):
    types = f"application/json, {PATCH}, {MERGE}"
    assert app.get(url, headers=ALICE).headers["Accept-Patch"] == types
    preflight = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "content-type",
    }
    assert app.options(url, headers=preflight).headers["Accept-Patch"] == types
    refused = patch(app, url, {}, "text/plain", status=415)
    assert refused.headers["Accept-Patch"] == types
    assert "Accept-Patch" not in app.get(ANY, headers=ALICE).headers


def test_parameters_and_letters_do_not_matter(app, url):
    patch(
        app, url, {"data": {"n": None}}, "Application/Merge-Patch+JSON; charset=utf-8"
    )
    assert "n" not in data(app, url)


@pytest.mark.parametrize("method", ["put", "post"])
def test_other_methods_do_not_take_them(app, url, method):
    target = url if method == "put" else ANY
    headers = {**ALICE, "Content-Type": MERGE}
    getattr(app, method)(target, '{"data": {}}', headers=headers, status=415)


def test_they_are_announced(app):
    assert "patches" in app.get("/", headers=ALICE).json["capabilities"]


# --- Batches -------------------------------------------------------------------------


def batch(app, *entries, status=200):
    answer = app.post_json(
        "/batch", {"requests": entries}, headers=ALICE, status=status
    )
    return answer.json


def entry(url, body, kind):
    headers = {"Content-Type": kind}
    return {"method": "PATCH", "path": url, "headers": headers, "body": body}


def test_the_content_type_of_an_entry_counts(app, url):
    add = [{"op": "add", "path": "/data/x", "value": 1}]
    batch(
        app,
        entry(url, {"data": {"n": None}}, MERGE),
        entry(url, add, PATCH),
        entry(url, {"data": {"t": None}}, "text/plain"),
    )

    assert data(app, url) == {
        "name": "Fly", "a": {"b": 1, "c": [1, 2]}, "x": 1, "t": None,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["application/json", MERGE, ""])
def test_a_list_as_body_is_for_json_patches(app, url, kind):
    refused = batch(app, entry(url, [], kind), status=400)
    assert refused["details"][0]["name"] == "requests.0.body"


# --- The examples of the standards, and random documents -----------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab~/", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab~/ ", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.sampled_from(["a", "b", "c~/d"]), VALUES, max_size=3)


def put(app, record):
    url = f"{ANY}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
    app.put_json(url, {"data": record}, headers=ALICE)
    return url


@given(RECORDS, RECORDS)
@settings(max_examples=30)
def test_a_patch_that_is_made_of_two_records_turns_one_into_the_other(app, one, other):
    url = put(app, one)
    operations = make_patch({"data": data(app, url)}, {"data": other}).patch

    patch(app, url, operations, PATCH)

    assert data(app, url) == other


def naive_merge(target, body):
    """RFC 7396, section 2, word by word."""
    if isinstance(body, dict):
        if not isinstance(target, dict):
            target = {}
        for name, value in body.items():
            if value is None:
                if name in target:
                    del target[name]
            else:
                target[name] = naive_merge(target.get(name), value)
        return target
    return body


@given(RECORDS, RECORDS)
@settings(max_examples=30)
def test_merge_patches_are_those_of_the_standard(app, record, changes):
    url = put(app, record)

    patch(app, url, {"data": changes}, MERGE)

    assert data(app, url) == naive_merge(record, changes)
