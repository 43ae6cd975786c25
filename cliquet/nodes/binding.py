"""Binding: which schemas need it, and one bound schema for each request."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import colander

from cliquet.types import Request

Declared = TypeVar("Declared", bound=Callable[..., Any])

_OF_COLANDER = frozenset(
    each for each in vars(colander).values() if inspect.isclass(each)
)
#: Functions that are known not to read `bindings`.
_IGNORING: set[Any] = set()
#: Which nodes need it: applications may make schemas for each request.
_NEEDING: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()
_KEY = "cliquet.bound_schemas"


def ignores_bindings(declared: Declared) -> Declared:
    """Declare that a validator, or no method of a class of nodes, reads `bindings`.

    `bind` copies the whole schema, 40 to 110 µs, and is spared where nobody looks. The
    functions are recorded: others, of subclasses or put on the class later, count.
    """
    _IGNORING.update(filter(inspect.isfunction, [declared, *vars(declared).values()]))
    return declared


for _exported in list(vars(colander).values()):
    for _declared in getattr(_exported, "__mro__", ()):
        ignores_bindings(_declared)


class _BoundSchemas(dict[int, tuple[Any, Any]]):
    """Schemas with what they are bound to a request, by the identity of the former."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request


def bound(schema: Any, request: Request) -> Any:
    """Return a schema bound to a request, the same one whenever it is asked for.

    So deferred values and `after_bind` are computed once for each request, whoever
    validates. A schema that has none is returned as it is.
    """
    if not needs_binding(schema):
        return schema
    known = request.environ.get(_KEY)
    # Sub-requests may begin with the environ of their parent.
    if not isinstance(known, _BoundSchemas) or known.request is not request:
        known = request.environ[_KEY] = _BoundSchemas(request)
    if id(schema) not in known:
        result = schema.bind(request=request)
        known[id(schema)] = (schema, result)
        for child in schema.children:
            if child.name in result:
                known[id(child)] = (child, result[child.name])
    return known[id(schema)][1]


def needs_binding(schema: Any) -> bool:
    """Return whether a node has deferred values, or code that may read `bindings`."""
    known = _NEEDING.get(schema)
    if known is None:
        known = _NEEDING[schema] = _is_needing(schema)
    return known


def _is_needing(schema: Any) -> bool:
    if getattr(schema, "after_bind", None) is not None:
        return True
    for name in dir(schema):
        if isinstance(getattr(schema, name, None), colander.deferred):
            return True
    functions = [*_code_of(schema.validator), *_code_of(schema.typ)]
    for node_class in type(schema).__mro__:
        functions += filter(inspect.isfunction, vars(node_class).values())
    if not _IGNORING.issuperset(functions):
        return True
    return any(map(needs_binding, schema.children))


def _code_of(used: Any) -> list[Any]:
    """Return the functions of a validator or type; itself, unless it is colander's."""
    if type(used) in _OF_COLANDER:
        inner = getattr(used, "validators", ())
        return [function for each in inner for function in _code_of(each)]
    return [] if used is None else [getattr(used, "__func__", used)]
