"""How does the backend of a kind get from the settings to the registry?"""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from pyramid.exceptions import ConfigurationError

Backend = TypeVar("Backend")

KINDS = ("storage", "permission", "cache")


def load_backend(
    config: Any,
    kind: str,
    base_class: type[Backend],
    heartbeat: Callable[[Backend], Callable[[Any], bool]],
) -> Backend | None:
    """Load the backend named by ``<kind>_backend``, and register it as `kind`.

    Without such a setting nothing is registered: that the attribute lacks is how
    code sees that a backend is not configured (python-api §3.5).

    Raises:
        ConfigurationError: when the module cannot be imported, or gives something
            else than a backend of that kind.
    """
    name = config.get_settings().get(f"{kind}_backend")
    if not name:
        return None
    try:
        module = config.maybe_dotted(name)
        load_from_config = module.load_from_config
    except (ImportError, AttributeError) as error:
        # The optional library of an engine may be what is missing.
        raise ConfigurationError(
            f"Setting '{kind}_backend' asks for {name!r}: {error}"
        ) from error
    backend = load_from_config(config)
    if not isinstance(backend, base_class):
        raise ConfigurationError(f"Invalid {kind} backend: {backend}")
    setattr(config.registry, kind, backend)
    if not hasattr(config.registry, "heartbeats"):
        config.registry.heartbeats = {}
    config.registry.heartbeats[kind] = heartbeat(backend)
    return backend


class KeepingConnections:
    """A block in which backends that can keep their connections, storage first.

    Args:
        registry: Has the backends.
    """

    __slots__ = ("_blocks", "_registry")

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._blocks: list[AbstractContextManager[None]] = []

    def __enter__(self) -> None:
        entered = []
        for kind in KINDS:
            client = getattr(getattr(self._registry, kind, None), "client", None)
            keeping = getattr(type(client), "keeping_connection", None)
            # Most often, they share one.
            if keeping is not None and client not in entered:
                block = keeping(client)
                block.__enter__()
                self._blocks.append(block)
                entered.append(client)

    def __exit__(self, *raised: object) -> None:
        for block in self._blocks:
            block.__exit__(None, None, None)


def is_replaced(backend: Any, name: str) -> bool:
    """Tell whether an instance has a method of its own, and no wrapper of its class's.

    Who replaced it expects it to be called: no shortcut may go around it.
    """
    own = vars(backend).get(name)
    if own is None:
        return False
    method = inspect.unwrap(own)
    return getattr(method, "__func__", None) is not getattr(type(backend), name)
