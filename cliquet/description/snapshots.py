"""Snapshots of collections in the description."""

from typing import Any

from cliquet.description import answers, parameters, records
from cliquet.description.resources import component_name
from cliquet.nodes.json_schema import JsonSchema


def describe_snapshot(collection: Any) -> dict[str, Any]:
    """Return the operation that reads a collection at once.

    Args:
        collection: Its service.
    """
    name = component_name(collection.resource_name)
    either = [
        {"$ref": f"#/components/schemas/{name}{kind}"} for kind in ("", "Deleted")
    ]
    body: JsonSchema = {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": {"anyOf": either}},
            "timestamp": records.describe_timestamp(),
        },
        "required": ["data", "timestamp"],
    }
    headers = (*answers.VALIDATORS, "Cache-Control")
    return {
        "summary": "Read a collection at once, from caches",
        "tags": [collection.resource_name],
        "parameters": [*parameters.SNAPSHOT, parameters.IF_NONE_MATCH],
        "responses": {
            "200": answers.answer("Done.", body, *headers),
            "304": answers.answer("Nothing changed.", None, *answers.VALIDATORS),
            **answers.error_references(400, 404, 412, 503),
        },
    }
