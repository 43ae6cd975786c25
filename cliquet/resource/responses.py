"""What resources respond besides records: headers, and 304, 400, 404, 409, 412."""

import functools
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import (
    HTTPConflict,
    HTTPException,
    HTTPGone,
    HTTPNotFound,
    HTTPNotModified,
    HTTPPreconditionFailed,
    HTTPPreconditionRequired,
    HTTPServiceUnavailable,
)

from cliquet.errors import ERRORS, http_error
from cliquet.protocol.freshness import PRIVATE, REVALIDATED
from cliquet.serialization import loads
from cliquet.settings import get_setting
from cliquet.storage.exceptions import UnicityError
from cliquet.timestamps import msec_time
from cliquet.types import Record, Request, Response, Timestamp

_OF_304 = (
    "Cache-Control", "Content-Location", "ETag", "Expires", "Last-Modified", "Vary",
)  # fmt: skip


def read_json(request: Request) -> Any:
    """Return the JSON of the body; None when it cannot be read.

    The schema has it already, but what it drops may matter: ids, and the values that
    a PATCH sends. It is read like there: parameters of the content type do not matter.
    """
    body: Any = request.body
    try:
        # Requests that applications make for their tests have the JSON only.
        return loads(body) if isinstance(body, bytes) else request.json
    except ValueError:
        return None


def tell_patches(request: Request) -> None:
    """Name the bodies that PATCH takes, if there is one (RFC 5789, 3.1)."""
    types = getattr(request.current_service, "patch_types", "")
    if types:
        request.response.headers["Accept-Patch"] = types


def set_timestamp(response: Response, timestamp: Timestamp) -> None:
    """Set `ETag` and `Last-Modified` (docs: protocol-timestamps).

    The latter is not later than `Date`: RFC 9110, 8.8.2.1.
    """
    seconds = min(timestamp, msec_time()) // 1000
    response.headers["Last-Modified"] = _http_date(seconds)
    response.headers["ETag"] = f'"{timestamp}"'


def is_counted(request: Request) -> bool:
    """Return whether a list tells how many records there are."""
    wanted = get_setting(request.registry.settings, "total_records")
    return request.method == "HEAD" or wanted != "head"


def tell_page(request: Request, horizon: Timestamp, total: int | None) -> None:
    """Set what headers tell of a page.

    Args:
        request: That of the list.
        horizon: For a client that cannot know all deletions up to then, else 0.
        total: How many records there are, None if they were not counted.

    Raises:
        HTTPGone: The setting wants clients to be refused that cannot know all.
    """
    if total is not None:
        request.response.headers["Total-Records"] = str(total)
    if not horizon:
        return
    value = f'"{horizon}"'
    if get_setting(request.registry.settings, "expired_since") != "gone":
        request.response.headers["Horizon"] = value
        return
    message = (
        f"Not all deletions up to {horizon} are known here any more: "
        "read the whole list without _since."
    )
    gone = HTTPGone(headers={"Horizon": value})
    raise _error(gone, ERRORS.HISTORY_FORGOTTEN, message)


@functools.lru_cache(maxsize=1000)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def record_url(request: Request, record_id: Any) -> str | None:
    """Return the URL of a record, None if the path of its collection does not tell it.

    Args:
        request: One about the record or its collection.
        record_id: The id.
    """
    service: Any = request.current_service
    if service.type == "record":
        return request.path_url
    if service.record_path == f"{service.collection_path}/{{id}}":
        # As that of Pyramid, which takes ten times as long.
        return f"{request.path_url}/{quote(str(record_id))}"
    parameters = {**request.matchdict, "id": record_id}
    try:
        return request.route_url(service.record_route, **parameters)
    except KeyError:
        return None


def set_cache(response: Response, expires_seconds: Any, is_private: bool) -> None:
    """Set `Cache-Control` and `Expires`.

    Args:
        response: That of a GET.
        expires_seconds: For how long caches need not ask again; nothing if they must.
        is_private: Whether no cache may store it, if they must ask.
    """
    if expires_seconds:
        response.cache_expires(seconds=int(expires_seconds))
        return
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = PRIVATE if is_private else REVALIDATED
        return
    response.cache_control.no_cache = True
    if is_private:
        response.cache_control.no_store = True


def not_modified(answer: Response) -> HTTPException:
    """Build the 304 of a client that has this version, from the 200 of any other.

    Caches replace what they know by its headers: RFC 9110, 15.4.5.
    """
    response = HTTPNotModified()
    for name in _OF_304:
        value = answer.headers.get(name)
        if value is not None:
            response.headers[name] = value
    return response


def precondition_failed(
    timestamp: Timestamp | None, existing: Record | None
) -> HTTPException:
    """Build a 412; `existing` is what the user may see of the record."""
    response = HTTPPreconditionFailed()
    if timestamp is not None:
        set_timestamp(response, timestamp)
    message = "Resource was modified meanwhile"
    details = {} if existing is None else {"existing": existing}
    return _error(response, ERRORS.MODIFIED_MEANWHILE, message, details)


def precondition_required() -> HTTPException:
    """Build the 428 of a write without preconditions, which no cache may store."""
    response = HTTPPreconditionRequired()
    response.headers["Cache-Control"] = PRIVATE
    message = (
        "Send If-Match with the ETag of the record, or If-None-Match: * to create it."
    )
    return _error(response, ERRORS.PRECONDITION_REQUIRED, message)


def conflict(
    error: UnicityError, id_field: str, existing: Record | None
) -> HTTPException:
    """Build a 409; `existing` is what the user may see of the other record."""
    details: dict[str, Any] = {"field": error.field}
    other = "another record"
    if existing is not None:
        details["existing"] = existing
        other = f"record {error.record[id_field]}"
    message = f"Conflict of field {error.field} on {other}"
    return _error(HTTPConflict(), ERRORS.CONSTRAINT_VIOLATED, message, details)


def failed_test(message: str) -> HTTPException:
    """Build the 409 of a JSON Patch that tests for another value (RFC 5789, 2.2)."""
    return _error(HTTPConflict(), ERRORS.CONSTRAINT_VIOLATED, message)


def not_found() -> HTTPException:
    """Build the 404 of a record, which the error view rewrites."""
    return _error(HTTPNotFound(), ERRORS.INVALID_RESOURCE_ID)


def unavailable(message: str) -> HTTPException:
    """Build a 503."""
    return _error(HTTPServiceUnavailable(), ERRORS.BACKEND, message)


def _error(
    response: HTTPException,
    errno: ERRORS,
    message: str | None = None,
    details: dict[str, Any] | None = None,
) -> HTTPException:
    http_error(response, errno=errno, message=message, details=details)
    return response
