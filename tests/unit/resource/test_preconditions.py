"""Do preconditions hold? The truth tables, without HTTP."""

import pytest

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.preconditions import Outcome, Preconditions, Target

RECORD = Target(10, is_record=True)
TOMBSTONE = Target(10, is_record=True, is_deleted=True)
COLLECTION = Target(10)
NOTHING = Target(None)


def is_known(if_none_match, strict=False, current=10):
    asked = Preconditions(if_none_match=if_none_match, strict=strict)
    return asked.decide(Target(current), is_read=True) is Outcome.NOT_MODIFIED


@pytest.mark.parametrize(
    ("header", "timestamp"), [("", None), ('"42"', 42), ('"-1"', -1)]
)
def test_if_none_match_of_a_read(header, timestamp):
    assert not is_known(header, strict=True, current=43)
    assert not is_known(header, strict=True, current=41)
    assert is_known(header, strict=True, current=42) is (timestamp == 42)
    assert is_known(header, strict=True, current=-1) is (timestamp == -1)


#: What no cache and no proxy made: the client is wrong.
BAD_HEADERS = [
    "1234",
    '""',
    '"ab"',
    '"abc"',
    '"*"',
    "abc",
    '"1',
    '1"',
    '"1" "2"',
    '"1"x',
    'w/"1"',
    'W/ "1"',
    "W/1",
    '*, "1"',
    ",",
    '"1"\n',
    '"٣"',
    '"a b"',
]
#: Of somebody else, or changed on their way: none is a timestamp.
FOREIGN_HEADERS = [
    '"1.5"',
    '"10-gzip"',
    '"10;br"',
    '"5d8c72a5edda8d6a:0"',
    'W/"abc"',
    '"abc", "def"',
    '"a,1"',
    f'"{"9" * 1001}"',
    '"é1"',
]
#: They have the timestamp 10.
HEADERS_OF_TEN = [
    '"10"',
    'W/"10"',
    '"1", "10"',
    '"10","1"',
    '"1",W/"10"',
    ',, "1",\t, "10" ,',
    '"abc", "10"',
    '"10-gzip", "10"',
    ' "10" ',
]


@pytest.mark.parametrize("header", BAD_HEADERS)
def test_a_bad_if_none_match_is_refused(header):
    with pytest.raises(InvalidParameter) as caught:
        is_known(header)

    assert caught.value.location == "headers"
    assert caught.value.description == "Invalid value for If-None-Match"


@pytest.mark.parametrize("header", [*BAD_HEADERS, "*"])
def test_a_bad_if_match_is_refused(header):
    with pytest.raises(InvalidParameter) as caught:
        Preconditions(header).decide(RECORD)

    assert caught.value.description == (
        "Invalid value for If-Match. The value should be integer between double quotes."
    )


@pytest.mark.parametrize("header", FOREIGN_HEADERS)
@pytest.mark.parametrize("strict", [False, True])
def test_tags_of_others_do_not_match(header, strict):
    assert not is_known(header, strict)
    assert Preconditions(header, strict=strict).decide(RECORD) is Outcome.FAILED


@pytest.mark.parametrize("header", [*BAD_HEADERS, *FOREIGN_HEADERS])
def test_strictly_nothing_is_refused(header):
    assert Preconditions(header, strict=True).decide(RECORD) is Outcome.FAILED
    assert not is_known(header, strict=True)


@pytest.mark.parametrize("header", HEADERS_OF_TEN)
@pytest.mark.parametrize("strict", [False, True])
def test_one_tag_of_a_list_will_do(header, strict):
    asked = Preconditions(header, strict=strict)
    is_strong = not strict or 'W/"10"' not in header

    assert is_known(header, strict)
    assert asked.decide(RECORD) is (Outcome.PROCEED if is_strong else Outcome.FAILED)
    assert not is_known(header, strict, current=11)
    assert asked.decide(Target(11)) is Outcome.FAILED


def test_tags_are_compared_letter_by_letter_if_strict():
    assert not is_known('"010"', strict=True)
    assert is_known('"010"')


