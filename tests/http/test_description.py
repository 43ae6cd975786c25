"""The description says what is served, and what is served is what it says."""

import json

import colander
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from openapi_spec_validator import validate
from pyramid.config import Configurator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.scripts import openapi
from config import mushrooms

ALICE = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}
SETTINGS = {
    "project_name": "served",
    "project_version": "1.0",
    **{f"{kind}_backend": f"cliquet.{kind}.memory" for kind in ("storage", "cache", "permission")},
    "userid_hmac_secret": "0123456789abcdef0123456789abcdef",
    "book_create_principals": "system.Authenticated",
    "bookmark_create_principals": "system.Authenticated",
}  # fmt: skip


class BookSchema(resource.ResourceSchema):
    """A book of the library."""

    class Options:
        unique_fields = ("isbn",)
        readonly_fields = ("isbn",)

    title = colander.SchemaNode(colander.String(), validator=colander.Length(max=80))
    isbn = colander.SchemaNode(colander.Integer(), missing=colander.drop)
    kind = colander.SchemaNode(colander.String(), validator=colander.OneOf(["novel", "essay"]), missing="novel")  # fmt: skip
    bought = colander.SchemaNode(colander.Date(), missing=None)
    tags = colander.SchemaNode(
        colander.Sequence(), colander.SchemaNode(colander.String()), missing=[]
    )


class Book(resource.ShareableResource):
    """Books that are lent."""

    mapping = BookSchema()


class Page(resource.UserResource):
    class mapping(resource.ResourceSchema):  # noqa: N801
        class Options:
            preserve_unknown = True


class Account(resource.UserResource):
    class mapping(resource.ResourceSchema):  # noqa: N801
        class Options:
            unknown = "raise"
            computed_fields = ("rank",)
            writeonly_fields = ("password",)

        name = colander.SchemaNode(colander.String())
        password = colander.SchemaNode(colander.String(), missing=colander.drop)
        rank = colander.SchemaNode(colander.Integer(), missing=colander.drop)

    def process_record(self, new, old=None):
        return {**super().process_record(new, old), "rank": 3}


class Wallet(resource.SingletonResource):
    mapping = BookSchema()


class Query(colander.MappingSchema):
    depth = colander.SchemaNode(colander.Integer(), location="querystring", missing=1)
    note = colander.SchemaNode(colander.String())


def search(request):
    """Look for something."""
    return {}


def configure(**given):
    config = Configurator(settings={**SETTINGS, **given})
    cliquet.initialize(config, "1.0")
    scan = type("Scan", (), {"config": config})
    resource.register_resource(Book)(scan, "Book", Book)
    resource.register_resource(Account)(scan, "Account", Account)
    resource.register_resource(Wallet)(scan, "Wallet", Wallet)
    resource.register_resource(
        Page,
        collection_path="/books/{book_id}/pages",
        record_path="/books/{book_id}/pages/{id}",
    )(scan, "Page", Page)
    service = cliquet.Service(name="search", path="/search/{what:[a-z]+}")
    service.add_view("POST", search, schema=Query)
    config.add_cornice_service(service)
    return config


def serve(**given):
    return TestApp(configure(**given).make_wsgi_app())


@pytest.fixture(scope="module")
def app():
    return serve()


@pytest.fixture(scope="module")
def document(app):
    return app.get("/v1/__api__").json


def resolved(document, schema):
    return {**schema, "components": document["components"]}


def is_valid(document, name, value):
    schema = {"$ref": f"#/components/schemas/{name}"}
    return jsonschema.Draft202012Validator(resolved(document, schema)).is_valid(value)


# --- The document ----------------------------------------------------------------


@pytest.mark.parametrize("given", [
    {}, {"readonly": "true"}, {"eos": "2099-01-01"}, {"strict_preconditions": "true", "require_preconditions": "true"},
    {"paginated_delete": "true"}, {"includes": "cliquet.groups"},
])  # fmt: skip
def test_it_is_openapi(given):
    document = serve(**given).get("/v1/__api__").json

    validate(document)
    assert document["openapi"] == "3.1.0"


