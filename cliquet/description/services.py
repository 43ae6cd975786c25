"""Endpoints that are no resources, in the description."""

import inspect
from typing import Any

from cliquet.description import answers
from cliquet.framework.media_types import JSON
from cliquet.nodes.json_schema import JsonSchema, describe

_TEXT: JsonSchema = {"type": "string"}
_OBJECT: JsonSchema = {"type": "object"}
_HELLO: JsonSchema = {
    "type": "object",
    "properties": {
        "project_name": {"type": "string"},
        "project_version": {"type": "string"},
        "project_docs": {"type": "string"},
        "http_api_version": {"type": "string"},
        "cliquet_protocol_version": {"const": "2"},
        "url": {"type": "string"},
        "settings": _OBJECT,
        "capabilities": {"type": "object", "additionalProperties": _OBJECT},
        "user": {
            "type": "object",
            "properties": {"id": {"type": "string"}},
            "required": ["id"],
        },
        "eos": {"type": "string"},
    },
    "required": ["project_name", "project_version", "url", "settings", "capabilities"],
}
_CHECKS: JsonSchema = {
    "type": "object",
    "additionalProperties": {"type": ["boolean", "null"]},
}
_BATCH: JsonSchema = {
    "type": "object",
    "properties": {
        "responses": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "status": {"type": "integer"},
                    "path": {"type": "string"},
                    "headers": _OBJECT,
                    "body": {},
                },
                "required": ["status", "path", "headers"],
            },
        }
    },
    "required": ["responses"],
}
_UNCHANGED = answers.answer("It did not change.", None, "ETag")
_OF_THE_PAGE = ("ETag", "Content-Security-Policy", "Referrer-Policy")
#: Answers of services of this package, by their names.
_ANSWERS: dict[str, dict[str, Any]] = {
    "hello": {"200": answers.answer("What the service says of itself.", _HELLO)},
    "batch": {"200": answers.answer("An answer to each request.", _BATCH)},
    "heartbeat": {
        "200": answers.answer("All is well.", _CHECKS),
        "503": answers.answer("Something is not.", _CHECKS, "Retry-After"),
    },
    "lbheartbeat": {"200": answers.answer("The process lives.", _OBJECT)},
    "version": {"200": answers.answer("The running build.", _OBJECT)},
    "api_description": {
        "200": answers.answer("This document.", _OBJECT, "ETag"),
        "304": _UNCHANGED,
    },
    "api_docs": {
        "200": answers.answer(
            "The page.", _TEXT, *_OF_THE_PAGE, media_type="text/html"
        ),
        "304": answers.answer("It did not change.", None, *_OF_THE_PAGE),
    },
}
_PLACES = {"querystring": "query", "header": "header"}


def describe_view(
    service: Any, method: str, view: Any, arguments: dict[str, Any], *, ends: bool
) -> dict[str, Any]:
    """Return the operation of a view, but for its security and path.

    What an application answers is not known: any JSON will do.

    Args:
        service: Of Cornice.
        method: That of HTTP.
        view: What is called.
        arguments: Of the view.
        ends: Whether the application has an end, after which it answers 410.
    """
    written = inspect.getdoc(view) if callable(view) else None
    described: dict[str, Any] = {
        "summary": str(getattr(service, "description", None) or service.name),
        "tags": ["service"],
        "parameters": [],
        "responses": {**_answers_of(service, method, arguments, ends=ends)},
    }
    if written and (view.__module__ or "").partition(".")[0] != "cliquet":
        described["description"] = written
    schema = arguments.get("schema")
    if isinstance(schema, type):
        schema = schema()
    if hasattr(schema, "children"):
        _add_request(described, method, schema)
    return described


def _answers_of(
    service: Any, method: str, arguments: dict[str, Any], *, ends: bool
) -> dict[str, Any]:
    known = {}
    if type(service).__module__.partition(".")[0] == "cliquet":
        known = _ANSWERS.get(service.name, {})
    if not known:
        told = ("WWW-Authenticate", "Retry-After")
        unknown = answers.answer("What the service answers.", None, *told)
        return {"200": answers.answer("Done.", {}), "default": unknown}
    found = dict(known)
    if method == "HEAD":
        found = {
            status: {k: v for k, v in each.items() if k != "content"}
            for status, each in found.items()
        }
    statuses = {400, 503}
    if arguments.get("schema"):
        statuses |= {401, 403, 411, 413, 415}
    if ends and not service.is_operational:
        statuses.add(410)
    return {**answers.error_references(*statuses), **found}


def _add_request(described: dict[str, Any], method: str, schema: Any) -> None:
    """Add what a schema of a view reads, part by part."""
    body: JsonSchema = {"type": "object", "properties": {}}
    required = []
    for child in schema.children:
        location = getattr(child, "location", "body")
        if location in _PLACES:
            described["parameters"].append(
                {
                    "name": child.name,
                    "in": _PLACES[location],
                    "required": bool(child.required),
                    "schema": describe(child),
                }
            )
        elif location == "body":
            body["properties"][child.name] = describe(child, is_member=True)
            required += [child.name] if child.required else []
    if required:
        body["required"] = required
    if getattr(schema.typ, "unknown", "ignore") == "raise":
        body["additionalProperties"] = False
    if body["properties"] and method not in ("GET", "HEAD"):
        described["requestBody"] = {
            "required": bool(required),
            "content": {JSON: {"schema": body}},
        }
