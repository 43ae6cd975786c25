"""Do preconditions hold? The truth table (protocol §12.3)."""

import pytest

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.preconditions import (
    Target,
    check_read,
    is_not_modified,
    is_refused,
)

RECORD = Target(10, is_record=True)
TOMBSTONE = Target(10, is_record=True, is_deleted=True)
COLLECTION = Target(10)
NOTHING = Target(None)


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, None), ("", None), ("*", None), ('"42"', 42), ('"-1"', -1)],
)
def test_if_none_match_of_a_read(header, expected):
    assert check_read(header) == expected


BAD_HEADERS = [
    "1234",
    '""',
    '"ab"',
    '"1.5"',
    '"*"',
    'W/"1"',
    '"1", "2"',
    '"1"\n',
    '"٣"',
]


@pytest.mark.parametrize("header", BAD_HEADERS)
def test_a_bad_if_none_match_is_refused(header):
    with pytest.raises(InvalidParameter) as caught:
        check_read(header)

    assert caught.value.location == "headers"
    assert caught.value.description == "Invalid value for If-None-Match"


@pytest.mark.parametrize(
    ("since", "strict", "expected"),
    [
        (None, False, False),
        (9, False, False),
        (10, False, True),
        (11, False, True),
        (None, True, False),
        (9, True, False),
        (10, True, True),
        (11, True, False),
    ],
)
def test_not_modified(since, strict, expected):
    assert is_not_modified(since, 10, strict=strict) is expected


@pytest.mark.parametrize(
    ("target", "if_match", "if_none_match", "expected"),
    [
        (RECORD, None, None, False),
        (RECORD, "", "", False),
        (RECORD, '"10"', None, False),
        (RECORD, '"11"', None, False),
        (RECORD, '"9"', None, True),
        (RECORD, None, '"9"', False),
        (RECORD, None, "anything", False),
        (RECORD, None, "*", True),
        (RECORD, '"10"', "*", True),
        (RECORD, "invalid", "*", True),
        (RECORD, '"9"', '"42"', True),
        (TOMBSTONE, None, "*", False),
        (TOMBSTONE, '"9"', "*", False),
        (TOMBSTONE, '"9"', None, True),
        (TOMBSTONE, '"10"', None, False),
        (COLLECTION, None, "*", False),
        (COLLECTION, '"9"', "*", True),
        (COLLECTION, '"10"', "*", False),
        (NOTHING, '"9"', None, False),
    ],
)
def test_refusals(target, if_match, if_none_match, expected):
    assert is_refused(target, if_match, if_none_match) is expected


@pytest.mark.parametrize(
    ("target", "if_match", "if_none_match", "expected"),
    [
        (RECORD, '"10"', None, False),
        (RECORD, '"11"', None, True),
        (RECORD, '"9"', None, True),
        (RECORD, "*", None, False),
        (RECORD, None, "*", True),
        (TOMBSTONE, "*", None, True),
        (TOMBSTONE, '"10"', None, False),
        (COLLECTION, "*", None, False),
        (NOTHING, "*", None, True),
        (NOTHING, '"10"', None, True),
        (NOTHING, None, "*", False),
    ],
)
def test_strict_refusals(target, if_match, if_none_match, expected):
    assert is_refused(target, if_match, if_none_match, strict=True) is expected


@pytest.mark.parametrize("header", [*BAD_HEADERS, "*"])
def test_a_bad_if_match_is_refused(header):
    with pytest.raises(InvalidParameter) as caught:
        is_refused(RECORD, header, None)

    assert caught.value.description == (
        "Invalid value for If-Match. The value should be integer between double quotes."
    )
