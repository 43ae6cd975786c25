"""May a request do what it asks? (protocol §10)"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from pyramid.authorization import Authenticated
from pyramid.interfaces import IAuthorizationPolicy
from pyramid.request import CallbackMethodsMixin
from zope.interface import implementer

from cliquet.authentication import prefixed_userid
from cliquet.backends.grants import GrantedIds, database_of
from cliquet.backends.loading import KeepingConnections
from cliquet.permission.base import (
    bound_couples,
    may_find_grants,
    reads_in_one_step,
)
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


def _hold_connections(request: Any) -> None:
    """Read by the same connections until the request ends: it reads more than once."""
    if isinstance(request, CallbackMethodsMixin):
        block = KeepingConnections(request.registry)
        block.__enter__()
        request.add_finished_callback(lambda _: block.__exit__(None, None, None))


_EXPECTED = "expected_objects"


def expect_objects(request: Any, paths: Iterable[str]) -> None:
    """Tell which paths the subrequests of a batch have.

    Their permissions are looked up with those of the first one that needs any, by
    backends that remember them.
    """
    backend = getattr(request.registry, "permission", None)
    if hasattr(type(backend), "remembering_access"):
        request.bound_data[_EXPECTED] = {strip_uri_prefix(path) for path in paths}


def groupfinder(userid: str, request: Any) -> Any:
    """Tell the groups of a user, asked once per user and batch."""
    backend = getattr(request.registry, "permission", None)
    if not backend:
        return []
    prefixed = prefixed_userid(request) or userid
    key = prefixed + "_principals"
    context = getattr(request, "context", None)
    if key not in request.bound_data and isinstance(context, RouteFactory):
        # It asks for the groups along with the permissions that it needs.
        context.read_access()
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
        is_ours = type(self).permits is AuthorizationPolicy.permits
        return is_ours and permission == PRIVATE

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
    get_shared_ids: Any = None

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
        self._known: dict[str, dict[str, set[str]]] | None = None
        self.get_prefixed_userid = partial(prefixed_userid, request)
        self._check_permission = request.registry.permission.check_permission
        self.shared_ids: Sequence[str] = []
        service = current_service(request)
        if not hasattr(service, "viewset") or not hasattr(service, "resource"):
            return
        _hold_connections(request)
        self.on_collection = service.type == "collection"
        self.permission_object_id = self.get_permission_object_id(request)
        self.resource_name = request.current_resource_name
        self.required_permission = self._find_permission(request, service)
        if self.on_collection:
            self.get_shared_ids = partial(
                request.registry.permission.principals_accessible_objects,
                object_id_match=self.get_permission_object_id(request, "*"),
            )
        setting = f"{self.resource_name}_{self.required_permission}_principals"
        listed = request.registry.settings.get(setting, "")
        # Commas separate too, as the documentation of 3.1.5 said (rulings §1.5).
        text = listed.replace(",", " ") if isinstance(listed, str) else listed
        self.allowed_principals = aslist(text)

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
        # Along with what is shown of the record: the groups may be known already.
        self.read_access()
        known = self._known or {}
        bound = kwargs.get("get_bound_permissions")
        couples = bound_couples(self.permission_object_id, permission, bound)
        if all(object_id in known for object_id, _ in couples):
            given = set(principals)
            return any(
                not given.isdisjoint(known[object_id].get(name, ()))
                for object_id, name in couples
            )
        return bool(
            self._check_permission(
                self.permission_object_id, permission, principals, **kwargs
            )
        )

    def permissions_of(self, object_id: str) -> dict[str, set[str]] | None:
        """Tell all permissions of an object, if one lookup told them with the rest."""
        self.read_access()
        found = (self._known or {}).get(object_id)
        if found is None:
            return None
        return {name: set(principals) for name, principals in found.items()}

    def forget_access(self) -> None:
        """Look permissions up again."""
        self._known = None

    def read_access(self) -> None:
        """Look up groups, and the permissions that this request depends upon, at once.

        Where the backend cannot, nothing is known, and it is asked one by one.
        """
        request = self._request
        if self._known is not None or self.resource_name is None:
            return
        self._known = {}
        backend = request.registry.permission
        if not reads_in_one_step(backend):
            return
        _ = request.authenticated_userid
        user_id = prefixed_userid(request)
        ids = set(self._object_ids(request))
        expected = request.bound_data.pop(_EXPECTED, ())
        principals, found = backend.read_access(user_id or "", ids.union(expected))
        if user_id:
            request.bound_data.setdefault(f"{user_id}_principals", principals)
        self._known = {object_id: found.get(object_id, {}) for object_id in ids}

    def _object_ids(self, request: Any) -> Iterator[str]:
        policy = request.registry.queryUtility(IAuthorizationPolicy)
        bound = getattr(policy, "get_bound_permissions", None)
        name = f"{self.resource_name}:create"
        couples = [(self.permission_object_id, self.required_permission)]
        if request.method == "PUT":
            service = request.current_service
            path = service.collection_path.format(**request.matchdict)
            target = self.get_permission_object_id(request)
            couples = [(target, "write"), (path, name)]
        for object_id, permission in couples:
            wanted = name if permission == "create" else str(permission)
            yield object_id
            for bound_id, _ in bound_couples(object_id, wanted, bound):
                yield bound_id

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
