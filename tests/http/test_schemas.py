"""What schemas read: what is missing, what they gave themselves, what is the server's."""

import datetime as dt
import enum
import gc
import weakref
from decimal import Decimal

import colander
import pytest
import transaction
from pyramid.exceptions import ConfigurationError

from cliquet import resource
from tests.contract.served import ALICE, fetch, send, serve


class Shape(enum.Enum):
    ROUND = 1


def scalar(kind):
    return lambda **options: colander.SchemaNode(kind(), **options)


def inside(kind):
    def make(**options):
        return colander.SchemaNode(
            kind(), colander.SchemaNode(colander.Integer(), name="a"), **options
        )

    return make


#: A node of each type of colander, and a value of it in JSON.
KINDS = {
    "string": (scalar(colander.String), "x"),
    "integer": (scalar(colander.Integer), 3),
    "float": (scalar(colander.Float), 1.5),
    "decimal": (scalar(colander.Decimal), 1.5),
    "money": (scalar(colander.Money), 1.5),
    "boolean": (scalar(colander.Boolean), True),
    "date": (scalar(colander.Date), "2026-11-01"),
    "datetime": (scalar(colander.DateTime), "2026-11-01T10:00:00Z"),
    "time": (scalar(colander.Time), "10:00:00"),
    "enum": (scalar(lambda: colander.Enum(Shape)), "ROUND"),
    "set": (scalar(colander.Set), ["a"]),
    "list": (scalar(colander.List), ["a", None]),
    "mapping": (inside(colander.Mapping), {"a": 1}),
    "open": (scalar(lambda: colander.Mapping(unknown="preserve")), {"b": None}),
    "sequence": (inside(colander.Sequence), [1, 2]),
    "scalars": (inside(lambda: colander.Sequence(accept_scalar=True)), [1]),
    "tuple": (inside(colander.Tuple), [1]),
}
assert set(map(type, (make().typ for make, _ in KINDS.values()))) == {
    each
    for each in vars(colander).values()
    if isinstance(each, type) and issubclass(each, colander.SchemaType)
} - {colander.SchemaType, colander.Number, colander.GlobalObject}


def resource_of(name, *nodes, unknown="ignore", options=None, **members):
    schema_class = type(
        "Schema",
        (resource.ResourceSchema,),
        {"Options": options or type("Options", (), {}), **members},
    )
    schema = schema_class()
    if unknown != "ignore":
        schema.typ.unknown = unknown
    for node in nodes:
        schema.add(node)
    return type(name, (resource.UserResource,), {"mapping": schema})


@pytest.fixture
def serving(app_settings):
    served = []

    def make(*resources):
        served.append(serve(app_settings, *resources))
        return served[-1]

    yield make
    for app in served:
        app.app.registry.storage.flush()


def statuses(app, url, data):
    """The answers to a record that is posted, put and patched."""
    answers = [app.post_json(url, {"data": data}, headers=ALICE, expect_errors=True)]
    existing = app.post_json(f"{url}", {"data": app.valid}, headers=ALICE).json["data"]
    one = f"{url}/{existing['id']}"
    answers.append(
        app.patch_json(one, {"data": data}, headers=ALICE, expect_errors=True)
    )
    answers.append(app.put_json(one, {"data": data}, headers=ALICE, expect_errors=True))
    return answers


@pytest.mark.parametrize("kind", KINDS)
def test_null_and_empty_text_are_missing(serving, kind):
    make, valid = KINDS[kind]
    absent = object()
    app = serving(
        resource_of("Required", make(name="f")),
        resource_of("Default", make(name="f", missing=valid)),
        resource_of("Nothing", make(name="f", missing=None)),
        resource_of("Dropped", make(name="f", missing=colander.drop)),
    )
    app.valid = {"f": valid}
    for sent in (None, "", absent):
        data = {} if sent is absent else {"f": sent}
        for answer in statuses(app, "/v1/requireds", data)[
            :: 2 if sent is absent else 1
        ]:
            assert answer.status_code == 400
            expected = [
                {"location": "body", "name": "data.f", "description": "Required"}
            ]
            assert answer.json["details"] == expected
        for name, expected in (
            ("default", valid),
            ("nothing", None),
            ("dropped", absent),
        ):
            post, patch, put = statuses(app, f"/v1/{name}s", data)
            assert post.json["data"].get("f", absent) == expected, (name, sent)
            assert put.json["data"].get("f", absent) == expected, (name, sent)
            kept = valid if sent is absent else expected
            assert patch.json["data"].get("f", absent) == kept, (name, sent)


