"""What clients send to be written: what is refused, what changes, what a PATCH returns.

Pure functions over values of JSON. All of them raise `InvalidParameter` for what they
refuse.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from cliquet.bounds import MAX_ID
from cliquet.json_values import are_equal, copy_json, find_fault
from cliquet.resource.invalid import InvalidParameter
from cliquet.serialization import quote
from cliquet.timestamps import msec_time
from cliquet.types import Record, Timestamp

# Beyond, some clients cannot tell an integer from its neighbour.
MAX_TIMESTAMP = 2**53
_TIMESTAMP_DIGITS = len(str(MAX_TIMESTAMP))


def read_record(validated: Mapping[str, Any]) -> Record:
    """Return a copy of the validated record of a write, that hooks may modify.

    Args:
        validated: Has the record as `data`.
    """
    record = validated.get("data")
    if record is None:
        raise InvalidParameter("body", "data", "Required")
    check_content(record, "data")
    copied: Record = copy_json(record)
    return copied


def read_id(body: Any, matches: Callable[[str], Any], field: str = "id") -> str | None:
    """Return the id that a POST sends, which schemas do not know of.

    Args:
        body: JSON, maybe without record or id.
        matches: See :func:`check_id`.
        field: Its name in the record.
    """
    try:
        record_id = body["data"][field]
    except (LookupError, TypeError):
        return None
    return check_id(record_id, matches)


def read_changes(body: Any) -> Record:
    """Return the fields that a PATCH sends.

    Args:
        body: JSON as it was sent; None when there was none.
    """
    if not isinstance(body, dict):
        description = "Provide at least one of data or permissions"
        raise InvalidParameter("body", "data", description)
    changes = body.get("data", {})
    if changes is None:
        raise InvalidParameter("body", "data", "Required")
    if not isinstance(changes, dict):
        raise InvalidParameter(
            "body", "data", f'"{quote(changes)}" is not a mapping type'
        )
    check_content(changes, "data")
    return changes


def check_content(value: Any, name: str) -> None:
    """Refuse what no engine can store (docs: rules-unstorable).

    Args:
        value: What the client sent, of any depth.
        name: Where it was sent, for the error.
    """
    fault = find_fault(value)
    if fault is not None:
        raise InvalidParameter("body", name, fault)


def latest_timestamp(
    ahead_seconds: Any, existing: Mapping[str, Any] | None, field: str
) -> Timestamp:
    """Return the highest timestamp that a client may send.

    Args:
        ahead_seconds: How far ahead of the clock; empty for no bound.
        existing: The record that is there: its own, sent back, forces nothing.
        field: Name of the timestamp in records.
    """
    latest = MAX_TIMESTAMP
    if ahead_seconds is not False and ahead_seconds not in (None, ""):
        latest = min(latest, msec_time() + int(ahead_seconds) * 1000)
    return max(latest, (existing or {}).get(field) or 0)


def check_timestamp(
    record: Mapping[str, Any], field: str, latest: Timestamp = MAX_TIMESTAMP
) -> None:
    """Refuse a forced timestamp, unless it is an integer from 0 to `latest`.

    None counts as absent: it is the value of optional schema nodes.
    """
    value = record.get(field)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidParameter("body", f"data.{field}", "Invalid timestamp")
    if not 0 <= value <= latest:
        raise InvalidParameter("body", f"data.{field}", "Timestamp out of range")


def parse_deletion_timestamp(text: Any, latest: Timestamp = MAX_TIMESTAMP) -> Timestamp:
    """Read `?last_modified=` of a DELETE of a record, in milliseconds.

    It is an integer, at most `latest`, maybe between double quotes.
    """
    digits = text.strip('"') if isinstance(text, str) else str(text)
    unsigned = digits.removeprefix("-")
    if unsigned.isascii() and unsigned.isdigit() and len(unsigned) <= _TIMESTAMP_DIGITS:
        timestamp = int(digits)
        if timestamp <= latest:
            return timestamp
    raise InvalidParameter(
        "querystring", "last_modified", f"Invalid value for {digits}"
    )


def check_id(record_id: Any, matches: Callable[[str], Any]) -> str:
    """Return the text of a record id (docs: protocol-ids).

    Args:
        record_id: From the URL, or from a body, where it may be anything.
        matches: The pattern of the generator. Those that end with ``$`` accept a
            final newline, which is refused here.
    """
    text = str(record_id)
    if (
        isinstance(record_id, bool | None)
        or len(text.encode(errors="replace")) > MAX_ID
        or text.endswith("\n")
        or not matches(text)
    ):
        raise InvalidParameter("path", None, "Invalid record id")
    check_content(text, "id")
    return text


def set_id(new: Record, field: str, record_id: str) -> None:
    """Set the id of what was sent to that of the URL, and refuse another one."""
    if new.setdefault(field, record_id) != record_id:
        raise InvalidParameter("body", "id", "Record id does not match existing record")


def check_readonly(
    record: Mapping[str, Any],
    changes: Mapping[str, Any],
    is_readonly: Callable[[str], bool],
) -> None:
    """Refuse to change read-only fields; those not set yet may be set once."""
    for field, value in changes.items():
        if is_readonly(field) and not are_equal(record.get(field, value), value):
            raise InvalidParameter("body", field, f"Cannot modify {field}")


def check_computed(
    sent: Mapping[str, Any], existing: Mapping[str, Any] | None, computed: Iterable[str]
) -> None:
    """Refuse to set fields that the service sets; as they are they may be sent back.

    Args:
        sent: What the client sent.
        existing: The record that it replaces, if it may be known.
        computed: Names of the fields.
    """
    known = existing or {}
    for field in computed:
        if field not in sent:
            continue
        if field not in known or not are_equal(known[field], sent[field]):
            raise InvalidParameter("body", f"data.{field}", f"Cannot set {field}")


def keep_fields(
    new: Record, existing: Mapping[str, Any], fields: Iterable[str]
) -> None:
    """Set fields of what replaces a record to what they are."""
    for field in fields:
        new.pop(field, None)
        if field in existing:
            new[field] = existing[field]


def forget_old_timestamp(
    new: Record, old: Mapping[str, Any] | None, field: str
) -> Record:
    """Remove a timestamp that is not newer than the present one.

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


