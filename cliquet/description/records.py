"""Records in the description: as they are sent, changed, answered and deleted."""

from typing import Any

import colander

from cliquet.bounds import MAX_ID, MAX_PERMISSIONS, MAX_PRINCIPAL, MAX_PRINCIPALS
from cliquet.description.examples import example_of
from cliquet.nodes.constraints import translate
from cliquet.nodes.json_schema import JsonSchema, describe
from cliquet.resource.fields import names_of
from cliquet.resource.payload import MAX_TIMESTAMP

_READONLY = "Cannot be changed once it is set."
_COMPUTED = "Set by the service: it may be sent back as it is."
_MOMENT = "Milliseconds since the epoch."


def describe_timestamp() -> JsonSchema:
    """Return the schema of a timestamp."""
    return {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_TIMESTAMP,
        "description": _MOMENT,
    }


def describe_id(generator: Any) -> JsonSchema:
    """Return the schema of an id, as the generator of an application wants it."""
    pattern = translate(getattr(generator, "regexp", None))
    found: JsonSchema = {"type": "string", "maxLength": MAX_ID}
    return {**found, "pattern": pattern} if pattern else found


def option(mapping: Any, name: str) -> tuple[str, ...]:
    """Return the fields that an option of a schema names."""
    named = getattr(getattr(mapping, "Options", None), name, None) or ()
    return tuple(named)


class Records:
    """The schemas of the records of a resource.

    Args:
        resource_cls: The class of the resource.
        generator: Of the ids.
    """

    def __init__(self, resource_cls: Any, generator: Any) -> None:
        self.mapping = resource_cls.mapping
        self.names = names_of(resource_cls.default_model)
        self._id = describe_id(generator)
        self._described = describe(self.mapping)
        self._described.pop("default", None)
        self._described["type"] = "object"
        for name in option(self.mapping, "readonly_fields"):
            self._note(name, _READONLY)
        for name in option(self.mapping, "computed_fields"):
            self._note(name, _COMPUTED)
            self._property(name)["readOnly"] = True

    def _property(self, name: str) -> JsonSchema:
        found: JsonSchema = self._described.get("properties", {}).get(name, {})
        return found

    def _note(self, name: str, sentence: str) -> None:
        found = self._property(name)
        found["description"] = f"{found.get('description', '')} {sentence}".strip()

    def sent(self) -> JsonSchema:
        """Return what creates or replaces a record."""
        properties = dict(self._described.get("properties", {}))
        for name in option(self.mapping, "writeonly_fields"):
            properties[name] = {**properties.get(name, {}), "writeOnly": True}
        if self._described.get("additionalProperties"):
            moment = {**describe_timestamp(), "type": ["integer", "null"]}
            properties.setdefault(self.names.modified, moment)
        described = {**self._described, "properties": properties}
        example = example_of(self.mapping)
        return described if example is None else {**described, "examples": [example]}

    def changes(self) -> JsonSchema:
        """Return the fields that a PATCH may send."""
        described = {**self.sent()}
        described.pop("required", None)
        return described

    def answered(self) -> JsonSchema:
        """Return a record as it is answered: its fields may be those of long ago."""
        required = [self.names.id, self.names.modified]
        return {**self.part(), "required": required}

    def part(self) -> JsonSchema:
        """Return what a PATCH answers, which may be some of the fields."""
        secret = option(self.mapping, "writeonly_fields")
        described: JsonSchema = {
            name: self._described[name]
            for name in ("type", "title", "description")
            if name in self._described
        }
        properties = {
            name: found
            for name, found in self._described.get("properties", {}).items()
            if name not in secret
        }
        properties[self.names.id] = {"type": "string"}
        properties[self.names.modified] = describe_timestamp()
        return {**described, "properties": properties}

    def tombstone(self) -> JsonSchema:
        """Return what is answered of a record that was deleted."""
        names = self.names
        return {
            "type": "object",
            "properties": {
                names.id: {"type": "string"},
                names.modified: describe_timestamp(),
                names.deleted: {"const": True},
            },
            "required": [names.id, names.modified, names.deleted],
        }

    def created(self) -> JsonSchema:
        """Return what a POST may send: a record, maybe with an id of its own."""
        described = self.sent()
        properties = {self.names.id: self._id, **described["properties"]}
        # Only what is kept may be sent back.
        for name in option(self.mapping, "computed_fields"):
            properties[name] = {"not": {}}
        return {**described, "properties": properties}


def describe_permissions(known: tuple[str, ...]) -> JsonSchema:
    """Return the schema of permissions, of known names or of any."""
    principal = {"type": "string", "minLength": 1, "maxLength": MAX_PRINCIPAL}
    principals = {"type": "array", "items": principal, "maxItems": MAX_PRINCIPALS}
    described: JsonSchema = {
        "type": "object",
        "description": "Principals by names of permissions.",
        "maxProperties": MAX_PERMISSIONS,
        # Who tries it as it stands shares nothing.
        "examples": [{}],
    }
    if not known:
        names = {"maxLength": MAX_PRINCIPAL}
        return {
            **described,
            "propertyNames": names,
            "additionalProperties": principals,
        }
    return {
        **described,
        "properties": dict.fromkeys(known, principals),
        "additionalProperties": False,
    }


def describe_body(
    schema: Any, data: JsonSchema, permissions: JsonSchema | None
) -> JsonSchema:
    """Return the schema of the body of a write.

    Args:
        schema: The payload that requests are validated by.
        data: What the record may be.
        permissions: Those of the resource; None where it has none.
    """
    properties = {"data": data}
    if permissions is not None:
        properties["permissions"] = permissions
    described: JsonSchema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    required = [child.name for child in schema.children if child.required]
    if required:
        described["required"] = required
    elif permissions is not None and schema["data"].missing is colander.drop:
        described["minProperties"] = 1
    return described
