"""How is a position written in a header, and read back?"""

import base64
import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.pagination import (
    MAX_ENCODED_LENGTH,
    NumberBeginning,
    TextBeginning,
    build_token,
    parse_token,
)
from cliquet.storage.query import Rank, Sort

SORTING = [Sort("a", 1), Sort("last_modified", -1)]


def encode(content):
    return base64.b64encode(json.dumps(content).encode()).decode()


def decode(token):
    return json.loads(base64.b64decode(token))


def round_trip(value, direction=1, record=None):
    sorting = [Sort("a", direction), Sort("last_modified", -1)]
    last = {"id": "x", "last_modified": 5, "a": value}
    position = parse_token(build_token(sorting, last, 3), sorting)
    return position.complete(record, sorting, "last_modified")["a"]


def test_the_token_is_as_in_3_1_5():
    token = build_token([("last_modified", -1)], {"last_modified": 5, "b": 1}, 42)

    assert decode(token) == {"last_record": {"last_modified": 5}, "offset": 42}


@pytest.mark.parametrize("value", [None, True, 1, -2.5, "text", 2**64, "é" * 256])
def test_scalars_are_written_as_they_are(value):
    assert round_trip(value) == value


@pytest.mark.parametrize(
    ("value", "rank"), [([1], Rank.ARRAY), ({"b": 1}, Rank.OBJECT)]
)
def test_structures_have_only_a_rank(value, rank):
    assert round_trip(value) is rank


def test_a_missing_field_has_only_a_rank():
    token = build_token(SORTING, {"last_modified": 5}, 3)

    assert parse_token(token, SORTING).values["a"] is Rank.MISSING


@pytest.mark.parametrize("value", ["x" * 5000, 10**400, -(10**400)])
@pytest.mark.parametrize("direction", [1, -1])
def test_large_values_are_found_again_in_the_record(value, direction):
    record = {"id": "x", "last_modified": 5, "a": value}

    assert round_trip(value, direction, record) == value


@pytest.mark.parametrize("value", ["x" * 5000, 10**400 + 7, -(10**400) - 7])
@pytest.mark.parametrize(
    "record",
    [
        None,
        {"id": "x", "last_modified": 6, "a": "x" * 5001},
        {"id": "x", "last_modified": 5, "a": 1},
    ],
)
def test_a_bound_of_large_values_is_used_when_the_record_changed(value, record):
    assert round_trip(value, 1, record) < value
    assert round_trip(value, -1, record) > value


@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=3000)
        | st.integers(-(10**600), 10**600)
        | st.sampled_from(["?" * 3000, "\U0001f344" * 3000, [1] * 1000]),
    )
)
def test_a_token_is_short_whatever_the_record_holds(fields):
    sorting = [*(Sort(name, 1) for name in "abcdefgh"), Sort("last_modified", -1)]
    last = {**fields, "id": "x" * 36, "last_modified": 2**53}

    token = build_token(sorting, last, 10**9)

    assert len(quote_plus(token)) <= MAX_ENCODED_LENGTH
    position = parse_token(token, sorting)
    assert position.complete(last, sorting, "last_modified")["last_modified"] == 2**53


def test_the_id_is_kept_beyond_the_sort_keys():
    content = {"last_record": {"a": 1, "last_modified": 5, "id": "x"}, "offset": 0}

    assert parse_token(encode(content), SORTING).values["id"] == "x"


def test_extra_keys_are_ignored():
    record = {"a": 1, "last_modified": 5, "b": [1]}

    position = parse_token(
        encode({"last_record": record, "offset": 0, "c": 1}), SORTING
    )

    assert position.values == {"a": 1, "last_modified": 5}


def test_a_plus_that_became_a_blank_is_a_plus():
    token = encode({"last_record": {"a": "~~~>>>", "last_modified": 5}, "offset": 0})
    assert "+" in token

    assert parse_token(token.replace("+", " "), SORTING).values["a"] == "~~~>>>"


def record(**fields):
    return {"last_record": {"a": 1, "last_modified": 5, **fields}, "offset": 0}


@pytest.mark.parametrize(
    "content",
    [
        [],
        [1],
        {},
        "text",
        7,
        None,
        {"last_record": {}, "offset": 0},
        {"last_record": [], "offset": 0},
        {"last_record": "a", "offset": 0},
        {"last_record": None, "offset": 0},
        {"last_record": {"a": 1}, "offset": 0},
        {"last_record": {"last_modified": 5}, "offset": 0},
        {"last_record": {"a": 1, "last_modified": 5}},
        {**record(), "offset": "1"},
        {**record(), "offset": True},
        {**record(), "offset": -1},
        {**record(), "offset": 1.5},
        {**record(), "offset": 2**70},
        record(last_modified="5"),
        record(last_modified=True),
        record(last_modified=None),
        record(last_modified={"$rank": "missing"}),
        record(last_modified=2**70),
        record(id=5),
        record(id={"$text": "x"}),
        record(a=[1]),
        record(a={"b": 1}),
        record(a={"$rank": "number"}),
        record(a={"$rank": "missing", "b": 1}),
        record(a={"$text": 5}),
        record(a={"$text": "no id"}),
        record(a={"$number": 1, "$exponent": 10**9}, id="x"),
        record(a={"$number": 2**70, "$exponent": 1}, id="x"),
        record(a="\x00"),
        record(a={"$text": "\x00"}, id="x"),
        record(a=10**309),
    ],
)
def test_a_token_of_another_shape_is_refused(content):
    with pytest.raises(InvalidParameter) as caught:
        parse_token(encode(content), SORTING)

    assert caught.value.description == "_token has invalid content"


@pytest.mark.parametrize("token", ["123", "é", "%", "/w==", encode({})[:-3], "TmFO"])
def test_what_is_not_base64_of_json_is_refused(token):
    with pytest.raises(InvalidParameter):
        parse_token(token, SORTING)


def test_beginnings_match_their_values_only():
    assert not TextBeginning("a").matches(1)
    assert not NumberBeginning(1, 1).matches("1")
    assert NumberBeginning(-2, 1).matches(-11)
