"""Snapshots: a collection that is open to everybody, as one answer for caches."""

import json
import uuid
from types import SimpleNamespace

import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.authorization import AuthorizationPolicy
from cliquet.storage import generators
from tests.declarations.run import ALICE, SETTINGS

OPEN = {
    "spore_create_principals": "system.Authenticated",
    "spore_read_principals": "bob, system.Everyone",
    "toadstool_create_principals": "system.Authenticated",
    "announce_capabilities": "true",
}
URL = "/spores/__snapshot__"
SHARED = (
    "public, max-age=60, s-maxage=60, stale-while-revalidate=3600, stale-if-error=3600"
)
LATER = 9_000_000_000_000


@pytest.fixture
def app(make_app):
    return make_app(**OPEN)


@pytest.fixture
def put(app, alice):
    """Store a record; its timestamp."""

    def store(name, record_id=None, path="/spores"):
        url = f"{path}/{record_id or uuid.uuid4()}"
        body = {"data": {"name": name}}
        return app.put_json(url, body, headers=alice).json["data"]["last_modified"]

    return store


def names(answer):
    return [each.get("name") for each in answer.json["data"]]


def test_all_records_are_in_one_answer_whatever_the_pages_of_lists(make_app, alice):
    app = make_app(**OPEN, paginate_by=2, storage_max_fetch_size=2)
    for name in "abcde":
        app.post_json("/spores", {"data": {"name": name}}, headers=alice)

    answer = app.get(URL)

    listed = app.head("/spores")
    assert names(answer) == ["e", "d", "c", "b", "a"]
    assert answer.headers["ETag"] == listed.headers["ETag"]
    assert answer.json["timestamp"] == int(listed.headers["ETag"].strip('"'))
    assert answer.content_type == "application/json"


def test_an_empty_collection_has_a_snapshot(app):
    answer = app.get(URL)

    assert answer.json == {"data": [], "timestamp": 0}
    assert answer.headers["ETag"] == '"0"'


def test_tombstones_are_in_what_was_changed_since(app, put, alice):
    record_id = str(uuid.uuid4())
    first = put("a", record_id)
    put("b")
    app.delete(f"/spores/{record_id}", headers=alice)

    whole, since = app.get(URL), app.get(f"{URL}?_since={first}")

    assert names(whole) == ["b"]
    assert since.json["data"][0]["deleted"] is True
    assert names(since) == [None, "b"]
    assert names(app.get(f"{URL}?_since={whole.json['timestamp']}")) == []


def test_who_cannot_be_told_all_deletions_is_sent_to_the_list(app, put, alice):
    record_id = str(uuid.uuid4())
    first = put("a", record_id)
    app.delete(f"/spores/{record_id}", headers=alice)
    last = put("b")
    [scope] = app.app.registry.storage.scopes()
    app.app.registry.storage.purge_deleted(*scope)

    for interval in (f"_since={first}", f"_since={first}&_expected={last}"):
        app.get(f"{URL}?{interval}", status=404)

    assert names(app.get(URL)) == ["b"]
    assert names(app.get(f"{URL}?_since={last}")) == []


