"""Where a page ends: what comes after it, and the token that says it to clients.

A page ends at its last record: the next one holds the records that come after it in
the order asked for, whatever was written meanwhile (docs: protocol-paging).

A token is the base64 of ``{"last_record": {field: value, …}, "offset": n}``, with
``"total": n`` if the first page counted. It stays
short whatever the records hold: values that only have a rank, and the large ones, are
replaced by objects.

==============================  ==============================================
in the token                    stands for
==============================  ==============================================
``{"$rank": "missing"}``        no such field; likewise ``array`` and ``object``
``{"$text": "abc"}``            a text that begins so
``{"$number": 12, "$exponent": 80}``  an integer of 82 digits that begins so
==============================  ==============================================

The last two come with the id of the record, where the whole value is found again.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from cliquet.json_values import find_text_fault
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.filters import is_bounded_integer
from cliquet.serialization import dumps, loads
from cliquet.storage.query import (
    COMPARISON,
    Filter,
    Rank,
    Sort,
    order_key,
    value_at,
)
from cliquet.text import decode64, encode64

MAX_ENCODED_LENGTH = 3000

# Texts are cut shorter and shorter, until the token is short enough.
_TEXT_LENGTHS = (256, 64, 16, 4)
_MAX_DIGITS = 40
_KEPT_DIGITS = 18
_LARGEST_NUMBER = 10**308
_MAX_EXPONENT = 5000
_LAST_CHARACTER = "\U0010ffff"
_RANKS = {"missing": Rank.MISSING, "array": Rank.ARRAY, "object": Rank.OBJECT}


class TextBeginning(NamedTuple):
    """A text of which only the beginning is known."""

    beginning: str

    def matches(self, value: Any) -> bool:
        """Return True if a value may be the one that was cut."""
        return isinstance(value, str) and value.startswith(self.beginning)

    def bound(self, direction: int) -> str:
        """Return what comes before every such text, in a direction."""
        return self.beginning + (_LAST_CHARACTER if direction < 0 else "")


class NumberBeginning(NamedTuple):
    """An integer of which only the first digits are known."""

    digits: int
    exponent: int

    def matches(self, value: Any) -> bool:
        """Return True if a value may be the one that was cut."""
        return type(value) is int and value // 10**self.exponent == self.digits

    def bound(self, direction: int) -> int:
        """Return what comes before every such integer, in a direction."""
        digits = self.digits + 1 if direction < 0 else self.digits
        return int(digits * 10**self.exponent)


class Position(NamedTuple):
    """Where a page ended.

    Attributes:
        values: Of the last record, for each sort key; maybe its id.
        offset: How many records were returned so far, over all pages.
        total: How many there were when the first page was read, if that is known.
    """

    values: dict[str, Any]
    offset: int
    total: int | None = None

    @property
    def is_complete(self) -> bool:
        """Return True if the values are known without reading the record."""
        return not any(map(_is_beginning, self.values.values()))

    def complete(
        self, record: dict[str, Any] | None, sorting: Sequence[Sort], modified: str
    ) -> dict[str, Any]:
        """Return values to continue from.

        Those of the record, if it did not change; else bounds: a few records may be
        seen twice, but none is missed.
        """
        same = record is not None and record.get(modified) == self.values[modified]
        found = record if record is not None and same else {}
        values = dict(self.values)
        for key in sorting:
            known = values[key.field]
            if _is_beginning(known):
                whole = value_of(found, key.field)
                values[key.field] = (
                    whole if known.matches(whole) else known.bound(key.direction)
                )
        return values


def build_rules(
    sorting: Sequence[Sort], values: dict[str, Any], id_field: str = "id"
) -> list[list[Filter]]:
    """Return filters for what comes after a record: one of the lists has to match.

    With keys *k1 … kn*: equal on all but the last and beyond on that one; equal on
    all but the last two and beyond on the one before; and so on.

    Args:
        sorting: The keys and their directions.
        values: The value of every key in the last record of the page before; and its
            id, when what comes next has the same values.
        id_field: The storage breaks ties by it, ascending.
    """
    keys = list(sorting)
    if id_field in values and all(key.field != id_field for key in keys):
        keys.append(Sort(id_field, 1))
    rules = []
    for length in range(len(keys), 0, -1):
        *equal, beyond = keys[:length]
        rule = [Filter(key.field, values[key.field], COMPARISON.EQ) for key in equal]
        operator = COMPARISON.LT if beyond.direction < 0 else COMPARISON.GT
        rule.append(Filter(beyond.field, values[beyond.field], operator))
        rules.append(rule)
    return rules


def value_of(record: dict[str, Any], field: str) -> Any:
    """Return what a record is sorted by: a missing field is not a null one."""
    return value_at(record, field, Rank.MISSING)


def are_tied(
    sorting: Sequence[Sort], one: dict[str, Any], other: dict[str, Any]
) -> bool:
    """Return True if only their ids order two records."""
    return all(
        order_key(value_of(one, key.field)) == order_key(value_of(other, key.field))
        for key in sorting
    )


def build_token(
    sorting: Sequence[tuple[str, int]],
    last_record: dict[str, Any],
    offset: int,
    total: int | None = None,
    id_field: str = "id",
    modified_field: str = "last_modified",
) -> str:
    """Write the position of a record.

    Args:
        sorting: Pairs of field and direction; the id is one, if the next record has
            the same values.
        last_record: The last one of the page.
        offset: How many records were returned so far.
        total: How many there are on all pages, if that is known.
        id_field: Never cut, since the record may have to be found.
        modified_field: Never cut either.
    """
    token = ""
    for length in _TEXT_LENGTHS:
        values = {
            field: value_of(last_record, field)
            if field in (id_field, modified_field)
            else _shorten(value_of(last_record, field), length)
            for field, _ in sorting
        }
        if any(map(_is_beginning, values.values())):
            values[id_field] = last_record[id_field]
        written = {str(field): _to_json(value) for field, value in values.items()}
        content: dict[str, Any] = {"last_record": written, "offset": offset}
        if total is not None:
            content["total"] = total
        token = encode64(dumps(content))
        if len(quote_plus(token)) <= MAX_ENCODED_LENGTH:
            break
    return token


def parse_token(
    text: str,
    sorting: Sequence[Sort],
    *,
    id_field: str = "id",
    modified_field: str = "last_modified",
) -> Position:
    """Read a token; the order comes from the request, not from the token.

    Raises:
        InvalidParameter: for anything but what :func:`build_token` writes, or what
            3.1.5 wrote.
    """
    try:
        # Clients that do not encode the query string turn + into a blank.
        content = loads(decode64(text.replace(" ", "+")))
        last_record, offset = content["last_record"], content["offset"]
        total = content.get("total")
        fields = [key.field for key in sorting]
        if id_field in last_record and id_field not in fields:
            fields.append(id_field)
        values = {field: _from_json(last_record[field]) for field in fields}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _invalid_token() from error
    if any(not is_bounded_integer(each) or each < 0 for each in (offset, total or 0)):
        raise _invalid_token()
    if not is_bounded_integer(values.get(modified_field)):
        raise _invalid_token()
    if not isinstance(values.get(id_field, ""), str):
        raise _invalid_token()
    position = Position(values, offset, total)
    if id_field not in values and not position.is_complete:
        raise _invalid_token()
    return position


def _invalid_token() -> InvalidParameter:
    return InvalidParameter("querystring", None, "_token has invalid content")


def _is_beginning(value: object) -> bool:
    return isinstance(value, TextBeginning | NumberBeginning)


def _shorten(value: Any, length: int) -> Any:
    if isinstance(value, str) and len(value) > length:
        return TextBeginning(value[:length])
    if type(value) is int and abs(value) >= 10**_MAX_DIGITS:
        exponent = len(str(abs(value))) - _KEPT_DIGITS
        return NumberBeginning(value // 10**exponent, exponent)
    return value


def _to_json(value: Any) -> Any:
    match value:
        case Rank():
            return {"$rank": value.name.lower()}
        case list():
            return {"$rank": "array"}
        case dict():
            return {"$rank": "object"}
        case TextBeginning():
            return {"$text": value.beginning}
        case NumberBeginning():
            return {"$number": value.digits, "$exponent": value.exponent}
    return value


def _from_json(value: Any) -> Any:
    """Read one value of a token; a ValueError says that it is none."""
    match value:
        case {"$rank": str(rank), **rest} if rank in _RANKS and not rest:
            return _RANKS[rank]
        case {"$text": str(beginning), **rest} if not rest:
            return TextBeginning(_checked(beginning))
        case {"$number": int(digits), "$exponent": int(exponent), **rest} if not rest:
            if not is_bounded_integer(digits) or not 0 < exponent <= _MAX_EXPONENT:
                raise ValueError("Number out of range")
            return NumberBeginning(digits, exponent)
        case dict() | list():
            raise ValueError("Not the value of a field")
        case str():
            return _checked(value)
        case int() if abs(value) > _LARGEST_NUMBER:
            raise ValueError("Number out of range")
    return value


def _checked(text: str) -> str:
    if find_text_fault(text):
        raise ValueError("Text that no engine can hold")
    return text
