"""Does a request fit the schema of its view? (python-api §18)

The outcome is in `request.validated` and `request.errors`. Cornice is not needed
here; `service.py` calls it.
"""

import inspect
from functools import cache
from typing import Any

import colander

from cliquet import serialization

_LOCATIONS = ("path", "header", "body", "querystring")
_REQUIRED = "{} is missing"


def validate_schema(request: Any, **view_arguments: Any) -> None:
    """Check a request against the `schema` of its view, if it has one."""
    schema = view_arguments.get("schema")
    if schema is None:
        return
    if isinstance(schema, type):
        schema = _instance_of(schema)
    body = _unflatten(schema, parse_body(request))
    if _wants_binding(schema):
        schema = schema.bind(request=request)
    if not body and not schema.children:
        return
    for location, child in _by_location(schema):
        _validate_child(request, child, location, _source(request, location, body))
    _validate_unknown(request, schema, body)


@cache
def _instance_of(schema_class: type) -> Any:
    return schema_class()


@cache
def _wants_binding(schema: Any) -> bool:
    """Tell whether any node waits for `bind`, which copies the whole tree.

    Deferred values do, and code of applications may look at `bindings`.
    """
    if getattr(schema, "after_bind", None) is not None:
        return True
    for name in dir(schema):
        if isinstance(getattr(schema, name, None), colander.deferred):
            return True
    if any(_is_foreign(base) for base in type(schema).__mro__):
        return True
    return any(_wants_binding(child) for child in schema.children)


def _is_foreign(node_class: type) -> bool:
    if node_class.__module__.split(".")[0] in ("colander", "cliquet", "builtins"):
        return False
    return any(inspect.isfunction(value) for value in vars(node_class).values())


def _by_location(schema: Any) -> list[tuple[str, Any]]:
    located = [(getattr(child, "location", "body"), child) for child in schema.children]
    return sorted(located, key=lambda pair: _LOCATIONS.index(pair[0]))


def _source(request: Any, location: str, body: dict[str, Any]) -> Any:
    if location == "body":
        return body
    if location == "querystring":
        return request.GET
    return request.headers if location == "header" else request.matchdict


def parse_body(request: Any) -> dict[str, Any]:
    """Read the body as a mapping; what cannot be read counts as empty."""
    if not request.environ.get("CONTENT_TYPE"):
        return {}
    content_type = request.content_type
    if content_type == "application/x-www-form-urlencoded":
        return dict(request.POST)
    if content_type != "application/json" or not request.body:
        return {}
    try:
        body = serialization.loads(request.body)
    except ValueError as error:
        request.errors.add("body", None, f"Invalid JSON request body: {error}")
        return {}
    if not isinstance(body, dict):
        description = f"Invalid JSON: Should be a JSON object, got {body}"
        request.errors.add("body", None, description)
        return {}
    if b"\\u0000" in request.body and "\x00" in _texts(body):
        request.errors.add("body", None, "Invalid JSON request body: NUL character")
        return {}
    return body


def _texts(value: Any) -> str:
    """Join all texts inside a value."""
    if isinstance(value, dict):
        return "".join(key + _texts(inner) for key, inner in value.items())
    if isinstance(value, list):
        return "".join(map(_texts, value))
    return value if isinstance(value, str) else ""


def _unflatten(schema: Any, body: dict[str, Any]) -> dict[str, Any]:
    if type(schema).unflatten is colander.SchemaNode.unflatten:
        return body
    try:
        flat: dict[str, Any] = schema.unflatten(body)
        return flat
    except KeyError:
        return body


def _validate_child(request: Any, child: Any, location: str, source: Any) -> None:
    name = child.name
    value = source.get(name, colander.null)
    if value is colander.null and child.default is not colander.null:
        value = child.serialize()
    elif value is colander.null and child.required:
        request.errors.add(location, name, _REQUIRED.format(name))
        return
    elif value is None:
        value = colander.null
        if child.default is not colander.null:
            request.errors.add(location, name, "Required")
            return
    try:
        result = child.deserialize(value)
    except colander.Invalid as error:
        _add_errors(request, location, name, error.asdict())
        return
    if result is not colander.drop:
        request.validated[name] = result


def _add_errors(request: Any, location: str, name: str, errors: dict[str, Any]) -> None:
    if name in errors:
        request.errors.add(location, name, errors[name])
        return
    for key, description in errors.items():
        if key.startswith(name):
            request.errors.add(location, key, description)


def _validate_unknown(request: Any, schema: Any, body: dict[str, Any]) -> None:
    unknown = getattr(schema.typ, "unknown", "ignore")
    if unknown == "ignore":
        return
    known = {child.name for child in schema.children}
    extra = [key for key in body if key not in known]
    if unknown == "preserve":
        for key in extra:
            request.validated.setdefault(key, body[key])
        return
    for key in extra:
        request.errors.add("body", key, f"{key} is not allowed")
    for key in request.GET:
        if key not in known and key not in body:
            request.errors.add("querystring", key, f"{key} is not allowed")