def test_the_answer_does_not_depend_on_who_asks(app, put, alice):
    put("a")

    told = []
    for headers in ({}, alice, {"Authorization": "Basic !"}, {"Origin": "http://x.y"}):
        answer = app.get(URL, headers=headers)
        kept = {n: v for n, v in answer.headers.items() if n != "X-Request-Id"}
        told.append((answer.body, kept))

    assert all(each == told[0] for each in told)
    assert "Vary" not in told[0][1]
    assert told[0][1]["Cache-Control"] == SHARED
    assert told[0][1]["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in told[0][1]["Access-Control-Expose-Headers"]


def test_origins_and_headers_that_settings_name_are_no_matter_here(make_app):
    app = make_app(**OPEN, cors_origins="http://only.example", vary="Cookie, X-Tenant")

    answer = app.get(URL, headers={"Origin": "http://other.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in answer.headers


def test_freshness_is_that_of_settings(make_app):
    times = {"max_age": 1, "shared_max_age": 2, "stale": 3}
    settings = {f"snapshot_{name}_seconds": value for name, value in times.items()}

    told = make_app(**OPEN, **settings).get(URL).headers["Cache-Control"]

    assert told == (
        "public, max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=3"
    )


def test_what_did_not_change_is_a_304_as_fresh_as_the_200(app, put):
    put("a")
    etag = app.get(URL).headers["ETag"]

    answer = app.get(URL, headers={"If-None-Match": etag}, status=304)

    assert answer.headers["Cache-Control"] == SHARED
    assert answer.headers["ETag"] == etag
    assert "Vary" not in answer.headers
    app.get(URL, headers={"If-None-Match": '"1"'}, status=200)
    app.get(URL, headers={"If-Match": '"1"'}, status=412)


def test_an_interval_that_was_reached_is_immutable(app, put):
    first, last = put("a"), put("b")

    answer = app.get(f"{URL}?_since={first}&_expected={last}")

    assert names(answer) == ["b"]
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    only = app.get(f"{URL}?_expected={last}")
    assert only.headers["Cache-Control"] == SHARED


@pytest.mark.parametrize("interval", [f"_expected={LATER}", f"_since=0&_expected={LATER}", f"_since={LATER}&_expected=0"])  # fmt: skip
def test_what_is_not_reached_is_asked_for_later(app, put, interval):
    put("a")

    answer = app.get(f"{URL}?{interval}", status=503)

    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.json["errno"] == 201


@pytest.mark.parametrize(
    ("asked", "spelling"),
    [
        ("_expected=0&_since=0", "?_since=0&_expected=0"),
        ("_since=%220%22", "?_since=0"),
        ("%5Fsince=0", "?_since=0"),
        ("_since=0&", "?_since=0"),
        ("&", ""),
    ],
)
def test_other_spellings_are_redirected_to_the_one_that_is_kept(app, asked, spelling):
    answer = app.get(f"{URL}?{asked}", status=307)

    assert answer.headers["Location"] == f"http://localhost/v0{URL}{spelling}"
    app.get(URL + spelling, status=200)


@pytest.mark.parametrize(
    "query",
    [
        "name=a", "_limit=1", "_sort=name", "_fields=name", "_before=1", "_token=x",
        "_since=x", "_since=", "_since=1.5", "_since=true", "_since=99999999999999999999",
        "_since=1&_since=1", "_expected=x", "a=%00", "_since=%00",
    ],
)  # fmt: skip
def test_nothing_else_can_be_asked_for(app, query):
    answer = app.get(f"{URL}?{query}", status=400)

    assert answer.json["errno"] == 107
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/mushrooms", "/toadstools", "/psilos"])
def test_collections_that_are_not_open_have_none(app, alice, path):
    for headers in ({}, alice):
        answer = app.get(f"{path}/__snapshot__?odd=1", headers=headers, status=404)
        assert answer.json["errno"] == 111


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"toadstool_read_principals": "system.Authenticated"}, 404),
        ({"toadstool_create_principals": "system.Everyone", "create_implies_list": True}, 404),
        ({"toadstool_write_principals": "system.Everyone"}, 404),
        ({"toadstool_write_principals": "system.Everyone", "write_implies_read": True}, 200),
    ],
)  # fmt: skip
def test_settings_open_a_collection_where_they_let_everybody_read(
    make_app, settings, status
):
    make_app(**settings).get("/toadstools/__snapshot__", status=status)


def test_sharing_each_record_with_everybody_opens_no_collection(app, alice):
    body = {"data": {"name": "a"}, "permissions": {"read": ["system.Everyone"]}}
    app.post_json("/toadstools", body, headers=alice)

    assert names(app.get("/toadstools")) == ["a"]
    app.get("/toadstools/__snapshot__", status=404)


