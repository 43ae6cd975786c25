"""Endpoints of resources in the description."""

from typing import Any, NamedTuple

from pyramid.settings import asbool

from cliquet.bounds import MAX_OPERATIONS
from cliquet.description import answers, parameters, records
from cliquet.framework.media_types import JSON, JSON_PATCH, MERGE_PATCH
from cliquet.nodes.json_schema import JsonSchema
from cliquet.resource.fields import names_of
from cliquet.resource.shareable import ShareableResource
from cliquet.resource.user import UserResource
from cliquet.settings import get_setting
from cliquet.types import Settings

_READS = ("GET", "HEAD")
_BODIES = ("POST", "PUT", "PATCH")
_SUMMARIES = {
    ("collection", "GET"): "List records",
    ("collection", "HEAD"): "Count records",
    ("collection", "POST"): "Create a record",
    ("collection", "DELETE"): "Delete records",
    ("record", "GET"): "Show a record",
    ("record", "HEAD"): "See whether a record is there, and its timestamp",
    ("record", "PUT"): "Create or replace a record",
    ("record", "PATCH"): "Change some fields of a record",
    ("record", "DELETE"): "Delete a record",
}
_POSTPROCESS = tuple(
    vars(each)["postprocess"]
    for each in (UserResource, ShareableResource, *UserResource.__mro__)
    if "postprocess" in vars(each)
)


class Endpoint(NamedTuple):
    """One method of one service of a resource.

    Attributes:
        service: Of Cornice.
        method: That of HTTP.
        arguments: Of the view.
        settings: Of the application.
    """

    service: Any
    method: str
    arguments: dict[str, Any]
    settings: Settings

    @property
    def name(self) -> str:
        """The name of the schemas of the resource."""
        return component_name(self.service.resource_name)

    @property
    def is_shared(self) -> bool:
        """Whether records have permissions."""
        return hasattr(self.service.resource, "permissions")

    def is_on(self, setting: str) -> bool:
        """Return whether a setting is on."""
        return bool(asbool(get_setting(self.settings, setting)))


def component_name(resource_name: str) -> str:
    """Return the name of the schema of a resource, which OpenAPI restricts."""
    letters = [
        each if each.isalnum() or each in "._-" else "_" for each in resource_name
    ]
    text = "".join(letters)
    return text[:1].upper() + text[1:]


def schemas_of(service: Any, generator: Any) -> dict[str, JsonSchema]:
    """Return the schemas of a resource, by the names of components."""
    found = records.Records(service.resource, generator)
    name = component_name(service.resource_name)
    schemas = {
        name: found.answered(),
        f"{name}New": found.created(),
        f"{name}Replacement": found.sent(),
        f"{name}Changes": found.changes(),
        f"{name}Deleted": found.tombstone(),
    }
    if hasattr(service.resource, "permissions"):
        known = tuple(service.resource.permissions or ())
        schemas[f"{name}Permissions"] = records.describe_permissions(known)
    return schemas


def filters_of(service: Any) -> list[parameters.Parameter]:
    """Return the filters of a list."""
    names = names_of(service.resource.default_model)
    return parameters.filters(service.resource.mapping, names)


def describe_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    """Return the operation of an endpoint, but for its security."""
    kind, method = endpoint.service.type, endpoint.method
    described: dict[str, Any] = {
        "summary": _SUMMARIES.get((kind, method), method.title()),
        "tags": [endpoint.service.resource_name],
        "parameters": [
            *_query_parameters(endpoint),
            *parameters.header_parameters(
                method, kind, strict=endpoint.is_on("strict_preconditions")
            ),
        ],
        "responses": {**_answers(endpoint), **_errors(endpoint)},
    }
    if method in _BODIES:
        described["requestBody"] = _body(endpoint)
    return described


def _reference(name: str) -> JsonSchema:
    return {"$ref": f"#/components/schemas/{name}"}


# --- Requests --------------------------------------------------------------------


def _query_parameters(endpoint: Endpoint) -> list[Any]:
    method = endpoint.method
    if endpoint.service.type == "record":
        if method == "DELETE":
            return [parameters.DELETION_TIME]
        return [parameters.FIELDS] if method in _READS else []
    if method == "POST":
        return []
    # Of components, apispec takes the names.
    found: list[Any] = [
        f"{endpoint.name}.{each['name']}" for each in filters_of(endpoint.service)
    ]
    found += parameters.SINCE
    if method in _READS:
        return [*found, *parameters.PAGE, parameters.FIELDS]
    return [*found, *(parameters.PAGE if endpoint.is_on("paginated_delete") else [])]


