"""Entries of a batch: what they may be, how defaults complete them."""

from typing import Any

import colander

from cliquet.bounds import MAX_PATH
from cliquet.framework.media_types import JSON_PATCH, bare_type
from cliquet.nodes.binding import ignores_bindings
from cliquet.serialization import quote
from cliquet.text import completed

valid_http_method = colander.OneOf(
    ("GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH")
)
valid_path = colander.All(colander.Regex("^/"), colander.Length(max=MAX_PATH))


@ignores_bindings
def string_values(node: Any, cstruct: Any) -> None:
    """Refuse mappings with values that are not text.

    Raises:
        colander.Invalid: naming the mapping.
    """
    if not all(isinstance(value, str) for value in cstruct.values()):
        raise colander.Invalid(node, f"{quote(cstruct)} contains non string value")


@ignores_bindings
class _Object(colander.SchemaNode):
    """A mapping of any keys, which is not copied: entries share that of defaults."""

    @staticmethod
    def schema_type() -> Any:
        return colander.Mapping(unknown="preserve")

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        if not isinstance(cstruct, dict):
            return super().deserialize(cstruct)
        if self.validator is not None:
            self.validator(self, cstruct)
        return cstruct


@ignores_bindings
class _Body(_Object):
    """An object, or the list of operations of a JSON Patch."""

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        return cstruct if isinstance(cstruct, list) else super().deserialize(cstruct)


@ignores_bindings
def _check_body(node: Any, entry: Any) -> None:
    """Refuse a list that is no JSON Patch.

    Raises:
        colander.Invalid: naming the body.
    """
    body = entry.get("body")
    if not isinstance(body, list):
        return
    headers = entry.get("headers") or {}
    types = [v for name, v in headers.items() if name.lower() == "content-type"]
    if not types or bare_type(types[-1]) != JSON_PATCH:
        failure = colander.Invalid(node)
        description = f'"{quote(body)}" is not a mapping type'
        failure.add(colander.Invalid(node["body"], description))
        raise failure


class BatchRequestSchema(colander.MappingSchema):
    """One entry of a batch."""

    validator = staticmethod(_check_body)

    method = colander.SchemaNode(
        colander.String(), validator=valid_http_method, missing=colander.drop
    )
    path = colander.SchemaNode(colander.String(), validator=valid_path)
    headers = _Object(validator=string_values, missing=colander.drop)
    body = _Body(missing=colander.drop)


class _DefaultsSchema(BatchRequestSchema):
    path = colander.SchemaNode(
        colander.String(), validator=valid_path, missing=colander.drop
    )


@ignores_bindings
class BatchPayloadSchema(colander.MappingSchema):
    """A batch: its entries, and what they have in common."""

    defaults = _DefaultsSchema(missing=colander.drop)
    requests = colander.SchemaNode(colander.Sequence(), BatchRequestSchema())

    def unflatten(self, data: dict[str, Any]) -> dict[str, Any]:
        """Complete each entry from the defaults, where both are mappings.

        What has another type is left for the schema to refuse.
        """
        defaults, entries = data.get("defaults"), data.get("requests")
        if not isinstance(defaults, dict) or not isinstance(entries, list):
            return data
        names = [node.name for node in self["defaults"].children]
        known = {name: defaults[name] for name in names if name in defaults}
        return {
            **data,
            "requests": [
                completed(entry, known) if isinstance(entry, dict) else entry
                for entry in entries
            ],
        }
