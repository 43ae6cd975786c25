"""Nodes of colander and their JSON Schema accept the same, but for leniency."""

import datetime as dt
import enum
import json
from decimal import Decimal

import colander
import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cliquet import resource, serialization
from cliquet.json_values import as_json
from cliquet.nodes.constraints import translate
from cliquet.nodes.json_schema import describe
from cliquet.nodes.reading import deserialize
from cliquet.resource.schema import URL, TimeStamp

CHECKER = jsonschema.FormatChecker(["date", "date-time"])
EMAIL, ADDRESS, IDENTIFIER = "a@b.example", "https://example.org/a", "a" * 32


class Shape(enum.Enum):
    ROUND = 1
    FLAT = 2


def accepts(schema, value):
    return jsonschema.Draft202012Validator(schema, format_checker=CHECKER).is_valid(
        value
    )


def made(node, value):
    """Return what a node makes of a value, as it is stored; raise if it refuses it."""
    return as_json(deserialize(node, value), "data", node)


def is_accepted(node, value):
    try:
        made(node, value)
    except (colander.Invalid, ValueError):
        return False
    return True


# --- Random nodes, and values that are near to what they accept ------------------

TEXTS = st.text("abAB01 -_é@.", max_size=4)
INTEGERS = st.integers(-20, 20)
NUMBERS = st.one_of(
    INTEGERS, st.decimals(-20, 20, places=3).map(float).filter(lambda x: x or True)
)
DATES = st.dates(dt.date(1, 1, 2), dt.date(9999, 12, 30))
MOMENTS = st.builds(dt.datetime.combine, DATES, st.times(), tzinfo=st.just(dt.UTC))


def bounds(values):
    pairs = st.tuples(st.none() | values, st.none() | values)
    return pairs.filter(lambda pair: None in pair or pair[0] <= pair[1])


def lengths():
    return bounds(st.integers(0, 4)).map(lambda pair: colander.Length(*pair))


def ranges(values):
    return bounds(values).map(lambda pair: colander.Range(*pair))


def choices(values):
    some = st.lists(values, min_size=1, max_size=4)
    return some.map(colander.OneOf) | some.map(colander.NoneOf)


PATTERNS = st.sampled_from(
    ["a", "^a", "a|b", "^a|b", r"[a-b]+\Z", r"\Aa.*\Z", "(?P<x>a)b?", "^$|^a", "[a|^]"]
)

VALIDATORS = {
    "text": lengths() | choices(TEXTS.filter(bool)) | PATTERNS.map(colander.Regex)
    | st.sampled_from([colander.Email(), colander.uuid, colander.file_uri]),
    "number": ranges(INTEGERS) | choices(INTEGERS),
    "array": lengths(),
}  # fmt: skip


def validators(kind):
    one = VALIDATORS[kind]
    some = st.lists(one, min_size=1, max_size=2)
    return (
        st.none()
        | one
        | some.map(lambda v: colander.All(*v))
        | some.map(lambda v: colander.Any(*v))
    )


def leaves():
    def of(kind, types, values):
        checked = validators(kind) if kind else st.none()
        return st.tuples(types, checked, st.just(values))

    text, number = TEXTS, NUMBERS
    return st.one_of(
        of("text", st.builds(colander.String, allow_empty=st.booleans()), text),
        of("number", st.sampled_from([colander.Integer(), colander.Integer(strict=True)]), INTEGERS),
        of("number", st.sampled_from([colander.Float(), colander.Decimal(), colander.Money(),
                                      colander.Decimal("0.1")]), number),
        of(None, st.builds(colander.Boolean), st.booleans()),
        of(None, st.builds(colander.Date), DATES.map(dt.date.isoformat)),
        of(None, st.sampled_from([colander.DateTime(), colander.DateTime(None)]),
           MOMENTS.map(as_json)),
        of(None, st.builds(colander.Time), st.times().map(dt.time.isoformat)),
        of(None, st.sampled_from([colander.Enum(Shape), colander.Enum(Shape, "value", colander.Integer())]),
           st.sampled_from(["ROUND", "FLAT", 1, 2, 3])),
        of(None, st.builds(colander.List), st.lists(text | number, max_size=3)),
        of("array", st.builds(colander.Set), st.lists(text, max_size=3)),
    )  # fmt: skip


