"""In which order are records wanted?"""

import pytest

from cliquet.bounds import MAX_SORT_FIELDS
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring import parse_sorting

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
        (", ,title,", [("title", 1), ("last_modified", -1)]),
    ],
)
def test_sort_keys(text, expected):
    assert [tuple(key) for key in parse(text)] == expected


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("title,foo", "foo"), ("title.foo", "title.foo"), ("-due-date", "due-date"),
        ("*", "*"), ("title,--title", "-title"), ("-", ""), ("title desc", "title desc"),
    ],
)  # fmt: skip
def test_what_is_no_field_is_refused(text, field):
    with pytest.raises(InvalidParameter) as caught:
        parse(text)

    assert caught.value.name is None
    assert caught.value.description == f"Unknown sort field '{field}'"


def test_any_name_of_a_field_may_be_sorted_by():
    """As it may be filtered by: the application decides."""
    sorting = parse_sorting("-due-date,a.b", is_known_field=lambda field: True)

    assert sorting[:2] == [("due-date", -1), ("a.b", 1)]


def test_more_fields_than_anyone_needs_are_refused():
    text = ",".join(f"f{number}" for number in range(MAX_SORT_FIELDS + 1))

    with pytest.raises(InvalidParameter):
        parse_sorting(text, is_known_field=lambda field: True)