def test_null_is_missing_at_any_depth(serving):
    flags = colander.SchemaNode(
        colander.Mapping(),
        colander.SchemaNode(colander.Boolean(), name="on", missing=False),
        colander.SchemaNode(
            colander.Sequence(), colander.SchemaNode(colander.Boolean(), missing=colander.drop), name="all"
        ),
        colander.SchemaNode(
            colander.Tuple(), colander.SchemaNode(colander.Boolean(), name="n", missing=False), name="pair"
        ),
        name="flags",
    )  # fmt: skip
    app = serving(resource_of("Thing", flags))

    sent = {"flags": {"on": None, "all": [True, None, False], "pair": [None]}}
    record = send(app, "POST", "/v1/things", data=sent)

    assert record["flags"] == {"on": False, "all": [True, False], "pair": [False]}


def test_types_of_applications_see_null(serving):
    class Nullable(colander.Integer):
        def deserialize(self, node, cstruct):
            return "nothing" if cstruct is None else super().deserialize(node, cstruct)

    class Node(colander.SchemaNode):
        schema_type = colander.Integer

        def deserialize(self, cstruct=colander.null):
            return "none" if cstruct is None else super().deserialize(cstruct)

    app = serving(
        resource_of("Thing", colander.SchemaNode(Nullable(), name="a"), Node(name="b"))
    )

    record = send(app, "POST", "/v1/things", data={"a": None, "b": None})

    assert (record["a"], record["b"]) == ("nothing", "none")


def test_a_schema_accepts_what_it_gave_itself(serving):
    app = serving(
        resource_of(
            "Contact",
            colander.SchemaNode(colander.String(), name="name"),
            inside(colander.Mapping)(name="address", missing=None),
            inside(colander.Mapping)(name="place", missing={}),
            inside(colander.Sequence)(name="tags", missing=None),
            colander.SchemaNode(colander.Integer(), name="rank", missing=-1, validator=colander.Range(0)),
            colander.SchemaNode(colander.Boolean(), name="state", missing="unknown"),
            colander.SchemaNode(colander.Date(), name="day", missing="never"),
            colander.SchemaNode(colander.Date(), name="born", missing=dt.date(1, 1, 1), validator=colander.Range(dt.date(1900, 1, 1))),
            colander.SchemaNode(colander.DateTime(), name="seen", missing=dt.datetime(1, 1, 1, tzinfo=dt.UTC), validator=colander.Range(dt.datetime(1900, 1, 1, tzinfo=dt.UTC))),
            colander.SchemaNode(colander.Decimal(), name="price", missing=Decimal("-0.1"), validator=colander.Range(0)),
            colander.SchemaNode(colander.Float(), name="size", missing=Decimal("-0.1"), validator=colander.Range(0)),
        )
    )  # fmt: skip
    record = send(app, "POST", "/v1/contacts", data={"name": "a"})
    url = f"/v1/contacts/{record['id']}"

    assert send(app, "PATCH", url, data={}) == record
    assert send(app, "PATCH", url, data=record) == record
    changed = send(app, "PATCH", url, data={"name": "b"})
    assert changed == {**record, "name": "b", "last_modified": changed["last_modified"]}
    again = send(app, "PUT", url, data=record)
    assert again == {**record, "last_modified": again["last_modified"]}
    app.put_json(
        url, {"data": {**record, "place": {"a": "x"}}}, headers=ALICE, status=400
    )


def test_what_is_missing_may_be_marked_by_anything(serving):
    """A hook takes the mark away: neither JSON nor the type of the field has it."""
    mark = object()
    marked = resource_of(
        "Marked", *(make(name=kind, missing=mark) for kind, (make, _) in KINDS.items())
    )

    def process_record(self, new, old=None):
        kept = {name: value for name, value in new.items() if value is not mark}
        return super(marked, self).process_record(kept, old)

    marked.process_record = process_record
    app = serving(marked)
    values = {kind: value for kind, (_, value) in KINDS.items()}
    falsy = {"integer": 0, "float": 0.0, "boolean": False, "set": [], "sequence": []}

    for sent in (values, falsy, {"string": ""}):
        record = send(app, "POST", "/v1/markeds", data=sent)
        assert set(record) - {"id", "last_modified"} == set(sent) - {"string"} | (
            {"string"} if sent is values else set()
        )


def test_schemas_of_requests_are_not_kept(serving):
    """An application may make them as it goes, of classes of their own too."""
    made = []

    class Thing(resource.UserResource):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            node = scalar(colander.String)(name="a", missing=None)
            self.mapping = resource_of("Other", node).mapping
            made.append(weakref.ref(self.mapping))

    app = serving(Thing)
    url = f"/v1/things/{send(app, 'POST', '/v1/things', data={})['id']}"
    for number in range(5):
        send(app, "PATCH", url, data={"a": str(number)})
    gc.collect()

    # The last one may be part of a request that is remembered.
    assert sum(each() is not None for each in made) <= 1