MISSING = st.sampled_from(["required", "drop", "none", "value", "empty"])


@st.composite
def nodes(draw, depth=2):
    """Draw a node and a strategy of values that it is likely to accept."""
    shape = draw(
        st.sampled_from(["leaf"] * 3 + (["map", "seq", "tuple"] if depth else []))
    )
    options = {"name": draw(st.sampled_from("xyz"))}
    children, checked = [], None
    if shape == "leaf":
        typ, checked, values = draw(leaves())
    elif shape == "map":
        names = draw(st.lists(st.sampled_from("abc"), unique=True, max_size=3))
        parts = {name: draw(nodes(depth - 1)) for name in names}
        for name, (child, _) in parts.items():
            child.name = name
        children = [child for child, _ in parts.values()]
        typ = colander.Mapping(draw(st.sampled_from(["ignore", "raise", "preserve"])))
        values = st.fixed_dictionaries(
            {}, optional={**{n: v for n, (_, v) in parts.items()}, "z": INTEGERS}
        )
    elif shape == "seq":
        child, inner = draw(nodes(depth - 1))
        children, values = [child], st.lists(inner, max_size=3)
        typ = colander.Sequence(accept_scalar=draw(st.booleans()))
        checked = draw(validators("array"))
    else:
        parts = draw(st.lists(nodes(depth - 1), max_size=2))
        children = [child for child, _ in parts]
        typ, values = colander.Tuple(), st.tuples(*(v for _, v in parts)).map(list)
    node = colander.SchemaNode(typ, *children, validator=checked, **options)
    give_default(draw, node, values)
    return node, values | st.sampled_from([None, "", "a", 1, 1.5, True, [], {}])


def give_default(draw, node, values):
    kind = draw(MISSING)
    if kind == "value":
        try:
            node.missing = deserialize(node, draw(values))
        except colander.Invalid:
            return
    elif kind != "required":
        node.missing = {"drop": colander.drop, "none": None, "empty": ""}[kind]


CASES = nodes().flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1]))
RELAXED = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck)
)


@RELAXED
@given(CASES)
def test_what_the_schema_accepts_the_node_accepts(case):
    node, value = case
    assume(accepts(describe(node), value))

    assert is_accepted(node, value), describe(node)


@RELAXED
@given(CASES)
def test_what_a_node_makes_the_schema_accepts(case):
    node, value = case
    try:
        read = deserialize(node, value)
    except colander.Invalid:
        assume(False)
    assume(read is not colander.drop)
    stored = as_json(read, "data", node)

    stored = json.loads(serialization.dumps(stored))
    assert accepts(describe(node), stored), (stored, describe(node))


# --- What is told of each type, and of each validator ----------------------------

REQUIRED = {"minLength": 1, "type": "string"}


def scalar(kind, **options):
    return colander.SchemaNode(kind, name="field", **options)


