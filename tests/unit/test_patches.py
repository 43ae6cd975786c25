"""Patches of documents: the examples of RFC 7396 and RFC 6902, in their appendices."""

import copy
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.patches import FailedTestError, apply_json_patch, merge_patch

MERGES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), MERGES)
def test_examples_of_rfc_7396(target, patch, result):
    before = copy.deepcopy(target)

    assert merge_patch(target, patch) == result
    assert target == before


def op(name, path, **more):
    return {"op": name, "path": path, **more}


APPLIED = [
    ({"foo": "bar"}, [op("add", "/baz", value="qux")], {"baz": "qux", "foo": "bar"}),
    (
        {"foo": ["bar", "baz"]},
        [op("add", "/foo/1", value="qux")],
        {"foo": ["bar", "qux", "baz"]},
    ),
    ({"baz": "qux", "foo": "bar"}, [op("remove", "/baz")], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [op("remove", "/foo/1")], {"foo": ["bar", "baz"]}),
    (
        {"baz": "qux", "foo": "bar"},
        [op("replace", "/baz", value="boo")],
        {"baz": "boo", "foo": "bar"},
    ),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [op("move", "/qux/thud", **{"from": "/foo/waldo"})],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        {"foo": ["all", "grass", "cows", "eat"]},
        [op("move", "/foo/3", **{"from": "/foo/1"})],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [op("test", "/baz", value="qux"), op("test", "/foo/1", value=2)],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    (
        {"foo": "bar"},
        [op("add", "/child", value={"grandchild": {}})],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    (
        {"foo": "bar"},
        [op("add", "/baz", value="qux", xyz=123)],
        {"foo": "bar", "baz": "qux"},
    ),
    ({"/": 9, "~1": 10}, [op("test", "/~01", value=10)], {"/": 9, "~1": 10}),
    (
        {"foo": ["bar"]},
        [op("add", "/foo/-", value=["abc", "def"])],
        {"foo": ["bar", ["abc", "def"]]},
    ),
]


def below_data(operations):
    """Return the operations of an example, on a document that has it as `data`."""
    return [
        {
            name: f"/data{value}" if name in ("path", "from") else value
            for name, value in each.items()
        }
        for each in operations
    ]


@pytest.mark.parametrize(("document", "operations", "result"), APPLIED)
def test_examples_of_rfc_6902_that_are_applied(document, operations, result):
    before = copy.deepcopy(document)

    patched = apply_json_patch({"data": document}, below_data(operations))

    assert patched == {"data": result}
    assert document == before


@pytest.mark.parametrize(("document", "operation", "error"), [
    ({"baz": "qux"}, op("test", "/baz", value="bar"), FailedTestError),
    ({"foo": "bar"}, op("add", "/baz/bat", value="qux"), InvalidParameter),
    ({"/": 9, "~1": 10}, op("test", "/~01", value="10"), FailedTestError),
])  # fmt: skip
def test_examples_of_rfc_6902_that_are_errors(document, operation, error):
    before = copy.deepcopy(document)

    with pytest.raises(error):
        apply_json_patch({"data": document}, below_data([operation]))
    assert document == before


# --- Whatever is sent ----------------------------------------------------------------

POINTERS = st.sampled_from([
    "/data", "/data/a", "/data/a/-", "/data/a/0", "/data/b", "/data/b/c", "/data/b/c/d",
    "/permissions", "/permissions/read", "/permissions/read/bob", "/permissions/write",
    "/permissions/write/a~1b", "", "/", "/other", "data", "/data/~2",
])  # fmt: skip
VALUES = st.sampled_from([None, True, 5, "x", [], ["bob"], [[]], {}, {"read": ["bob"]}])
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": POINTERS,
    },
    optional={"from": POINTERS, "value": VALUES},
)


@given(st.lists(OPERATIONS, max_size=6))
@settings(max_examples=300)
@example([op("replace", "/permissions", value=5), op("add", "/permissions/read/bob")])
@example([op("replace", "/permissions", value=[]), op("add", "/permissions/read")])
def test_operations_are_applied_or_refused(operations):
    """Operations may make anything of the document for those that follow."""
    document = {
        "data": {"a": [1, 2], "b": {"c": 1}},
        "permissions": {"write": {"eve": 1}},
    }
    before = copy.deepcopy(document)

    with suppress(InvalidParameter, FailedTestError):
        assert isinstance(apply_json_patch(document, operations), dict)
    assert document == before


@pytest.mark.parametrize("name", ["copy", "move"])
def test_a_permission_that_nobody_has_is_given_by_any_operation(name):
    document = {"data": {}, "permissions": {"write": {"bob": "bob"}}}
    operation = op(name, "/permissions/read/bob", **{"from": "/permissions/write/bob"})

    patched = apply_json_patch(document, [operation])["permissions"]

    assert patched["read"] == {"bob": "bob"}
    assert patched["write"] == ({"bob": "bob"} if name == "copy" else {})
