"""Permissions on objects for views of applications (docs: permissions-views).

A view names its object beside its permission:
`@service.get(permission="dynamic", object_id="/projects/{id}")`.
"""

import re
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import IRoutesMapper
from pyramid.viewderivers import INGRESS

from cliquet.authorization.endpoints import Endpoints
from cliquet.authorization.granting import Implications
from cliquet.authorization.objects import ObjectContext
from cliquet.authorization.policy import DYNAMIC, PRIVATE
from cliquet.object_ids import fill_template
from cliquet.protocol import SAFE_METHODS
from cliquet.types import Registry, Request

_View = Callable[[Any, Request], Any]
_FindObject = Callable[[Request], str | None]

_PLACEHOLDER = re.compile(r"{([^{}]*)}")
_NAMES_OF_ROUTE = re.compile(r"[{*]([^\W\d]\w*)")


def setup_object_permissions(config: Configurator) -> None:
    """Read what permissions imply, and let views name the object of theirs."""
    config.registry.implications = Implications.of(config.get_settings())
    config.add_view_deriver(
        object_permission_view, "object_permission", INGRESS, "secured_view"
    )
    config.add_request_method(object_context)


def object_context(request: Request, permission: str, object_id: str) -> ObjectContext:
    """Return the context of a permission on an object (a method of requests)."""
    return ObjectContext(request, permission, object_id)


def object_permission_view(view: _View, info: Any) -> _View:
    """Have the policy asked about the object that a view names.

    Raises:
        ConfigurationError: The object cannot be found so.
    """
    object_id = info.options.get("object_id")
    if object_id is None:
        return view
    name = getattr(info.original_view, "__qualname__", repr(info.original_view))
    permission = info.options.get("permission")
    if not isinstance(permission, str) or permission == PRIVATE:
        raise ConfigurationError(
            f"The view {name} has an object_id: please say which permission it needs "
            f"on that object, permission={DYNAMIC!r} for the one of its method."
        )
    if getattr(info.registry, "permission", None) is None:
        raise ConfigurationError(
            f"The view {name} needs permissions on objects: please set "
            "'permission_backend'."
        )
    find = _finder(object_id, name, info)

    def with_object(context: Any, request: Request) -> Any:
        found = find(request)
        wanted = permission
        if permission == DYNAMIC:
            wanted = required_permission(request.registry, request.method, found)
        target = ObjectContext(request, wanted, found)
        target.begin()
        return view(target, request)

    return with_object


object_permission_view.options = ("object_id",)  # type: ignore[attr-defined]


def _finder(object_id: Any, name: str, info: Any) -> _FindObject:
    """Return what finds the object of a request: a function, or a filled template."""
    if callable(object_id):
        found: _FindObject = object_id
        return found
    template = str(object_id)
    _check_template(template, name, info)
    return lambda request: fill_template(template, request.matchdict)


def _check_template(template: str, name: str, info: Any) -> None:
    if not template.startswith("/"):
        raise ConfigurationError(
            f"The object_id of the view {name} is {template!r}: please write a path "
            "without version, which begins with a slash."
        )
    mapper = info.registry.queryUtility(IRoutesMapper)
    route = mapper and mapper.get_route(info.options.get("route_name"))
    pattern = getattr(route, "pattern", "")
    known = set(_NAMES_OF_ROUTE.findall(pattern))
    for placeholder in _PLACEHOLDER.findall(template):
        if placeholder not in known:
            raise ConfigurationError(
                f"The object_id of the view {name} has {{{placeholder}}}, which is "
                f"no part of its path {pattern!r}."
            )


def required_permission(registry: Registry, method: str, object_id: str | None) -> str:
    """Return the permission that a method requires on an object."""
    if method in SAFE_METHODS:
        return "read"
    if method == "POST" and object_id is not None:
        endpoint = Endpoints.of(registry).along(object_id)[:1]
        if endpoint and endpoint[0].is_collection:
            return "create"
    return "write"
