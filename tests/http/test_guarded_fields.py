"""Fields that clients may not set, may not see, or that nobody declared."""

import json
from types import SimpleNamespace

import colander
import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.events import AfterResourceChanged, ResourceChanged, ResourceRead
from tests.declarations.run import ALICE, SETTINGS

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
URL = f"/v1/orders/{ID}"
SECRET = "correct-horse"


def optional(kind, **options):
    return colander.SchemaNode(kind, missing=colander.drop, **options)


class OrderSchema(resource.ResourceSchema):
    name = optional(colander.String())
    code = optional(colander.String())
    total = optional(colander.Integer())
    rank = colander.SchemaNode(colander.Integer(), missing=0)
    secret = optional(colander.String())

    class Options:
        computed_fields = ("total", "rank")
        writeonly_fields = ("secret",)
        unique_fields = ("code",)


class Owned(resource.UserResource):
    mapping = OrderSchema()

    def process_record(self, new, old=None):
        new = super().process_record(new, old)
        return {**new, "total": len(new.get("name", ""))}


class Shared(resource.ShareableResource):
    mapping = OrderSchema()

    def process_record(self, new, old=None):
        new = super().process_record(new, old)
        return {**new, "total": len(new.get("name", ""))}


def serve(cls, **settings):
    shown = {"order_create_principals": "system.Authenticated", **settings}
    config = Configurator(settings={**SETTINGS, "write_implies_read": "true", **shown})
    cliquet.initialize(config, "1.0", "shop")
    callback = resource.register_resource(cls, name="order")
    callback(SimpleNamespace(config=config), "order", cls)
    told = []
    for event in (ResourceChanged, ResourceRead, AfterResourceChanged):
        config.add_subscriber(told.append, event)
    app = TestApp(
        config.make_wsgi_app(), extra_environ={"HTTP_AUTHORIZATION": ALICE["Authorization"]}
    )  # fmt: skip
    app.told = told
    return app


@pytest.fixture(params=[Owned, Shared])
def app(request):
    return serve(request.param)


def stored(app):
    [scope] = app.app.registry.storage.scopes()
    [record] = app.app.registry.storage.get_all(*scope)[0]
    return record


@pytest.mark.parametrize("field", ["total", "rank"])
def test_a_computed_field_cannot_be_set(app, field):
    sent = {"data": {"name": "ab", field: 9}}

    app.post_json("/v1/orders", sent, status=400)
    app.put_json(URL, sent, status=400)
    assert app.app.registry.storage.scopes() == []

    created = app.put_json(URL, {"data": {"name": "ab"}}, status=201).json["data"]
    refused = app.put_json(URL, sent, status=400)
    assert refused.json["details"][0] == {
        "location": "body", "name": f"data.{field}", "description": f"Cannot set {field}",
    }  # fmt: skip
    app.patch_json(URL, sent, status=400)
    app.patch_json(URL, {"data": {field: None}}, status=400)
    assert app.get(URL).json["data"] == created


def test_a_computed_field_is_set_by_the_service(app):
    created = app.post_json("/v1/orders", {"data": {"name": "abc"}}).json["data"]

    assert (created["total"], created["rank"]) == (3, 0)
    url = f"/v1/orders/{created['id']}"
    assert app.patch_json(url, {"data": {"name": "a"}}).json["data"]["total"] == 1
    assert app.put_json(url, {"data": {"name": "ab"}}).json["data"]["total"] == 2
    assert [each["total"] for each in app.get("/v1/orders?total=2").json["data"]] == [2]


def test_what_was_read_can_be_sent_back(app):
    created = app.put_json(URL, {"data": {"name": "abc"}}, status=201).json["data"]

    replaced = app.put_json(URL, {"data": created}).json["data"]
    app.patch_json(URL, {"data": {"total": 3, "name": "x"}})

    assert replaced["total"] == 3
    assert stored(app)["total"] == 1


def test_a_put_keeps_what_was_computed(app):
    app.put_json(URL, {"data": {"name": "abc"}}, status=201)
    [scope] = app.app.registry.storage.scopes()
    app.app.registry.storage.update(*scope, ID, {"rank": 7})

    assert app.put_json(URL, {"data": {"name": "ab"}}).json["data"]["rank"] == 7


def test_a_write_only_field_is_in_no_response(app):
    answers = [
        app.put_json(URL, {"data": {"secret": SECRET, "code": "x"}}, status=201),
        app.get(URL),
        app.get("/v1/orders"),
        app.get(f"{URL}?_fields=name,code"),
        app.post_json("/v1/orders", {"data": {"id": ID}}, status=200),
        app.post_json("/v1/orders", {"data": {"code": "x"}}, status=200),
        app.put_json(URL, {"data": {"secret": SECRET, "name": "b"}}),
        app.patch_json(URL, {"data": {"secret": SECRET, "name": "c"}}),
    ]
    for behavior in ("light", "diff", "full"):
        headers = {"Response-Behavior": behavior}
        changes = {"data": {"secret": f"{SECRET}-{behavior}", "name": behavior}}
        answers.append(app.patch_json(URL, changes, headers=headers))
    match = {"If-Match": '"1"'}
    answers.append(app.put_json(URL, {"data": {}}, headers=match, status=412))
    assert "existing" in answers[-1].json["details"]
    app.patch_json(URL, {"data": {"code": "y"}})
    other = URL[:-1] + "1"
    answers.append(app.put_json(other, {"data": {"code": "y"}}, status=409))
    assert "existing" in answers[-1].json["details"]
    answers.append(app.delete("/v1/orders"))

    for answer in answers:
        assert SECRET not in answer.text
        assert SECRET not in json.dumps(dict(answer.headers))
    told = [vars(event).get("impacted_records", []) for event in app.told]
    assert any(told)
    assert SECRET not in json.dumps(told)


