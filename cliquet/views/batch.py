"""How are several requests sent as one? (protocol §7)"""

from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote

import colander
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.access import expect_objects
from cliquet.backends.keeping import KeepingConnection
from cliquet.errors import http_error, json_error_handler
from cliquet.logs import logger
from cliquet.permission.base import remembering_access
from cliquet.protocol.limits import find_fault
from cliquet.protocol.subrequests import (
    SubrequestMaker,
    describe_response,
    readable_path,
)
from cliquet.service import Service
from cliquet.text import merge_dicts
from cliquet.views.locks import take_collections

batch = Service(name="batch", path="/batch", description="Batch operations")

valid_http_method = colander.OneOf(
    ("GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH")
)


def string_values(node: Any, cstruct: Any) -> None:
    """Refuse mappings with values that are not text.

    Raises:
        colander.Invalid: naming the mapping.
    """
    if not all(isinstance(value, str) for value in cstruct.values()):
        raise colander.Invalid(node, f"{cstruct} contains non string value")


class BatchRequestSchema(colander.MappingSchema):
    """One entry of a batch."""

    method = colander.SchemaNode(
        colander.String(), validator=valid_http_method, missing=colander.drop
    )
    path = colander.SchemaNode(colander.String(), validator=colander.Regex("^/"))
    headers = colander.SchemaNode(
        colander.Mapping(unknown="preserve"),
        validator=string_values,
        missing=colander.drop,
    )
    body = colander.SchemaNode(
        colander.Mapping(unknown="preserve"), missing=colander.drop
    )


class _DefaultsSchema(BatchRequestSchema):
    path = colander.SchemaNode(
        colander.String(), validator=colander.Regex("^/"), missing=colander.drop
    )


class BatchPayloadSchema(colander.MappingSchema):
    """A batch: its entries, and what they have in common."""

    defaults = _DefaultsSchema(missing=colander.drop)
    requests = colander.SchemaNode(colander.Sequence(), BatchRequestSchema())

    def unflatten(self, data: dict[str, Any]) -> dict[str, Any]:
        """Complete each entry from the defaults, where both are mappings.

        What has another type is left for the schema to refuse.
        """
        defaults, entries = data.get("defaults"), data.get("requests")
        if isinstance(defaults, dict) and isinstance(entries, list):
            for entry in entries:
                if isinstance(entry, dict):
                    merge_dicts(entry, defaults)
        return data


@batch.post(schema=BatchPayloadSchema, permission=NO_PERMISSION_REQUIRED)
def post_batch(request: Any) -> Any:
    """Run the entries in order, in one transaction.

    A 5xx of one of them fails the batch as a whole (rulings §2.19).
    """
    requests = request.validated["requests"]
    settings = request.registry.settings
    limit = settings["batch_max_requests"]
    if limit and len(requests) > int(limit):
        description = f"Number of requests is limited to {limit}"
        request.errors.add("body", "requests", description)
        return None
    if any(_is_recursive(entry["path"], request) for entry in requests):
        description = "Recursive call on /batch endpoint is forbidden."
        request.errors.add("body", "requests", description)
        return None
    maker = SubrequestMaker(request)
    subrequests = [maker.make(entry) for entry in requests]
    take_collections(request, subrequests)
    context = logger.new(request_id=getattr(request, "request_id", None))
    measures = _measures(request)
    responses = []
    with KeepingConnection(), remembering_access(request.registry):
        expect_objects(request, (each.environ["PATH_INFO"] for each in subrequests))
        for subrequest in subrequests:
            path = readable_path(subrequest)
            context.bind(path=path, method=subrequest.method, code=None)
            if measures:
                response, answered = _measured(measures, request, subrequest, path)
            else:
                response, answered = _run(request, subrequest)
            context.bind(code=response.status_code)
            context.info("subrequest.summary")
            if response.status_code >= 500:
                return response
            if answered is not subrequest:
                path = readable_path(answered)
            responses.append(describe_response(response, answered, path))
    logger.bind(
        path=batch.path,
        method=request.method,
        batch_size=len(requests),
        agent=request.headers.get("User-Agent"),
    )
    return {"responses": responses}


def _measures(request: Any) -> list[Any]:
    instruments = getattr(request.registry, "instruments", ())
    found = (getattr(instrument, "entry", None) for instrument in instruments)
    return [entry for entry in found if entry is not None]


def _measured(
    measures: list[Any], request: Any, subrequest: Any, path: str
) -> tuple[Any, Any]:
    with ExitStack() as stack:
        for entry in measures:
            stack.enter_context(entry(subrequest.method, path))
        return _run(request, subrequest)


def _is_recursive(path: str, request: Any) -> bool:
    """Tell whether a path leads to this endpoint, with or without version."""
    target = "/" + unquote(path.partition("?")[0]).strip("/")
    own = "/" + request.path.strip("/")
    return target in (own, batch.path)


def _run(request: Any, subrequest: Any) -> tuple[Any, Any]:
    fault = find_fault(subrequest.environ)
    if fault is not None:
        subrequest.errors.add(*fault)
        return json_error_handler(subrequest), subrequest
    try:
        followed: tuple[Any, Any] = request.follow_subrequest(
            subrequest, use_tweens=False
        )
    except httpexceptions.HTTPException as error:
        if error.status_code >= 500:
            raise
        if error.status_code >= 400 and error.content_type != "application/json":
            error = http_error(error)
        return error, error.request or subrequest
    return followed
