"""What conditional headers hold: entity tags, and dates (RFC 9110, 8.8.3 and 5.6.7).

WebOb's readers take more than the RFC, and less: of `"1","2"` they see the first tag,
what is no tag is one to them, and they need no zone in a date.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cliquet.types import Timestamp


class EntityTag(NamedTuple):
    """An entity tag.

    Attributes:
        opaque: What is between the quotes.
        is_weak: Whether it has the prefix `W/`.
    """

    opaque: str
    is_weak: bool = False


# Commas, around empty elements too, and a tag that ends its element.
_ELEMENT = re.compile(
    r"""[\t ,]* (?: (W/)? "([!\x23-~\x80-\xff]*)" [\t ]* (?=,|\Z) )?""", re.VERBOSE
)


def read_tags(text: str) -> list[EntityTag] | None:
    """Return the entity tags of a list, None if it is no list of entity tags.

    A list may have empty elements (RFC 9110, 5.6.1.2); tags may hold commas. Each
    character is looked at once, times a constant.
    """
    tags: list[EntityTag] = []
    position = 0
    while position < len(text):
        element = _ELEMENT.match(text, position)
        if element is None or element.end() == position:
            return None
        if element[2] is not None:
            tags.append(EntityTag(element[2], element[1] is not None))
        position = element.end()
    return tags


# Those of `calendar` are in the language of the process.
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTH = f"(?P<month>{_MONTHS})"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_DAY_NAME = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_WHOLE_NAME = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_DATES = [
    re.compile(pattern)
    for pattern in (
        f"{_DAY_NAME}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",
        f"{_WHOLE_NAME}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        f"{_DAY_NAME} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})",
    )
]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP_SECOND = 60
# A year of two digits that is further ahead is one of the past (RFC 9110, 5.6.7).
_YEARS_AHEAD = 50


def read_date(text: str, now: Timestamp) -> Timestamp | None:
    """Return an HTTP date in milliseconds, None if it is none.

    It has one of the three formats that recipients have to accept. The name of the day
    is not compared with the date.

    Args:
        text: Value of a header.
        now: The current time, which a year of two digits is near to.
    """
    for pattern in _DATES:
        if matched := pattern.fullmatch(text):
            return _to_timestamp(matched, now)
    return None


def _to_timestamp(matched: re.Match[str], now: Timestamp) -> Timestamp | None:
    names = ("year", "day", "hour", "minute", "second")
    year, day, hour, minute, second = (int(matched[name]) for name in names)
    if len(matched["year"]) < len("1970"):
        latest = (_EPOCH + timedelta(milliseconds=now)).year + _YEARS_AHEAD
        year = latest - (latest - year) % 100
    month = _MONTHS.split("|").index(matched["month"]) + 1
    leap = int(second == _LEAP_SECOND)
    try:
        date = datetime(year, month, day, hour, minute, second - leap, tzinfo=UTC)
    except ValueError:
        return None
    return (date - _EPOCH) // timedelta(milliseconds=1) + leap * 1000
