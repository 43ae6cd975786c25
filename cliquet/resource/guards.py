"""May a request go on, and what must still be true when it writes? (protocol §12).

Between the requests of HTTP and the pure decisions of ``preconditions``. Functions
take the resource that serves the request.
"""

from typing import Any

from pyramid.settings import asbool

from cliquet.resource import preconditions, responses
from cliquet.resource.preconditions import Target
from cliquet.settings import get_setting
from cliquet.storage.query import ANY, Condition
from cliquet.types import Record, Timestamp


def is_conditional(request: Any) -> bool:
    """Tell whether a write depends on what is stored."""
    headers = request.headers
    return bool(headers.get("If-Match")) or headers.get("If-None-Match") == "*"


def is_strict(request: Any) -> bool:
    """Tell whether ETags are compared as RFC 9110 wants (rulings §3)."""
    return bool(asbool(get_setting(request.registry.settings, "strict_preconditions")))


def timestamp_of(resource: Any, record: Record | None) -> Timestamp:
    """Answer the timestamp of a record, else that of the collection."""
    if record is not None:
        timestamp: Timestamp | None = record.get(resource.model.modified_field)
        if timestamp is not None:
            return timestamp
    current: Timestamp = resource.timestamp
    return current


def check_not_modified(resource: Any, timestamp: Timestamp) -> None:
    """Answer a 304 to a client that already has this version.

    Raises:
        HTTPNotModified: with the timestamp headers.
    """
    request = resource.request
    since = preconditions.check_read(request.headers.get("If-None-Match"))
    if preconditions.is_not_modified(since, timestamp, strict=is_strict(request)):
        raise responses.not_modified(timestamp)


def check_preconditions(
    resource: Any, record: Record | None = None, *, is_deleted: bool = False
) -> None:
    """Check preconditions on a record, or on the collection if there is none.

    Raises:
        HTTPPreconditionFailed: with what the user may see of the record.
    """
    if is_conditional(resource.request):
        target = Target(
            timestamp_of(resource, record),
            is_record=record is not None,
            is_deleted=is_deleted,
        )
        _check(resource, target, record)


def check_creation(resource: Any) -> None:
    """Check preconditions on a record that never was.

    They hold (protocol §12.3, quirk that is kept), unless they are strict.
    """
    if is_conditional(resource.request) and is_strict(resource.request):
        _check(resource, Target(None), None)


def _check(resource: Any, target: Target, record: Record | None) -> None:
    request = resource.request
    refused = preconditions.is_refused(
        target,
        request.headers.get("If-Match"),
        request.headers.get("If-None-Match"),
        strict=is_strict(request),
    )
    if refused:
        shown = None if record is None else resource.visible(record)
        raise responses.precondition_failed(target.timestamp, shown)


def record_condition(resource: Any, existing: Record) -> Condition:
    """Make sure that a write finds the record that was read (rulings §2.21)."""
    return Condition(record=existing.get(resource.model.modified_field, ANY))


def collection_condition(resource: Any) -> Condition | None:
    """Make sure that the collection is the one that a precondition accepted."""
    if resource.request.headers.get("If-Match"):
        return Condition(collection=resource.timestamp)
    return None
