"""The document: everything that an application registered, put together once."""

from collections.abc import Iterator
from typing import Any

from apispec import APISpec

from cliquet.authentication import policies_of
from cliquet.authorization import PRIVATE
from cliquet.authorization.needed import ANYBODY, Need, needed
from cliquet.declarations.services import SNAPSHOT
from cliquet.description import (
    answers,
    links,
    parameters,
    resources,
    services,
    snapshots,
)
from cliquet.protocol.idempotency import METHODS, keeps_answers
from cliquet.resource.snapshot import find_collection
from cliquet.settings import get_setting
from cliquet.types import Registry

Operation = dict[str, Any]

_VERSION = "3.1.0"
#: What a policy is told as that does not say it itself (`security_scheme`).
_OTHER = {"type": "apiKey", "in": "header", "name": "Authorization"}


def build(registry: Registry) -> dict[str, Any]:
    """Return the description of an application, which is complete."""
    settings = registry.settings
    info: dict[str, Any] = {
        "title": str(settings["project_name"] or "API"),
        "version": str(settings["project_version"]),
    }
    options: dict[str, Any] = {"servers": [{"url": _prefix(registry) or "/"}]}
    if settings.get("project_docs"):
        options["externalDocs"] = {"url": str(settings["project_docs"])}
    spec = APISpec(openapi_version=_VERSION, **info, **options)
    schemes = _security_schemes(registry)
    _add_components(spec, registry, schemes)
    generator = getattr(registry, "id_generator", None)
    described = _paths(registry, schemes)
    links.add_links(described.values())
    for path, each in described.items():
        spec.path(
            path=each.path,
            operations=each.operations,
            parameters=parameters.path_parameters(path, generator),
        )
    document: dict[str, Any] = spec.to_dict()
    return document


def _paths(registry: Registry, schemes: Any) -> dict[str, links.Path]:
    """Return what is described, by paths as they are registered."""
    prefix = _prefix(registry)
    found = {}
    for path, service in sorted(registry.cornice_services.items()):
        public = parameters.VARIABLE.sub(r"{\1}", f"/{path.lstrip('/')}")
        if prefix and not public.startswith(f"{prefix}/"):
            continue
        if getattr(service, "type", None) == SNAPSHOT:
            operations = dict(_snapshot(registry, path, service))
        else:
            operations = dict(_operations(registry, service, schemes))
        if operations:
            public = public.removeprefix(prefix)
            found[path] = links.Path(public, service, operations)
    return found


def _prefix(registry: Registry) -> str:
    prefix = getattr(registry, "route_prefix", None)
    return f"/{prefix}" if prefix else ""


# --- Components ------------------------------------------------------------------


def _add_components(spec: APISpec, registry: Registry, schemes: Any) -> None:
    components = spec.components
    components.schema("Error", answers.ERROR)
    components.schema("Problem", answers.PROBLEM_DETAILS)
    for name, header in answers.header_components().items():
        components.header(name, header)
    for name, error in answers.error_components().items():
        components.response(name, error)
    for name, scheme in schemes.items():
        components.security_scheme(name, scheme)
    described = set()
    for service in registry.cornice_services.values():
        if not hasattr(service, "resource_name") or service.resource_name in described:
            continue
        described.add(service.resource_name)
        generator = getattr(registry, "id_generator", None)
        for name, schema in resources.schemas_of(service, generator).items():
            components.schema(name, schema)
        prefix = resources.component_name(service.resource_name)
        for each in resources.filters_of(service):
            components.parameter(f"{prefix}.{each['name']}", each["in"], each)
        documentation = type.__getattribute__(service.resource, "__doc__")
        spec.tag({"name": service.resource_name, "description": documentation or ""})


def _security_schemes(registry: Registry) -> dict[str, Any]:
    """Return how users authenticate, by the names of the policies."""
    return {
        str(name): getattr(each, "security_scheme", None) or _OTHER
        for name, each in policies_of(registry)
    } or {"default": _OTHER}


# --- Operations ------------------------------------------------------------------


def _operations(
    registry: Registry, service: Any, schemes: Any
) -> Iterator[tuple[str, Operation]]:
    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    for method, view, arguments in service.definitions:
        if method != "OPTIONS":
            found.setdefault(method.upper(), (view, arguments))
    is_resource = hasattr(service, "resource_name") and hasattr(service, "resource")
    for method, (view, arguments) in found.items():
        if is_resource:
            endpoint = resources.Endpoint(service, method, arguments, registry.settings)
            operation = resources.describe_endpoint(endpoint)
        else:
            operation = services.describe_view(
                service,
                method,
                view,
                arguments,
                ends=bool(get_setting(registry.settings, "eos")),
            )
        need = needed(registry, service, method, arguments)
        operation |= _describe_need(need, list(schemes))
        if method in METHODS and keeps_answers(registry):
            _describe_repetition(operation)
        operation["operationId"] = f"{method.lower()}-{service.name}"
        yield method.lower(), operation


def _describe_repetition(operation: Operation) -> None:
    """Add that a request may be sent again under its key."""
    operation["parameters"].append(parameters.IDEMPOTENCY_KEY)
    found = operation["responses"]
    for status, each in found.items():
        if status[0] in "23":
            replayed = answers.header_references("Idempotency-Replayed")
            # What is described once for all applications stays as it is.
            found[status] = {**each, "headers": {**each.get("headers", {}), **replayed}}
    found.update(answers.error_references(409, 422))


def _snapshot(
    registry: Registry, path: str, service: Any
) -> Iterator[tuple[str, Operation]]:
    collection = find_collection(registry, path)
    if collection is not None:
        operation = snapshots.describe_snapshot(collection)
        yield "get", {**operation, "operationId": f"get-{service.name}", "security": []}


def _describe_need(need: Need, schemes: list[str]) -> Operation:
    """Return who may use an endpoint: principals that settings name are not told."""
    authenticated: list[dict[str, list[str]]] = [{name: []} for name in schemes]
    if need.permissions == (PRIVATE,):
        return {"security": authenticated, "x-permissions": [PRIVATE]}
    # Whoever sends nothing may have been granted it.
    found: Operation = {"security": [{}, *authenticated]}
    if need.permissions == (ANYBODY,):
        return found
    return {**found, "x-permissions": list(need.permissions)}
