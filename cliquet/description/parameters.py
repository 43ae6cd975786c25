"""Parameters in the description: of paths, queries and headers."""

import re
from collections.abc import Iterator
from typing import Any

import colander

from cliquet.bounds import MAX_NAMES, MAX_VALUES, MAX_WAIT_SECONDS
from cliquet.description.records import describe_id, describe_timestamp, option
from cliquet.nodes.json_schema import JsonSchema, describe
from cliquet.resource.querystring.filters import OPERATORS
from cliquet.storage.query import COMPARISON, FieldNames

Parameter = dict[str, Any]

VARIABLE = re.compile(r"\{(\w+)(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}")
"""A variable of a path, maybe with the expression that it matches."""

# Pages fill forms with an `example` of the parameter itself: each write would fail.
_LIKE_ETAG = {
    "type": "string",
    "pattern": '^("[0-9]{1,15}")?$',
    "examples": ['"1800000000001"'],
}
_COMPARED = {
    COMPARISON.MIN: "at least",
    COMPARISON.MAX: "at most",
    COMPARISON.NOT: "other than",
    COMPARISON.LT: "less than",
    COMPARISON.GT: "greater than",
    COMPARISON.IN: "one of",
    COMPARISON.EXCLUDE: "none of",
    COMPARISON.EQ: "equal to",
}
_LISTS = (COMPARISON.IN, COMPARISON.EXCLUDE)
_SCALARS = ("string", "integer", "number", "boolean")


def _query(name: str, schema: JsonSchema, description: str, **more: Any) -> Parameter:
    return {
        "name": name,
        "in": "query",
        "schema": schema,
        "description": description,
        **more,
    }


def _header(name: str, schema: JsonSchema, description: str, **more: Any) -> Parameter:
    return {**_query(name, schema, description, **more), "in": "header"}


SINCE = [
    _query("_since", describe_timestamp(), "Changed after this; deletions included."),
    _query("_before", describe_timestamp(), "Changed before this."),
    _query("_to", describe_timestamp(), "Old name of _before.", deprecated=True),
]
SNAPSHOT = [
    SINCE[0],
    _query("_expected", describe_timestamp(), "Answer 503 until this is reached."),
]
WAIT = _query(
    "_wait",
    {"type": "number", "minimum": 0, "maximum": MAX_WAIT_SECONDS},
    "Wait for changes after _since, that many seconds.",
)
PAGE = [
    _query("_limit", {"type": "integer", "minimum": 0}, "Records of a page."),
    _query("_token", {"type": "string"}, "Where to go on: taken from Next-Page."),
]
IF_MATCH = _header(
    "If-Match",
    _LIKE_ETAG,
    "Answer 412 unless this is the ETag of what is there.",
)
IF_NONE_MATCH = _header(
    "If-None-Match",
    {**_LIKE_ETAG, "pattern": r'^("[0-9]{1,15}"|\*)?$'},
    "GET: answer 304 if this is the ETag of what is there. Writes: * for only if "
    "there is nothing.",
)
IF_UNMODIFIED_SINCE = _header(
    "If-Unmodified-Since", {"type": "string"}, "Answer 412 if it was changed since."
)
BEHAVIOR = [
    _header(
        "Response-Behavior",
        {"type": "string", "enum": ["full", "light", "diff"]},
        "Answer the record, the fields that changed, or those that became others "
        "than was sent.",
    ),
    _header(
        "Prefer",
        {"type": "string", "examples": ["return=minimal"]},
        "return=minimal is light, return=representation is full.",
    ),
]
IDEMPOTENCY_KEY = _header(
    "Idempotency-Key",
    {
        "type": "string",
        "pattern": '^("[A-Za-z0-9._:-]{1,255}"|[A-Za-z0-9._:-]{1,255})$',
    },
    "Sent again under the same key, a request is done once, and answered as at first.",
)
DELETION_TIME = _query(
    "last_modified", describe_timestamp(), "Timestamp that the deletion gets."
)


def sorting(pattern: str | None) -> Parameter:
    """Return `_sort`, given what a name looks like."""
    return _names("_sort", "Fields to sort by, those with a minus descending.", pattern)


def fields(pattern: str | None) -> Parameter:
    """Return `_fields`, given what a name looks like."""
    return _names("_fields", "Fields to answer, besides id and timestamp.", pattern)


