"""What is looked at once an application is whole: how its parts fit together."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError

from cliquet.declarations import services, subscribers, users
from cliquet.declarations.nesting import Tree
from cliquet.declarations.report import describe, warn
from cliquet.engines.loading import KINDS
from cliquet.settings.mistakes import Known, Mistake, find_mistakes
from cliquet.text import aslist
from cliquet.types import Registry

#: Begins the warning of settings.
UNREAD = "Settings that nothing reads: "
_WAITING = "The service starts; what needs it is a 503 until then."
_looks_at_tables = ContextVar("cliquet_looks_at_tables", default=True)
_PERMISSIONS = ("read", "write", "create")


def setup_checks(config: Configurator) -> None:
    """Have the application looked at once all of it is there."""
    config.add_subscriber(
        lambda event: check_application(event.app.registry), ApplicationCreated
    )


def check_application(registry: Registry) -> None:
    """Warn of what does not fit together, and in one line of settings nobody reads.

    Raises:
        ConfigurationError: A resource cannot be below its parent; or tables are not as
            a setting says, and would be spoilt.
    """
    Tree.of(registry)
    found = (
        *services.find_shadowed(registry),
        *services.find_doubled(registry),
        *subscribers.find_unknown(registry, _names(registry)),
        *_find_unprotected(registry),
        *users.find_odd(
            getattr(registry, "id_generator", None),
            registry.settings.get("id_generator"),
        ),
    )
    for sentence in found:
        warn(registry, sentence)
    mistakes = [str(each) for each in find_odd_settings(registry)]
    if mistakes:
        warn(registry, f"{UNREAD}{' '.join(mistakes)}")
    if _looks_at_tables.get():
        problems = backend_problems(registry)
        refuse_misfits(problems)
        for reason, kinds in _by_reason(problems).items():
            listed = ", ".join(f"'{kind}_backend'" for kind in kinds)
            warn(registry, f"Setting {listed}: {reason}. {_WAITING}")


@contextmanager
def without_tables() -> Iterator[None]:
    """Have no tables looked for by applications that are started in this block."""
    token = _looks_at_tables.set(False)
    try:
        yield
    finally:
        _looks_at_tables.reset(token)


def refuse_misfits(problems: Mapping[str, Any]) -> None:
    """Refuse tables that would be spoilt.

    Raises:
        ConfigurationError: There are some.
    """
    for problem in problems.values():
        if problem.is_refused:
            raise ConfigurationError(f"Setting {problem.reason}")


def backend_problems(registry: Registry) -> dict[str, Any]:
    """Return why backends cannot work, by kind: tables, mostly."""
    found = {kind: getattr(registry, kind, None) for kind in KINDS}
    backends = {kind: each for kind, each in found.items() if hasattr(each, "tables")}
    if not backends:
        return {}
    # SQLAlchemy is optional, and takes a tenth of a second.
    tables = import_module("cliquet.engines.sql.tables")
    return dict(tables.find_problems(backends))


def _by_reason(problems: Mapping[str, Any]) -> dict[str, list[str]]:
    by_reason: dict[str, list[str]] = {}
    for kind, problem in problems.items():
        by_reason.setdefault(problem.reason, []).append(kind)
    return by_reason


def find_odd_settings(registry: Registry) -> list[Mistake]:
    """Return the settings that are for nothing, and look as if they were."""
    settings = registry.settings
    listeners = aslist(settings.get("event_listeners") or ())
    known = Known(
        project_name=str(settings.get("project_name") or ""),
        resources=_permissions_by_resource(registry),
        listeners=[str(name).rpartition(".")[2] for name in listeners],
        policies=[str(name) for name in aslist(settings.get("multiauth.policies"))],
        declared=vars(registry).get("declared_settings", frozenset()),
    )
    return find_mistakes(settings, known)


def permissions_of(resource_cls: Any) -> list[str]:
    """Return the permissions that settings may grant on a resource."""
    own = getattr(resource_cls, "permissions", ())
    return list(dict.fromkeys((*_PERMISSIONS, *own)))


def _services(registry: Registry) -> list[Any]:
    return list(getattr(registry, "cornice_services", {}).values())


def _names(registry: Registry) -> set[str]:
    return {
        str(getattr(service, "resource_name", service.name))
        for service in _services(registry)
    }


def _permissions_by_resource(registry: Registry) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for service in _services(registry):
        if hasattr(service, "resource_name"):
            permissions = permissions_of(service.resource)
            found[str(service.resource_name)] = permissions
    return found


def _find_unprotected(registry: Registry) -> Iterator[str]:
    """Yield the resources that are shared, where no permission is kept."""
    if getattr(registry, "permission", None) is not None:
        return
    shared = {
        describe(service.resource): None
        for service in _services(registry)
        if hasattr(getattr(service, "resource", None), "permissions")
    }
    if shared:
        yield (
            f"{', '.join(shared)}: shareable resources need permissions, and each of "
            "their requests is a 500 without. Set 'permission_backend', to "
            f"{_like_the_storage(registry)!r} for instance."
        )


def _like_the_storage(registry: Registry) -> str:
    storage = str(registry.settings.get("storage_backend"))
    if storage.startswith("cliquet.storage."):
        return storage.replace(".storage.", ".permission.")
    return "cliquet.permission.memory"