def test_a_write_only_field_is_stored_and_kept(app):
    app.put_json(URL, {"data": {"secret": SECRET}}, status=201)
    app.put_json(URL, {"data": {"name": "b"}})
    app.patch_json(URL, {"data": {"name": "c"}})
    assert stored(app)["secret"] == SECRET

    app.put_json(URL, {"data": {"secret": "other"}})
    assert stored(app)["secret"] == "other"


@pytest.mark.parametrize(
    "query",
    ["secret=a", "not_secret=a", "min_secret=a", "in_secret=a,b", "_sort=secret",
     "_sort=-secret", "_fields=secret", "secret.a=1", "_sort=secret.a"],
)  # fmt: skip
def test_nobody_may_ask_about_a_write_only_field(app, query):
    app.put_json(URL, {"data": {"secret": SECRET}}, status=201)

    app.get(f"/v1/orders?{query}", status=400)
    if not query.startswith("_"):
        app.delete(f"/v1/orders?{query}", status=400)


def test_whoever_may_not_read_learns_nothing_of_computed_fields():
    app = serve(Shared, write_implies_read="false")
    app.put_json(URL, {"data": {"name": "abc", "secret": SECRET}}, status=201)

    same = app.patch_json(URL, {"data": {"total": 3}}, status=400)
    other = app.patch_json(URL, {"data": {"total": 4}}, status=400)
    assert same.json == other.json
    [scope] = app.app.registry.storage.scopes()
    app.app.registry.storage.update(*scope, ID, {"name": "abc", "rank": 7})
    answer = app.put_json(URL, {"data": {"name": "a", "secret": "new"}}).json["data"]
    assert set(answer) == {"id", "last_modified", "name", "rank"}
    # What the schema makes of nothing, and not what is stored.
    assert answer["rank"] == 0
    assert stored(app)["rank"] == 7


@pytest.mark.parametrize(
    ("unknown", "status", "kept"),
    [("raise", 400, None), ("preserve", 201, True), ("ignore", 201, False)],
)
def test_unknown_fields_are_treated_as_the_option_says(unknown, status, kept):
    class Schema(resource.ResourceSchema):
        class Options:
            preserve_unknown = unknown == "ignore"

    Schema.Options.unknown = unknown

    class Order(resource.UserResource):
        mapping = Schema()

    app = serve(Order)
    answer = app.post_json("/v1/orders", {"data": {"a": 1}}, status=status)

    assert kept is None or ("a" in answer.json["data"]) is kept
    app.put_json(URL, {"data": {}}, status=201)
    patched = app.patch_json(URL, {"data": {"a": 1}}, status=400 if kept is None else 200)  # fmt: skip
    assert kept is None or ("a" in patched.json["data"]) is kept


def test_schemas_of_applications_may_know_nothing_of_new_options():
    class Schema(resource.ResourceSchema):
        name = optional(colander.String())

        class Options:
            unique_fields = ()
            readonly_fields = ()
            preserve_unknown = False

        def get_option(self, attr):
            return getattr(self.Options, attr)

    class Order(resource.UserResource):
        mapping = Schema()

    app = serve(Order)

    app.put_json(URL, {"data": {"name": "a"}}, status=201)
    app.patch_json(URL, {"data": {"name": "b"}})
    app.get("/v1/orders?name=b")


class Pin(resource.ResourceSchema):
    number = optional(colander.Integer())
    word = optional(colander.String(), validator=colander.OneOf(["a", "b"]))
    pattern = optional(colander.String(), validator=colander.Regex("^[a-b]*$"))
    when = optional(colander.DateTime())

    class Options:
        writeonly_fields = ("number", "word", "pattern", "when")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
@pytest.mark.parametrize("field", Pin.Options.writeonly_fields)
def test_a_write_only_value_that_is_refused_is_told_to_its_sender_alone(
    caplog, field, method
):
    class Pinned(Owned):
        mapping = Pin()

    app = serve(Pinned)
    app.put_json(URL, {"data": {}}, status=201)
    app.told.clear()
    caplog.set_level("DEBUG")
    url = "/v1/orders" if method == "POST" else URL
    body = {"data": {field: SECRET}}
    entry = {"method": method, "path": url, "body": body}

    getattr(app, f"{method.lower()}_json")(url, body, status=400)
    batch = app.post_json("/v1/batch", {"requests": [entry]}).json["responses"]

    assert [each["status"] for each in batch] == [400]
    assert app.told == []
    assert caplog.records
    assert SECRET not in caplog.text
    assert not [each for each in caplog.records if SECRET in repr(vars(each))]
