"""Load the backends that settings name."""

from collections.abc import Callable
from typing import Any, TypeVar

from pyramid.exceptions import ConfigurationError

from cliquet.dotted import (
    extra_of,
    find_function,
    naming_the_extra,
    resolve,
)
from cliquet.logs import logger

Backend = TypeVar("Backend")

KINDS = ("storage", "permission", "cache")


def load_backend(
    config: Any,
    kind: str,
    base_class: type[Backend],
    heartbeat: Callable[[Backend], Callable[[Any], bool]],
) -> Backend | None:
    """Load the backend named by the setting `<kind>_backend`, and register it.

    Without such a setting the registry gets no attribute `kind`, which is how code sees
    that none is configured.

    Args:
        config: Configurator of the application.
        kind: One of `KINDS`.
        base_class: What a backend of that kind is an instance of.
        heartbeat: Builds the health check of a backend.

    Raises:
        ConfigurationError: the module cannot be imported, or gives something else than
            a backend of that kind.
    """
    name = config.get_settings().get(f"{kind}_backend")
    if not name:
        return None
    setting, extra = f"{kind}_backend", extra_of(name)
    module = resolve(config, setting, name, extra)
    load = find_function(module, "load_from_config(config)", setting, name)
    with naming_the_extra(f"Setting '{setting}'", extra):
        backend = load(config)
    if not isinstance(backend, base_class):
        raise ConfigurationError(f"Invalid {kind} backend: {backend}")
    setattr(config.registry, kind, backend)
    if not hasattr(config.registry, "heartbeats"):
        config.registry.heartbeats = {}
    config.registry.heartbeats[kind] = heartbeat(backend)
    return backend


def setup_undo(config: Any) -> None:
    """Note whether all that a request writes is undone with its transaction.

    `registry.undoes_writes` is False where a request that fails may leave something:
    it is not run again. A warning says so where storage and permissions differ (docs:
    backends-together). Caches may lose what they are given, and take it twice.
    """
    registry = config.registry
    found = [
        (kind, getattr(registry, kind, None)) for kind in ("storage", "permission")
    ]
    joins = {
        kind: bool(getattr(backend, "joins_transaction", False))
        for kind, backend in found
        if backend is not None
    }
    registry.undoes_writes = all(joins.values())
    if len(joins) < len(found) or not any(joins.values()):
        return
    if not registry.undoes_writes:
        kept = next(kind for kind in joins if not joins[kind])
        logger.warning(
            f"What a request that fails wrote to the {kept} backend stays, as it takes "
            "no part in transactions; nor is the request run again after a deadlock. "
            "Keep storage and permissions in one database."
        )
    elif registry.storage.database is not registry.permission.database:
        logger.warning(
            "Storage and permissions are in two databases, committed one after the "
            "other: if the second one fails, what was written to the first one stays. "
            "Keep storage and permissions in one database."
        )
