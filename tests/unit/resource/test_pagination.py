"""Which page is wanted, and what comes after a position?"""

import pytest

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring import parse_limit
from cliquet.resource.querystring.pagination import are_tied, build_rules, value_of
from cliquet.storage.query import COMPARISON, Filter, Rank, Sort


@pytest.mark.parametrize(
    ("text", "paginate_by", "expected"),
    [
        (None, None, None),
        ("", None, None),
        ("0", None, None),
        ("5", None, 5),
        (5, None, 5),
        (None, 10, 10),
        ("", 10, 10),
        ("0", 10, 10),
        ("5", 10, 5),
        ("50", 10, 10),
        ("50", 0, 50),
        (str(2**62), None, 2**62),
    ],
)
def test_limit(text, paginate_by, expected):
    assert parse_limit(text, paginate_by) == expected


@pytest.mark.parametrize(
    "text", ["toto", "-1", "1.5", "true", "9" * 30, "9" * 400, "1\x00", "None"]
)
def test_a_bad_limit_is_refused(text):
    with pytest.raises(InvalidParameter) as caught:
        parse_limit(text, 10)

    assert caught.value.name is None
    assert caught.value.description == "_limit should be an integer"


def test_rules_are_alternatives_from_all_keys_to_the_first_one():
    sorting = [Sort("a", 1), Sort("b", -1)]

    rules = build_rules(sorting, {"a": 1, "b": 2})

    assert rules == [
        [Filter("a", 1, COMPARISON.EQ), Filter("b", 2, COMPARISON.LT)],
        [Filter("a", 1, COMPARISON.GT)],
    ]


def test_the_id_decides_when_the_place_has_one():
    rules = build_rules([Sort("a", 1)], {"a": 1, "id": "x"})

    assert rules[0] == [Filter("a", 1, COMPARISON.EQ), Filter("id", "x", COMPARISON.GT)]


def test_the_id_is_no_second_key():
    assert len(build_rules([Sort("id", -1)], {"id": "x"})) == 1


def test_a_missing_field_is_not_a_null_one():
    assert value_of({}, "a") is Rank.MISSING
    assert value_of({"a": None}, "a") is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({}, {"a": None}, False),
        ({}, {}, True),
        ({"a": [1]}, {"a": [2]}, True),
        ({"a": {}}, {"a": []}, False),
    ],
)
def test_ties(one, other, expected):
    assert are_tied([Sort("a", 1)], one, other) is expected
