"""JSON is strict when read, forgiving when written, and the same everywhere."""

import datetime as dt
import enum
import json
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliquet import serialization, utils
from cliquet.bounds import MAX_DEPTH
from cliquet.serialization import dumps, json_serializer, loads
from cliquet.storage.postgresql.numbers import plain_floats


class Unprintable:
    def __str__(self):
        raise RuntimeError


class Colour(enum.Enum):
    RED = "red"


texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


@given(values)
def test_what_is_written_is_read_back(value):
    assert loads(dumps(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"b": 1, "a": [1, 2]}, '{"b":1,"a":[1,2]}', id="compact-in-order"),
        pytest.param("é", '"\\u00e9"', id="ascii"),
        pytest.param("a/b", '"a/b"', id="slash"),
        pytest.param(10**30, "1" + "0" * 30, id="big-integer"),
        pytest.param("é".encode(), '"\\u00e9"', id="bytes"),
        pytest.param(b"\xff", '"\\\\xff"', id="bytes-not-utf8"),
        pytest.param((1, 2), "[1,2]", id="tuple"),
        pytest.param({"b", "a"}, '["a","b"]', id="set"),
        pytest.param({b"k": 1, 2: 3, None: 4}, '{"k":1,"2":3,"null":4}', id="keys"),
        pytest.param({(1, 2): 3}, '{"(1, 2)":3}', id="tuple-key"),
        pytest.param(ValueError("odd"), '"odd"', id="exception"),
        pytest.param(Colour.RED, '"red"', id="enum"),
        pytest.param(dt.date(2016, 1, 2), '"2016-01-02"', id="date"),
        pytest.param(iter([1]), "[1]", id="iterator", marks=[]),
    ],
)
def test_any_value_has_a_text(value, text):
    assert dumps(value) == text


@pytest.mark.parametrize("value", [Unprintable(), mock.MagicMock(), object()])
def test_odd_objects_do_not_fail(value):
    assert json.loads(dumps({"odd": value}))["odd"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(ValueError):
        dumps({"n": value})


def test_a_structure_that_contains_itself_is_refused():
    value = []
    value.append(value)

    with pytest.raises(ValueError):
        dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[NaN]", id="nan"),
        pytest.param("[-Infinity]", id="infinity"),
        pytest.param("[1e999]", id="overflow"),
        pytest.param('["\\ud800"]', id="lone-surrogate"),
        pytest.param('{"\\udc00": 1}', id="lone-surrogate-in-key"),
        pytest.param('["\ud800"]', id="raw-surrogate"),
        pytest.param(b'["\xff"]', id="not-utf8"),
        pytest.param("[" * 1000 + "]" * 1000, id="deep"),
        pytest.param("[" * 100_000, id="depth-bomb"),
        pytest.param("[" + "9" * 5000 + "]", id="too-many-digits"),
        pytest.param("", id="empty"),
        pytest.param("{} {}", id="extra"),
    ],
)
def test_bad_text_is_a_value_error(text):
    with pytest.raises(ValueError):
        loads(text)


def test_nesting_is_accepted_up_to_its_bound():
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(ValueError):
        loads("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_many_flat_objects_are_not_deep():
    assert len(loads("[" + ",".join(["{}"] * 500) + "]")) == 500


def test_surrogate_pairs_are_characters():
    assert loads('"\\ud83d\\ude00"') == "😀"


def test_messages_are_those_clients_know():
    with pytest.raises(ValueError, match="Expecting property name enclosed in double"):
        loads("{'a'}")
    with pytest.raises(ValueError, match=r"escape sequence: line 1 column 3"):
        loads('"\\u12"')


def test_renderers_may_pass_options():
    assert json_serializer({"a": 1}, default=None, indent=4) == '{"a":1}'


def test_applications_find_it_among_utilities():
    assert utils.json is serialization


@pytest.mark.parametrize("number", [1e16, 1e300, -1.5e20, 1e-300, 5, -0.5, 10**40])
def test_numbers_of_postgresql_have_no_large_exponent(number):
    text = dumps({"e+1e+300": number, "a\\": "1e+5"})

    written = plain_floats(text)

    assert loads(written) == loads(text)
    assert type(loads(written)["e+1e+300"]) is type(number)
    assert "e+" not in written.replace("e+1e+300", "").replace("1e+5", "")