@pytest.mark.parametrize(("node", "told"), [
    (scalar(colander.String()), REQUIRED),
    (scalar(colander.String(), missing="new"), {"type": ["string", "null"], "minLength": 1, "default": "new"}),
    (scalar(colander.String(), missing=""), {"anyOf": [REQUIRED, {"const": ""}, {"type": "null"}], "default": ""}),
    (scalar(colander.Integer(), missing=None), {"type": ["integer", "null"], "default": None}),
    (scalar(colander.Integer(), validator=colander.Range(1, 5)), {"type": "integer", "minimum": 1, "maximum": 5}),
    (scalar(colander.Money(), validator=colander.Range(Decimal("0.001"), Decimal("9.999"))),
     {"type": "number", "minimum": 0.01, "maximum": 9.99}),
    (scalar(colander.String(), validator=colander.Length(0, 9)), {**REQUIRED, "maxLength": 9}),
    (scalar(colander.String(), validator=colander.OneOf(["a", "b", ""])), {**REQUIRED, "enum": ["a", "b"]}),
    (scalar(colander.String(), validator=colander.NoneOf(["a"])), {**REQUIRED, "not": {"enum": ["a"]}}),
    (scalar(colander.Set(), validator=colander.ContainsOnly(["a"])),
     {"type": "array", "uniqueItems": True, "items": {"type": ["string", "number", "boolean", "null"]},
      "allOf": [{"items": {"enum": ["a"]}}]}),
    (scalar(colander.Enum(Shape)), {"enum": ["ROUND", "FLAT"]}),
    (scalar(colander.Date(), title="Day", description="When."),
     {"title": "Day", "description": "When.", "type": "string", "format": "date",
      "pattern": "^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
    (scalar(colander.Date(format="%d.%m.%Y")), {**REQUIRED, "$comment": "Not all is told: form %d.%m.%Y."}),
    (scalar(colander.String(), validator=colander.luhnok), {**REQUIRED, "$comment": "Not all is told: validator luhnok."}),
    (scalar(colander.String(), preparer=str.upper), {**REQUIRED, "$comment": "Not all is told: preparer."}),
    (scalar(colander.GlobalObject(None)), {"$comment": "Not all is told: type GlobalObject."}),
    (scalar(colander.String(), validator=colander.deferred(lambda node, kw: None)),
     {**REQUIRED, "$comment": "Not all is told: deferred validator."}),
    (TimeStamp(), {"title": "Epoch timestamp", "description": TimeStamp.__doc__, "type": ["integer", "null"]}),
])  # fmt: skip
def test_what_is_told_of_a_node(node, told):
    described = describe(node)

    assert described == told
    jsonschema.Draft202012Validator.check_schema(described)


@pytest.mark.parametrize(("node", "sent"), [
    (scalar(colander.String(), validator=colander.Email()), [EMAIL, "a", "a@b c"]),
    (scalar(colander.String(), validator=colander.uuid), [IDENTIFIER, "{" + IDENTIFIER + "}", "a" * 31]),
    (scalar(colander.String(), validator=colander.file_uri), ["FILE:///a", "http://a"]),
    (scalar(colander.String(), validator=colander.Regex("a|b")), ["ac", "b", "ca"]),
    (URL(), [ADDRESS, "www.a.fr", "a", "http:///", "http:///a", "HTTP:ab", "a.fr/xy", "x:a)", "ht!tp://a", "a" * 3000]),
])  # fmt: skip
def test_texts_are_accepted_by_both_or_by_none(node, sent):
    for text in sent:
        assert accepts(describe(node), text) == is_accepted(node, text), text


def test_a_record_tells_its_fields_and_what_becomes_of_others():
    class Book(resource.ResourceSchema):
        """A book of the library."""

        class Options:
            preserve_unknown = "raise"

        title = colander.SchemaNode(colander.String())
        pages = colander.SchemaNode(colander.Integer(), missing=colander.drop)

    assert describe(Book()) == {
        "type": "object",
        "description": "A book of the library.",
        "properties": {"title": REQUIRED, "pages": {"type": ["integer", "null"]}},
        "required": ["title"],
        "additionalProperties": False,
    }


def test_code_of_an_application_may_describe_itself():
    def even(node, value):
        if value % 2:
            raise colander.Invalid(node, "odd")

    even.json_schema = {"multipleOf": 2}
    node = scalar(colander.Integer(), validator=even)

    assert describe(node) == {"type": "integer", "multipleOf": 2}
    assert accepts(describe(node), 4)


@pytest.mark.parametrize(
    "pattern", ["(?i)a", r"(a)\b(?P=x)", "a++", "(?>a)", r"\N{BULLET}"]
)
def test_expressions_that_clients_cannot_read_are_not_told(pattern):
    assert translate(pattern) is None


def test_a_tuple_refuses_what_would_leave_a_hole():
    hole = colander.SchemaNode(colander.Integer(), missing=colander.drop)
    node = colander.SchemaNode(colander.Tuple(), hole)

    for item in (None, "", [], {}):
        with pytest.raises(colander.Invalid):
            deserialize(node, [item])
    assert deserialize(node, [0]) == (0,)
