"""The batch endpoint: several requests sent as one (docs: protocol-batch)."""

from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from typing import Any

from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet import serialization
from cliquet.authorization.granting import related_objects
from cliquet.bounds import MAX_COMPLETED, MAX_ENTRIES
from cliquet.errors import http_error, json_error_handler
from cliquet.events import drop_events, mark_events
from cliquet.framework.completion import complete
from cliquet.framework.savepoints import begin_savepoint
from cliquet.framework.subrequests import (
    SubrequestMaker,
    build_response,
    readable_path,
)
from cliquet.logs import forget_handled_error, logger
from cliquet.monitoring.instruments import Guarded, conclude_all
from cliquet.permission_cache import PermissionCache
from cliquet.protocol import SAFE_METHODS
from cliquet.protocol.idempotency import Attempt, begin_attempt
from cliquet.protocol.limits import find_fault
from cliquet.protocol.replicas import read_batch, read_entry
from cliquet.protocol.routing import object_path
from cliquet.service import Service
from cliquet.types import Request
from cliquet.validation import parse_body, validate_body
from cliquet.views.entries import (
    BatchPayloadSchema,
    BatchRequestSchema,
    string_values,
    valid_http_method,
)
from cliquet.views.locks import lock_collections

__all__ = [
    "BatchPayloadSchema",
    "BatchRequestSchema",
    "batch",
    "post_batch",
    "string_values",
    "valid_http_method",
]


def validate_batch(request: Request, **view_arguments: Any) -> None:
    """Count what a batch holds, and if it is not too much check its schema."""
    if "schema" not in view_arguments:
        # A preflight: whatever its body is, nobody reads it.
        return
    body = parse_body(request)
    excess = _find_excess(request, body)
    if excess:
        request.errors.add("body", "requests", excess)
    else:
        validate_body(request, view_arguments["schema"], body)


class _BatchService(Service):
    default_validators = (validate_batch,)


batch = _BatchService(name="batch", path="/batch", description="Batch operations")


def _find_excess(request: Request, body: dict[str, Any]) -> str | None:
    """Return what a batch has too much of, if anything."""
    entries, defaults = body.get("requests"), body.get("defaults")
    if not isinstance(entries, list):
        return None
    limit = int(request.registry.settings["batch_max_requests"] or MAX_ENTRIES)
    if len(entries) > limit:
        return f"Number of requests is limited to {limit}"
    number = len(entries)
    if not defaults or len(request.body) * number <= MAX_COMPLETED:
        return None
    if len(serialization.dumps(defaults)) * number > MAX_COMPLETED:
        return f"Defaults are too large for {number} requests"
    return None


@batch.post(schema=BatchPayloadSchema, permission=NO_PERMISSION_REQUIRED)
def post_batch(request: Request) -> Any:
    """Run the entries in order, in one transaction.

    A 5xx of one of them fails the batch as a whole (docs: rules-batch-transaction).
    """
    entries = request.validated["requests"]
    maker = SubrequestMaker(request)
    subrequests = [maker.make(entry) for entry in entries]
    if any(_is_recursive(each, request) for each in subrequests):
        refused = "Recursive call on /batch endpoint is forbidden."
        request.errors.add("body", "requests", refused)
        return None
    read_batch(request, subrequests)
    lock_collections(request, subrequests)
    permissions = _expect_objects(request, subrequests)
    responses = []
    for subrequest in subrequests:
        response, answered = _run_by_itself(request, subrequest, permissions)
        if response.status_code >= 500:
            return response
        responses.append(build_response(response, answered))
    logger.bind(
        path=batch.path,
        method=request.method,
        batch_size=len(entries),
        errno=None,
        agent=request.headers.get("User-Agent"),
        **_user_of(subrequests),
    )
    return {"responses": responses}


