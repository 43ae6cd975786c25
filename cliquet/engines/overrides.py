"""Does a method that does the work of several others still stand for them?

A backend answers some questions in one round trip for which 3.1 called several methods:
such a method is a *compound*, the others are its *parts*. Applications subclass
backends, and their tests replace methods on classes and instances: whoever overrides a
part expects it to be called. Then the compound of the engine steps back for that of the
interface, which calls the parts.

The functions of the parts are recorded when the class of the engine is created, and
compared by identity when the compound is called: a subclass, a class that was patched
and an instance that was patched look alike. Functions that only measure the one that
they wrap are looked through.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

Wrapper = TypeVar("Wrapper", bound=Callable[..., Any])

_MARK = "cliquet_instrument"


class Interface:
    """Base of interfaces with compounds, for which engines supply faster ones.

    A class whose compounds were written for the very methods that it has says so:
    `class Permission(SQLPermission, engine=True)`.

    Attributes:
        compounds: The names of the parts of each compound.
    """

    compounds: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    _written: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, *, engine: bool = False, **kwargs: Any) -> None:
        """Guard the compounds of an engine."""
        super().__init_subclass__(**kwargs)
        for name, parts in cls.compounds.items() if engine else ():
            recorded = {part: getattr(cls, part) for part in parts}
            composed = [vars(each)[name] for each in cls.__mro__ if name in vars(each)]
            setattr(cls, name, _guard(composed[0], recorded, composed[-1]))
            cls._written = {**cls._written, **recorded}


def _guard(
    own: Callable[..., Any], recorded: Mapping[str, Any], composed: Callable[..., Any]
) -> Callable[..., Any]:
    """Wrap a compound: where a part was overridden, the parts are called."""

    @functools.wraps(own)
    def compound(self: Any, *args: Any, **kwargs: Any) -> Any:
        of_class, of_instance = type(self), vars(self)
        for part, function in recorded.items():
            # Mostly nothing is overridden: that is seen without a call.
            as_written = getattr(of_class, part) is function and part not in of_instance
            if not as_written and function_of(self, part) is not function:
                return composed(self, *args, **kwargs)
        return own(self, *args, **kwargs)

    return compound


def is_overridden(owner: object, part: str) -> bool:
    """Return True unless a part of a compound is the one that was written with it."""
    written = getattr(type(owner), "_written", {})
    return part not in written or function_of(owner, part) is not written[part]


def function_of(owner: object, name: str) -> Any:
    """Return the function that runs when a method is called, instruments left out."""
    method: Any = vars(owner).get(name)
    if method is None:
        return getattr(type(owner), name)
    # The mark of a wrapper is itself: wrappers around it copy its attributes.
    while method is not None and getattr(method, _MARK, None) is method:
        method = getattr(method, "__wrapped__", None)
    return getattr(method, "__func__", method)


def takes_keyword(owner: object, method: str, keyword: str) -> bool:
    """Return True if the function that runs as a method takes a keyword argument.

    Third-party storages have the signatures of 3.1: no `condition` for writes, and
    no `initialize` for `collection_timestamp`.
    """
    bound = getattr(owner, method)
    return bool(_takes_keyword(getattr(bound, "__func__", bound), keyword))


@functools.lru_cache(maxsize=256)
def _takes_keyword(function: Callable[..., Any], keyword: str) -> bool:
    parameters = inspect.signature(function).parameters
    return keyword in parameters or any(
        each.kind is each.VAR_KEYWORD for each in parameters.values()
    )


def instrument(wrapper: Wrapper) -> Wrapper:
    """Mark a function that measures the method that it wraps, and does no more."""
    vars(wrapper)[_MARK] = wrapper
    return wrapper
