"""What Cliquet adds to protocol 2, named in the hello view where settings want it."""

import re
from typing import Any

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.settings import asbool

from cliquet.declarations.services import SNAPSHOT
from cliquet.protocol import DOCUMENTATION
from cliquet.settings import get_setting

_PATTERN = re.compile(r"\{(\w+):[^}]*\}")
_PAGE = DOCUMENTATION + "specification/"

ANNOUNCED = {
    "endpoints": (
        "announce_capabilities",
        "Paths of collections and services, parameters in braces.",
        _PAGE + "hello.html",
    ),
    "links": (
        "announce_capabilities",
        "Link leads to the next page and to pages on the service; Sunset is its end.",
        _PAGE + "preferences.html#links",
    ),
    "preferences": (
        "announce_capabilities",
        "Prefer: return=minimal and return=representation choose what PATCH answers.",
        _PAGE + "preferences.html#preferences",
    ),
    "patches": (
        "announce_capabilities",
        "PATCH takes JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902).",
        _PAGE + "records.html#specification-patches",
    ),
    "problem_details": (
        "announce_capabilities",
        "Errors are application/problem+json where Accept prefers it.",
        _PAGE + "preferences.html#specification-problems",
    ),
    "horizon": (
        "announce_capabilities",
        "Horizon, or a 410 with errno 123, tells a poll to read everything again.",
        _PAGE + "synchronisation.html#specification-horizon",
    ),
    "queries": (
        "announce_capabilities",
        "Lists are filtered by what texts, arrays and objects hold, and what is there.",
        _PAGE + "lists.html#specification-searches",
    ),
    "strict_preconditions": (
        "strict_preconditions",
        "Preconditions are evaluated as RFC 9110 does.",
        _PAGE + "strict.html",
    ),
    "require_preconditions": (
        "require_preconditions",
        "PUT, PATCH and DELETE of a record need a precondition.",
        _PAGE + "strict.html#clause-strict-15",
    ),
}
"""By names: the setting that has to be on, a description, the page that says more."""


def setup_announcements(config: Configurator) -> None:
    """Name what clients can use besides protocol 2.

    Clients of 3.1 may expect that there is but what the application declares: without
    a setting nothing is announced.
    """
    settings = config.get_settings()
    for name, (setting, description, page) in ANNOUNCED.items():
        if asbool(get_setting(settings, setting)):
            config.add_api_capability(name, description=description, url=page)
    if asbool(get_setting(settings, "announce_capabilities")):
        config.add_subscriber(_announce_endpoints, ApplicationCreated)


def _announce_endpoints(event: Any) -> None:
    """Name where clients begin, once all is declared."""
    registry = event.app.registry
    services = getattr(registry, "cornice_services", {})
    registry.api_capabilities["endpoints"]["paths"] = entry_points(services)


def entry_points(services: dict[str, Any]) -> dict[str, str]:
    """Return the paths of services that clients can know first, by names.

    Records are found below their collection; what is for operators, and the hello view
    itself, are left out. A collection has the name of its resource.

    Args:
        services: Cornice's, by paths.
    """
    found = {}
    for path, service in sorted(services.items()):
        kind = getattr(service, "type", "")
        # Applications may have services that are Cornice's own.
        is_operational = getattr(service, "is_operational", False)
        is_left_out = is_operational or kind == SNAPSHOT or service.name == "hello"
        is_below = kind == "record" and not getattr(service, "is_first", False)
        if is_left_out or is_below or not service.definitions:
            continue
        name = service.resource_name if kind else service.name
        found[name] = "/" + _PATTERN.sub(r"{\1}", path).lstrip("/")
    return found
