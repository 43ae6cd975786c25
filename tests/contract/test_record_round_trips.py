"""Whatever the schema, what was answered can be sent back, and is the same then.

Random schemas of all types of colander, random values, on each engine: create, read,
write back with PUT and PATCH, read. ``--programs 2000`` for the long run.
"""

import datetime as dt
import enum
from typing import Any

import colander
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cliquet import resource
from tests.contract.served import ALICE, dumps, engine_settings, fetch, send, serve


class Shape(enum.Enum):
    ROUND = "r"
    FLAT = 2


class Mutable(resource.UserResource):
    """A resource whose schema is another one for each example."""

    class Schema(resource.ResourceSchema):
        pass

    mapping = Schema()


texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8
)
words = texts.filter(bool)
integers = st.integers(-(10**25), 10**25) | st.integers(-3, 3)
floats = st.floats(allow_nan=False, allow_infinity=False) | st.just(-0.0)
decimals = st.decimals(-(10**30), 10**30, allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | integers | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
zones = st.sampled_from(
    [None, dt.UTC, dt.timezone(dt.timedelta(hours=-7, minutes=-30))]
)
days = st.dates(dt.date(2, 1, 1), dt.date(9998, 1, 1))
moments = st.builds(dt.datetime.combine, days, st.times(timezones=zones))
names = st.sampled_from(["a", "b", "c", "name", "é", "a.b", "$x", "deep"])

#: Types of colander without nodes inside, and what they read.
SCALARS = [
    (colander.String, words),
    (lambda: colander.String(allow_empty=True), texts),
    (colander.Integer, integers | integers.map(str) | st.just(1.7)),
    (lambda: colander.Integer(strict=True), st.integers(-(2**50), 2**50)),
    (colander.Float, floats | integers | floats.map(repr)),
    (colander.Decimal, decimals.map(str) | decimals | integers | floats),
    (lambda: colander.Decimal("0.001"), st.decimals(-(10**9), 10**9, places=5)),
    (lambda: colander.Decimal(normalize=True), st.decimals(-(10**9), 10**9, places=5)),
    (colander.Money, st.decimals(-(10**9), 10**9, places=4).map(str)),
    (colander.Boolean, st.booleans() | json_values.filter(lambda value: value not in (None, ""))),
    (lambda: colander.Boolean(("no", "off"), ("yes",)), st.booleans() | st.sampled_from(["no", "off", "yes"])),
    (lambda: colander.Boolean(false_choices=("nope",)), st.booleans() | words),
    (colander.Date, moments.map(lambda moment: moment.date().isoformat())),
    (lambda: colander.Date(format="%d/%m/%Y"), st.dates(dt.date(1000, 1, 1)).map(lambda day: day.strftime("%d/%m/%Y"))),
    (colander.DateTime, moments.map(dt.datetime.isoformat)),
    (lambda: colander.DateTime(default_tzinfo=None), moments.map(dt.datetime.isoformat)),
    (colander.Time, st.times().map(dt.time.isoformat)),
    (lambda: colander.Enum(Shape), st.sampled_from(["ROUND", "FLAT"])),
    (lambda: colander.Enum(Shape, attr="value", typ=Raw()), st.sampled_from(["r", 2])),
    (colander.Set, st.lists(words | integers | st.booleans() | st.none(), max_size=4)),
    (colander.List, st.lists(json_values, max_size=3)),
    (lambda: colander.Mapping(unknown="preserve"), st.dictionaries(texts, json_values, max_size=3)),
]  # fmt: skip


class Node(colander.SchemaNode):
    """A node that says what it is, where an example fails."""

    def __repr__(self) -> str:
        kind = type(self.typ).__name__
        return f"{self.name}: {kind} {vars(self.typ)} {self.missing} {self.children}"


class Raw(colander.SchemaType):
    """A type of an application: what is sent is what is read."""

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        return cstruct


ABSENT = object()
Drawn = tuple[Any, Any]


@st.composite
def nodes(draw: Any, name: str, depth: int = 2, droppable: bool = True) -> Drawn:
    """A node, and what is sent for it."""
    kind, value, children = draw(typed(depth))
    node = Node(kind, *children, name=name)
    defaults = ["required", "none", "own", "odd", "null", *["drop"] * droppable]
    default = draw(st.sampled_from(defaults))
    if default == "required":
        return node, value
    node.missing = {
        "none": None,
        "null": colander.null,
        "drop": colander.drop,
        "own": node.deserialize(value) if readable(node, value) else "own",
        "odd": draw(st.sampled_from([{}, [], "odd", -1, False, {"a": [1]}])),
    }[default]
    odd = [None, ""]
    if droppable:
        odd.append(ABSENT)
    return node, draw(st.just(value) | st.sampled_from(odd))


def readable(node: Any, value: Any) -> bool:
    """Whether colander alone reads a value, which nulls inside of it may prevent."""
    try:
        return node.deserialize(value) not in (colander.null, colander.drop)
    except (colander.Invalid, TypeError):
        return False


@st.composite
def typed(draw: Any, depth: int) -> tuple[Any, Any, list[Any]]:
    """A type, what is sent for it, and the nodes inside."""
    shapes = (
        ["scalar", "scalar", "mapping", "sequence", "tuple"] if depth else ["scalar"]
    )
    shape = draw(st.sampled_from(shapes))
    if shape == "scalar":
        make, values = draw(st.sampled_from(SCALARS))
        return make(), draw(values), []
    if shape == "mapping":
        children, value = draw(mappings(depth - 1))
        return (
            colander.Mapping(draw(st.sampled_from(["ignore", "preserve", "raise"]))),
            value,
            children,
        )
    if shape == "sequence":
        child, value = draw(nodes("item", depth - 1, droppable=False))
        values = [value] * draw(st.integers(0, 3))
        return colander.Sequence(accept_scalar=draw(st.booleans())), values, [child]
    drawn = [
        draw(nodes(f"n{n}", depth - 1, droppable=False))
        for n in range(draw(st.integers(1, 3)))
    ]
    return colander.Tuple(), [value for _, value in drawn], [node for node, _ in drawn]


@st.composite
def mappings(draw: Any, depth: int) -> tuple[list[Any], dict[str, Any]]:
    """The nodes of a mapping, and what is sent for them."""
    fields = draw(st.lists(names, unique=True, min_size=1, max_size=4))
    drawn = {name: draw(nodes(name, depth)) for name in fields}
    sent = {name: value for name, (_, value) in drawn.items() if value is not ABSENT}
    return [node for node, _ in drawn.values()], sent


def content(record: dict[str, Any]) -> str:
    """A record as text, in which 1 is not 1.0; without its timestamp."""
    return dumps(in_order({**record, "last_modified": 0}))


def in_order(value: Any) -> Any:
    """A value whose objects have their members in order, as `jsonb` has none."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}
    return [in_order(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def app(engine: Any, engine_url: str) -> Any:
    found = serve(engine_settings(engine, engine_url), Mutable)
    yield found
    found.app.registry.storage.flush()


def test_what_was_answered_can_be_sent_back(
    app: Any, request: pytest.FixtureRequest
) -> None:
    programs = request.config.getoption("--programs")

    @settings(max_examples=programs)
    @given(mappings(2), st.sampled_from(["ignore", "preserve", "raise"]), st.data())
    def check(drawn: Any, unknown: str, data: st.DataObject) -> None:
        app.app.registry.storage.flush()
        Mutable.mapping.children, sent = drawn
        Mutable.mapping.typ.unknown = unknown
        if unknown == "preserve":
            extra = data.draw(
                st.dictionaries(names.map("more-{}".format), json_values, max_size=2)
            )
            sent = {**extra, **sent}

        record = send(app, "POST", "/v1/mutables", data=sent)
        url, wanted = f"/v1/mutables/{record['id']}", content(record)

        assert content(fetch(app, url)) == wanted
        assert send(app, "PATCH", url, data={}) == record
        assert send(app, "PATCH", url, data=record) == record
        assert send(app, "PUT", url, data=record).keys() == record.keys()
        assert content(fetch(app, url)) == wanted
        some = data.draw(st.sets(st.sampled_from(sorted(record)))) - {"last_modified"}
        again = send(app, "PATCH", url, data={name: record[name] for name in some})
        assert content(again) == wanted
        (listed,) = fetch(app, "/v1/mutables")
        assert content(listed) == wanted
        app.delete(url, headers=ALICE)
        tombstone = fetch(app, "/v1/mutables?_since=0")[0]
        put = send(app, "PUT", url, data={**record, **tombstone})
        assert content(put) == wanted
        app.delete(url, headers=ALICE)

    check()
