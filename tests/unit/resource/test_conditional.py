"""Entity tags and dates of headers."""

from datetime import UTC, datetime

import pytest

from cliquet.resource.conditional import EntityTag, read_date, read_tags

NOW = int(datetime(2026, 11, 27, tzinfo=UTC).timestamp() * 1000)
#: The one of RFC 9110.
MOMENT = 784111777_000


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('"xyzzy"', [EntityTag("xyzzy")]),
        ('W/"xyzzy"', [EntityTag("xyzzy", True)]),
        ('""', [EntityTag("")]),
        ('"xyzzy", "r2d2xxxx", "c3piozzzz"', [EntityTag("xyzzy"), EntityTag("r2d2xxxx"), EntityTag("c3piozzzz")]),
        ('"a","b"', [EntityTag("a"), EntityTag("b")]),
        ('"a,b"\t,\tW/"c"', [EntityTag("a,b"), EntityTag("c", True)]),
        (', "a",, ,"b",', [EntityTag("a"), EntityTag("b")]),
        ('"\\"', [EntityTag("\\")]),
        ('"\xff!~"', [EntityTag("\xff!~")]),
        ("", []),
        (" , ", []),
    ],
)  # fmt: skip
def test_lists_of_tags(text, tags):
    assert read_tags(text) == tags


@pytest.mark.parametrize(
    "text",
    ["a", "*", '"a', 'a"', '"a" "b"', '"a"; "b"', 'w/"a"', 'W/W/"a"', 'W /"a"',
     '"a b"', '"a\x7f"', '"a\n"', '"a"\n', '"a", b', '"a", "b', '"\u20ac"', '"\\""'],
)  # fmt: skip
def test_what_is_no_list_of_tags(text):
    assert read_tags(text) is None


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
     "Sun Nov  6 08:49:37 1994", "Mon, 06 Nov 1994 08:49:37 GMT"],
)  # fmt: skip
def test_the_three_formats_of_dates(text):
    assert read_date(text, NOW) == MOMENT


@pytest.mark.parametrize(
    ("text", "year"), [("75", 2075), ("76", 2076), ("77", 1977), ("00", 2000)]
)
def test_years_of_two_digits_are_at_most_50_years_ahead(text, year):
    date = read_date(f"Sunday, 06-Nov-{text} 08:49:37 GMT", NOW)

    expected = datetime(year, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert date == expected.timestamp() * 1000


def test_a_leap_second_is_a_second():
    seconds = [
        read_date(f"Sat, 31 Dec 2016 23:59:{second} GMT", NOW) for second in (59, 60)
    ]

    assert seconds[1] - seconds[0] == 1000


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "784111777", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37",
     "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 1994 08:49:37 UTC",
     "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
     "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
     "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 0000 08:49:37 GMT",
     "Sun, 06 Nov 1994 08:49:61 GMT", "Sun Nov 06 08:49:37 1994 GMT",
     "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
     "Sun, 06 Nov 1994 08:49:37 GMT\n", "Sun, 0\u0666 Nov 1994 08:49:37 GMT"],
)  # fmt: skip
def test_what_is_no_date(text):
    assert read_date(text, NOW) is None
