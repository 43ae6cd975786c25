"""How does the backend of a kind get from the settings to the registry?"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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


@contextmanager
def keeping_connections(registry: Any) -> Iterator[None]:
    """Let backends that can keep their connections until the end of the block.

    And what they read of permissions.
    """
    with ExitStack() as stack:
        for kind in KINDS:
            backend = getattr(registry, kind, None)
            client = getattr(backend, "client", None)
            keeping = getattr(type(client), "keeping_connection", None)
            if keeping is not None:
                stack.enter_context(keeping(client))
            remembering = getattr(type(backend), "remembering_access", None)
            if remembering is not None:
                stack.enter_context(remembering(backend))
        yield


def is_replaced(backend: Any, name: str) -> bool:
    """Tell whether an instance has a method of its own, and no wrapper of its class's.

    Who replaced it expects it to be called: no shortcut may go around it.
    """
    own = vars(backend).get(name)
    if own is None:
        return False
    method = inspect.unwrap(own)
    return getattr(method, "__func__", None) is not getattr(type(backend), name)
