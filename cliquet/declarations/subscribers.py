"""Subscribers of events: which actions and resources they are notified of."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cliquet.dotted import suggest
from cliquet.types import Registry

_BETWEEN = re.compile(r"[\s,]+")


def words(names: Any) -> tuple[Any, ...]:
    """Return names that were written as a tuple, or by mistake as one text."""
    if isinstance(names, str):
        return tuple(filter(None, _BETWEEN.split(names)))
    if isinstance(names, Iterable):
        return tuple(names)
    return (names,)


def expect(registry: Registry | None, names: Iterable[str]) -> None:
    """Note the resources that a subscriber waits for: they may be registered later."""
    if registry is None:
        return
    expected: Any = vars(registry).setdefault("expected_resources", {})
    expected.update(dict.fromkeys(names))


def find_unknown(registry: Registry, known: Iterable[str]) -> Iterator[str]:
    """Yield the resources that subscribers wait for, and that there are not.

    Args:
        registry: That of the application.
        known: Names of its resources and services.
    """
    known = sorted(known)
    for name in vars(registry).get("expected_resources", ()):
        if name not in known:
            yield (
                f"A subscriber or listener is for the resource {name!r}, which is not "
                f"registered: it is never called.{suggest(str(name), known)}"
            )
