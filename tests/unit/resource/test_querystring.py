"""What does the query string of a list ask for?"""

import pytest

from cliquet.resource import querystring
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring import parse_fields
from cliquet.resource.querystring.pagination import build_token
from cliquet.storage.query import COMPARISON, Filter, Sort


def parse(parameters, filters=()):
    return querystring.parse(
        parameters,
        filters=list(filters),
        is_known_field={"a", "last_modified"}.__contains__,
        read_fields=lambda: parse_fields(parameters.get("_fields"), known_fields={"a"}),
        paginate_by=10,
    )


def test_nothing_asked_is_the_first_page_of_everything():
    listing = parse({})

    assert listing.sorting == [Sort("last_modified", -1)]
    assert listing.limit == 10
    assert listing.position is None
    assert listing.fields is None
    assert not listing.include_deleted


def test_a_filter_on_the_timestamp_makes_tombstones_eligible():
    listing = parse({}, [Filter("last_modified", 1, COMPARISON.GT)])

    assert listing.include_deleted


def test_a_token_is_read_in_the_order_asked_for():
    token = build_token(
        [("a", 1), ("last_modified", -1)], {"a": 1, "last_modified": 2}, 1
    )

    assert parse({"_sort": "a", "_token": token}).position.values["a"] == 1


@pytest.mark.parametrize(
    ("parameters", "culprit"),
    [
        ({"_limit": "x", "_sort": "x", "_fields": "x", "_token": "x"}, "_limit"),
        ({"_sort": "x", "_fields": "x", "_token": "x"}, "sort"),
        ({"_fields": "x", "_token": "x"}, "Fields"),
        ({"_token": "x"}, "_token"),
        ({"_token": "\x00"}, "_token"),
        ({"_sort": "a\x00"}, "_sort"),
    ],
)
def test_the_first_error_in_protocol_order_wins(parameters, culprit):
    with pytest.raises(InvalidParameter) as caught:
        parse(parameters)

    assert culprit in caught.value.description
