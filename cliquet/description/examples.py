"""Examples of records, each of which the schema accepts."""

from typing import Any

import colander

from cliquet.json_values import as_json
from cliquet.nodes.reading import deserialize

_CANDIDATES: tuple[Any, ...] = (
    *("text", 1, 0, 2, 1.5, True, [], {}),
    *("2027-01-15", "2027-01-15T08:30:00Z", "08:30:00"),
    *("alice@example.org", "https://example.org/", "file:///tmp/example"),
    *("123e4567-e89b-42d3-a456-426614174000", "a", "A", "example text", 10, 100),
)


def example_of(node: Any) -> Any:
    """Return a value that a node accepts, None where none is found.

    Fields that may be left out are shown by their defaults, if these are values.
    """
    children = node.children
    if isinstance(node.typ, colander.Mapping):
        found = {child.name: _example_or_default(child) for child in children}
        value = {name: each for name, each in found.items() if each is not None}
        return value if _accepts(node, value) else None
    candidates: list[Any] = [*_choices(node.validator), *_bounds(node.validator)]
    if isinstance(node.typ, colander.Sequence | colander.Tuple):
        candidates.append([example_of(child) for child in children])
    # Of enumerations.
    candidates += getattr(node.typ, "values", ())
    for candidate in (*candidates, *_CANDIDATES):
        try:
            value = as_json(candidate, "example", node)
        except (TypeError, ValueError, colander.Invalid):
            continue
        if _accepts(node, value):
            return value
    return None


def _example_or_default(node: Any) -> Any:
    if node.required:
        return example_of(node)
    if node.missing in (colander.drop, colander.null):
        return None
    try:
        default = as_json(node.missing, node.name, node)
    except (TypeError, ValueError, colander.Invalid):
        return None
    return default if default not in (None, "") else None


def _accepts(node: Any, value: Any) -> bool:
    """Return whether a node accepts a value, and makes nothing else of it."""
    try:
        made = as_json(deserialize(node, value), "example", node)
    except Exception:  # noqa: BLE001 -- whatever code of an application raises
        return False
    if isinstance(value, dict):
        return all(made.get(name, value[name]) == value[name] for name in value)
    return type(made) is type(value) and bool(made == value)


def _choices(validator: Any) -> list[Any]:
    inner = getattr(validator, "validators", (validator,))
    return [
        choice
        for each in inner
        if isinstance(each, colander.OneOf | colander.ContainsOnly)
        for choice in (
            each.choices if isinstance(each, colander.OneOf) else [list(each.choices)]
        )
    ]


def _bounds(validator: Any) -> list[Any]:
    inner = getattr(validator, "validators", (validator,))
    found: list[Any] = []
    for each in inner:
        if isinstance(each, colander.Range):
            found += [each.min, each.max]
        elif isinstance(each, colander.Length) and each.min:
            found.append("x" * each.min)
    return [value for value in found if value is not None]
