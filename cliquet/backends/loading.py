"""How does the backend of a kind get from the settings to the registry?"""

from collections.abc import Callable
from typing import Any, TypeVar

from pyramid.exceptions import ConfigurationError

Backend = TypeVar("Backend")
Wrapper = TypeVar("Wrapper", bound=Callable[..., Any])

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


def instrument(wrapper: Wrapper) -> Wrapper:
    """Mark a function that measures the method that it wraps, and does no more."""
    # Who wraps it in turn copies its attributes: the mark tells whose it is.
    vars(wrapper)["cliquet_instrument"] = wrapper
    return wrapper


def _is_instrument(method: Any) -> bool:
    # A client of StatsD may be anything, a mock for instance.
    is_marked = getattr(method, "cliquet_instrument", None) is method
    return is_marked and hasattr(method, "__wrapped__")


def is_replaced(backend: Any, name: str) -> bool:
    """Tell whether an instance has a method of its own, other than an instrument.

    Who replaced it expects it to be called: no shortcut may go around it.
    """
    method = vars(backend).get(name)
    if method is None:
        return False
    while _is_instrument(method):
        method = method.__wrapped__
    return getattr(method, "__func__", None) is not getattr(type(backend), name)
