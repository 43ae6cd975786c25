"""Which fields are wanted?"""

import pytest

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring import parse_fields

KNOWN = {"id", "last_modified", "name", "obj"}


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        (None, KNOWN, None),
        ("", KNOWN, None),
        ("name", KNOWN, ["name", "id", "last_modified"]),
        ("obj.a.b,name", KNOWN, ["obj.a.b", "name", "id", "last_modified"]),
        ("anything", None, ["anything", "id", "last_modified"]),
    ],
)
def test_fields(text, known, expected):
    assert parse_fields(text, known_fields=known) == expected


@pytest.mark.parametrize(
    ("text", "unknown"),
    [("name,foo", "foo"), ("foo.x,foo.y,b", "foo,b"), ("a, b", "a, b")],
)
def test_unknown_fields_are_refused(text, unknown):
    with pytest.raises(InvalidParameter) as caught:
        parse_fields(text, known_fields=KNOWN)

    assert caught.value.description == f"Fields {unknown} do not exist"
