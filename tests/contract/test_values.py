"""Values that JSON lacks have one form, on every engine and in every comparison."""

import datetime as dt
import enum
from decimal import Decimal

import colander
import pytest

from cliquet import resource
from cliquet.events import ResourceChanged
from cliquet.storage.exceptions import UnicityError
from cliquet.storage.query import COMPARISON, Filter, Sort
from tests.contract.served import ALICE, engine_settings, fetch, send, serve

SCOPE = {"collection_id": "things", "parent_id": "p"}
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


def node(kind, **options):
    return colander.SchemaNode(kind, missing=colander.drop, **options)


class EventSchema(resource.ResourceSchema):
    day = node(colander.Date())
    at = node(colander.DateTime())
    local = node(colander.DateTime(default_tzinfo=None))
    hour = node(colander.Time())
    french = node(colander.Date(format="%d/%m/%Y"))
    amount = node(colander.Decimal())
    price = node(colander.Money())
    ratio = node(colander.Float())
    colour = node(colander.Enum(Colour))
    letter = node(colander.Enum(Colour, attr="value"))
    tags = node(colander.Set())
    pair = colander.SchemaNode(
        colander.Tuple(),
        colander.SchemaNode(colander.Date(), name="day"),
        colander.SchemaNode(colander.Decimal(), name="amount"),
        missing=colander.drop,
    )
    agreed = node(colander.Boolean(true_choices=("yes",), false_choices=("no",)))
    note = node(colander.String())

    class Options:
        unique_fields = ("day", "amount", "at")


class Event(resource.UserResource):
    mapping = EventSchema()


class Anything(resource.UserResource):
    class Schema(resource.ResourceSchema):
        class Options:
            preserve_unknown = True

    mapping = Schema()

    def process_record(self, new, old=None):
        new = super().process_record(new, old)
        if "odd" in new:
            new["when"] = ODD[new["odd"]]
        return new


ODD = {
    "object": object(),
    "bytes": b"a",
    "keys": {(1, 2): 3},
    "date": dt.date(2026, 11, 1),
}


@pytest.fixture(scope="module")
def served(engine, engine_url):
    return serve(engine_settings(engine, engine_url), Event, Anything)


@pytest.fixture
def app(served):
    yield served
    served.app.registry.storage.flush()


@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("day", "2026-11-01", "2026-11-01"),
        ("day", "2026-11-01T10:00:00Z", "2026-11-01"),
        ("at", "2026-12-01T10:00:00Z", "2026-12-01T10:00:00Z"),
        ("at", "2026-12-01T10:00:00.25+05:30", "2026-12-01T04:30:00.250000Z"),
        ("at", "2026-12-01T10:00:00", "2026-12-01T10:00:00Z"),
        ("local", "2026-12-01T10:00:00", "2026-12-01T10:00:00"),
        ("hour", "10:30", "10:30:00"),
        ("french", "01/11/2026", "01/11/2026"),
        ("amount", "1.50", 1.5),
        ("amount", 10, 10),
        ("amount", "12345678901234567890.123456789", Decimal("12345678901234567890.123456789")),
        ("amount", "1E+30", 10**30),
        ("amount", "-0.00", 0.0),
        ("price", "3.999", 4.0),
        ("ratio", "1e300", 1e300),
        ("ratio", -0.0, 0.0),
        ("colour", "RED", "RED"),
        ("letter", "b", "b"),
        ("tags", ["b", "a", "b"], ["a", "b"]),
        ("pair", ["2026-11-01", "0.1"], ["2026-11-01", 0.1]),
        ("agreed", "no", False),
        ("agreed", "yes", True),
    ],
)  # fmt: skip
def test_what_colander_gives_has_one_form(app, field, sent, kept):
    record = send(app, "POST", "/v1/events", data={field: sent})
    url = f"/v1/events/{record['id']}"

    assert repr(record[field]) == repr(kept)
    assert fetch(app, url) == record
    assert fetch(app, "/v1/events") == [record]
    for method, data in (
        ("PATCH", {"note": "x"}),
        ("PUT", {**record, "note": "y"}),
        ("PATCH", {field: record[field], "note": "z"}),
    ):
        assert repr(send(app, method, url, data=data)[field]) == repr(kept)
    assert repr(fetch(app, url)[field]) == repr(kept)


