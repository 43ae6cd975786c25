"""Fields of records: what a schema makes of those that were sent, and of a PATCH.

Pure functions. The three fields of the server (id, timestamp, mark of a tombstone) are
kept from schemas, whatever their names.
"""

from typing import Any

import colander

from cliquet.bounds import MAX_DEPTH
from cliquet.json_values import as_json
from cliquet.nodes.messages import describe
from cliquet.nodes.reading import deserialize
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.payload import check_readonly
from cliquet.storage.query import FieldNames
from cliquet.types import Record

_DEFAULT_NAMES = FieldNames()


def names_of(model: Any) -> FieldNames:
    """Return the names that a model, or its class, has for the server's fields."""
    return FieldNames(model.id_field, model.modified_field, model.deleted_field)


def leads_to(schema: Any, path: str) -> bool:
    """Return whether a path with dots leads to what a schema declares, or preserves.

    Declared mappings have the fields that they declare, those that preserve unknown
    members any; nothing is inside of other types.
    """
    names = path.split(".")
    if len(names) == 1 or len(names) > MAX_DEPTH or not all(names):
        return False
    node = schema
    for name in names:
        kind: Any = node.typ
        if not isinstance(kind, colander.Mapping):
            return False
        unknown = getattr(kind, "unknown", "ignore")
        found = next((child for child in node.children if child.name == name), None)
        if found is None:
            # The record itself has no fields that may be asked for but its own.
            return node is not schema and unknown == "preserve"
        node = found
    return True


def read_fields(schema: Any, sent: Any, names: FieldNames = _DEFAULT_NAMES) -> Any:
    """Return what a schema makes of a record, but for the fields of the server.

    Schemas need not declare these, whatever they do with unknown fields: an id and a
    timestamp get past those that preserve them, an id past those that refuse them. That
    a record is deleted is for the server to say: what is sent of it counts for nothing.

    Raises:
        colander.Invalid: The schema refuses one of the others.
    """
    if not isinstance(sent, dict):
        return deserialize(schema, sent)
    own = {name for name in names if name in sent}
    if own:
        own -= {child.name for child in schema.children} - {names.deleted}
    if not own:
        return deserialize(schema, sent)
    fields = {name: value for name, value in sent.items() if name not in own}
    record = deserialize(schema, fields)
    unknown = getattr(schema.typ, "unknown", "ignore")
    past = {"preserve": (names.id, names.modified), "raise": (names.id,)}
    for name in past.get(unknown, ()):
        if name in own:
            record[name] = sent[name]
    return record


def merge(
    record: Record,
    changes: Record,
    schema: Any,
    names: FieldNames = _DEFAULT_NAMES,
    declared: Any = None,
) -> Record:
    """Return a record with the changes of a PATCH, as a schema reads it.

    Fields that are not sent stay, though the schema would not read them any more: it
    may have changed, or be another one for this user.

    Args:
        record: What is stored.
        changes: What was sent.
        schema: Bound to the request.
        names: Those of the fields of the server.
        declared: The schema before it was bound, which may have taken fields away.

    Raises:
        InvalidParameter: A read-only field would change, or the schema refuses a field
            that was sent, or the record as a whole.
    """
    check_readonly(record, changes, schema.is_readonly)
    hidden: frozenset[str] = frozenset()
    if declared is not None and declared is not schema:
        known = {node.name for node in schema.children}
        hidden = frozenset(node.name for node in declared.children) - known
    kept = hidden - changes.keys()
    while True:
        sent = {**record, **changes}
        for name in kept:
            sent.pop(name, None)
        try:
            merged = read_fields(_without(schema, kept), sent, names)
            stays = (kept | hidden) & record.keys()
            merged = {**{name: record[name] for name in stays}, **merged}
            if kept - hidden and kept <= merged.keys() and schema.validator is not None:
                schema.validator(schema, merged)
        except colander.Invalid as error:
            refused = _refused(error)
            if not refused.isdisjoint(changes) or refused <= kept:
                raise _as_parameter(error, changes) from error
            kept |= refused
        else:
            # What a patch removed, and no schema declares.
            return {k: v for k, v in merged.items() if v is not colander.null}


def _refused(error: colander.Invalid) -> set[str]:
    """Return the fields that an error of a record is about."""
    if isinstance(error, colander.UnsupportedFields):
        return set(error.fields)
    return {child.node.name for child in error.children}


def _without(schema: Any, fields: frozenset[str]) -> Any:
    """Return a schema without some of its fields, nor what it says of all of them."""
    if not any(child.name in fields for child in schema.children):
        return schema
    reduced = schema.clone()
    reduced.children = [each for each in reduced.children if each.name not in fields]
    reduced.validator = None
    return reduced


def _as_parameter(error: colander.Invalid, changes: Record) -> InvalidParameter:
    """Return the first error of a field that was sent, else the first one."""
    if isinstance(error, colander.UnsupportedFields):
        error.fields = [name for name in error.fields if name in changes]
    sent = [child for child in error.children if child.node.name in changes]
    error.children = sent or error.children
    return InvalidParameter("body", *next(iter(describe(error, 1).items())))


def as_stored(record: Record, schema: Any, names: FieldNames) -> Record:
    """Return a record as it will be stored, answered and compared (docs: rules-values).

    It is made of values of JSON, and no tombstone, whatever clients or hooks say.

    Raises:
        InvalidParameter: A number or time cannot be written.
        TypeError: JSON lacks a value.
    """
    fields = record
    if names.deleted in record:
        fields = {name: record[name] for name in record if name != names.deleted}
    try:
        stored: Record = as_json(fields, "data", schema)
    except ValueError as error:
        name = next(each for each in fields if _is_unwritable(each, fields, schema))
        raise InvalidParameter("body", f"data.{name}", str(error)) from error
    return stored


def _is_unwritable(name: str, fields: Record, schema: Any) -> bool:
    try:
        as_json({name: fields[name]}, "data", schema)
    except ValueError:
        return True
    return False
