"""`Vary` is made by several parts; other fields have one value."""

import pytest
from pyramid.response import Response

from cliquet.headers import add_vary, header_names, set_fields


@pytest.mark.parametrize(
    ("present", "added", "result"),
    [
        ([], ("Origin",), "Origin"),
        ([""], ("Origin",), "Origin"),
        (["Accept-Language"], ("Authorization", "Origin"),
         "Accept-Language, Authorization, Origin"),
        (["origin,AUTHORIZATION"], ("Authorization", "Origin"), "origin,AUTHORIZATION"),
        (["A", "B"], ("B", "C"), "A, B, C"),
        (["*"], ("Origin",), "*"),
        (["Accept, *"], ("Origin",), "Accept, *"),
    ],
)  # fmt: skip
def test_nothing_is_lost_and_nothing_doubled(present, added, result):
    response = Response()
    response.headerlist.extend(("vary", value) for value in present)

    add_vary(response.headers, *added)
    add_vary(response.headers, *added)

    assert response.headers.getall("Vary") == [result]


@pytest.mark.parametrize(
    "value", ["A, B", "A B", "A,B", ["A", "B"], ("A", "B,"), "\n  A\n  B\n"]
)
def test_names_are_separated_by_blanks_or_commas(value):
    assert header_names(value) == ["A", "B"]


@pytest.mark.parametrize("value", [None, "", [], ","])
def test_no_names(value):
    assert header_names(value) == []


def test_fields_that_are_set_replace_all_lines_whatever_their_letters():
    response = Response(headerlist=[("a-b", "1"), ("C", "2"), ("A-B", "3")])
    headers = response.headers

    set_fields(response, {"a-b": ("A-B", "4"), "d": ("D", "5")})

    assert response.headerlist[-2:] == [("A-B", "4"), ("D", "5")]
    assert headers["c"] == "2"
    assert headers.getall("a-b") == ["4"]