def test_numbers_are_written_exactly(app):
    body = b'{"data": {"amount": "0.1000000000000000000001", "price": 2}}'
    headers = {**ALICE, "Content-Type": "application/json"}
    created = app.post("/v1/events", body, headers=headers)

    for response in (created, app.get("/v1/events", headers=ALICE)):
        assert b'"amount":0.1000000000000000000001,' in response.body
    # Numbers of no schema, too.
    body = (
        b'{"data": {"a": [1.00000000000000000001, -0.0, 1e22, 36893488147419103233]}}'
    )
    app.post("/v1/anythings", body, headers=headers)
    listed = app.get("/v1/anythings", headers=ALICE).body
    assert b'"a":[1.00000000000000000001,0.0,1e+22,36893488147419103233]' in listed


def test_filters_and_orders_see_that_form(app):
    for day, amount in (
        ("2026-11-03", "10.1"),
        ("2026-11-01", "1.50"),
        ("2026-11-02", 1),
    ):
        send(app, "POST", "/v1/events", data={"day": day, "amount": amount})

    def days(query):
        return [record["day"][-1] for record in fetch(app, f"/v1/events?{query}")]

    assert days("_sort=day") == ["1", "2", "3"]
    assert days("_sort=-amount") == ["3", "1", "2"]
    assert days("day=2026-11-01") == ["1"]
    assert days("min_day=2026-11-02&_sort=day") == ["2", "3"]
    assert days("min_amount=1.5&_sort=day") == ["1", "3"]
    assert days("in_amount=1.50,1&_sort=day") == ["1", "2"]
    assert days("max_amount=1.4999999999999999999999") == ["2"]
    page = app.get("/v1/events?_sort=amount&_limit=2", headers=ALICE)
    assert [each["day"][-1] for each in fetch(app, page.headers["Next-Page"])] == ["3"]


@pytest.mark.parametrize(
    ("field", "value", "same"),
    [
        ("day", "2026-11-01", "2026-11-01T12:00:00"),
        ("at", "2026-12-01T10:00:00Z", "2026-12-01T15:30:00+05:30"),
        ("amount", "1.50", 1.5),
        ("amount", "0.1000000000000000000001", "0.10000000000000000000010"),
    ],
)
def test_unique_values_are_compared_in_that_form(app, field, value, same):
    first = send(app, "POST", "/v1/events", data={field: value})
    other = send(app, "POST", "/v1/events", data={})

    assert send(app, "POST", "/v1/events", data={field: same}) == first
    url = f"/v1/events/{other['id']}"
    for change in (app.put_json, app.patch_json):
        change(url, {"data": {field: same}}, headers=ALICE, status=409)
    send(app, "PUT", f"/v1/events/{first['id']}", data={field: same})


def test_a_patch_of_the_same_value_changes_nothing(app):
    sent = {"at": "2026-12-01T10:00:00+00:00", "amount": "1.50", "tags": ["b", "a"]}
    record = send(app, "POST", "/v1/events", data=sent)

    assert send(app, "PATCH", f"/v1/events/{record['id']}", data=sent) == record


@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("amount", text) for text in ("NaN", "sNaN", "-Infinity", "inf", "1E+400", "1E-999")),
        *(("price", text) for text in ("NaN", "Infinity", "1E+40")),
        *(("ratio", text) for text in ("nan", "-inf", "1e999")),
        ("at", "0001-01-01T00:00:00+05:00"),
        ("at", "9999-12-31T23:59:59-05:00"),
        ("tags", [["a"]]),
        ("tags", [{}]),
    ],
)  # fmt: skip
def test_what_json_cannot_say_is_refused(app, field, value):
    record = send(app, "POST", "/v1/events", data={})
    url = f"/v1/events/{record['id']}"

    for answer in (
        app.post_json(
            "/v1/events", {"data": {field: value}}, headers=ALICE, status=400
        ),
        app.put_json(url, {"data": {field: value}}, headers=ALICE, status=400),
        app.patch_json(url, {"data": {field: value}}, headers=ALICE, status=400),
    ):
        assert answer.json["details"][0]["name"] in (f"data.{field}", "data")
    assert fetch(app, "/v1/events") == [record]