def _body(endpoint: Endpoint) -> dict[str, Any]:
    kinds = {"POST": "New", "PUT": "Replacement", "PATCH": "Changes"}
    data = _reference(f"{endpoint.name}{kinds[endpoint.method]}")
    permissions = None
    if endpoint.is_shared:
        permissions = _reference(f"{endpoint.name}Permissions")
    schema = endpoint.arguments["schema"]
    body = records.describe_body(schema, data, permissions)
    schemas = {JSON: body}
    if endpoint.method == "PATCH":
        schemas |= _patches(endpoint, permissions)
    types = endpoint.service.body_types(endpoint.method).split(", ")
    return {
        "required": bool(body.get("required")) or endpoint.method == "PATCH",
        "content": {
            each: {"schema": schemas[each]} for each in types if each in schemas
        },
    }


def _patches(
    endpoint: Endpoint, permissions: JsonSchema | None
) -> dict[str, JsonSchema]:
    """Return the formats of patches: what is removed is null, or an operation."""
    properties: dict[str, JsonSchema] = {"data": {"type": "object"}}
    if permissions is not None:
        either = {"anyOf": [{"type": "array"}, {"type": "null"}]}
        granted = {"type": "object", "additionalProperties": either}
        properties["permissions"] = granted
    merge = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "description": "Members that change; null removes (RFC 7396).",
        "examples": [{"data": {}}],
    }
    members = "|".join(properties)
    pointer = {"type": "string", "pattern": f"^/({members})"}
    operation = {
        "type": "object",
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": pointer,
            "from": pointer,
            "value": {},
        },
        "required": ["op", "path"],
    }
    operations = {
        "type": "array",
        "items": operation,
        "maxItems": MAX_OPERATIONS,
        "description": "Operations, all applied or none (RFC 6902).",
        "examples": [[]],
    }
    return {MERGE_PATCH: merge, JSON_PATCH: operations}


# --- Answers ---------------------------------------------------------------------


def _data(endpoint: Endpoint, schema: JsonSchema, *, complete: bool) -> JsonSchema:
    """Return the body of an answer; what an application makes of it is not known.

    Args:
        endpoint: Of a resource.
        schema: Of the data.
        complete: Whether they have an id and a timestamp whatever was asked for.
    """
    if endpoint.service.resource.postprocess not in _POSTPROCESS:
        return {}
    names = names_of(endpoint.service.resource.default_model)
    if complete:
        schema = {"allOf": [schema], "required": [names.id, names.modified]}
    properties: dict[str, Any] = {"data": schema}
    if endpoint.is_shared:
        principals = {"type": "array", "items": {"type": "string"}}
        permissions = {"type": "object", "additionalProperties": principals}
        properties["permissions"] = permissions
    return {"type": "object", "properties": properties, "required": ["data"]}


def _answers(endpoint: Endpoint) -> dict[str, Any]:
    kind, method = endpoint.service.type, endpoint.method
    validators = answers.VALIDATORS
    if method in _READS:
        headers: tuple[str, ...] = (*validators, "Cache-Control")
        if kind == "collection":
            headers = (*headers, "Total-Records", "Next-Page", "Link")
        body = _read_body(endpoint) if method == "GET" else None
        unchanged = answers.answer("Nothing changed.", None, *validators)
        return {"200": answers.answer("Done.", body, *headers), "304": unchanged}
    if method == "DELETE":
        gone = _reference(f"{endpoint.name}Deleted")
        if kind == "collection":
            gone = {"type": "array", "items": gone}
        body = _data(endpoint, gone, complete=False)
        return {"200": answers.answer("Deleted.", body, *validators)}
    record = _reference(endpoint.name)
    if method == "PATCH":
        body = _data(endpoint, record, complete=False)
        headers = (*validators, "Preference-Applied")
        return {"200": answers.answer("Changed.", body, *headers)}
    body = _data(endpoint, record, complete=True)
    there = "The record that was there." if method == "POST" else "Replaced."
    return {
        "200": answers.answer(there, body, *validators),
        "201": answers.answer("Created.", body, *validators, "Location"),
    }


def _read_body(endpoint: Endpoint) -> JsonSchema:
    record = _reference(endpoint.name)
    if endpoint.service.type == "record":
        return _data(endpoint, record, complete=True)
    either = {"anyOf": [record, _reference(f"{endpoint.name}Deleted")]}
    return _data(endpoint, {"type": "array", "items": either}, complete=False)


def _errors(endpoint: Endpoint) -> dict[str, Any]:
    kind, method = endpoint.service.type, endpoint.method
    statuses = {400, 401, 403, 406, 412, 503}
    if method in _BODIES:
        statuses |= {411, 413, 415}
    is_nested = "{" in endpoint.service.collection_path
    if is_nested or (kind == "record" and method != "PUT"):
        statuses.add(404)
    unique = records.option(endpoint.service.resource.mapping, "unique_fields")
    if (unique and method == "PUT") or method == "PATCH":
        statuses.add(409)
    if kind == "record" and method not in _READS:
        statuses |= {428} if endpoint.is_on("require_preconditions") else set()
    if get_setting(endpoint.settings, "eos"):
        statuses.add(410)
    return answers.error_references(*statuses)