def test_a_policy_that_refuses_what_settings_grant_is_asked(make_app):
    class Strict(AuthorizationPolicy):
        def permits(self, context, principals, permission):
            return False

    app = make_app(**OPEN, **{"multiauth.authorization_policy": Strict})

    app.get(URL, status=404)


def test_other_methods_are_refused_and_preflights_answered(app, alice):
    for method in ("put_json", "patch_json", "post_json"):
        getattr(app, method)(URL, {"data": {}}, headers=alice, status=405)
    app.delete(URL, headers=alice, status=405)
    asked = {"Origin": "http://x.y", "Access-Control-Request-Method": "GET"}
    assert app.options(URL, headers=asked).headers["Access-Control-Allow-Origin"] == "*"


def test_heads_and_batches_have_what_gets_have(app, put):
    put("a")

    head = app.head(URL)
    (entry,) = app.post_json(
        "/batch", {"requests": [{"path": f"{URL}?_expected=0&_since=0"}]}
    ).json["responses"]

    assert head.headers["Cache-Control"] == SHARED
    assert [each["name"] for each in entry["body"]["data"]] == ["a"]


def test_a_collection_that_is_too_large_has_none(make_app, alice):
    app = make_app(**OPEN, snapshot_max_records=1)
    app.post_json("/spores", {"data": {}}, headers=alice)
    app.get(URL)

    app.post_json("/spores", {"data": {}}, headers=alice)

    app.get(URL, status=404)
    assert len(app.get("/spores").json["data"]) == 2


def test_it_is_announced_and_described_where_there_is_any(app, make_app):
    told = app.get("/").json["capabilities"]
    paths = app.get("/__api__").json["paths"]

    assert "snapshot" in told
    assert "/spores/__snapshot__" not in told["endpoints"]["paths"].values()
    assert "/spores/__snapshot__" in paths
    assert "/mushrooms/__snapshot__" not in paths
    closed = make_app(announce_capabilities="true").get("/").json["capabilities"]
    assert "snapshot" not in closed


# --- While others write ----------------------------------------------------------


@pytest.mark.parametrize("since", ["", "?_since=0"])
def test_what_is_changed_between_two_pages_is_there_once(make_app, alice, since):
    """And what is newer than the timestamp is in the answer, or changed since."""
    app = make_app(**OPEN, storage_max_fetch_size=2)
    ids = [str(uuid.uuid4()) for _ in range(5)]
    for record_id in ids:
        app.put_json(f"/spores/{record_id}", {"data": {"name": "old"}}, headers=alice)
    storage = app.app.registry.storage
    scope = {"collection_id": "spore", "parent_id": ""}
    read = storage.get_all

    def get_all(**options):
        found = read(**options)
        if "get_all" in vars(storage):
            del storage.get_all
            storage.update(object_id=ids[0], record={"name": "new"}, **scope)
            storage.delete(object_id=ids[1], **scope)
            storage.create(record={"name": "newest"}, **scope)
        return found

    storage.get_all = get_all
    answer = app.get(URL + since).json

    found = {each["id"]: each.get("name") for each in answer["data"]}
    assert len(found) == len(answer["data"]) == 6
    assert found[ids[0]] == "new"
    changed = app.get(f"/spores?_since={answer['timestamp']}").json["data"]
    found |= {each["id"]: each.get("name") for each in changed}
    live = {
        each["id"]: each["name"] for each in app.get("/spores?_limit=2").json["data"]
    }
    whole = app.get(URL).json["data"]
    assert {key: name for key, name in found.items() if name} == {
        each["id"]: each["name"] for each in whole
    }
    assert live.items() <= found.items()


# --- Of applications of one's own ------------------------------------------------


class Anything(resource.ResourceSchema):
    class Options:
        preserve_unknown = True
        writeonly_fields = ("secret",)


class Page(resource.ShareableResource):
    mapping = Anything()


class Own(Page):
    def collection_get(self):
        return {"data": []}


