"""May a request do what it asks? (protocol §10)"""

from collections.abc import Iterable, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar

from pyramid.authorization import Authenticated
from pyramid.interfaces import IAuthorizationPolicy
from zope.interface import implementer

from cliquet.access import Access
from cliquet.authentication import prefixed_userid
from cliquet.backends.grants import GrantedIds, database_of
from cliquet.backends.loading import is_replaced
from cliquet.permission.base import bound_couples, may_find_grants
from cliquet.protocol.routing import (
    current_service,
    record_path,
    strip_uri_prefix,
)
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.text import aslist

DYNAMIC = "dynamic"
"""Permission that is decided when the request comes in."""

PRIVATE = "private"
"""Permission of whoever is authenticated."""


def groupfinder(userid: str, request: Any) -> Any:
    """Tell the groups of a user, asked once per user and batch."""
    backend = getattr(request.registry, "permission", None)
    if not backend:
        return []
    prefixed = prefixed_userid(request) or userid
    key = prefixed + "_principals"
    access = getattr(getattr(request, "context", None), "access", None)
    if key not in request.bound_data and isinstance(access, Access):
        # They come along with the permissions that are needed.
        access.read()
    if key not in request.bound_data:
        request.bound_data[key] = backend.user_principals(prefixed)
    return request.bound_data[key]


@implementer(IAuthorizationPolicy)
class AuthorizationPolicy:
    """Decides by the permission backend, or by settings."""

    get_bound_permissions: Any = None
    """`(object id, permission) -> [(object id, permission)…]`: any of them suffices."""

    def authentication_suffices(self, permission: str) -> bool:
        """Tell whether a permission is that of all users, whatever their groups."""
        return permission == PRIVATE and self._decides_as_written()

    def suffices_without_groups(
        self, context: Any, principals: Iterable[str], permission: str
    ) -> bool:
        """Tell whether settings permit it to these principals, whatever their groups.

        `<resource>_<permission>_principals` mostly names `system.Authenticated`.
        """
        allowed = getattr(context, "allowed_principals", None)
        if permission != DYNAMIC or not allowed or not self._decides_as_written():
            return False
        known = _with_prefixed_userid(principals, context.get_prefixed_userid())
        return not set(allowed).isdisjoint(known)

    def _decides_as_written(self) -> bool:
        written = type(self).permits is AuthorizationPolicy.permits
        return written and not is_replaced(self, "permits")

    def permits(self, context: Any, principals: Any, permission: str) -> bool:
        """Tell whether one of the principals has the permission on the context."""
        if permission == PRIVATE:
            return Authenticated in principals
        principals = _with_prefixed_userid(principals, context.get_prefixed_userid())
        if permission == DYNAMIC:
            permission = context.required_permission
        if permission == "create":
            permission = f"{context.resource_name}:create"
        if context.allowed_principals:
            allowed = bool(set(context.allowed_principals) & set(principals))
        else:
            allowed = context.check_permission(
                permission, principals, get_bound_permissions=self.get_bound_permissions
            )
        creating = permission == "create" or str(permission).endswith(":create")
        if not allowed and context.on_collection and not creating:
            shared = context.fetch_shared_records(
                permission, principals, get_bound_permissions=self.get_bound_permissions
            )
            allowed = bool(shared)
        return bool(allowed)

    def principals_allowed_by_permission(self, context: Any, permission: str) -> Any:
        """Not supported: permissions are not kept by context."""
        raise NotImplementedError


def _with_prefixed_userid(principals: Iterable[str], prefixed: Any) -> list[str]:
    """Replace the raw user id by both of its prefixed forms."""
    result = list(principals)
    if not prefixed or ":" not in prefixed:
        return result
    policy, _, userid = prefixed.partition(":")
    result = [principal for principal in result if principal != userid]
    return [*result, prefixed, f"{policy}_{userid}"]


