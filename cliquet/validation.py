"""Validation of requests by the schemas of their views.

The outcome is in `request.validated` and `request.errors`. Cornice is not needed here:
`service.py` calls it.
"""

import operator
import re
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Any

import colander

from cliquet import serialization
from cliquet.bounds import MAX_ERRORS
from cliquet.nodes.binding import bound
from cliquet.nodes.messages import describe
from cliquet.nodes.reading import deserialize
from cliquet.types import Location, Request

_LOCATIONS: tuple[Location, ...] = ("path", "header", "body", "querystring")
_REQUIRED = "{} is missing"
#: NUL as JSON escapes it, after an even number of backslashes.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
#: A body means nothing here (RFC 9110, 9.3.1), unless the schema of a view reads it.
_CONTENTLESS = ("GET", "HEAD")
_UNFLATTEN = colander.SchemaNode.unflatten
_instance_of = cache(operator.call)


def validate_schema(request: Request, **view_arguments: Any) -> None:
    """Check a request against the `schema` of its view, if it has one."""
    schema = view_arguments.get("schema")
    if schema is None:
        return
    if isinstance(schema, type):
        schema = _instance_of(schema)
    if request.content_type in getattr(schema, "read_elsewhere", ()):
        return
    body, fault = _read_body(request)
    if fault is not None and (schema.children or request.method not in _CONTENTLESS):
        request.errors.add("body", None, fault)
    validate_body(request, schema, body)


def validate_body(request: Request, schema: Any, body: dict[str, Any]) -> None:
    """Check a request, whose body was read, against a schema."""
    if isinstance(schema, type):
        schema = _instance_of(schema)
    if type(schema).unflatten is not _UNFLATTEN:
        with suppress(KeyError):
            body = schema.unflatten(body)
    schema = bound(schema, request)
    if not body and not schema.children:
        return
    children = schema.children
    if len(children) > 1:
        children = sorted(
            children, key=lambda child: _LOCATIONS.index(_location(child))
        )
    for child in children:
        _validate_child(request, schema, child, body)
    _validate_unknown(request, schema, body)


# --- Parts of a request ----------------------------------------------------------


def _location(child: Any) -> str:
    return getattr(child, "location", "body")


def _source(request: Request, location: str, body: dict[str, Any]) -> Any:
    if location == "body":
        return body
    if location == "querystring":
        return request.GET
    return request.headers if location == "header" else request.matchdict


def parse_body(request: Request) -> dict[str, Any]:
    """Return the body as a mapping; what cannot be read is an error, and empty."""
    body, fault = _read_body(request)
    if fault is not None:
        request.errors.add("body", None, fault)
    return body


def _read_body(request: Request) -> tuple[dict[str, Any], str | None]:
    """Return the body as a mapping, and what is wrong with it if it is none."""
    content_type = request.content_type
    if content_type == "application/x-www-form-urlencoded":
        # A mapping of these is searched from the start for each of its keys.
        return dict(request.POST.items()), None
    # Each look at it costs WebOb as much as reading it.
    sent = request.body if content_type in ("application/json", "") else b""
    if not sent:
        return {}, None
    try:
        body = serialization.loads(sent)
    except ValueError as error:
        return {}, f"Invalid JSON request body: {error}"
    if not isinstance(body, dict):
        got = serialization.quote(body)
        return {}, f"Invalid JSON: Should be a JSON object, got {got}"
    if b"\\u0000" in sent and _NUL.search(sent):
        return {}, "Invalid JSON request body: NUL character"
    return body, None


def _validate_child(
    request: Request, schema: Any, child: Any, body: dict[str, Any]
) -> None:
    name, location = child.name, _location(child)
    value = _source(request, location, body).get(name, colander.null)
    if value is colander.null and child.default is not colander.null:
        value = _default_of(child)
    elif value is colander.null and child.required:
        request.errors.add(location, name, _REQUIRED.format(name))
        return
    elif value is None:
        value = colander.null
        if child.default is not colander.null:
            request.errors.add(location, name, "Required")
            return
    try:
        if location != "body":
            result = child.deserialize(value)
        else:
            result = getattr(schema, "read_child", deserialize)(child, value)
    except colander.Invalid as error:
        _add_errors(request, location, name, describe(error))
        return
    if result is not colander.drop:
        request.validated[name] = result


def _default_of(child: Any) -> Any:
    """Return the default as it would be sent, completed by defaults inside of it.

    Where that is refused, as of an object that may be absent but not be empty, it is
    the default alone.
    """
    completed = child.serialize()
    try:
        child.deserialize(completed)
    except colander.Invalid:
        return child.default
    return completed


def _add_errors(
    request: Request, location: str, name: str, errors: dict[str, Any]
) -> None:
    if name in errors:
        request.errors.add(location, name, errors[name])
        return
    for key, description in errors.items():
        if key.startswith(name):
            request.errors.add(location, key, description)


def _validate_unknown(request: Request, schema: Any, body: dict[str, Any]) -> None:
    unknown = getattr(schema.typ, "unknown", "ignore")
    if unknown == "ignore":
        return
    known = {child.name for child in schema.children}
    extra = [key for key in body if key not in known]
    if unknown == "preserve":
        for key in extra:
            request.validated.setdefault(key, body[key])
        return
    for key in extra[:MAX_ERRORS]:
        request.errors.add("body", key, f"{key} is not allowed")
    asked = (key for key in request.GET if key not in known and key not in body)
    for key in islice(asked, MAX_ERRORS):
        request.errors.add("querystring", key, f"{key} is not allowed")
