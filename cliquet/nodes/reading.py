"""What colander reads of JSON: one rule for what is missing, whatever the type.

A field that is null or an empty text is missing, and so is one that holds what it gets
when it is missing: what a schema made itself, it accepts (docs: protocol-schemas).
Types and nodes that deserialise in a way of their own see what was sent.
"""

from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import colander

from cliquet.json_values import are_equal, as_json
from cliquet.serialization import quote

_OURS = ("colander", "cliquet")
#: Classes of values with types that read them as they are, unless they are empty.
_SURE = {
    *((str, kind) for kind in (colander.String, colander.Date, colander.DateTime)),
    *((int, kind) for kind in (colander.Integer, colander.Float, colander.Decimal)),
    (float, colander.Float),
    (float, colander.Decimal),
}
#: Classes of defaults that are compared with values of these as they are; or of none.
_COMPARABLE = {
    *(str, int, float, bool, type(None)),
    *(type(colander.required), type(colander.drop)),
}


def deserialize(node: Any, value: Any) -> Any:
    """Return what a node makes of a value of JSON.

    Raises:
        colander.Invalid: The node, or one inside of it, refuses it.
    """
    return node.deserialize(readable(node, value))


def readable(node: Any, value: Any) -> Any:
    """Return a value with `colander.null` where it counts as missing, at any depth.

    Raises:
        colander.Invalid: It is one that colander would fail on.
    """
    kind = node.typ
    node_class: Any = type(node)
    if not _is_usual(node_class, kind.__class__):
        return value
    if value is None or (value == "" and not getattr(kind, "allow_empty", False)):
        return colander.null
    if _is_default(node, value):
        return colander.null
    if isinstance(value, dict | list) or getattr(kind, "accept_scalar", False):
        return _readable_inside(node, kind, value)
    if isinstance(kind, colander.Boolean) and isinstance(value, bool):
        return _choice(kind, value)
    if isinstance(kind, colander.Number) and not _is_finite(value):
        raise colander.Invalid(node, f'"{quote(value)}" is not a number')
    return value


def _readable_inside(node: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, colander.Mapping) and isinstance(value, dict):
        return _members(node, value)
    if isinstance(kind, colander.Sequence):
        if not isinstance(value, list) and kind.accept_scalar:
            value = [value]
        return _items(node, value) if isinstance(value, list) else value
    if isinstance(kind, colander.Tuple) and isinstance(value, list):
        return _elements(node, value)
    is_nested = any(isinstance(item, dict | list) for item in value)
    if isinstance(kind, colander.Set) and is_nested:
        raise colander.Invalid(node, "Items are neither objects nor arrays")
    return value


@lru_cache(maxsize=1000)
def _is_usual(*classes: Hashable) -> bool:
    """Return whether a node and its type deserialise as those of colander, or ours."""
    functions = [getattr(each, "deserialize", None) for each in classes]
    modules = [getattr(each, "__module__", "") for each in functions]
    return all(name.partition(".")[0] in _OURS for name in modules)


def _is_default(node: Any, value: Any) -> bool:
    missing = node.missing
    if missing is None or missing is colander.required or missing is colander.drop:
        return False
    if missing is colander.null or isinstance(missing, colander.deferred):
        return False
    try:
        return are_equal(as_json(missing, node.name, node), value)
    except (TypeError, ValueError, colander.Invalid):
        # A marker of the application, that nobody can send.
        return False


def _members(node: Any, value: dict[str, Any]) -> dict[str, Any]:
    changed = {}
    for position, child in enumerate(node.children):
        item = value.get(child.name, colander.null)
        missing = child.missing
        if item and item != missing:
            is_sure = (item.__class__, child.typ.__class__) in _SURE
            if is_sure and missing.__class__ in _COMPARABLE:
                continue
        elif item is colander.null:
            continue
        read = _inside(node, child, item, position)
        if read is not item:
            changed[child.name] = read
    return {**value, **changed} if changed else value


def _items(node: Any, value: list[Any]) -> list[Any]:
    child = node.children[0]
    return [_inside(node, child, item, position) for position, item in enumerate(value)]


def _elements(node: Any, value: list[Any]) -> list[Any]:
    if len(value) != len(node.children):
        return value
    found = []
    for position, (child, item) in enumerate(zip(node.children, value, strict=True)):
        read = _inside(node, child, item, position)
        if child.missing is colander.drop and _is_missing(child, read):
            # A tuple has no place to drop.
            failure = colander.Invalid(node)
            failure.add(colander.Invalid(child, child.missing_msg), position)
            raise failure
        found.append(read)
    return found


def _is_missing(node: Any, value: Any) -> bool:
    """Return whether a node that may be left out would be, for this value.

    Types of colander take some that are empty, as an array where a number should be.
    """
    if value is colander.null or value:
        return value is colander.null
    try:
        return bool(node.deserialize(value) is colander.drop)
    except colander.Invalid:
        return False


def _inside(node: Any, child: Any, value: Any, position: int) -> Any:
    try:
        return readable(child, value)
    except colander.Invalid as error:
        failure = colander.Invalid(node)
        failure.add(error, position)
        raise failure from error


def _choice(kind: Any, value: bool) -> Any:
    """Return the text that a type reads as a boolean, unless it reads that itself."""
    choices = kind.true_choices if value else kind.false_choices
    if not choices or str(value).lower() in choices:
        return value
    return next(iter(choices))


def _is_finite(value: Any) -> bool:
    try:
        return not isinstance(value, str) or Decimal(value).is_finite()
    except InvalidOperation:
        # It is no number: colander says so.
        return True