class RouteFactory:
    """Context of a request: which permission, on which object?"""

    resource_name: str | None = None
    on_collection = False
    required_permission: str | None = None
    allowed_principals: Any = None
    permission_object_id: Any = None
    current_record: Any = None
    record_is_missing = False
    """The record of a PUT was looked for, and there is none."""
    access: Access | None = None

    method_permissions: ClassVar[dict[str, str]] = {
        "head": "read",
        "get": "read",
        "post": "create",
        "delete": "write",
        "patch": "write",
    }

    def __init__(self, request: Any) -> None:
        self._request = request
        self._path: str | None = None
        self.get_prefixed_userid = partial(prefixed_userid, request)
        self._check_permission = request.registry.permission.check_permission
        self.shared_ids: Sequence[str] = []
        service = current_service(request)
        if not hasattr(service, "viewset") or not hasattr(service, "resource"):
            return
        self.on_collection = service.type == "collection"
        self.permission_object_id = self.get_permission_object_id(request)
        self.resource_name = request.current_resource_name
        self.access = Access(request, self)
        self.required_permission = self._find_permission(request, service)
        setting = f"{self.resource_name}_{self.required_permission}_principals"
        listed = request.registry.settings.get(setting, "")
        # Commas separate too, as the documentation of 3.1.5 said (rulings §1.5).
        text = listed.replace(",", " ") if isinstance(listed, str) else listed
        self.allowed_principals = aslist(text)

    @cached_property
    def get_shared_ids(self) -> Any:
        """What finds the objects of the collection that are shared, None elsewhere."""
        if not self.on_collection:
            return None
        return partial(
            self._request.registry.permission.principals_accessible_objects,
            object_id_match=self.get_permission_object_id(self._request, "*"),
        )

    def _find_permission(self, request: Any, service: Any) -> str | None:
        method = request.method.lower()
        if method != "put":
            return self.method_permissions.get(method)
        resource = service.resource(request=request, context=self)
        try:
            self.current_record = resource.model.get_record(resource.record_id)
        except RecordNotFoundError:
            path = service.collection_path.format(**request.matchdict)
            self.permission_object_id = path
            self.record_is_missing = True
            return "create"
        return "write"

    def check_permission(
        self, permission: str, principals: Iterable[str], **kwargs: Any
    ) -> bool:
        """Tell whether one of the principals has a permission on this object."""
        if self.access is not None:
            bound = kwargs.get("get_bound_permissions")
            couples = bound_couples(self.permission_object_id, permission, bound)
            decided = self.access.decide(couples, principals)
            if decided is not None:
                return decided
        return bool(
            self._check_permission(
                self.permission_object_id, permission, principals, **kwargs
            )
        )

    def fetch_shared_records(
        self, perm: str, principals: Any, get_bound_permissions: Any
    ) -> Sequence[str]:
        """Find the records of the collection that are shared; keeps their ids."""
        granted = self._find_grants(perm, principals, get_bound_permissions)
        if granted is not None:
            self.shared_ids = granted
            return granted
        uris = self.get_shared_ids(
            permission=perm,
            principals=principals,
            get_bound_permissions=get_bound_permissions,
        )
        self.shared_ids = [self.extract_object_id(uri) for uri in uris]
        return self.shared_ids

    def _find_grants(
        self, perm: str, principals: Any, get_bound_permissions: Any
    ) -> GrantedIds | None:
        """Leave it to the storage to find what is shared, if it can.

        Not where somebody has another idea of what is shared.
        """
        find = getattr(self.get_shared_ids, "func", None)
        backend: Any = getattr(find, "__self__", None)
        own_ids = type(self).extract_object_id is RouteFactory.extract_object_id
        registry = self._request.registry
        if not own_ids or backend is None or backend is not registry.permission:
            return None
        database = database_of(backend)
        if database is None or database != database_of(registry.storage):
            return None
        if not may_find_grants(backend):
            return None
        pattern = self.get_shared_ids.keywords["object_id_match"]
        granted: GrantedIds | None = backend.find_grants(
            principals, perm, pattern, get_bound_permissions
        )
        return granted

    def get_permission_object_id(
        self, request: Any, record_id: str | None = None
    ) -> str:
        """Tell the URI, without version, that permissions are kept under."""
        if self.on_collection and record_id is not None:
            return record_path(request, record_id)
        if request is not self._request:
            return strip_uri_prefix(request.path)
        # WebOb quotes it anew each time.
        if self._path is None:
            self._path = strip_uri_prefix(request.path)
        return self._path

    def extract_object_id(self, object_uri: str) -> str:
        """Tell the record id of a URI."""
        return object_uri.rpartition("/")[2]
