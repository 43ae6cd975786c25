"""Services and resources: two of them have neither one name nor one path."""

import re
from collections.abc import Iterator
from typing import Any

from pyramid.config.actions import ActionInfo
from pyramid.interfaces import PHASE1_CONFIG, IRoutesMapper

from cliquet.declarations.report import describe
from cliquet.types import Registry

SNAPSHOT = "snapshot"
"""Type of services that are declared with that of a collection."""

_DOUBLED = re.compile(r"\{\{(\w+)\}\}")
_VARIABLE = re.compile(r"\{\w+")


def claim(config: Any, service: Any) -> Any:
    """Note who registers a service, for the message where another one has its name.

    Pyramid finds the conflict, as one that an application resolves is none: who
    includes a plugin may replace its services.

    Returns:
        The configurator to register its views with.
    """
    config = config.with_package(config.package)
    if not config.info:
        config.info = _place_of(service)
    if service.path is None or getattr(service, "type", None) == SNAPSHOT:
        return config
    who = describe_service(service)
    # Before routes are looked at: theirs would be the only conflict that is told.
    config.action(
        f"the service or route name {service.name!r}, which two of them cannot have: "
        'give one another, as in @resource.register(name="…") or Service(name="…")',
        order=PHASE1_CONFIG,
    )
    claimed: Any = vars(config.registry).setdefault("declared_services", {})
    claimed[service.name] = who
    return config


def find_shadowed(registry: Registry) -> Iterator[str]:
    """Yield the services that are never reached, as another one has their path."""
    claimed: Any = vars(registry).get("declared_services", {})
    mapper = registry.queryUtility(IRoutesMapper)
    taken: dict[str, str] = {}
    for route in mapper.get_routes() if mapper is not None else ():
        if route.name not in claimed or route.predicates:
            continue
        first = taken.setdefault(_VARIABLE.sub("{", route.pattern), route.name)
        if first != route.name:
            path = f"/{route.pattern.lstrip('/')}"
            yield (
                f"{claimed[route.name]} and {claimed[first]} have one path, "
                f"{path}: {route.name!r} is never reached. Give it a path of its own, "
                f"or add its views to {first!r}."
            )


def find_doubled(registry: Registry) -> Iterator[str]:
    """Yield the services whose path has double braces: only those of resources may."""
    claimed: Any = vars(registry).get("declared_services", {})
    mapper = registry.queryUtility(IRoutesMapper)
    for route in mapper.get_routes() if mapper is not None else ():
        doubled = _DOUBLED.findall(route.pattern)
        if route.name in claimed and doubled:
            path = f"/{route.pattern.lstrip('/')}"
            single = ", ".join(f"{{{name}}}" for name in doubled)
            yield (
                f"{claimed[route.name]} has double braces in its path, {path}, which "
                f"are for resources: write {single}."
            )


def describe_service(service: Any) -> str:
    """Return the class of a resource; otherwise the name of the service and a view."""
    resource_cls = getattr(service, "resource", None)
    if resource_cls is not None:
        return describe(resource_cls)
    views = (view for _, view, _ in service.definitions)
    first = next((view for view in views if hasattr(view, "__qualname__")), None)
    place = "" if first is None else f" ({describe(first)})"
    return f"the service {service.name!r}{place}"


def _place_of(service: Any) -> Any:
    """Return where a service is written, as far as its views tell."""
    codes = (getattr(view, "__code__", None) for _, view, _ in service.definitions)
    code = next(filter(None, codes), None)
    if code is None:
        return ""
    who = describe_service(service)
    return ActionInfo(code.co_filename, code.co_firstlineno, code.co_name, who)
