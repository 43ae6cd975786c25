"""Which values of JSON are equal, how are they copied, which cannot be stored?"""

import pytest

from cliquet.json_values import are_equal, copy_json, find_fault
from cliquet.storage.query import typed


def test_copies_share_nothing_that_can_change():
    original = {"a": [{"b": 1}], "c": "d"}

    copied = copy_json(original)
    copied["a"][0]["b"] = 2

    assert original == {"a": [{"b": 1}], "c": "d"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (None, None, True),
        (None, "", False),
        ([1, {"a": True}], [1.0, {"a": True}], True),
        ([1], [True], False),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, [1], False),
        ({"a": 1, "b": [True]}, {"b": [True], "a": 1.0}, True),
    ],
)
def test_equality_is_typed(one, other, expected):
    assert are_equal(one, other) is expected
    assert ({typed(one)} == {typed(other)}) is expected


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"a": [1, "é\U0001f344", None, True]}, None),
        ({"a": ["x\x00"]}, "Text cannot contain NUL characters"),
        ({"\udc00": 1}, "Unpaired surrogate in text"),
        ([float("inf")], "Number out of range"),
    ],
)
def test_what_cannot_be_stored(value, fault):
    assert find_fault(value) == fault
