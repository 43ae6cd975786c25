"""Events that an application notified, in their order."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from cliquet.events import (
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)

_Event = TypeVar("_Event")
CLASSES = (ResourceRead, ResourceChanged, AfterResourceRead, AfterResourceChanged)


class Events(list[Any]):
    """Events, the first one first."""

    def of(
        self,
        event_class: type[_Event],
        *,
        action: str | None = None,
        resource: str | None = None,
    ) -> list[_Event]:
        """Return those of a class, perhaps of an action and a resource only."""
        wanted = {"action": action, "resource_name": resource}
        return [
            each
            for each in self
            if isinstance(each, event_class)
            and all(
                value in (None, each.payload[name])  # type: ignore[attr-defined]
                for name, value in wanted.items()
            )
        ]


@contextmanager
def recording(registry: Any) -> Iterator[Events]:
    """Record the events of an application."""
    events = Events()
    for each in CLASSES:
        registry.registerHandler(events.append, (each,))
    try:
        yield events
    finally:
        for each in CLASSES:
            registry.unregisterHandler(events.append, (each,))
