"""The context of a question: may the user of a request do this with that object?"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from pyramid.interfaces import IAuthorizationPolicy

from cliquet.authentication import prefixed_userid
from cliquet.authorization.endpoints import Endpoints
from cliquet.authorization.granting import (
    BindPermissions,
    Granting,
    Implications,
    listed_principals,
)
from cliquet.bounds import MAX_OBJECT_ID
from cliquet.errors import raise_invalid
from cliquet.framework.policy import intersect
from cliquet.permission.bound import bound_pairs
from cliquet.permission_cache import PermissionCache
from cliquet.protocol import SAFE_METHODS
from cliquet.types import Permissions, Request


class ObjectContext:
    """One object, and the permission that is required on it.

    Attributes:
        resource_name: Name of the resource that the object belongs to, if there is one.
        required_permission: `read`, `write`, `create` or another name.
        allowed_principals: Principals of the setting
            `<resource_name>_<required_permission>_principals`.
        permission_object_id: The object: a path, without version prefix.
        on_collection: Whether records below it may be shared one by one.
    """

    resource_name: str | None = None
    on_collection = False
    required_permission: str | None = None
    allowed_principals: Any = None
    permission_object_id: Any = None
    permissions: PermissionCache | None = None

    def __init__(
        self, request: Request, permission: str | None, object_id: str | None
    ) -> None:
        self._begin(request)
        self.permissions = PermissionCache.of(request)
        self._set_object(object_id)
        if object_id is not None:
            (self.resource_name,) = Endpoints.of(request.registry).names([object_id])
        self._require(permission)

    def begin(self) -> None:
        """Have permissions, and groups, be read at once for a request that begins."""
        if self.permissions is not None:
            writes = self._request.method not in SAFE_METHODS
            self.permissions.begin(self._find_object_ids, writes=writes)

    def _begin(self, request: Request) -> None:
        self._request = request
        self.get_prefixed_userid = partial(prefixed_userid, request)
        self._check_permission = request.registry.permission.check_permission

    def _set_object(self, object_id: str | None) -> None:
        if len(str(object_id)) > MAX_OBJECT_ID:
            raise_invalid(self._request, "path", None, "Path is too long")
        self.permission_object_id = object_id

    def _require(self, permission: str | None) -> None:
        """Set the required permission, and who has it by the settings."""
        self.required_permission = permission
        self.allowed_principals = listed_principals(
            self._request.registry.settings, self.resource_name, permission
        )

    def full_name(self, permission: str) -> str:
        """Return the name that a permission is kept under."""
        is_create = permission == "create"
        return f"{self.resource_name}:create" if is_create else permission

    def find_granting(self, by_hand: BindPermissions | None) -> Granting | None:
        """Return what grants permissions, None if no setting implies any.

        Args:
            by_hand: `get_bound_permissions` of the policy.
        """
        registry: Any = self._request.registry
        implications = getattr(registry, "implications", None)
        if not isinstance(implications, Implications) or not any(implications):
            return None
        asked = self.full_name(str(self.required_permission))
        return Granting(
            implications,
            by_hand,
            self._name_all,
            registry.settings,
            {asked: self.allowed_principals} if self.allowed_principals else {},
        )

    def _name_all(self, chain: Any) -> list[str | None]:
        """Return the names of the resources of an object, and of paths above it."""
        names = Endpoints.of(self._request.registry).names(chain)
        return [self.resource_name, *names[1:]]

    def _find_object_ids(self) -> Iterator[str]:
        """Yield the objects whose permissions the request is likely to need."""
        policy = self._request.registry.queryUtility(IAuthorizationPolicy)
        bound = getattr(policy, "get_bound_permissions", None)
        granting = self.find_granting(bound)
        if granting is not None:
            bound = granting.pairs
        for object_id, permission in self._expected():
            yield object_id
            if bound is not None:
                for bound_id, _ in bound(object_id, self.full_name(permission)):
                    yield bound_id

    def _expected(self) -> Iterable[tuple[str, str]]:
        return [(self.permission_object_id, str(self.required_permission))]

    def check_permission(self, permission: str, principals: Any, **kwargs: Any) -> bool:
        """Return True if one of the principals has a permission on this object."""
        bound = kwargs.get("get_bound_permissions")
        object_id, cache = self.permission_object_id, self.permissions
        if object_id is not None and cache is not None:
            user_id = self.get_prefixed_userid()
            if bound is None:
                entries = cache.permissions(object_id, user_id)
                if entries is not None:
                    return intersect(principals, entries.get(permission, ()))
            else:
                pairs = bound_pairs(object_id, permission, bound)
                found = cache.several(dict(pairs), user_id)
                if found is not None:
                    return _is_granted(principals, pairs, found)
        asked = self._check_permission(object_id, permission, principals, **kwargs)
        return bool(asked)


def _is_granted(
    principals: Any, pairs: list[tuple[str, str]], found: dict[str, Permissions]
) -> bool:
    """Return whether one of the principals has one of some permissions on objects."""
    return any(
        intersect(principals, found[each].get(name, ()))
        for each, name in pairs
        if found[each]
    )