class Told(Page):
    """Asks who asks, and shows what it is asked with."""

    def postprocess(self, result, action=resource.ACTIONS.READ, old=None):
        body = super().postprocess(result, action, old)
        for each in body["data"] if isinstance(body["data"], list) else []:
            each["user"] = self.request.authenticated_userid
            each["auth"] = self.model.auth
            each["tenant"] = self.request.headers.get("X-Tenant")
        return body


class Anyhow(generators.Generator):
    regexp = r"^[a-z0-9_]+$"

    def __call__(self):
        return uuid.uuid4().hex


class Project(resource.ShareableResource):
    mapping = resource.ResourceSchema()


def serve(*classes, **settings):
    values = {**SETTINGS, "page_read_principals": "system.Everyone",
              "page_create_principals": "system.Authenticated", **settings}  # fmt: skip
    config = Configurator(settings=values)
    cliquet.initialize(config, "1.0", "shop")
    for each, options in classes:
        callback = resource.register_resource(each, **options)
        callback(SimpleNamespace(config=config), "page", each)
    return TestApp(config.make_wsgi_app())


PAGE = {"name": "page"}


def test_hooks_of_applications_see_nobody_and_hide_what_they_hide_in_lists():
    app = serve((Told, PAGE))
    app.post_json("/v1/pages", {"data": {"secret": 1, "name": "a"}}, headers=ALICE)

    answer = app.get("/v1/pages/__snapshot__", headers={**ALICE, "X-Tenant": "x"})

    (record,) = answer.json["data"]
    assert {name: record[name] for name in ("user", "auth", "tenant")} == {
        "user": None, "auth": None, "tenant": None,
    }  # fmt: skip
    assert "secret" not in record
    assert record["name"] == "a"


def test_a_list_that_an_application_makes_itself_has_none():
    serve((Own, PAGE)).get("/v1/pages/__snapshot__", status=404)


def test_a_record_of_that_name_is_not_shadowed():
    app = serve((Page, PAGE), id_generator=Anyhow)

    app.put_json("/v1/pages/__snapshot__", {"data": {"name": "a"}}, headers=ALICE)

    answer = app.get("/v1/pages/__snapshot__")
    assert answer.json["data"]["name"] == "a"
    assert "timestamp" not in answer.json


def nested(**settings):
    path = "/projects/{project_id}/pages"
    options = {**PAGE, "parent": Project, "collection_path": path,
               "record_path": path + "/{id}"}  # fmt: skip
    return serve(
        (Project, {"name": "project"}),
        (Page, options),
        project_create_principals="system.Authenticated",
        **settings,
    )


def test_records_below_others_have_one_for_each_collection():
    app = nested()
    one, other = (
        app.post_json("/v1/projects", {"data": {}}, headers=ALICE).json["data"]["id"]
        for _ in range(2)
    )
    app.post_json(f"/v1/projects/{one}/pages", {"data": {"name": "a"}}, headers=ALICE)

    assert names(app.get(f"/v1/projects/{one}/pages/__snapshot__")) == ["a"]
    assert names(app.get(f"/v1/projects/{other}/pages/__snapshot__")) == []
    app.get(f"/v1/projects/{uuid.uuid4()}/pages/__snapshot__", status=404)


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"page_read_principals": ""}, 200),
        ({"page_read_principals": "system.Authenticated"}, 404),
        ({"page_read_principals": "", "inherit_permissions": "false"}, 404),
    ],
)
def test_what_is_inherited_opens_unless_it_is_replaced(settings, status):
    app = nested(**{
        "inherit_permissions": "true", "project_read_principals": "system.Everyone",
        **settings,
    })  # fmt: skip
    above = app.post_json("/v1/projects", {"data": {}}, headers=ALICE).json["data"][
        "id"
    ]

    app.get(f"/v1/projects/{above}/pages/__snapshot__", status=status)


def test_the_body_is_json_of_the_list(app, put):
    put("é\u2028")

    body = app.get(URL).body

    assert json.loads(body)["data"] == app.get("/spores").json["data"]
    assert body.isascii()
