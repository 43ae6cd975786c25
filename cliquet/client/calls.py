"""Calls on one collection: which request each is, and what its answer means."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cliquet.client.errors import Conflict, ProtocolError
from cliquet.client.exchanges import Answer, Call, Request, checked
from cliquet.client.records import Record, entity_tag
from cliquet.client.retries import KEY

Permissions = Mapping[str, list[str]]
Version = Record | int | str

_NOT_MODIFIED = 304
_NOT_FOUND = 404
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Page:
    """Some records of a list.

    Attributes:
        timestamp: That of the collection when the page was read.
        next: URL of what follows, None after the last.
        horizon: Timestamp before which the server may have forgotten what was deleted.
    """

    records: list[Record]
    timestamp: int
    next: str | None = None
    horizon: int = 0


def collection_path(path: str) -> str:
    """Return the path of a collection below the root: `tasks` is `/tasks`."""
    return f"/{path.strip('/')}"


def timestamp(version: Version) -> int:
    """Return the timestamp of a record, or of a tag."""
    return int(entity_tag(version).strip('"'))


def new_key() -> str:
    """Return an idempotency key that nobody else has."""
    return f'"{uuid.uuid4()}"'


def read_page(path: str, *, if_none_match: Version | None = None) -> Call[Page]:
    """Read the page of a list at a path or URL."""
    answer = checked((yield Request("GET", path, _condition(None, if_none_match))))
    headers = answer.headers
    is_news = answer.status != _NOT_MODIFIED
    return Page(
        [Record(each) for each in answer.body["data"]] if is_news else [],
        timestamp(headers["etag"].removeprefix("W/")),
        headers.get("next-page"),
        timestamp(headers.get("horizon", '"0"')),
    )


def read_snapshot(path: str, expected: int | None = None) -> Call[Page]:
    """Read a whole collection at once, from caches (:clause:`CACHE-9`).

    Args:
        path: Of the collection.
        expected: A timestamp that must have been reached.
    """
    query = "" if expected is None else f"?_expected={expected}"
    request = Request("GET", f"{path}/__snapshot__{query}", anonymous=True)
    body = checked((yield request)).body
    return Page([Record(each) for each in body["data"]], body["timestamp"])


def get(path: str, record_id: str) -> Call[Record]:
    """Read a record."""
    return _record(checked((yield Request("GET", _record_path(path, record_id)))))


def create(
    path: str, data: Mapping[str, Any], permissions: Permissions | None = None
) -> Call[Record]:
    """Create a record; the server chooses its id unless there is one."""
    headers = {KEY: new_key()}
    answer = yield Request("POST", path, headers, _body(data, permissions))
    return _record(checked(answer))


def replace(
    path: str,
    record_id: str,
    data: Mapping[str, Any],
    permissions: Permissions | None = None,
    *,
    if_match: Version | None = None,
    if_none_match: Version | None = None,
) -> Call[Record]:
    """Replace a record, or create it."""
    headers = _condition(if_match, if_none_match)
    body = _body(data, permissions)
    answer = yield Request("PUT", _record_path(path, record_id), headers, body)
    try:
        return _record(checked(answer))
    except Conflict as conflict:
        # Of an answer that was lost: the version that stands in the way is ours.
        if answer.repeated and conflict.existing and holds(conflict.existing, data):
            return conflict.existing
        raise


def update(
    path: str,
    record_id: str,
    changes: Mapping[str, Any],
    permissions: Permissions | None = None,
    *,
    if_match: Version | None = None,
) -> Call[Record]:
    """Change some fields of a record."""
    headers = {**_condition(if_match), KEY: new_key()}
    body = _body(changes, permissions)
    answer = yield Request("PATCH", _record_path(path, record_id), headers, body)
    return _record(checked(answer))


def delete(
    path: str, record_id: str, *, if_match: Version | None = None
) -> Call[Record]:
    """Delete a record; return its tombstone."""
    headers = _condition(if_match)
    answer = yield Request("DELETE", _record_path(path, record_id), headers)
    try:
        return _record(checked(answer))
    except ProtocolError as error:
        # Of an answer that was lost: it was deleted by the request before.
        if answer.repeated and error.status == _NOT_FOUND:
            return Record({"id": record_id, "deleted": True})
        raise


def delete_all(
    path: str, query: str, *, if_match: Version | None = None
) -> Call[list[Record]]:
    """Delete the records that a query string selects; return their tombstones."""
    answer = yield Request("DELETE", path + query, _condition(if_match))
    return [Record(each) for each in checked(answer).body["data"]]


def holds(
    record: Mapping[str, Any],
    data: Mapping[str, Any],
    base: Mapping[str, Any] = _NOTHING,
) -> bool:
    """Return whether a record is what a replacement made of it.

    Args:
        data: What was sent. The server may have added fields, not changed any.
        base: What it replaced: fields that are no longer in the data are gone.
    """
    return all(
        record.get(name) == data.get(name)
        for name in {*base, *data} - {"last_modified"}
    )


def _record_path(path: str, record_id: str) -> str:
    return f"{path}/{quote(record_id, safe='')}"


def _condition(
    if_match: Version | None, if_none_match: Version | None = None
) -> dict[str, str]:
    given = {"If-Match": if_match, "If-None-Match": if_none_match}
    return {name: entity_tag(v) for name, v in given.items() if v is not None}


def _body(
    data: Mapping[str, Any], permissions: Permissions | None
) -> dict[str, dict[str, Any]]:
    body: dict[str, dict[str, Any]] = {"data": dict(data)}
    if permissions is not None:
        body["permissions"] = dict(permissions)
    return body


def _record(answer: Answer) -> Record:
    return Record(answer.body["data"], answer.body.get("permissions"))