def test_the_sample_is_described():
    validate(TestApp(mushrooms.main({}, **SETTINGS)).get("/v1/__api__").json)


def test_every_path_and_method_is_there(app, document):
    """But those of snapshots, where no collection is open to everybody."""
    served = {
        (path.partition(":")[0].removeprefix("v1"), method.lower())
        for path, service in app.app.registry.cornice_services.items()
        for method, _, _ in service.definitions
        if method != "OPTIONS" and not path.endswith("/__snapshot__")
    }
    told = {
        (path.replace("{what}", "{what"), method)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }

    assert told == served


def test_fields_are_filters_of_their_type(document):
    parameters = document["components"]["parameters"]
    listed = document["paths"]["/books"]["get"]["parameters"]
    references = {each["$ref"] for each in listed if "$ref" in each}

    assert parameters["Book.min_isbn"]["schema"] == {"type": "integer"}
    assert parameters["Book.in_kind"]["schema"]["items"] == {"type": "string"}
    for prefix in ("", "min_", "max_", "lt_", "gt_", "not_", "in_", "exclude_"):
        assert f"#/components/parameters/Book.{prefix}bought" in references
    assert parameters["Book.has_isbn"]["schema"] == {"type": "boolean"}
    assert {"Book.like_kind", "Book.has_kind"} <= parameters.keys()
    assert not {"Book.like_isbn", "Book.contains_kind"} & parameters.keys()
    names = {each.get("name") for each in listed}
    assert {"_since", "_before", "_sort", "_limit", "_token", "_fields"} <= names


def test_permissions_and_who_authenticates(document):
    paths = document["paths"]
    basic = [{"basicauth": []}]

    assert document["components"]["securitySchemes"] == {
        "basicauth": {"type": "http", "scheme": "basic"}
    }
    assert paths["/books/{book_id}/pages"]["get"]["security"] == basic
    assert paths["/books"]["get"]["security"] == [{}, *basic]
    assert paths["/books"]["post"]["x-permissions"] == ["create"]
    assert paths["/books/{id}"]["put"]["x-permissions"] == ["write", "create"]
    assert "system.Authenticated" not in json.dumps(document)


def test_errors_have_their_numbers(document):
    responses = document["paths"]["/books/{id}"]["put"]["responses"]
    assert {"200", "201", "400", "401", "403", "409", "412"} <= responses.keys()

    told = document["components"]["responses"]["Error412"]["content"]
    assert told["application/json"]["schema"]["properties"]["errno"] == {"enum": [114]}
    for error in document["components"]["responses"].values():
        for content in error["content"].values():
            schema = resolved(document, content["schema"])
            jsonschema.validate(content["example"], schema)


