"""The context of a request: which permission is required, on which object?"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from cliquet.authorization.objects import ObjectContext
from cliquet.engines.overrides import function_of
from cliquet.engines.shared_ids import SharedIds
from cliquet.framework.requests import current_service
from cliquet.object_ids import RecordPath, record_ids, unquote_id
from cliquet.permission.bound import bound_paths
from cliquet.permission_cache import PermissionCache
from cliquet.protocol import SAFE_METHODS
from cliquet.protocol.routing import ANY_ID, collection_path, object_path, record_path
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.types import Request


class RouteFactory(ObjectContext):
    """The context of a request to a resource, or of one to a service that is none.

    Attributes:
        current_record: The record that is written, if there is one.
        record_is_missing: Whether it was looked for in vain.
        shared_ids: Ids of the records of the collection that are shared with the user,
            who may not read all of it.
        is_restricted: Whether only these are listed, though there may be none.
    """

    is_restricted = False
    current_record: Any = None
    record_is_missing = False
    get_shared_ids: Any = None

    method_permissions: ClassVar[dict[str, str]] = {
        "head": "read",
        "get": "read",
        "post": "create",
        "delete": "write",
        "patch": "write",
    }

    def __init__(self, request: Request) -> None:
        self._begin(request)
        self._path: str | None = None
        self.shared_ids: Sequence[str] = []
        service = current_service(request)
        if not hasattr(service, "viewset") or not hasattr(service, "resource"):
            return
        methods: Any = getattr(service, "defined_methods", None)
        if isinstance(methods, list) and request.method not in methods:
            # Nothing is looked for before it is known that there is such an endpoint.
            return
        self.on_collection = service.type == "collection"
        self._set_object(self.get_permission_object_id(request))
        self.resource_name = request.current_resource_name
        self.permissions = PermissionCache.of(request)
        writes = request.method not in SAFE_METHODS
        self.begin()
        if request.method != "PUT" or self.on_collection:
            self._require(self.method_permissions.get(request.method.lower()))
        if self.on_collection:
            self.get_shared_ids = self._search = partial(
                request.registry.permission.principals_accessible_objects,
                object_id_match=self.get_permission_object_id(request, "*"),
            )
        elif request.method == "PUT" or (
            writes and hasattr(service.resource, "permissions")
        ):
            self._read_record(request, service)

    def for_record(self, record_id: str | None, permission: str) -> "RouteFactory":
        """Return a context that requires a permission on a record, or on the list."""
        context = object.__new__(type(self))
        vars(context).update(vars(self))
        if record_id is not None:
            find = self.get_permission_object_id
            context.permission_object_id = find(self._request, record_id)
            context.on_collection = False
        context._require(permission)
        return context

    def forget(self) -> None:
        """Forget what was read for the request: a write starts again."""
        self.current_record = None
        self.record_is_missing = False
        if self.permissions is not None:
            self.permissions.forget()

    def _read_record(self, request: Request, service: Any) -> None:
        """Read what is written, before it is asked who may (docs: rules-conditions)."""
        _ = request.authenticated_userid  # whose groups are read along
        resource = service.resource(request=request, context=self)
        try:
            self.current_record = resource.model.get_record(resource.record_id)
        except RecordNotFoundError:
            self.record_is_missing = True
        if request.method == "PUT":
            self._require("create" if self.record_is_missing else "write")
            if self.record_is_missing:
                self.permission_object_id = collection_path(request, service)

    def _expected(self) -> Iterable[tuple[str, str]]:
        request = self._request
        if request.method != "PUT":
            return super()._expected()
        own = self.get_permission_object_id(request)
        path = collection_path(request, request.current_service)
        return [(own, "write"), (path, "create")]

    def fetch_shared_records(
        self, perm: str, principals: Any, get_bound_permissions: Any
    ) -> Sequence[str]:
        """Find the records of the collection that are shared with principals.

        Returns:
            Their ids, which are kept in `shared_ids`. They are not read where the
            storage can join the permissions itself (docs: design-shared-lists).
        """
        any_object = self.get_permission_object_id(self._request, ANY_ID)
        path = RecordPath.around(ANY_ID, any_object)
        own_ids = function_of(self, "extract_object_id") is _EXTRACT_OBJECT_ID
        if own_ids and self.get_shared_ids is self._search:
            registry = self._request.registry
            found: Sequence[str] = registry.permission.find_shared(
                principals, perm, path, get_bound_permissions
            )
            if isinstance(found, SharedIds):
                found = found.for_storage(registry.storage)
            self.shared_ids = found
            return found
        uris = self.get_shared_ids(
            permission=perm,
            principals=principals,
            get_bound_permissions=get_bound_permissions,
        )
        # Patterns find others, too.
        paths = bound_paths(path, perm, get_bound_permissions)
        if own_ids:
            self.shared_ids = record_ids(list(uris), paths)
        else:
            records = (uri for uri in uris if record_ids([uri], paths))
            self.shared_ids = [self.extract_object_id(uri) for uri in records]
        return self.shared_ids

    def restrict(self) -> None:
        """Have lists hold only what is shared with the user, even if nothing is."""
        self.is_restricted = True

    def get_permission_object_id(
        self, request: Any, record_id: str | None = None
    ) -> str:
        """Return the path, without version prefix, that permissions are kept under.

        Args:
            request: The request.
            record_id: Another record of the same collection, or `*` for all.
        """
        is_own = not self.on_collection and record_id == request.matchdict.get("id")
        if record_id is not None and not is_own:
            return record_path(request, record_id)
        if request is not self._request:
            return object_path(request)
        if self._path is None:
            self._path = object_path(request)
        return self._path

    def extract_object_id(self, object_uri: str) -> str:
        """Return the record id of an object id: its last segment, unquoted."""
        segment = object_uri.rpartition("/")[2]
        return unquote_id(segment) or segment


_EXTRACT_OBJECT_ID = RouteFactory.extract_object_id
