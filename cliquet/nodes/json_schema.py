"""Nodes of colander as JSON Schema (2020-12): what a request may send of them.

What the schema accepts, the node accepts, and what the node makes of any value that it
accepts, the schema accepts. That colander reads more, as `"3"` for 3, is not told. It
cannot be so (docs: openapi-limits) where code of an application decides: that is named
in `$comment`, unless it tells a schema of its own in an attribute `json_schema`.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import colander

from cliquet.json_values import are_equal, as_json
from cliquet.nodes.constraints import constrain
from cliquet.nodes.reading import deserialize
from cliquet.text import strip_whitespace

JsonSchema = dict[str, Any]

_SCALARS: JsonSchema = {"type": ["string", "number", "boolean", "null"]}
_DAY = "(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_OFFSET = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_STRIPPED: JsonSchema = {"pattern": r"^\S([\s\S]*\S)?$"}
_NULL: JsonSchema = {"type": "null"}
#: Keywords that null has to satisfy, too; those that nothing has to.
_OF_ANY_TYPE = ("enum", "allOf", "anyOf")
_NOT_TESTED = ("default", "$comment")
#: What a node without a value of its own has as `missing`.
_SENTINELS = (colander.required, colander.drop, colander.null)


def describe(node: Any, *, is_member: bool = False) -> JsonSchema:
    """Return the JSON Schema of a node.

    Args:
        node: Bound or not: of what is deferred, nothing can be told.
        is_member: Whether it stands for a member of an object: others cannot be left
            out.
    """
    own = getattr(node, "json_schema", None)
    if own is not None:
        return {**_annotations(node), **own}
    described = _describe_value(node)
    missing = _default(node)
    if missing is not None:
        described = _with_default(node, described, missing[0])
    if not node.required and (is_member or node.missing is not colander.drop):
        described = _nullable(described)
    return {**_annotations(node), **described}


def _describe_value(node: Any) -> JsonSchema:
    """Return the schema of what is neither missing nor null."""
    describe_type = _describer(node.typ)
    described = describe_type(node) if describe_type else {}
    constraints, untold = constrain(node, node.validator, described)
    untold = [*_find_code(node, is_known=describe_type is not None), *untold]
    if node.preparer is strip_whitespace:
        constraints = [*constraints, _STRIPPED]
    described = _joined(described, constraints)
    if untold:
        described["$comment"] = f"Not all is told: {', '.join(untold)}."
    return described


def _find_code(node: Any, *, is_known: bool) -> Iterator[str]:
    """Yield what an application decides of a node, which no schema can tell."""
    if not is_known:
        yield f"type {type(node.typ).__qualname__}"
    elif getattr(node.typ, "format", None):
        yield f"form {node.typ.format}"
    if type(node).deserialize is not colander.SchemaNode.deserialize:
        yield f"node {type(node).__qualname__}"
    if node.preparer not in (None, strip_whitespace):
        yield "preparer"
    if isinstance(node.missing, colander.deferred):
        yield "deferred missing"


def _joined(described: JsonSchema, constraints: list[JsonSchema]) -> JsonSchema:
    """Return a schema with further ones, in one object where they do not collide."""
    result, others = dict(described), []
    for each in constraints:
        if "minLength" in each and result.get("minLength") == 1:
            # It is that of every text, and in the way of a further one.
            del result["minLength"]
        if result.keys().isdisjoint(each):
            result.update(each)
        else:
            others.append(each)
    return {**result, "allOf": others} if others else result


# --- Missing, null, annotations --------------------------------------------------


def _default(node: Any) -> tuple[Any] | None:
    """Return what stands for a value that is missing, if it is one of JSON."""
    missing = node.missing
    is_deferred = isinstance(missing, colander.deferred)
    if is_deferred or any(missing is each for each in _SENTINELS):
        return None
    try:
        return (as_json(missing, node.name, node),)
    except (TypeError, ValueError, colander.Invalid):
        # A marker of the application, that nobody can send.
        return None


def _with_default(node: Any, described: JsonSchema, default: Any) -> JsonSchema:
    """Return a schema that accepts a default, and tells it."""
    if default is not None and not _accepts(node, default):
        comment = {k: described.pop(k) for k in ("$comment",) if k in described}
        described = {"anyOf": [described, {"const": default}], **comment}
    return {**described, "default": default}


def _accepts(node: Any, value: Any) -> bool:
    """Return whether a node accepts a value, and as it is, if it had no default."""
    required = node.clone()
    required.missing = colander.required
    try:
        return are_equal(as_json(deserialize(required, value), "", node), value)
    except (TypeError, ValueError, colander.Invalid, colander.UnboundDeferredError):
        return False


def _nullable(described: JsonSchema) -> JsonSchema:
    """Return a schema that accepts null besides."""
    kind = described.get("type")
    if not described.keys() & {"type", "enum", "anyOf", "allOf"}:
        return described
    if isinstance(kind, str) and described.keys().isdisjoint(_OF_ANY_TYPE):
        return {**described, "type": [kind, "null"]}
    if kind is None and "anyOf" in described:
        return {**described, "anyOf": [*described["anyOf"], _NULL]}
    outside = {name: described[name] for name in _NOT_TESTED if name in described}
    inside = {name: described[name] for name in described if name not in outside}
    return {"anyOf": [inside, _NULL], **outside}


def _annotations(node: Any) -> JsonSchema:
    found = {}
    if node.raw_title is not colander.required:
        found["title"] = str(node.title)
    written = vars(type(node)).get("__doc__")
    is_of_colander = type(node).__module__.partition(".")[0] == "colander"
    is_own = not is_of_colander and not type(node).__name__.startswith("_")
    description = node.description or (is_own and written)
    if description:
        found["description"] = inspect.cleandoc(str(description))
    return found


# --- Types -----------------------------------------------------------------------


def _describe_mapping(node: Any) -> JsonSchema:
    described: JsonSchema = {"type": "object"}
    described["properties"] = {
        child.name: describe(child, is_member=True) for child in node.children
    }
    required = [child.name for child in node.children if child.required]
    if required:
        described["required"] = required
    unknown = getattr(node.typ, "unknown", "ignore")
    if unknown != "ignore":
        described["additionalProperties"] = unknown == "preserve"
    return described


def _describe_sequence(node: Any) -> JsonSchema:
    items = describe(node.children[0]) if node.children else {}
    return {"type": "array", "items": items}


def _describe_tuple(node: Any) -> JsonSchema:
    described: JsonSchema = {"type": "array", "maxItems": len(node.children)}
    if node.children:
        items = [describe(child) for child in node.children]
        described |= {"prefixItems": items, "minItems": len(items)}
    return described


def _describe_text(node: Any) -> JsonSchema:
    is_empty_allowed = getattr(node.typ, "allow_empty", False)
    return {"type": "string", **({} if is_empty_allowed else {"minLength": 1})}


def _describe_moment(node: Any) -> JsonSchema:
    """Return the schema of a date with a time, whose zone may be left out or not."""
    if node.typ.format:
        return {"type": "string", "minLength": 1}
    if node.typ.default_tzinfo is None:
        return {"type": "string", "pattern": f"^{_DAY}T{_HOUR}{_OFFSET}?$"}
    return {
        "type": "string",
        "format": "date-time",
        "pattern": f"^{_DAY}T{_HOUR}{_OFFSET}$",
    }


def _describe_date(node: Any) -> JsonSchema:
    if node.typ.format:
        return {"type": "string", "minLength": 1}
    return {"type": "string", "format": "date", "pattern": f"^{_DAY}$"}


def _describe_enum(node: Any) -> JsonSchema:
    return {"enum": [as_json(each) for each in _values_of(node.typ)]}


def _values_of(kind: Any) -> Iterator[Any]:
    for value in kind.values:
        # `typ` reads what was sent: a text that is empty is missing.
        if value != "" or getattr(kind.typ, "allow_empty", False):
            yield value


_Describe = Callable[[Any], JsonSchema]

_DESCRIBERS: dict[Any, _Describe] = {
    colander.Mapping: _describe_mapping,
    colander.Sequence: _describe_sequence,
    colander.Tuple: _describe_tuple,
    colander.Set: lambda node: {
        "type": "array",
        "items": _SCALARS,
        "uniqueItems": True,
    },
    colander.List: lambda node: {"type": "array"},
    colander.String: _describe_text,
    colander.Integer: lambda node: {"type": "integer"},
    colander.Float: lambda node: {"type": "number"},
    colander.Decimal: lambda node: {"type": "number"},
    colander.Boolean: lambda node: {"type": "boolean"},
    colander.DateTime: _describe_moment,
    colander.Date: _describe_date,
    # The format "time" of JSON Schema has an offset.
    colander.Time: lambda node: {"type": "string", "pattern": f"^{_HOUR}$"},
    colander.Enum: _describe_enum,
}


def _describer(kind: Any) -> _Describe | None:
    """Return what describes a type, or the class that it derives from.

    Types that read in a way of their own are not described, unless they do it.
    """
    own = getattr(kind, "json_schema", None)
    if own is not None:
        return lambda node: dict(own)
    ancestors: tuple[Any, ...] = type(kind).__mro__
    for each in ancestors:
        if each in _DESCRIBERS:
            is_same = type(kind).deserialize is each.deserialize
            return _DESCRIBERS[each] if is_same else None
    return None
