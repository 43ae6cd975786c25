"""Which records do parameters ask for?"""

import pytest

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.filters import (
    parse_filters,
    uses_deprecated_name,
)
from cliquet.storage.query import COMPARISON, Filter

KNOWN = {
    "id",
    "last_modified",
    "deleted",
    "rank",
    "name",
    "in_stock",
    "min_rank",
    "due-date",
    "title",
    "like_title",
}


def parse(*parameters):
    return parse_filters(parameters, is_known_field=KNOWN.__contains__)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("_since", "42", Filter("last_modified", 42, COMPARISON.GT)),
        ("_since", '"42"', Filter("last_modified", 42, COMPARISON.GT)),
        (" _since ", " 42 ", Filter("last_modified", 42, COMPARISON.GT)),
        ("_before", "42", Filter("last_modified", 42, COMPARISON.LT)),
        ("_to", "42", Filter("last_modified", 42, COMPARISON.LT)),
        ("_since", 42, Filter("last_modified", 42, COMPARISON.GT)),
        ("rank", "7", Filter("rank", 7, COMPARISON.EQ)),
        ("rank", 7, Filter("rank", 7, COMPARISON.EQ)),
        ("rank", '"7"', Filter("rank", "7", COMPARISON.EQ)),
        ("rank", "3.5", Filter("rank", 3.5, COMPARISON.EQ)),
        ("rank", "true", Filter("rank", True, COMPARISON.EQ)),
        ("rank", "None", Filter("rank", None, COMPARISON.EQ)),
        ("rank", "(1,2)", Filter("rank", "(1,2)", COMPARISON.EQ)),
        ("rank", "[" * 300, Filter("rank", "[" * 300, COMPARISON.EQ)),
        ("rank", "-" * 5000, Filter("rank", "-" * 5000, COMPARISON.EQ)),
        ("max_rank", "7", Filter("rank", 7, COMPARISON.MAX)),
        ("min_rank", "7", Filter("rank", 7, COMPARISON.MIN)),
        ("gt_rank", "7", Filter("rank", 7, COMPARISON.GT)),
        ("lt_rank", "7", Filter("rank", 7, COMPARISON.LT)),
        ("not_rank", "7", Filter("rank", 7, COMPARISON.NOT)),
        ("in_rank", "1,b", Filter("rank", {1, "b"}, COMPARISON.IN)),
        ("in_rank", "1,true", Filter("rank", (1, True), COMPARISON.IN)),
        ("in_rank", "1", Filter("rank", {1}, COMPARISON.IN)),
        ("in_rank", 1, Filter("rank", {1}, COMPARISON.IN)),
        ("exclude_rank", "1,2", Filter("rank", {1, 2}, COMPARISON.EXCLUDE)),
        ("in_id", "a,b", Filter("id", {"a", "b"}, COMPARISON.IN)),
        ("in_last_modified", "1,2", Filter("last_modified", {1, 2}, COMPARISON.IN)),
        ("in_stock", "true", Filter("in_stock", True, COMPARISON.EQ)),
        ("like_name", " A,%", Filter("name", " A,%", COMPARISON.LIKE)),
        ("like_name", '"5"', Filter("name", '"5"', COMPARISON.LIKE)),
        ("like_title", "a", Filter("like_title", "a", COMPARISON.EQ)),
        ("has_name", "false", Filter("name", False, COMPARISON.HAS)),
        ("contains_name", "1,b", Filter("name", {1, "b"}, COMPARISON.CONTAINS)),
        ("contains_id", "1", Filter("id", {1}, COMPARISON.CONTAINS)),
        ("contains_any_name", "1", Filter("name", {1}, COMPARISON.CONTAINS_ANY)),
        ("due-date", "1", Filter("due-date", 1, COMPARISON.EQ)),
        ("min_due-date", "1", Filter("due-date", 1, COMPARISON.MIN)),
    ],
)
def test_a_parameter_is_one_filter(name, value, expected):
    assert parse((name, value)) == [expected]


def test_a_prefix_wins_when_both_readings_are_known_fields():
    assert parse(("min_rank", "1"))[0].field == "rank"


def test_a_repeated_parameter_counts_each_time_and_order_is_kept():
    filters = parse(("min_rank", "1"), ("_since", "3"), ("min_rank", "2"))

    assert [item.value for item in filters] == [1, 3, 2]


@pytest.mark.parametrize("name", ["_limit", "_sort", "_token", "_fields", "_unknown"])
def test_other_names_with_underscore_are_no_filters(name):
    assert parse((name, "x")) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_since", "abc"),
        ("_since", "1.2"),
        ("_since", ""),
        ("_since", "true"),
        ("_since", "9" * 400),
        ("_since", "9" * 30),
        ("_before", "abc"),
        ("_to", "abc"),
        ("rank", "9" * 400),
        ("min_rank", "1e400"),
        ("rank", "a\x00b"),
        ("rank", '"a\\x00b"'),
        ("in_rank", "a,b\x00"),
        ("in_rank", "1,1e400"),
        ("in_id", "0,1"),
        ("in_id", "a,1"),
        ("exclude_id", "1"),
        ("in_last_modified", "a,b"),
        ("in_last_modified", "1,true"),
        ("exclude_last_modified", "1.5"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_parameter(name, value):
    with pytest.raises(InvalidParameter) as caught:
        parse((name, value))

    assert caught.value.location == "querystring"
    assert caught.value.name == name
    assert caught.value.description == f"Invalid value for {name}"


@pytest.mark.parametrize("name", ["foo", "madmax_rank", "min_foo", "ran", ""])
def test_an_unknown_field_is_refused_by_the_whole_parameter(name):
    with pytest.raises(InvalidParameter) as caught:
        parse((name, "1"))

    assert caught.value.description == f"Unknown filter field '{name}'"


def test_nul_in_a_name_is_refused():
    with pytest.raises(InvalidParameter) as caught:
        parse(("ra\x00nk", "1"))

    assert "\x00" not in caught.value.description


@pytest.mark.parametrize(
    ("names", "expected"), [(["_to"], True), ([" _to "], True), (["_since"], False)]
)
def test_deprecated_name(names, expected):
    assert uses_deprecated_name(names) is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("has_name", "1"),
        ("has_name", '"true"'),
        ("has_name", ""),
        ("like_name", "a\x00"),
        ("contains_name", "," * 5_000),
        ("contains_any_name", "1e400"),
        ("like_odd", "a"),
        ("like_", "a"),
        ("contains_odd", "a"),
    ],
)
def test_searches_that_cannot_be_read_are_refused(name, value):
    with pytest.raises(InvalidParameter):
        parse((name, value))


def test_a_field_that_no_schema_declares_does_not_hide_a_search():
    parsed = parse_filters(
        [("like_name", "a")],
        is_known_field=lambda field: True,
        is_declared=lambda field: field == "name",
    )

    assert parsed == [Filter("name", "a", COMPARISON.LIKE)]
