"""What do resources answer besides records: headers, 304, 400, 404, 409, 412?"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

from pyramid.httpexceptions import (
    HTTPConflict,
    HTTPNotFound,
    HTTPNotModified,
    HTTPPreconditionFailed,
    HTTPServiceUnavailable,
)

from cliquet.errors import ERRORS, http_error, raise_invalid
from cliquet.resource.invalid import InvalidParameter
from cliquet.storage.exceptions import ModifiedMeanwhileError, UnicityError
from cliquet.types import Record, Timestamp

# How often a write starts again, because another one came first.
MAX_ATTEMPTS = 100

# The end of year 9999, which is the last that a date header can tell.
_LAST_DATE_SECONDS = 253402300799

_READONLY_TIMESTAMP = (
    "Collection timestamp cannot be written. "
    "Records endpoint must be hit at least once from a writable instance."
)


@contextmanager
def invalid_as_400(request: Any) -> Iterator[None]:
    """Answer what pure helpers refuse with a 400: the one place (architecture §4)."""
    try:
        yield
    except InvalidParameter as error:
        raise_invalid(
            request,
            location=error.location,
            name=error.name,
            description=error.description,
        )


def endpoint(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make an endpoint of a method that decides, then writes (rulings §2.21).

    When what it decided upon changed before it could write, it starts again: reads,
    checks and merges anew. Bad parameters are a 400.
    """

    @functools.wraps(method)
    def answer(resource: Any) -> Any:
        for _ in range(MAX_ATTEMPTS):
            try:
                with invalid_as_400(resource.request):
                    return method(resource)
            except ModifiedMeanwhileError:
                resource.forget_what_was_read()
        raise http_error(
            HTTPServiceUnavailable(),
            errno=ERRORS.BACKEND,
            message="Too many concurrent changes, please retry later.",
        )

    return answer


def read_json(request: Any) -> Any:
    """Answer the JSON of the body; an empty object when there is none.

    The schema has it already, but what it drops may matter: ids, and the values that
    a PATCH sends.

    Raises:
        ValueError: when it cannot be read.
    """
    try:
        return request.json
    except (LookupError, RecursionError) as error:
        raise ValueError("Unreadable JSON") from error


def set_timestamp(response: Any, timestamp: Timestamp) -> None:
    """Set ``ETag`` and ``Last-Modified`` (protocol §3.7)."""
    response.headers["Last-Modified"] = _http_date(timestamp // 1000)
    response.headers["ETag"] = f'"{timestamp}"'


@functools.lru_cache(maxsize=1000)
def _http_date(seconds: int) -> str:
    return formatdate(min(seconds, _LAST_DATE_SECONDS), usegmt=True)


def set_cache(
    response: Any, expires_seconds: Any, *, is_anonymous: bool, is_private: bool
) -> None:
    """Set ``Cache-Control`` and ``Expires`` (protocol §3.8).

    Args:
        response: of a GET.
        expires_seconds: setting of the resource; only matters to anonymous users.
        is_anonymous: whether nobody is authenticated.
        is_private: setting ``private_responses`` (rulings §3).
    """
    if is_anonymous and expires_seconds:
        response.cache_expires(seconds=int(expires_seconds))
        return
    is_private = is_private and not is_anonymous
    if "Cache-Control" not in response.headers:
        text = "no-cache, no-store" if is_private else "no-cache"
        response.headers["Cache-Control"] = text
        return
    response.cache_control.no_cache = True
    if is_private:
        response.cache_control.no_store = True


def not_modified(timestamp: Timestamp) -> Exception:
    """Build the 304 of a client that has this version."""
    response = HTTPNotModified()
    set_timestamp(response, timestamp)
    error: Exception = response
    return error


def precondition_failed(
    timestamp: Timestamp | None, existing: Record | None
) -> Exception:
    """Build a 412; `existing` is what the user may see of the record."""
    response = http_error(
        HTTPPreconditionFailed(),
        errno=ERRORS.MODIFIED_MEANWHILE,
        message="Resource was modified meanwhile",
        details={} if existing is None else {"existing": existing},
    )
    if timestamp is not None:
        set_timestamp(response, timestamp)
    error: Exception = response
    return error


def conflict(error: UnicityError, id_field: str, existing: Record | None) -> Exception:
    """Build a 409; `existing` is what the user may see of the other record."""
    details: dict[str, Any] = {"field": error.field}
    if existing is not None:
        details["existing"] = existing
    response: Exception = http_error(
        HTTPConflict(),
        errno=ERRORS.CONSTRAINT_VIOLATED,
        message=f"Conflict of field {error.field} on record {error.record[id_field]}",
        details=details,
    )
    return response


def not_found() -> Exception:
    """Build the 404 of a record, which the error view rewrites."""
    response: Exception = http_error(HTTPNotFound(), errno=ERRORS.INVALID_RESOURCE_ID)
    return response


def readonly_timestamp() -> Exception:
    """Build the 503 of a timestamp that a read-only instance cannot write (§21.3)."""
    response: Exception = http_error(
        HTTPServiceUnavailable(), errno=ERRORS.BACKEND, message=_READONLY_TIMESTAMP
    )
    return response
