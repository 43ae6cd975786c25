"""Are these fields acceptable; which ones changed; what does a ``PATCH`` answer?

Values of JSON are compared with their types, as storage engines do (rulings §4):
1 is 1.0, but neither ``true`` nor ``"1"``.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cliquet.resource.invalid import InvalidParameter

Record = dict[str, Any]

# Beyond, some clients cannot tell an integer from its neighbour.
MAX_TIMESTAMP = 2**53
_TIMESTAMP_DIGITS = len(str(MAX_TIMESTAMP))

# Keys of an index of PostgreSQL are limited; no id needs as much.
MAX_ID_LENGTH = 255


def check_content(value: Any, name: str) -> None:
    """Refuse what no engine can keep: NUL, half characters, NaN (rulings §5).

    Args:
        value: what the client sent, of any depth.
        name: where it was sent, for the error.

    Raises:
        InvalidParameter: at the first bad value.
    """
    remaining = [value]
    while remaining:
        item = remaining.pop()
        if isinstance(item, str):
            _check_text(item, name)
        elif isinstance(item, Mapping):
            remaining.extend(item)
            remaining.extend(item.values())
        elif isinstance(item, list | tuple | set):
            remaining.extend(item)
        elif isinstance(item, float) and not math.isfinite(item):
            raise InvalidParameter("body", name, "Number out of range")


def _check_text(text: str, name: str) -> None:
    if "\x00" in text:
        raise InvalidParameter("body", name, "Text cannot contain NUL characters")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            description = "Unpaired surrogate in text"
            raise InvalidParameter("body", name, description) from error


def check_timestamp(record: Mapping[str, Any], field: str) -> None:
    """Refuse a forced timestamp that is no timestamp (rulings §5).

    None counts as absent: it is what optional schema nodes answer.

    Raises:
        InvalidParameter: unless it is an integer from 0 to 2 ** 53.
    """
    value = record.get(field)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidParameter("body", f"data.{field}", "Invalid timestamp")
    if not 0 <= value <= MAX_TIMESTAMP:
        raise InvalidParameter("body", f"data.{field}", "Timestamp out of range")


def parse_deletion_timestamp(text: Any) -> int:
    """Read ``?last_modified=`` of a record ``DELETE`` (protocol §19.1).

    Raises:
        InvalidParameter: unless it is an integer, maybe between double quotes.
    """
    digits = text.strip('"') if isinstance(text, str) else str(text)
    sign, unsigned = (digits[:1], digits[1:]) if digits[:1] == "-" else ("", digits)
    if not (
        unsigned.isascii() and unsigned.isdigit() and len(unsigned) <= _TIMESTAMP_DIGITS
    ):
        raise _invalid_deletion_timestamp(digits)
    timestamp = int(sign + unsigned)
    if timestamp > MAX_TIMESTAMP:
        raise _invalid_deletion_timestamp(digits)
    return timestamp


def _invalid_deletion_timestamp(text: str) -> InvalidParameter:
    return InvalidParameter("querystring", "last_modified", f"Invalid value for {text}")


def check_id(record_id: Any, matches: Callable[[str], Any]) -> str:
    """Answer the text of a record id (protocol §11.1).

    Args:
        record_id: from the URL, or from a body, where it may be anything.
        matches: the pattern of the generator. Those that end with ``$`` accept a
            final newline, which is refused here.

    Raises:
        InvalidParameter: when it is none.
    """
    text = str(record_id)
    if (
        isinstance(record_id, bool | None)
        or len(text) > MAX_ID_LENGTH
        or text.endswith("\n")
        or not matches(text)
    ):
        raise InvalidParameter("path", None, "Invalid record id")
    check_content(text, "id")
    return text


def check_same_id(new_id: Any, record_id: str) -> None:
    """Refuse a body whose id is not that of the URL (protocol §17.2).

    Raises:
        InvalidParameter: when they differ.
    """
    if new_id != record_id:
        raise InvalidParameter("body", "id", "Record id does not match existing record")


def check_readonly(
    record: Mapping[str, Any],
    changes: Mapping[str, Any],
    is_readonly: Callable[[str], bool],
) -> None:
    """Refuse to change read-only fields; those not set yet may be set once (§18.3).

    Raises:
        InvalidParameter: naming the first field that would change.
    """
    for field, value in changes.items():
        if is_readonly(field) and not is_same(record.get(field, value), value):
            raise InvalidParameter("body", field, f"Cannot modify {field}")


def forget_old_timestamp(
    new: Record, old: Mapping[str, Any] | None, field: str
) -> Record:
    """Remove a timestamp that is not newer than the present one (protocol §11.2).

    None is removed as well. `new` is modified, and returned.
    """
    wanted = new.get(field, ...)
    if wanted is None:
        del new[field]
    elif isinstance(wanted, int) and old is not None:
        present = old.get(field)
        if present is not None and wanted <= present:
            del new[field]
    return new


def copy_of(value: Any) -> Any:
    """Copy JSON values, for an application that may modify them."""
    if isinstance(value, dict):
        return {key: copy_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_of(item) for item in value]
    return value


def is_same(one: Any, other: Any) -> bool:
    """Tell whether two values of JSON are equal, types included."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            is_same(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def changed_fields(
    changes: Iterable[str], existing: Mapping[str, Any], new: Mapping[str, Any]
) -> list[str]:
    """List the sent fields that end up different from the stored ones (§18.2)."""
    return [
        field for field in changes if not is_same(existing.get(field), new.get(field))
    ]


def patch_body(
    behavior: str | None,
    *,
    changes: Mapping[str, Any],
    changed: Iterable[str],
    record: Record,
) -> Record:
    """Answer the part of a record that ``Response-Behavior`` asks for (§18.4).

    Args:
        behavior: value of the header; neither ``light`` nor ``diff`` means all.
        changes: what was sent.
        changed: names of the sent fields whose stored value changed.
        record: what is stored now.
    """
    match (behavior or "full").lower():
        case "light":
            return {field: record[field] for field in changed if field in record}
        case "diff":
            return {
                field: record[field]
                for field in changed
                if field in record and not is_same(changes[field], record[field])
            }
        case _:
            return record
