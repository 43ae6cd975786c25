"""How is the place where a page ends written in a header, and read back?

A token is the base64 of ``{"last_record": {field: value, …}, "offset": n}``
(protocol §13.5). It stays short whatever the records hold (rulings §2.16): values
that only have a rank, and the large ones, are replaced by objects.

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
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.querystring.pagination import value_of
from cliquet.resource.querystring.values import is_bounded_integer, is_integer
from cliquet.serialization import dumps, loads
from cliquet.storage.query import Rank, Sort
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


@dataclass(frozen=True, slots=True)
class TextBeginning:
    """A text of which only the beginning is known."""

    beginning: str

    def matches(self, value: Any) -> bool:
        """Tell whether a value may be the one that was cut."""
        return isinstance(value, str) and value.startswith(self.beginning)

    def bound(self, direction: int) -> str:
        """Answer what comes before every such text, in a direction."""
        return self.beginning + (_LAST_CHARACTER if direction < 0 else "")


@dataclass(frozen=True, slots=True)
class NumberBeginning:
    """An integer of which only the first digits are known."""

    digits: int
    exponent: int

    def matches(self, value: Any) -> bool:
        """Tell whether a value may be the one that was cut."""
        return is_integer(value) and value // 10**self.exponent == self.digits

    def bound(self, direction: int) -> int:
        """Answer what comes before every such integer, in a direction."""
        digits = self.digits + 1 if direction < 0 else self.digits
        return int(digits * 10**self.exponent)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended.

    Attributes:
        values: of the last record, for each sort key; maybe its id.
        offset: how many records were returned so far, over all pages.
    """

    values: dict[str, Any]
    offset: int

    @property
    def is_complete(self) -> bool:
        """Tell whether the values are known without reading the record."""
        return not any(map(_is_beginning, self.values.values()))

    def complete(
        self, record: dict[str, Any] | None, sorting: Sequence[Sort], modified: str
    ) -> dict[str, Any]:
        """Answer values to continue from.

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


def build_token(
    sorting: Sequence[tuple[str, int]],
    last_record: dict[str, Any],
    offset: int,
    *,
    id_field: str = "id",
    modified_field: str = "last_modified",
) -> str:
    """Write the place of a record.

    Args:
        sorting: pairs of field and direction; the id is one, if the next record has
            the same values.
        last_record: the last one of the page.
        offset: how many records were returned so far.
        id_field: never cut, since the record may have to be found.
        modified_field: never cut either.
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
        written = {field: _to_json(value) for field, value in values.items()}
        token = encode64(dumps({"last_record": written, "offset": offset}))
        if len(quote_plus(token)) <= MAX_ENCODED_LENGTH:
            break
    return token


def parse_token(
    text: str,
    sorting: Sequence[Sort],
    *,
    id_field: str = "id",
    modified_field: str = "last_modified",
) -> Place:
    """Read a token; the order comes from the request, not from the token.

    Raises:
        InvalidParameter: for anything but what :func:`build_token` writes, or what
            3.1.5 wrote.
    """
    try:
        # Clients that do not encode the query string turn + into a blank.
        content = loads(decode64(text.replace(" ", "+")))
        last_record, offset = content["last_record"], content["offset"]
        fields = [key.field for key in sorting]
        if id_field in last_record and id_field not in fields:
            fields.append(id_field)
        values = {field: _from_json(last_record[field]) for field in fields}
    except (ValueError, KeyError, TypeError) as error:
        raise _invalid_token() from error
    if not is_bounded_integer(offset) or offset < 0:
        raise _invalid_token()
    if not is_bounded_integer(values.get(modified_field)):
        raise _invalid_token()
    if not isinstance(values.get(id_field, ""), str):
        raise _invalid_token()
    place = Place(values, offset)
    if id_field not in values and not place.is_complete:
        raise _invalid_token()
    return place


def _invalid_token() -> InvalidParameter:
    return InvalidParameter("querystring", None, "_token has invalid content")


def _is_beginning(value: object) -> bool:
    return isinstance(value, TextBeginning | NumberBeginning)


def _shorten(value: Any, length: int) -> Any:
    if isinstance(value, str) and len(value) > length:
        return TextBeginning(value[:length])
    if is_integer(value) and abs(value) >= 10**_MAX_DIGITS:
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
    if "\x00" in text:
        raise ValueError("NUL in text")
    return text
