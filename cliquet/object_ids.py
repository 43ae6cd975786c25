"""Ids of records in the object ids that permissions are kept under.

An object id is the path of a record, quoted as in URLs (docs: rules-object-ids). Which
record it belongs to is decided here, segment by segment, and by the engines that join
records with permissions: `PLAIN`, `quote_id` and `unquote_id` are what they go by.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

#: What stays as it is in a path, besides letters, digits and `-._~`.
SAFE_IN_PATH = "/~!$&'()*+,;=:@"

#: Characters of ids that are the same in paths, as within brackets of a pattern.
PLAIN = "A-Za-z0-9_.~!$&'()*+,;=:@-"

#: The pattern of a character that is another one in paths, as an SQL literal. What it
#: finds is indexed in the schemas of SQL.
ODD_IN_SQL = f"[^/{PLAIN}]".replace("'", "''")

_NAME_IN_BRACES = re.compile(r"{([^{}]+)}")
_PLAIN_TEXT = re.compile(f"[{PLAIN}]+")
_PLAIN_PATH = re.compile(f"[/{PLAIN}]+")


def quote_path(path: str, encoding: str = "utf-8") -> str:
    """Quote a decoded path, or an id, in the one way of object ids."""
    if _PLAIN_PATH.fullmatch(path):
        return path
    return quote(path, safe=SAFE_IN_PATH, encoding=encoding)


def quote_id(record_id: str) -> str | None:
    """Return the segment of a record id; None if it has a slash, and is none."""
    if _PLAIN_TEXT.fullmatch(record_id):
        return record_id
    return None if "/" in record_id else quote_path(record_id)


def unquote_id(segment: str) -> str | None:
    """Return the record id of a segment.

    None if no record is permitted by it: it is empty, has a slash, is no text, or would
    be quoted otherwise. Then the permissions of the record are kept elsewhere.
    """
    if _PLAIN_TEXT.fullmatch(segment):
        return segment
    record_id = unquote(segment)
    is_id = record_id and "\0" not in record_id and quote_id(record_id) == segment
    return record_id if is_id else None


def quote_ids(record_ids: Collection[str]) -> Iterable[str]:
    """Return the segments of record ids."""
    if _PLAIN_TEXT.fullmatch("".join(record_ids)):
        return record_ids
    return [each for each in map(quote_id, record_ids) if each is not None]


class RecordPath(NamedTuple):
    """Object ids of the records of one collection: an id between two texts."""

    before: str
    after: str = ""

    @classmethod
    def around(cls, mark: str, object_id: str) -> "RecordPath":
        """Return the path of a record whose id is a mark."""
        before, _, after = object_id.partition(mark)
        return cls(before, after)

    @property
    def pattern(self) -> str:
        """The pattern that finds them: it finds others, too."""
        return f"{self.before}*{self.after}"

    def object_id(self, record_id: str) -> str:
        """Return the object id of a record."""
        return self.before + quote_path(record_id) + self.after

    def record_ids(self, object_ids: Iterable[str]) -> list[str]:
        """Return the ids of the records among objects."""
        before, after = self
        start = len(before)
        if after:
            found = (each for each in object_ids if each.endswith(after))
            object_ids = [each.removesuffix(after) for each in found]
        segments = [each[start:] for each in object_ids if each.startswith(before)]
        # Mostly nothing is quoted, which is seen at once.
        if _PLAIN_TEXT.fullmatch("".join(segments)) and "" not in segments:
            return segments
        return [each for each in map(unquote_id, segments) if each is not None]

    def followed_by_itself(self, patterns: Iterable[str]) -> "list[RecordPath]":
        """Return the paths of patterns that end like that of this one."""
        own = self.pattern
        return [
            self._replace(before=each.removesuffix(own) + self.before)
            for each in patterns
            if each.endswith(own)
        ]


def record_ids(object_ids: Collection[str], paths: Iterable[RecordPath]) -> list[str]:
    """Return the ids of the records among objects, each of them once."""
    found = (path.record_ids(object_ids) for path in paths)
    return list(dict.fromkeys(chain.from_iterable(found)))


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return whether objects are found by a pattern, in which only `*` is special.

    Each part between two stars is looked for once, from left to right: clients may send
    any number of stars, and a regular expression would try all ways to place them.
    """
    first, *parts = pattern.split("*")
    if not parts:
        return pattern.__eq__
    last = parts.pop()
    if not parts and not last:
        return lambda object_id: object_id.startswith(first)

    def is_found(object_id: str) -> bool:
        place, end = len(first), len(object_id) - len(last)
        if place > end or not object_id.startswith(first):
            return False
        for part in parts:
            found = object_id.find(part, place, end)
            if found < 0:
                return False
            place = found + len(part)
        return object_id.endswith(last)

    return is_found


def fill_template(template: str, values: Mapping[str, Any]) -> str:
    """Return the object id of a template such as `/projects/{id}`.

    Args:
        template: A path, with names in braces.
        values: Decoded texts: each becomes one segment, or a part of one.

    Raises:
        KeyError: One is missing.
    """

    def fill(match: re.Match[str]) -> str:
        value = values[match.group(1)]
        parts = value if isinstance(value, tuple) else (value,)
        return "/".join(quote_path(str(each)).replace("/", "%2F") for each in parts)

    return _NAME_IN_BRACES.sub(fill, template)