def _names(name: str, description: str, pattern: str | None) -> Parameter:
    items = {"type": "string", **({} if pattern is None else {"pattern": pattern})}
    schema = {"type": "array", "items": items, "maxItems": MAX_NAMES}
    return _query(name, schema, description, style="form", explode=False)


def header_parameters(method: str, kind: str, *, strict: bool) -> list[Parameter]:
    """Return the headers that an endpoint of a resource reads.

    Args:
        method: That of HTTP.
        kind: `collection` or `record`.
        strict: Whether preconditions are those of RFC 9110.
    """
    found = [IF_MATCH, IF_NONE_MATCH]
    if strict:
        found.append(IF_UNMODIFIED_SINCE)
    if method == "PATCH" and kind == "record":
        found += BEHAVIOR
    return found


def path_parameters(path: str, generator: Any) -> list[Parameter]:
    """Return the variables of a path; ids look as their generator wants them."""
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": describe_id(generator) if name == "id" else {"type": "string"},
        }
        for name in VARIABLE.findall(path)
    ]


def filters(mapping: Any, names: FieldNames) -> list[Parameter]:
    """Return the filters of a list: each field, with each of the prefixes."""
    secret = option(mapping, "writeonly_fields")
    fields = {
        child.name: describe(child)
        for child in mapping.children
        if child.name not in secret and not child.name.startswith("_")
    }
    for child in mapping.children:
        if child.name in fields:
            for path, described in _inside(child):
                # A field of that very name goes before.
                fields.setdefault(path, described)
    fields.setdefault(names.id, {"type": "string"})
    fields.setdefault(names.modified, describe_timestamp())
    plain = {name: _filter(name, name, COMPARISON.EQ, fields[name]) for name in fields}
    prefixed = {
        f"{prefix}_{name}": _filter(f"{prefix}_{name}", name, operator, fields[name])
        for name in fields
        for prefix, operator in OPERATORS.items()
    }
    # The prefix wins where a field has such a name.
    return list({**_searches(fields), **plain, **prefixed}.values())


def _inside(node: Any) -> Iterator[tuple[str, JsonSchema]]:
    """Yield the paths to what a node declares inside of it, and what is there.

    No path leads to what has a dot in its own name.
    """
    if isinstance(node.typ, colander.Mapping) and "." not in node.name:
        for child in node.children:
            if "." not in child.name:
                yield f"{node.name}.{child.name}", describe(child)
            for path, described in _inside(child):
                yield f"{node.name}.{path}", described


def _searches(fields: dict[str, JsonSchema]) -> dict[str, Parameter]:
    """Return what looks into values, by name: a field of that name goes before."""
    found = {}
    for name, described in fields.items():
        there = f"Only records that have {name}, or that have it not."
        found[f"has_{name}"] = _query(f"has_{name}", {"type": "boolean"}, there)
        options = (described, *described.get("anyOf", ()))
        if any("string" in each.get("type", ()) for each in options):
            held = f"Only records whose {name} holds this, in any case; * is any text."
            found[f"like_{name}"] = _query(f"like_{name}", {"type": "string"}, held)
        for array in options:
            if "array" in array.get("type", ()):
                found |= _contained(name, array.get("items") or {})
    return found


def _contained(name: str, items: JsonSchema) -> dict[str, Parameter]:
    value = next(_scalar(items), {"type": "string"})
    values = {"type": "array", "items": value, "maxItems": MAX_VALUES}
    return {
        prefix + name: _query(
            prefix + name,
            values,
            f"Only records whose {name} holds {words}.",
            style="form",
            explode=False,
        )
        for prefix, words in (
            ("contains_", "all of these"),
            ("contains_any_", "one of these"),
        )
    }


def _filter(
    name: str, field: str, operator: COMPARISON, described: JsonSchema
) -> Parameter:
    value = next(_scalar(described), {"type": "string"})
    words = _COMPARED.get(operator, operator.name.lower())
    description = f"Only records whose {field} is {words} this."
    if operator not in _LISTS:
        return _query(name, value, description)
    values = {"type": "array", "items": value, "maxItems": MAX_VALUES}
    return _query(name, values, description, style="form", explode=False)


def _scalar(described: JsonSchema) -> Iterator[JsonSchema]:
    """Yield the type of the values of a field, if they have one that is no container.

    Values that the field would refuse may be asked for: none is found.
    """
    for each in (described, *described.get("anyOf", ())):
        kinds = each.get("type", ())
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            if kind in _SCALARS:
                yield {"type": kind}