def newest(records: Iterable[Record], field: str) -> Record | None:
    """Return the one of some records that has the highest timestamp; None of none."""
    return max(records, key=lambda record: record.get(field) or 0, default=None)


def changed_fields(
    changes: Iterable[str],
    existing: Mapping[str, Any],
    new: Mapping[str, Any],
    modified_field: str = "last_modified",
    removed: Collection[str] = (),
) -> list[str]:
    """List the sent fields that end up different from the stored ones.

    A timestamp that the schema or a hook dropped from `new` changes nothing. Null and
    missing are the same, except for fields that are to be removed.
    """
    return [
        field
        for field in changes
        if (field != modified_field or field in new)
        and (
            not are_equal(existing.get(field), new.get(field))
            or (field in removed and field in existing and field not in new)
        )
    ]


def only_sent(
    answer: Mapping[str, Any], sent: Mapping[str, Any], always: Iterable[str]
) -> Record:
    """Return an answer with what was sent, instead of what is stored.

    Args:
        answer: Body of the answer: the record, maybe its permissions.
        sent: Body of the request, likewise.
        always: Fields that are told as they are stored.
    """
    stored, fields = answer.get("data", {}), sent.get("data") or {}
    shown = {name: value for name, value in fields.items() if name in stored}
    shown.update({name: stored[name] for name in always if name in stored})
    given = sent.get("permissions") or {}
    if not given:
        return {"data": shown}
    permissions = answer.get("permissions", {})
    named = {name: permissions[name] for name in given if name in permissions}
    return {"permissions": named, "data": shown}


def patch_body(
    behavior: str | None,
    *,
    changes: Mapping[str, Any],
    changed: Iterable[str],
    record: Record,
) -> Record:
    """Return the part of a record that `Response-Behavior` asks for.

    Args:
        behavior: Value of the header; neither `light` nor `diff` means all.
        changes: What was sent.
        changed: Names of the sent fields whose stored value changed.
        record: What is stored now.
    """
    match (behavior or "full").lower():
        case "light":
            return {field: record[field] for field in changed if field in record}
        case "diff":
            return {
                field: record[field]
                for field in changed
                if field in record and not are_equal(changes[field], record[field])
            }
        case _:
            return record
