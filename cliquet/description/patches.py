"""Patches in the description: what is removed is null, or an operation."""

from cliquet.bounds import MAX_OPERATIONS
from cliquet.nodes.json_schema import JsonSchema


def describe_merge_patch(*, is_shared: bool) -> JsonSchema:
    """Return the schema of a JSON Merge Patch of a record.

    Args:
        is_shared: Whether records have permissions.
    """
    properties: dict[str, JsonSchema] = {"data": {"type": "object"}}
    if is_shared:
        principals = {"type": "array", "items": {"type": "string"}}
        either = {"anyOf": [principals, {"type": "null"}]}
        properties["permissions"] = {"type": "object", "additionalProperties": either}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "description": "Members that change; null removes (RFC 7396).",
        "examples": [{"data": {}}],
    }


def describe_json_patch(*, is_shared: bool) -> JsonSchema:
    """Return the schema of a JSON Patch of a record, likewise."""
    members = "data|permissions" if is_shared else "data"
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
    return {
        "type": "array",
        "items": operation,
        "maxItems": MAX_OPERATIONS,
        "description": "Operations, all applied or none (RFC 6902).",
        "examples": [[]],
    }