def test_services_of_applications_tell_what_they_read(document):
    operation = document["paths"]["/search/{what}"]["post"]

    assert operation["description"] == "Look for something."
    names = [each["name"] for each in operation["parameters"]]
    assert names == ["depth", "Idempotency-Key"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["note"]


def test_what_is_done_once_is_described_where_it_is(document):
    kept = document["paths"]["/books"]["post"]
    batch = document["paths"]["/batch"]["post"]

    for operation in (kept, batch, document["paths"]["/books/{id}"]["patch"]):
        assert operation["parameters"][-1]["name"] == "Idempotency-Key"
        assert {"409", "422"} <= operation["responses"].keys()
        done = next(
            each for code, each in operation["responses"].items() if code[0] == "2"
        )
        assert "Idempotency-Replayed" in done["headers"]
    replaced = document["paths"]["/books/{id}"]["put"]
    assert "422" not in replaced["responses"]


def test_examples_are_accepted(app, document):
    (example,) = document["components"]["schemas"]["BookNew"]["examples"]

    assert is_valid(document, "BookNew", example)
    created = app.post_json("/v1/books", {"data": example}, headers=ALICE)
    assert created.status_code == 201
    assert is_valid(document, "Book", created.json["data"])
    assert is_valid(document, "BookReplacement", created.json["data"])


def test_fields_that_clients_do_not_set_or_never_see(app, document):
    schemas = document["components"]["schemas"]
    sent = {"name": "Alice", "password": "secret"}

    assert is_valid(document, "AccountNew", sent)
    assert not is_valid(document, "AccountNew", {**sent, "rank": 3})
    assert not is_valid(document, "AccountNew", {**sent, "odd": 3})
    assert schemas["AccountReplacement"]["properties"]["rank"]["readOnly"] is True
    assert schemas["AccountReplacement"]["properties"]["password"]["writeOnly"] is True
    assert "password" not in schemas["Account"]["properties"]
    assert "Account.password" not in document["components"]["parameters"]

    created = app.post_json("/v1/accounts", {"data": sent}, headers=ALICE).json["data"]
    assert is_valid(document, "Account", created)
    app.post_json(
        "/v1/accounts", {"data": {**sent, "rank": 3}}, headers=ALICE, status=400
    )


# --- How it is served ------------------------------------------------------------


def test_it_is_built_when_it_is_asked_for_and_once():
    app = serve()
    described = app.app.registry.api_description
    assert described._document is None

    first = app.get("/v1/__api__")
    document = described._document
    again = app.get("/v1/__api__", headers=ALICE)

    assert document is not None
    assert described._document is document
    assert again.body == first.body


def test_caches_ask_whether_it_changed(app):
    response = app.get("/v1/__api__")
    assert response.headers["Cache-Control"] == "no-cache"
    tag = response.headers["ETag"]

    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        unchanged = app.get("/v1/__api__", headers={"If-None-Match": sent}, status=304)
        assert unchanged.headers["ETag"] == tag
        assert unchanged.headers["Cache-Control"] == "no-cache"
    app.get("/v1/__api__", headers={"If-None-Match": '"other"'}, status=200)


def test_urls_are_below_the_mount_point(app):
    mounted = app.get("/v1/__api__", extra_environ={"SCRIPT_NAME": "/mounted"})

    assert mounted.json["servers"] == [{"url": "/mounted/v1"}]
    assert app.get("/v1/__api__").json["servers"] == [{"url": "/v1"}]


def test_hello_leads_to_it(app):
    link = app.get("/v1/").headers["Link"]

    assert '<http://localhost/v1/__api__>; rel="service-desc"' in link
    announced = serve(announce_capabilities="true").get("/v1/").json["capabilities"]
    assert announced["openapi"]["url"].endswith("openapi.html")


def test_switched_off_it_is_not_there(capsys):
    app = serve(api_description_enabled="false", announce_capabilities="true")

    app.get("/v1/__api__", status=404)
    hello = app.get("/v1/")
    assert "service-desc" not in hello.headers.get("Link", "")
    assert "openapi" not in hello.json["capabilities"]
    with pytest.raises(SystemExit) as stopped:
        openapi.run(app.app.registry)
    assert "api_description_enabled" in str(stopped.value.code)


def test_the_command_prints_the_same(app, document, capsys):
    openapi.run(app.app.registry)

    assert json.loads(capsys.readouterr().out) == document


def test_applications_add_to_it():
    config = configure()

    def add(document):
        document["info"]["contact"] = {"name": "The library"}

    config.add_api_description(add)
    served = TestApp(config.make_wsgi_app()).get("/v1/__api__").json

    assert served["info"]["contact"] == {"name": "The library"}


# --- Everything that is answered is described ------------------------------------

CONTRACT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_wsgi("/v1/__api__", serve().app)


@SCHEMA.parametrize()
@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
def test_no_answer_is_another_than_described(case):
    case.call_and_validate(headers=ALICE, checks=CONTRACT)