def test_hooks_may_use_dates_and_nothing_without_a_form(app, caplog):
    record = send(app, "POST", "/v1/anythings", data={"odd": "date"})
    assert record["when"] == "2026-11-01"

    for odd, told in (
        ("object", "object"),
        ("bytes", "bytes"),
        ("keys", "key of type tuple"),
    ):
        caplog.clear()
        body = {"data": {"odd": odd}}
        app.post_json("/v1/anythings", body, headers=ALICE, status=500)
        (logged,) = [each for each in caplog.records if each.levelname == "ERROR"]
        assert "data.when: JSON has " in logged.getMessage()
        assert told in logged.getMessage()
    assert fetch(app, "/v1/anythings") == [record]


def test_events_have_that_form(engine, engine_url):
    heard = []
    app = serve(engine_settings(engine, engine_url), Event)
    app.app.registry.registerHandler(
        lambda event: heard.extend(event.impacted_records), [ResourceChanged]
    )
    record = send(app, "POST", "/v1/events", data={"at": "2026-12-01T10:00:00+01:00"})
    changed = send(app, "PATCH", f"/v1/events/{record['id']}", data={"amount": "1.10"})

    assert [each["new"] for each in heard] == [record, changed]
    assert heard[1]["old"] == record
    app.app.registry.storage.flush()


def test_callers_of_storages_may_use_dates(storage):
    first = {
        "id": "a",
        "day": dt.date(2026, 11, 1),
        "m": Decimal("1.50"),
        "t": {"b", "a"},
    }
    created = storage.create(record=first, unique_fields=("day", "m"), **SCOPE)

    assert created["day"] == "2026-11-01"
    assert (created["m"], created["t"]) == (1.5, ["a", "b"])
    with pytest.raises(UnicityError):
        storage.create(record={**first, "id": "b"}, unique_fields=("day",), **SCOPE)
    at = dt.datetime(2026, 11, 1, 5, 30, tzinfo=EAST)
    for value, operator in (
        (dt.date(2026, 11, 1), COMPARISON.EQ),
        ({dt.date(2026, 11, 1)}, COMPARISON.IN),
        (Decimal("1.4"), COMPARISON.GT),
    ):
        field = "m" if isinstance(value, Decimal) else "day"
        assert (
            storage.get_all(filters=[Filter(field, value, operator)], **SCOPE)[1] == 1
        )
    updated = storage.update(
        object_id="a", record={"at": at, "m": Decimal("0.1") ** 25}, **SCOPE
    )
    assert updated["at"] == "2026-11-01T00:00:00Z"
    assert storage.get(object_id="a", **SCOPE) == updated
    for wrong in (object(), b"a", dt.timedelta(1)):
        with pytest.raises(TypeError, match=r"data\.deep\.0: JSON has nothing for"):
            storage.update(object_id="a", record={"deep": [wrong]}, **SCOPE)
    assert storage.get(object_id="a", **SCOPE) == updated


def test_decimals_are_compared_by_all_their_digits(storage):
    values = ["1.0000000000000000000001", "1.0000000000000000000002", "1.0", "2"]
    for number, text in enumerate(values):
        record = {"id": str(number), "m": Decimal(text)}
        storage.create(record=record, **SCOPE)

    def ids(operator, text):
        found, _ = storage.get_all(
            filters=[Filter("m", Decimal(text), operator)],
            sorting=[Sort("m", 1)],
            **SCOPE,
        )
        return "".join(record["id"] for record in found)

    assert ids(COMPARISON.MIN, "1.0000000000000000000001") == "013"
    assert ids(COMPARISON.LT, "1.0000000000000000000002") == "20"
    assert ids(COMPARISON.EQ, "1.0000000000000000000002") == "1"
    assert ids(COMPARISON.NOT, "1.0000000000000000000002") == "203"