def test_a_patch_does_not_fail_for_what_is_not_sent(serving):
    def whole(node, value):
        if value["a"] > value["b"]:
            raise colander.Invalid(node, "a is above b")

    number = scalar(colander.Integer)
    stricter = resource_of(
        "Thing",
        number(name="a", validator=colander.Range(0, 9)),
        number(name="b"),
        number(name="later"),
        unknown="raise",
        validator=staticmethod(whole),
    )
    app = serving(stricter)
    storage, (scope, *_) = app.app.registry.storage, [("thing", app_user(app))]
    old = {"id": "11111111-1111-4111-8111-111111111111", "a": 50, "b": 99, "old": 1}
    with transaction.manager:
        storage.create(*scope, record=old)
    url = f"/v1/things/{old['id']}"

    assert fetch(app, url)["a"] == 50
    changed = send(app, "PATCH", url, data={"b": 98})
    assert changed == {**old, "b": 98, "last_modified": changed["last_modified"]}
    for sent, name in (
        ({"a": 10}, "data.a"), ({"b": "x"}, "data.b"), ({"later": None}, "data.later"),
        ({"odd": 1}, "data.odd"), ({"old": 2}, "data.old"),
    ):  # fmt: skip
        answer = app.patch_json(url, {"data": sent}, headers=ALICE, status=400)
        assert answer.json["details"][0]["name"] == name
    healed = send(app, "PATCH", url, data={"a": 9, "later": 1})
    assert (healed["a"], healed["later"], healed["b"]) == (9, 1, 98)
    app.patch_json(url, {"data": {"b": 1}}, headers=ALICE, status=400)


def app_user(app):
    return app.get("/v1/", headers=ALICE).json["user"]["id"]


# --- The fields of the server ----------------------------------------------------


class Strict(resource.UserResource):
    class Schema(resource.ResourceSchema):
        a = colander.SchemaNode(colander.Integer(), missing=0)

        class Options:
            preserve_unknown = "raise"

    mapping = Schema()


class Open(resource.UserResource):
    class Schema(resource.ResourceSchema):
        class Options:
            preserve_unknown = True

    mapping = Schema()


class Plain(Strict):
    class Schema(resource.ResourceSchema):
        a = colander.SchemaNode(colander.Integer(), missing=0)

    mapping = Schema()


class RenamedModel(resource.Model):
    id_field, modified_field, deleted_field = "uid", "changed", "gone"


class Renamed(Strict):
    default_model = RenamedModel


class RenamedOpen(Open):
    default_model = RenamedModel


EVERY = (Strict, Open, Plain, Renamed, RenamedOpen)


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.__name__)
def test_the_fields_of_the_server_may_be_sent_back(serving, each):
    app, names = serving(*EVERY), each.default_model
    url = f"/v1/{each.__name__.lower()}s"
    record = send(app, "POST", url, data={"a": 1} if each is not Open else {})
    one = f"{url}/{record[names.id_field]}"

    assert send(app, "PATCH", one, data=record) == record
    put = send(app, "PUT", one, data=record)
    assert put.keys() == record.keys()
    assert put[names.modified_field] > record[names.modified_field]


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.__name__)
def test_no_live_record_looks_deleted(serving, each):
    app, names = serving(*EVERY), each.default_model
    url, mark = f"/v1/{each.__name__.lower()}s", names.deleted_field
    record = send(app, "POST", url, data={mark: True})
    one = f"{url}/{record[names.id_field]}"
    tombstone = app.delete(one, headers=ALICE).json["data"]
    assert tombstone[mark] is True

    assert mark not in record
    written = [
        send(app, "PUT", one, data=tombstone),
        send(app, "PATCH", one, data={mark: True}),
    ]
    entry = {"method": "PATCH", "path": one, "body": {"data": {mark: True}}}
    batch = app.post_json("/v1/batch", {"requests": [entry]}, headers=ALICE).json[
        "responses"
    ]
    written.append(batch[0]["body"]["data"])
    written.append(fetch(app, one))
    assert not any(mark in each for each in written)
    assert len(fetch(app, f"{url}?not_{mark}=true")) == 1
    assert all(mark not in found for found in fetch(app, f"{url}?_since=0"))


def test_hooks_cannot_mark_records_either(serving):
    class Marking(Open):
        def process_record(self, new, old=None):
            return {**new, "deleted": True}

    app = serving(Marking)

    assert "deleted" not in send(app, "POST", "/v1/markings", data={})


