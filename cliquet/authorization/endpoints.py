"""Which resource an object belongs to: its path, compared with those of resources."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from cliquet.object_ids import quote_path
from cliquet.types import Registry

_ANY = object()
"""Stands for a segment that depends on the request."""


class Endpoint(NamedTuple):
    """What is at a path.

    Attributes:
        resource_name: Name of the resource; None where there is none.
        is_collection: Whether its records are below.
    """

    resource_name: str | None = None
    is_collection: bool = False


NOTHING = Endpoint()


class Endpoints:
    """Paths of resources, by their segments.

    Args:
        services: Of Cornice; those of resources count.
    """

    def __init__(self, services: Iterable[Any]) -> None:
        self._root: dict[Any, Any] = {}
        for service in services:
            name = getattr(service, "resource_name", None)
            if not isinstance(name, str):
                continue
            for kind in ("collection", "record"):
                pattern = getattr(service, f"{kind}_path", None)
                if isinstance(pattern, str):
                    self._add(pattern, Endpoint(name, kind == "collection"))

    @classmethod
    def of(cls, registry: Registry) -> "Endpoints":
        """Return those of an application, which are put together once."""
        services = getattr(registry, "cornice_services", None) or {}
        known: Any = getattr(registry, "resource_endpoints", None)
        if not isinstance(known, tuple) or known[0] != len(services):
            # Tests register resources once an application has served requests.
            known = (len(services), cls(list(services.values())))
            vars(registry)["resource_endpoints"] = known
        found: Endpoints = known[1]
        return found

    def _add(self, pattern: str, endpoint: Endpoint) -> None:
        node = self._root
        for segment in pattern.split("/")[1:]:
            key = _ANY if "{" in segment else quote_path(segment)
            node = node.setdefault(key, {})
        node[None] = endpoint

    def along(self, object_id: str) -> list[Endpoint]:
        """Return what is at an object, and at the paths above it, the nearest first."""
        found: list[Endpoint] = []
        node: dict[Any, Any] = self._root if object_id.startswith("/") else {}
        for segment in object_id.split("/")[1:]:
            # What no pattern has is below nothing.
            node = node.get(segment) or node.get(_ANY) or {}
            found.append(node.get(None, NOTHING))
        return found[::-1]

    def names(self, chain: Sequence[str]) -> list[str | None]:
        """Return the names of the resources of an object and of paths above it.

        Args:
            chain: The object, and what is above it, maybe not all.
        """
        found = [each.resource_name for each in self.along(chain[0])]
        missing = len(chain) - len(found)
        return (found + [None] * max(missing, 0))[: len(chain)]