@pytest.mark.parametrize(
    ("since", "strict", "expected"),
    [
        (9, False, False),
        (10, False, True),
        (11, False, True),
        (9, True, False),
        (10, True, True),
        (11, True, False),
    ],
)
def test_not_modified(since, strict, expected):
    assert is_known(f'"{since}"', strict) is expected


@pytest.mark.parametrize(
    ("target", "if_match", "if_none_match", "refused"),
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
        (NOTHING, "invalid", None, False),
    ],
)
def test_refusals(target, if_match, if_none_match, refused):
    outcome = Preconditions(if_match, if_none_match).decide(target)

    assert outcome is (Outcome.FAILED if refused else Outcome.PROCEED)


@pytest.mark.parametrize(
    ("target", "if_match", "if_none_match", "refused"),
    [
        (RECORD, '"10"', None, False),
        (RECORD, '"11"', None, True),
        (RECORD, '"9"', None, True),
        (RECORD, "", None, True),
        (RECORD, "*", None, False),
        (RECORD, " * ", None, False),
        (RECORD, None, "*", True),
        (RECORD, None, '"10"', True),
        (RECORD, None, '"9"', False),
        (TOMBSTONE, "*", None, True),
        (TOMBSTONE, '"10"', None, True),
        (TOMBSTONE, None, '"10"', False),
        (TOMBSTONE, None, "*", False),
        (COLLECTION, "*", None, False),
        (COLLECTION, None, "*", True),
        (NOTHING, "*", None, True),
        (NOTHING, '"10"', None, True),
        (NOTHING, None, "*", False),
    ],
)
def test_strict_refusals(target, if_match, if_none_match, refused):
    outcome = Preconditions(if_match, if_none_match, strict=True).decide(target)

    assert outcome is (Outcome.FAILED if refused else Outcome.PROCEED)


CHANGED = Target(784111777_500)
BEFORE, SAME_SECOND, AFTER = (
    f"Sun, 06 Nov 1994 08:49:{second} GMT" for second in (36, 37, 38)
)


@pytest.mark.parametrize(
    ("target", "header", "refused"),
    [
        (CHANGED, BEFORE, True),
        (CHANGED, SAME_SECOND, True),
        (CHANGED, AFTER, False),
        (Target(784111777_000), SAME_SECOND, False),
        (Target(784111777_001), SAME_SECOND, True),
        (CHANGED, "Sunday, 06-Nov-94 08:49:36 GMT", True),
        (CHANGED, "Sunday, 06-Nov-94 08:49:38 GMT", False),
        (CHANGED, "Sun Nov  6 08:49:36 1994", True),
        (CHANGED, "Sun Nov  6 08:49:38 1994", False),
        (CHANGED, "yesterday", False),
        (CHANGED, "", False),
        (CHANGED, f"{BEFORE}, {BEFORE}", False),
        (CHANGED._replace(is_record=True, is_deleted=True), BEFORE, False),
        (NOTHING, BEFORE, False),
    ],
)
def test_dates(target, header, refused):
    strict = Preconditions(if_unmodified_since=header, strict=True)
    by_default = Preconditions(if_unmodified_since=header)

    assert strict.decide(target) is (Outcome.FAILED if refused else Outcome.PROCEED)
    assert by_default.decide(target) is Outcome.PROCEED


def test_a_date_does_not_matter_beside_a_tag():
    asked = Preconditions('"784111777500"', None, BEFORE, strict=True)

    assert asked.decide(CHANGED) is Outcome.PROCEED


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Preconditions(), False),
        (Preconditions('"1"'), True),
        (Preconditions(None, '"1"'), False),
        (Preconditions(None, "*"), False),
        (Preconditions(None, None, BEFORE), False),
        (Preconditions('"1"', strict=True), True),
        (Preconditions("*", strict=True), False),
        (Preconditions(None, '"1"', strict=True), True),
        (Preconditions(None, "*", strict=True), False),
        (Preconditions(None, "*", BEFORE, strict=True), True),
    ],
)
def test_what_has_to_stay_until_a_collection_is_written(asked, expected):
    assert asked.depend_on_timestamp() is expected