def test_what_refuses_unknown_fields_names_them(serving):
    app = serving(Strict)
    sent = {"a": 1, "titel": 2, "x" * 500: 3}

    answer = app.post_json("/v1/stricts", {"data": sent}, headers=ALICE, status=400)

    first, second = answer.json["details"]
    assert first["name"] == "data.titel"
    assert answer.json["message"].startswith("data.titel is not allowed")
    assert len(second["name"]) < 250
    record = send(app, "POST", "/v1/stricts", data={"a": 1})
    other = {"a": 1, "id": "11111111-1111-4111-8111-111111111111"}
    one = f"/v1/stricts/{record['id']}"
    app.put_json(one, {"data": other}, headers=ALICE, status=400)
    app.patch_json(one, {"data": {"titel": 1}}, headers=ALICE, status=400)


def test_ids_that_are_called_otherwise_are_ids(serving):
    app = serving(RenamedOpen)
    own = "11111111-1111-4111-8111-111111111111"

    assert send(app, "POST", "/v1/renamedopens", data={"uid": own})["uid"] == own
    app.post_json(
        "/v1/renamedopens", {"data": {"uid": "no id!"}}, headers=ALICE, status=400
    )


def test_schemas_cannot_declare_the_mark_of_tombstones(app_settings):
    declared = resource_of("Thing", scalar(colander.Boolean)(name="deleted"))

    with pytest.raises(
        ConfigurationError, match="The schema of Thing declares 'deleted'"
    ):
        serve(app_settings, declared)


# --- Binding ---------------------------------------------------------------------


def staff(kw):
    return "X-Staff" in kw["request"].headers


class BoundSchema(resource.ResourceSchema):
    size = colander.SchemaNode(
        colander.String(),
        missing=colander.deferred(lambda node, kw: "L" if staff(kw) else "S"),
        validator=colander.deferred(lambda node, kw: colander.OneOf(["S", "L"])),
    )
    secret = colander.SchemaNode(colander.String(), missing=colander.drop)
    note = colander.SchemaNode(colander.String(), missing="")
    inner = colander.SchemaNode(
        colander.Mapping(),
        colander.SchemaNode(
            colander.Integer(),
            name="n",
            validator=colander.deferred(lambda node, kw: colander.Range(0, 9)),
        ),
        missing=colander.drop,
    )

    def after_bind(self, node, kw):
        BOUND.append(kw["request"])
        if not staff(kw):
            del self["secret"]


class LimitedNode(colander.SchemaNode):
    schema_type = colander.Integer

    def validator(self, node, value):
        if value > 9 and not staff(self.bindings):
            self.raise_invalid("too large")


BoundSchema.__all_schema_nodes__.append(LimitedNode(name="limited", missing=0))
BOUND = []


class Paper(resource.UserResource):
    mapping = BoundSchema()


def by_each_way(app, data, staff=False):
    """The answers to a POST, PUT, PATCH, and a PATCH in a batch."""
    headers = {**ALICE, **({"X-Staff": "1"} if staff else {})}
    record = app.post_json("/v1/papers", {"data": {}}, headers=ALICE).json["data"]
    url, body = f"/v1/papers/{record['id']}", {"data": data}
    answers = [
        (answer.status_code, answer.json)
        for answer in (
            app.post_json("/v1/papers", body, headers=headers, expect_errors=True),
            app.put_json(url, body, headers=headers, expect_errors=True),
            app.patch_json(url, body, headers=headers, expect_errors=True),
        )
    ]
    entry = {"method": "PATCH", "path": url, "body": body}
    answer = app.post_json("/v1/batch", {"requests": [entry]}, headers=headers).json
    (only,) = answer["responses"]
    return [*answers, (only["status"], only["body"])]


@pytest.mark.parametrize(
    ("data", "staff", "expected"),
    [
        ({"note": "x"}, False, {"note": "x"}),
        ({"size": "L"}, False, {"size": "L"}),
        ({"size": "Z"}, False, None),
        ({"inner": {"n": 5}}, False, {"inner": {"n": 5}}),
        ({"inner": {"n": 10}}, False, None),
        ({"secret": "1"}, False, {"secret": None}),
        ({"secret": "1"}, True, {"secret": "1"}),
        ({"limited": 10}, False, None),
        ({"limited": 10}, True, {"limited": 10}),
        ({"size": None}, True, {"size": "L"}),
        ({"size": None}, False, {"size": "S"}),
    ],
)
def test_all_ways_use_the_schema_of_the_request(serving, data, staff, expected):
    for status, body in by_each_way(serving(Paper), data, staff):
        if expected is None:
            assert status == 400, body
        else:
            assert status in (200, 201), body
            assert {name: body["data"].get(name) for name in expected} == expected


