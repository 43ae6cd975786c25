"""Which permission an endpoint needs, and which settings grant it, before any request.

For those who look at a service from outside: its description, `cliquet routes`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyramid.interfaces import IAuthorizationPolicy
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.authorization.context import RouteFactory
from cliquet.authorization.custom import required_permission
from cliquet.authorization.endpoints import Endpoints
from cliquet.authorization.granting import Granting, Implications, Pairs
from cliquet.authorization.policy import DYNAMIC, PRIVATE
from cliquet.types import Registry

ANYBODY = "(anybody)"
"""What stands for the permission of endpoints that need none."""


class Need(NamedTuple):
    """What is needed to use an endpoint: one of several permissions, by its state.

    Attributes:
        permissions: `read`, `write`, `create`, `private` for whoever is authenticated,
            names of an application's own; `(anybody)`.
        settings: Names of those that grant one of them, whatever is kept for objects.
    """

    permissions: tuple[str, ...]
    settings: tuple[str, ...] = ()


def needed(
    registry: Registry, service: Any, method: str, arguments: dict[str, Any]
) -> Need:
    """Return what is needed to use a view.

    Args:
        registry: Of the application, which is complete.
        service: Of Cornice.
        method: That of HTTP.
        arguments: Of the view.
    """
    permission = arguments.get("permission")
    object_id = arguments.get("object_id")
    if permission == NO_PERMISSION_REQUIRED or permission is None:
        return Need((ANYBODY,))
    if permission == PRIVATE:
        return Need((PRIVATE,))
    if hasattr(service, "resource_name"):
        return _of_resource(registry, service, method, permission)
    if not isinstance(object_id, str):
        # A function finds the object, or there is none.
        return Need((str(permission),))
    if permission == DYNAMIC:
        permission = required_permission(registry, method, object_id)
    return Need((permission,), _granting(registry, [(object_id, permission)]))


def _of_resource(
    registry: Registry, service: Any, method: str, permission: str
) -> Need:
    """Return what is needed at an endpoint of a resource that is shared."""
    is_collection = service.type == "collection"
    path = service.collection_path if is_collection else service.record_path
    asked = [(path, permission)]
    if permission == DYNAMIC and method == "PUT" and not is_collection:
        # Of what is there, and of what is not.
        asked = [(path, "write"), (service.collection_path, "create")]
    elif permission == DYNAMIC:
        known = RouteFactory.method_permissions
        asked = [(path, known.get(method.lower(), permission))]
    names = tuple(name for _, name in asked)
    implications = Implications.of(registry.settings)
    if is_collection and names == ("read",) and implications.create_implies_list:
        asked.append((path, "create"))
    return Need(names, _granting(registry, asked))


def _granting(registry: Registry, asked: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the settings that grant permissions on objects, nearest first."""
    policy = registry.queryUtility(IAuthorizationPolicy)
    endpoints = Endpoints.of(registry)
    recorder = _Recorder(
        Implications.of(registry.settings),
        getattr(policy, "get_bound_permissions", None),
        endpoints.names,
        {},
        {},
    )
    for path, name in asked:
        (resource_name,) = endpoints.names([path])
        recorder.grants(path, f"{resource_name}:create" if name == "create" else name)
    return tuple(recorder.asked)


def readers(registry: Registry, service: Any) -> frozenset[str]:
    """Return the principals whom settings let read all records of a collection.

    Args:
        registry: Of the application.
        service: That of the collection.
    """
    granting = _Listed(
        Implications.of(registry.settings),
        getattr(
            registry.queryUtility(IAuthorizationPolicy), "get_bound_permissions", None
        ),
        Endpoints.of(registry).names,
        registry.settings,
        {},
    )
    return granting.grants(service.collection_path, "read").principals


class _Listed(Granting):
    """Looks at settings alone."""

    def bound(self, object_id: str, permission: str) -> Pairs:
        """Return no pair: what is kept does not matter."""
        return ()


class _Recorder(_Listed):
    """Notes which settings are asked on the way, and finds nothing in them."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked: dict[str, None] = {}

    def listed(
        self, level: int, resource_name: str | None, permission: str
    ) -> Sequence[str]:
        """Note the setting of a permission on an object."""
        own = permission.removeprefix(f"{resource_name}:")
        # No file of settings has a name with a colon.
        if resource_name is not None and ":" not in own:
            self.asked[f"{resource_name}_{own}_principals"] = None
        return ()
