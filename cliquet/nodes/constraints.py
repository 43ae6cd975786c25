"""Validators of colander as keywords of JSON Schema, where it has some for them."""

import re
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import colander

from cliquet.json_values import as_json
from cliquet.nodes.reading import deserialize

Constraints = tuple[list[dict[str, Any]], list[str]]
"""Schemas all of which hold, and names of what could not be told."""

#: Of colander, with flags that JSON Schema lacks. Letters are those of ASCII.
_PATTERNS = {
    colander.uuid: (
        r"^([Uu][Rr][Nn]:[Uu][Uu][Ii][Dd]:)?\{?"
        r"[A-Fa-f0-9]{8}(-?[A-Fa-f0-9]{4}){3}-?[A-Fa-f0-9]{12}\}?$"
    ),
    colander.file_uri: r"^[Ff][Ii][Ll][Ee]://(/|[/?]\S+)$",
}
_NUMBERS = ("number", "integer")
_LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}
#: Parts of expressions of Python that ECMA-262 reads in another way, or not at all.
_FOREIGN = re.compile(r"\(\?[^:=!<P]|\(\?P[=>]|\(\?<(?![=!])|[*+?}]\+|\\[aN0]")
_CLASSES = re.compile(r"(?<!\\)\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_PARTS = re.compile(r"\\.|\(\?P<\w+>|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def constrain(node: Any, validator: Any, described: dict[str, Any]) -> Constraints:
    """Return what a validator says of the values of a node.

    Args:
        node: Its type tells which values are compared.
        validator: None for none.
        described: The schema of the values without it.
    """
    if validator is None:
        return [], []
    if type(validator) is colander.Any:
        return _any_of(node, validator, described)
    if type(validator) is colander.All:
        told = [constrain(node, each, described) for each in validator.validators]
        return [e for one, _ in told for e in one], [e for _, one in told for e in one]
    constraint = getattr(validator, "json_schema", None)
    if constraint is None:
        constraint = _constraint(node, validator, described.get("type"))
    return ([], [_name_of(validator)]) if constraint is None else ([constraint], [])


def _constraint(node: Any, validator: Any, kind: Any) -> dict[str, Any] | None:
    """Return what one validator says; None where that is not known."""
    match validator:
        case colander.Length() if kind in _LENGTHS:
            return _length(_LENGTHS[kind], validator)
        case colander.Range() if kind in _NUMBERS:
            return _range(node, validator)
        case colander.OneOf():
            return {"enum": _accepted(node, validator.choices)}
        case colander.NoneOf() if kind in ("string", *_NUMBERS):
            return {"not": {"enum": _accepted(node, validator.forbidden)}}
        case colander.ContainsOnly() if kind == "array":
            return {"items": {"enum": _as_values(validator.choices)}}
        case colander.Regex() if kind == "string":
            pattern = _pattern(validator)
            return None if pattern is None else {"pattern": pattern}
    return None


def _any_of(node: Any, validator: Any, described: dict[str, Any]) -> Constraints:
    found: list[dict[str, Any]] = []
    for each in validator.validators:
        constraints, untold = constrain(node, each, described)
        if untold:
            return [], [_name_of(validator)]
        found.append(
            constraints[0] if len(constraints) == 1 else {"allOf": constraints}
        )
    return [{"anyOf": found}], []


def _name_of(validator: Any) -> str:
    if isinstance(validator, colander.deferred):
        return "deferred validator"
    named = getattr(validator, "__name__", None) or type(validator).__name__
    return f"validator {named}"


# --- Numbers, lengths, choices ---------------------------------------------------


def _length(what: str, validator: Any) -> dict[str, Any]:
    found = {}
    if validator.min is not None and validator.min > 0:
        found[f"min{what}"] = validator.min
    if validator.max is not None:
        found[f"max{what}"] = max(0, validator.max)
    return found


def _range(node: Any, validator: Any) -> dict[str, Any]:
    """Return the bounds of numbers: of those with a number of digits, nearest inside.

    They are rounded before they are compared.
    """
    bounds = {"minimum": validator.min, "maximum": validator.max}
    quant = getattr(node.typ, "quant", None)
    rounding = {"minimum": ROUND_CEILING, "maximum": ROUND_FLOOR}
    for name, value in bounds.items():
        if value is not None and quant is not None:
            bounds[name] = Decimal(str(value)).quantize(quant, rounding[name])
    return {name: as_json(value) for name, value in bounds.items() if value is not None}


def _accepted(node: Any, choices: Iterable[Any]) -> list[Any]:
    """Return the choices that can be sent and are read as themselves."""
    plain = node.clone()
    plain.validator, plain.missing = None, colander.required
    found = []
    for value in _as_values(choices, node):
        try:
            if deserialize(plain, value) in choices:
                found.append(value)
        except (TypeError, colander.Invalid):
            continue
    return found


def _as_values(choices: Iterable[Any], node: Any = None) -> list[Any]:
    found: list[Any] = []
    for choice in choices:
        try:
            value = as_json(choice, "choice", node)
        except (TypeError, ValueError, colander.Invalid):
            # Nobody can send it.
            continue
        if not any(type(value) is type(each) and value == each for each in found):
            found.append(value)
    return found


# --- Regular expressions ---------------------------------------------------------


def _pattern(validator: Any) -> str | None:
    """Return an expression of ECMA-262 that is searched, None if there is none.

    Python's matches from the start; `$` before a newline at the end is not told.
    """
    if validator in _PATTERNS:
        return _PATTERNS[validator]
    compiled = validator.match_object
    if type(validator) not in (colander.Regex, colander.Email):
        return None
    if compiled.flags & ~(re.UNICODE | re.ASCII):
        return None
    return translate(compiled.pattern)


def translate(pattern: Any) -> str | None:
    """Return an expression that finds in a text what Python's would match.

    >>> translate("[a-z]+")
    '^[a-z]+'
    """
    if not isinstance(pattern, str) or _FOREIGN.search(_CLASSES.sub("x", pattern)):
        return None
    found: str = _PARTS.sub(_translate_part, pattern)
    if "|" in found:
        return f"^(?:{found})"
    return found if found.startswith("^") else f"^{found}"


def _translate_part(part: re.Match[str]) -> str:
    text = part.group()
    if text.startswith("(?P<"):
        return "("
    return {r"\A": "^", r"\Z": r"(?![\s\S])"}.get(text, text)