def test_what_a_schema_hides_stays(serving):
    app = serving(Paper)
    headers = {**ALICE, "X-Staff": "1"}
    record = app.post_json(
        "/v1/papers", {"data": {"secret": "1"}}, headers=headers
    ).json["data"]

    changed = send(
        app, "PATCH", f"/v1/papers/{record['id']}", data={"note": "x", "secret": "2"}
    )

    assert (changed["note"], changed["secret"]) == ("x", "1")


def test_a_schema_is_bound_once_for_each_request(serving):
    app = serving(Paper)
    record = send(app, "POST", "/v1/papers", data={})
    for method in ("PUT", "PATCH"):
        BOUND.clear()
        send(app, method, f"/v1/papers/{record['id']}", data={"note": method})
        assert len(BOUND) == 1
    BOUND.clear()
    app.get("/v1/papers", headers=ALICE)
    assert BOUND == []


def test_whether_data_may_be_absent_is_known_when_it_is_bound(serving):
    app = serving(
        Paper,
        resource_of(
            "Late",
            colander.SchemaNode(
                colander.String(),
                name="a",
                missing=colander.deferred(lambda node, kw: "x" if staff(kw) else colander.required),
            ),
            validator=colander.deferred(lambda node, kw: None),
        ),
    )  # fmt: skip

    assert app.post_json("/v1/papers", {}, headers=ALICE).json["data"]["size"] == "S"
    refused = app.post_json("/v1/lates", {}, headers=ALICE, status=400)
    assert refused.json["message"] == "data is missing"
    headers = {**ALICE, "X-Staff": "1"}
    assert app.post_json("/v1/lates", {}, headers=headers).json["data"]["a"] == "x"


# --- Messages --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "sent", "description"),
    [
        ("string", True, "true is not a string: {'f': ''}"),
        ("string", {"a": None}, '{"a": null} is not a string: {\'f\': \'\'}'),
        ("integer", [None], '"[null]" is not a number'),
        ("integer", "9" * 5000, f'"{"9" * 100}…" is not a number'),
        ("decimal", "NaN", '"NaN" is not a number'),
        ("enum", "SQUARE", '"SQUARE" is not one of the accepted values'),
        ("date", {"a": 1}, "Invalid date"),
        ("set", 5, "5 is not iterable"),
        ("set", {"a": {}}, ...),
        ("mapping", True, '"true" is not an object'),
        ("sequence", {"a": None}, '"{"a": null}" is not iterable'),
        ("tuple", [True, False], '"[true, false]" has an incorrect number of elements (expected 1, was 2)'),
        ("tuple", 5, '"5" is not iterable'),
    ],
)  # fmt: skip
def test_messages_are_in_words_of_json(serving, kind, sent, description):
    make, _ = KINDS[kind]
    app = serving(resource_of("Thing", make(name="f")))

    answer = app.post_json(
        "/v1/things", {"data": {"f": sent}}, headers=ALICE, expect_errors=True
    )

    if description is ...:
        assert answer.status_code == 201
    else:
        assert answer.json["details"][0]["description"] == description


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[true, null]",
        b'{"data": null}',
        b'{"data": [null]}',
        b'{"data": "x"}',
        b'["\xff"]',
        b'{"data": {"a": ' + b"9" * 5000 + b"}}",
        b'{"data": {"a": NaN}}',
        b'{"data": {"a": 1e999}}',
        b'{"data": {"a": 1e-999}}',
        b'{"requests": null}',
        b'{"requests": [null]}',
        b'{"requests": [{"path": "/", "headers": {"a": null}}]}',
        b'{"requests": [{"path": "/", "body": [null]}]}',
    ],
)
def test_no_message_speaks_python(serving, body):
    app = serving(Open, resource.ShareableResource)
    headers = {**ALICE, "Content-Type": "application/json"}
    record = send(app, "POST", "/v1/opens", data={})

    for method, url in (
        ("POST", "/v1/opens"), ("PUT", f"/v1/opens/{record['id']}"),
        ("PATCH", f"/v1/opens/{record['id']}"), ("POST", "/v1/batch"),
    ):  # fmt: skip
        answer = app.request(
            url, method=method, body=body, headers=headers, expect_errors=True
        )
        assert answer.status_code == 400
        for word in (
            "None",
            "True",
            "'utf-8'",
            "codec",
            "sys.",
            "object at",
            "Type'",
            "{'a'",
        ):
            assert word not in answer.text, answer.text
