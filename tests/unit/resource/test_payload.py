"""Are fields acceptable, and which ones changed?"""

import re

import pytest

from cliquet.resource import payload
from cliquet.resource.invalid import InvalidParameter


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        10**400,
        1.5,
        True,
        "é☃\U0001f344",
        {"a": [1, {"b": "c"}]},
        [],
        ("a",),
        {"a"},
    ],
)
def test_what_json_holds_is_accepted(value):
    payload.check_content(value, "data")


@pytest.mark.parametrize(
    "value",
    [
        "\x00",
        {"a\x00": 1},
        {"a": ["x\x00"]},
        float("nan"),
        [float("inf")],
        "\ud800",
        {"\udc00": 1},
    ],
)
def test_what_no_engine_keeps_is_refused(value):
    with pytest.raises(InvalidParameter) as caught:
        payload.check_content(value, "data")

    assert (caught.value.location, caught.value.name) == ("body", "data")


@pytest.mark.parametrize("record", [{}, {"t": None}, {"t": 0}, {"t": 2**53}])
def test_a_timestamp_is_accepted(record):
    payload.check_timestamp(record, "t")


@pytest.mark.parametrize("value", ["1", 1.5, True, -1, 2**53 + 1, [], {}])
def test_what_is_no_timestamp_is_refused(value):
    with pytest.raises(InvalidParameter):
        payload.check_timestamp({"t": value}, "t")


@pytest.mark.parametrize(
    ("text", "expected"), [("42", 42), ('"42"', 42), ("-1", -1), (42, 42), ("0", 0)]
)
def test_timestamp_of_a_deletion(text, expected):
    assert payload.parse_deletion_timestamp(text) == expected


@pytest.mark.parametrize(
    "text", ["", "abc", "1.5", "9" * 16, "9" * 400, "--1", "٣", "1_0"]
)
def test_bad_timestamp_of_a_deletion(text):
    with pytest.raises(InvalidParameter) as caught:
        payload.parse_deletion_timestamp(text)

    assert caught.value.name == "last_modified"
    assert caught.value.description == f"Invalid value for {text}"


ID_PATTERN = re.compile(r"^[a-z0-9_-]+$").match


@pytest.mark.parametrize(("value", "expected"), [("abc", "abc"), (42, "42")])
def test_an_id_is_text(value, expected):
    assert payload.check_id(value, ID_PATTERN) == expected


@pytest.mark.parametrize("value", ["a*b", "abc\n", "", None, True, 3.14, [], "a" * 256])
def test_what_is_no_id_is_refused(value):
    with pytest.raises(InvalidParameter) as caught:
        payload.check_id(value, ID_PATTERN)

    assert caught.value.location == "path"
    assert caught.value.description == "Invalid record id"


def test_nul_is_in_no_id():
    with pytest.raises(InvalidParameter):
        payload.check_id("a\x00", lambda text: True)


def test_ids_have_to_be_the_same():
    for new in ({}, {"id": "a"}):
        payload.set_id(new, "id", "a")
        assert new == {"id": "a"}
    with pytest.raises(InvalidParameter):
        payload.set_id({"id": "b"}, "id", "a")


@pytest.mark.parametrize(
    ("record", "changes"), [({"a": 1}, {"a": 1}), ({}, {"a": 1}), ({"a": 1}, {"b": 2})]
)
def test_readonly_fields_may_be_repeated_or_set_once(record, changes):
    payload.check_readonly(record, changes, {"a"}.__contains__)


@pytest.mark.parametrize("value", [2, "1", True, None])
def test_readonly_fields_may_not_change(value):
    with pytest.raises(InvalidParameter) as caught:
        payload.check_readonly({"a": 1}, {"a": value}, {"a"}.__contains__)

    assert caught.value.description == "Cannot modify a"


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ({"a": 1}, {"t": 5}, {"a": 1}),
        ({"t": 4}, {"t": 5}, {}),
        ({"t": 5}, {"t": 5}, {}),
        ({"t": 0}, {"t": 5}, {}),
        ({"t": 6}, {"t": 5}, {"t": 6}),
        ({"t": 4}, None, {"t": 4}),
        ({"t": 4}, {}, {"t": 4}),
        ({"t": None}, None, {}),
        ({"t": "odd"}, {"t": 5}, {"t": "odd"}),
    ],
)
def test_a_timestamp_that_is_not_newer_is_forgotten(new, old, expected):
    assert payload.forget_old_timestamp(new, old, "t") == expected


def test_changed_fields_are_those_stored_otherwise():
    changes = {"a": 1, "b": None, "c": 3, "d": 4}

    changed = payload.changed_fields(
        changes, {"a": 1, "c": 2, "d": 1}, {"a": 1, "c": 3}
    )

    assert changed == ["c", "d"]


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        (None, {"id": "x", "a": 1, "b": 0}),
        ("full", {"id": "x", "a": 1, "b": 0}),
        ("odd", {"id": "x", "a": 1, "b": 0}),
        ("light", {"a": 1, "b": 0}),
        ("LIGHT", {"a": 1, "b": 0}),
        ("diff", {"b": 0}),
    ],
)
def test_response_behavior(behavior, expected):
    body = payload.patch_body(
        behavior,
        changes={"a": 1, "b": 15, "gone": 1},
        changed=["a", "b", "gone"],
        record={"id": "x", "a": 1, "b": 0},
    )

    assert body == expected
