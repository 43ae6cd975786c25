"""In which order are records wanted? (protocol §13.4)."""

import pytest

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.sorting import MAX_SORT_FIELDS, parse_sorting

KNOWN = {"title", "rank", "last_modified"}


def parse(text):
    return parse_sorting(text, is_known_field=KNOWN.__contains__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, [("last_modified", -1)]),
        ("", [("last_modified", -1)]),
        ("title", [("title", 1), ("last_modified", -1)]),
        ("-title", [("title", -1), ("last_modified", -1)]),
        ("+title", [("title", 1), ("last_modified", -1)]),
        (" title", [("title", 1), ("last_modified", -1)]),
        ("title,-rank", [("title", 1), ("rank", -1), ("last_modified", -1)]),
        ("last_modified", [("last_modified", 1)]),
        ("-last_modified", [("last_modified", -1)]),
        ("last_modified,title", [("last_modified", 1), ("title", 1)]),
        ("title,-title", [("title", 1), ("last_modified", -1)]),
        ("*,--title,,title", [("title", 1), ("last_modified", -1)]),
    ],
)
def test_sort_keys(text, expected):
    assert [tuple(key) for key in parse(text)] == expected


def test_an_unknown_field_is_refused():
    with pytest.raises(InvalidParameter) as caught:
        parse("title,foo")

    assert caught.value.name is None
    assert caught.value.description == "Unknown sort field 'foo'"


def test_more_fields_than_anyone_needs_are_refused():
    text = ",".join(f"f{number}" for number in range(MAX_SORT_FIELDS + 1))

    with pytest.raises(InvalidParameter):
        parse_sorting(text, is_known_field=lambda field: True)
