"""Endpoints of resources in the description."""

from typing import Any, NamedTuple

from pyramid.settings import asbool

from cliquet.description import answers, field_names, parameters, patches, records
from cliquet.framework.media_types import JSON, JSON_PATCH, MERGE_PATCH
from cliquet.live.events import MEDIA_TYPE as EVENTS
from cliquet.nodes.json_schema import JsonSchema
from cliquet.resource.fields import names_of
from cliquet.resource.shareable import ShareableResource
from cliquet.resource.singleton import SingletonResource
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

    @property
    def waits(self) -> bool:
        """Whether clients may wait for changes, or follow a stream of them."""
        seats = int(get_setting(self.settings, "stream_max_clients") or 0)
        return seats > 0 and self.method == "GET"

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
        f"{name}Part": found.part(),
        f"{name}New": found.created(),
        f"{name}Replacement": found.sent(),
        f"{name}Changes": found.changes(),
        f"{name}Deleted": found.tombstone(),
    }
    if hasattr(service.resource, "permissions"):
        known = tuple(service.resource.permissions or ())
        schemas[f"{name}Permissions"] = records.describe_permissions(known)
    is_shared = hasattr(service.resource, "permissions")
    schemas[f"{name}MergePatch"] = patches.describe_merge_patch(is_shared=is_shared)
    schemas[f"{name}JsonPatch"] = patches.describe_json_patch(is_shared=is_shared)
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
    method, resource = endpoint.method, endpoint.service.resource
    fields = parameters.fields(field_names.fields_pattern(resource))
    if endpoint.service.type == "record":
        if method == "DELETE":
            return [parameters.DELETION_TIME]
        return [fields] if method in _READS else []
    if method == "POST":
        return []
    # Of components, apispec takes the names.
    found: list[Any] = [
        f"{endpoint.name}.{each['name']}" for each in filters_of(endpoint.service)
    ]
    page = [parameters.sorting(field_names.sort_pattern(resource)), *parameters.PAGE]
    found += parameters.SINCE
    if method in _READS:
        waits = [parameters.WAIT] if endpoint.waits else []
        return [*found, *waits, *page, fields]
    return [*found, *(page if endpoint.is_on("paginated_delete") else [])]


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
        schemas[MERGE_PATCH] = _reference(f"{endpoint.name}MergePatch")
        schemas[JSON_PATCH] = _reference(f"{endpoint.name}JsonPatch")
    types = endpoint.service.body_types(endpoint.method).split(", ")
    return {
        "required": bool(body.get("required")) or endpoint.method == "PATCH",
        "content": {
            each: {"schema": schemas[each]} for each in types if each in schemas
        },
    }


# --- Answers ---------------------------------------------------------------------


def _data(endpoint: Endpoint, schema: JsonSchema) -> JsonSchema:
    """Return the body of an answer; what an application makes of it is not known."""
    if endpoint.service.resource.postprocess not in _POSTPROCESS:
        return {}
    properties: dict[str, Any] = {"data": schema}
    if endpoint.is_shared:
        principals = {"type": "array", "items": {"type": "string"}}
        permissions = {"type": "object", "additionalProperties": principals}
        properties["permissions"] = permissions
    return {"type": "object", "properties": properties, "required": ["data"]}


def _answers(endpoint: Endpoint) -> dict[str, Any]:
    kind, method = endpoint.service.type, endpoint.method
    validators: tuple[str, ...] = answers.VALIDATORS
    if method in _READS:
        headers = (*validators, *answers.FRESHNESS)
        unchanged = answers.answer("Nothing changed.", None, *headers)
        if kind == "collection":
            headers = (*headers, "Total-Records", "Next-Page", "Horizon")
        elif endpoint.service.patch_types:
            headers = (*headers, "Accept-Patch")
        body = _read_body(endpoint) if method == "GET" else None
        done = answers.answer("Done.", body, *headers)
        if body is not None and kind == "collection" and endpoint.waits:
            # Each event has the timestamp of a change, and its record or tombstone.
            done["content"][EVENTS] = {"schema": {"type": "string"}}
        return {"200": done, "304": unchanged}
    if method == "DELETE":
        gone = _reference(f"{endpoint.name}Deleted")
        if kind == "collection":
            gone = {"type": "array", "items": gone}
        body = _data(endpoint, gone)
        headers = (*validators, "Next-Page") if kind == "collection" else validators
        return {"200": answers.answer("Deleted.", body, *headers)}
    record = _reference(endpoint.name)
    created = (*validators, "Location")
    if kind == "record" and endpoint.service.patch_types:
        validators, created = (*validators, "Accept-Patch"), (*created, "Accept-Patch")
    if method == "PATCH":
        body = _data(endpoint, _reference(f"{endpoint.name}Part"))
        headers = (*validators, "Preference-Applied")
        found = {"200": answers.answer("Changed.", body, *headers)}
        if issubclass(endpoint.service.resource, SingletonResource):
            whole = _data(endpoint, record)
            found["201"] = answers.answer("Created.", whole, *created)
        return found
    body = _data(endpoint, record)
    there = "The record that was there." if method == "POST" else "Replaced."
    return {
        "200": answers.answer(there, body, *validators),
        "201": answers.answer("Created.", body, *created),
    }


def _read_body(endpoint: Endpoint) -> JsonSchema:
    record = _reference(endpoint.name)
    if endpoint.service.type == "record":
        return _data(endpoint, record)
    either = {"anyOf": [record, _reference(f"{endpoint.name}Deleted")]}
    return _data(endpoint, {"type": "array", "items": either})


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
    is_poll = kind == "collection" and method in _READS
    refuses = is_poll and get_setting(endpoint.settings, "expired_since") == "gone"
    if refuses or get_setting(endpoint.settings, "eos"):
        statuses.add(410)
    return answers.error_references(*statuses)