def _is_recursive(subrequest: Request, request: Request) -> bool:
    """Return True if an entry leads to this endpoint."""
    target: str = subrequest.environ["PATH_INFO"].strip("/")
    own: str = request.environ["PATH_INFO"].strip("/")
    return target == own


def _expect_objects(
    request: Request, subrequests: Iterable[Any]
) -> PermissionCache | None:
    """Have the permissions of all entries read with those of the first one."""
    if getattr(request.registry, "permission", None) is None:
        return None
    cache = PermissionCache.of(request)
    implications = getattr(request.registry, "implications", None)
    cache.expect(related_objects(implications, map(object_path, subrequests)))
    return cache


def _run_by_itself(
    request: Request, subrequest: Request, permissions: PermissionCache | None
) -> tuple[Any, Any]:
    """Run an entry, and undo what it did if it is refused or redirected.

    A server error undoes the whole batch.
    """
    writes = subrequest.method not in SAFE_METHODS
    if permissions is not None:
        # Whatever view it reaches: those of resources say which objects they need.
        permissions.begin(tuple, writes=writes)
    undo = _Undo(request)
    response, answered = _run_measured(request, subrequest, undo)
    if 300 <= response.status_code < 500:
        undo()
    if permissions is not None and writes:
        # The entries that follow see what this one changed, by whatever view.
        permissions.forget()
    return response, answered


class _Undo:
    """Undoes what a batch did since this was made, or last called."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._begin()

    def __call__(self) -> None:
        self._undo()
        drop_events(self._request, self._mark)
        self._begin()

    def _begin(self) -> None:
        # Not all data managers go back twice to one savepoint.
        self._undo = begin_savepoint(self._request)
        self._mark = mark_events(self._request)


def _user_of(subrequests: Iterable[Any]) -> dict[str, Any]:
    """Return what the log says of the first user whom an entry authenticated."""
    for each in subrequests:
        if hasattr(each, "authn_type"):
            return {"uid": each.selected_userid, "authn_type": each.authn_type}
    return {}


def _run_measured(request: Request, subrequest: Any, undo: _Undo) -> tuple[Any, Any]:
    """Run an entry within the instruments, and log its summary."""
    path = readable_path(subrequest)
    # Nothing that another entry bound: its error, or its collection.
    logger.new(
        request_id=getattr(request, "request_id", None),
        path=path,
        method=subrequest.method,
    )
    with ExitStack() as stack:
        conclusions = [
            stack.enter_context(Guarded(partial(each.entry, subrequest.method, path)))
            for each in getattr(request.registry, "instruments", ())
        ]
        response, answered = _run(request, subrequest, undo)
        conclude_all(conclusions, answered, response)
    forget_handled_error(response.status_code)
    logger.bind(code=response.status_code)
    logger.info("subrequest.summary")
    return response, answered


def _run(request: Any, subrequest: Any, undo: _Undo) -> tuple[Any, Any]:
    fault = find_fault(subrequest.environ)
    if fault is not None:
        subrequest.errors.add(*fault)
        refused = json_error_handler(subrequest)
        complete(subrequest, refused)
        return refused, subrequest
    try:
        with read_entry(subrequest):
            return _follow_once(request, subrequest, undo)
    except httpexceptions.HTTPException as error:
        if error.status_code >= 500:
            raise
        if error.status_code >= 400 and error.content_type != "application/json":
            error = http_error(error)
        answered = error.request or subrequest
        complete(answered, error)
        return error, answered


def _follow_once(request: Any, subrequest: Any, undo: _Undo) -> tuple[Any, Any]:
    """Run an entry, unless it has a key of which the answer is known."""
    attempt = begin_attempt(subrequest)
    if attempt is not None and not isinstance(attempt, Attempt):
        complete(subrequest, attempt)
        return attempt, subrequest
    followed: tuple[Any, Any] = request.follow_subrequest(
        subrequest, undo=undo, use_tweens=False
    )
    if attempt is not None:
        attempt.keep(followed[0])
    return followed
