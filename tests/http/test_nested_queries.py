"""Lists by what is inside of objects: filters and orders with dots."""

from types import SimpleNamespace

import colander
import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from tests.http.conftest import ALICE


class Owner(colander.MappingSchema):
    name = colander.SchemaNode(colander.String(), missing=colander.drop)
    rank = colander.SchemaNode(colander.Integer(), missing=colander.drop)
    tags = colander.SchemaNode(
        colander.Sequence(),
        colander.SchemaNode(colander.String()),
        missing=colander.drop,
    )


class Free(colander.MappingSchema):
    @staticmethod
    def schema_type():
        return colander.Mapping(unknown="preserve")


class Odd(colander.MappingSchema):
    plain = Owner(missing=colander.drop)
    #: No path leads to what has a dot in its name.
    dotted = Owner(name="a.b", missing=colander.drop)


class ThingSchema(resource.ResourceSchema):
    title = colander.SchemaNode(colander.String(), missing=colander.drop)
    owner = Owner(missing=colander.drop)
    free = Free(missing=colander.drop)
    odd = Odd(missing=colander.drop)
    stranger = Owner(name="c.d", missing=colander.drop)
    #: A name that has a dot.
    dotted = colander.SchemaNode(
        colander.String(), name="owner.name", missing=colander.drop
    )


class Thing(resource.UserResource):
    mapping = ThingSchema()


class Plain(resource.UserResource):
    class mapping(resource.ResourceSchema):  # noqa: N801
        title = colander.SchemaNode(colander.String(), missing=colander.drop)
        owner = Owner(missing=colander.drop)
        free = Free(missing=colander.drop)


class Anything(resource.UserResource):
    class mapping(resource.ResourceSchema):  # noqa: N801
        class Options:
            preserve_unknown = True

    def is_known_field(self, field):
        return True


RECORDS = [
    {"title": "a", "owner": {"name": "Zoë", "rank": 1, "tags": ["x", "y"]}},
    {"title": "b", "owner": {"name": "abe", "rank": 10, "tags": ["y"]}},
    {"title": "c", "owner": {"rank": 2}},
    {"title": "d", "owner": {}, "free": {"a": {"b.c": 1, "b": {"c": None}}}},
    {"title": "e", "free": {"a": {"b": {"c": True}}}},
    {"title": "f", "free": {"a": [{"b": 1}]}},
]


@pytest.fixture(scope="module")
def service(app_settings):
    settings = {
        **app_settings,
        "project_name": "nested",
        "paginate_by": "2",
        "announce_capabilities": "true",
        "userid_hmac_secret": "x" * 40,
    }
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="0.1")
    for cls in (Thing, Plain, Anything):
        name = cls.__name__.lower()
        callback = resource.register_resource(cls, name=name)
        callback(SimpleNamespace(config=config), name, cls)
    app = TestApp(config.make_wsgi_app())
    for record in RECORDS:
        for name in ("plain", "anything"):
            app.post_json(f"/v0/{name}s", {"data": record}, headers=ALICE)
    body = {"data": {"owner": {"name": "inside"}, "owner.name": "literal"}}
    app.post_json("/v0/things", body, headers=ALICE)
    yield app
    for kind in ("storage", "permission", "cache"):
        getattr(app.app.registry, kind).flush()


def titles(service, query, name="plain"):
    """The titles of all pages."""
    found, url = "", f"/v0/{name}s?{query}"
    while url:
        page = service.get(url, headers=ALICE)
        found += "".join(each.get("title", "-") for each in page.json["data"])
        url = page.headers.get("Next-Page", "").removeprefix("http://localhost")
    return found


@pytest.mark.parametrize(("query", "expected"), [
    ("owner.name=abe", "b"), ("owner.rank=10", "b"), ("not_owner.rank=1", "bcdef"),
    ("min_owner.rank=2", "bc"), ("max_owner.rank=2", "ac"), ("gt_owner.rank=2", "b"),
    ("lt_owner.rank=2", "a"), ("in_owner.rank=1,2", "ac"), ("owner.rank='1'", ""),
    ("exclude_owner.rank=1,2", "bdef"), ("like_owner.name=ZO", "a"),
    ("like_owner.name=a*", "b"), ("has_owner.name=true", "ab"),
    ("has_owner.rank=false", "def"), ("contains_owner.tags=y", "ab"),
    ("contains_owner.tags=x,y", "a"), ("contains_any_owner.tags=x,z", "a"),
    ("free.a.b.c=true", "e"), ("has_free.a.b.c=true", "de"),
    ("free.a.b.c=None", "abcdf"), ("has_free.a.b=false", "abcf"),
    ("has_owner=false", "ef"), ("free.other=1", ""),
])  # fmt: skip
@pytest.mark.parametrize("name", ["plain", "anything"])
def test_filters_look_into_objects(service, query, expected, name):
    assert titles(service, f"{query}&_sort=title", name) == expected


@pytest.mark.parametrize(("sort", "expected"), [
    ("owner.rank", "acbfed"), ("-owner.rank", "fedbca"), ("owner.name,title", "abcdef"),
    ("-owner.name,title", "cdefba"), ("free.a.b.c,title", "deabcf"),
    ("-owner.rank,-title", "fedbca"),
])  # fmt: skip
def test_lists_are_sorted_by_what_is_inside(service, sort, expected):
    """What is missing comes last; each list is read page by page."""
    assert titles(service, f"_sort={sort}") == expected


def test_a_field_of_that_very_name_goes_before(service):
    assert titles(service, "owner.name=literal", "thing") == "-"
    assert titles(service, "owner.name=inside", "thing") == ""


@pytest.mark.parametrize("field", [
    "owner.other", "owner.name.x", "owner.rank.x", "owner.tags.0", "title.x", "free..a",
    "free.", ".free", "nope.x", "id.x", "last_modified.x", "free" + 200 * ".a",
])  # fmt: skip
@pytest.mark.parametrize("parameter", ["", "min_", "has_", "like_", "_sort="])
def test_what_cannot_be_inside_is_unknown(service, field, parameter):
    query = f"_sort={field}" if parameter == "_sort=" else f"{parameter}{field}=true"

    refused = service.get(f"/v0/plains?{query}", headers=ALICE, status=400)

    kind = "sort" if parameter == "_sort=" else "filter"
    assert f"Unknown {kind} field '" in refused.json["message"]


def test_what_a_tombstone_lacks_is_missing(service):
    created = service.post_json("/v0/plains", {"data": RECORDS[0]}, headers=ALICE)
    record = created.json["data"]
    service.delete(f"/v0/plains/{record['id']}", headers=ALICE)
    query = f"_since={record['last_modified']}"

    for more, expected in (("has_owner.name=false", "-"), ("owner.name=Zo", "")):
        assert titles(service, f"{query}&{more}") == expected
    assert titles(service, f"{query}&_sort=-owner.name") == "-"


def test_what_is_described_is_known(service):
    document = service.get("/v0/__api__", headers=ALICE).json
    described = document["paths"]["/things"]["get"]["parameters"]
    names = [
        document["components"]["parameters"][each["$ref"].rpartition("/")[2]]["name"]
        for each in described
        if "$ref" in each
    ]
    nested = [name for name in names if "." in name]

    assert "min_owner.rank" in nested
    assert "has_odd.plain.name" in nested
    for name in nested:
        answer = service.get(f"/v0/things?{name}=true", headers=ALICE, status="*")
        assert "Unknown" not in answer.text, name
