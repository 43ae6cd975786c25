"""Which groups and permissions does a request depend upon? They are read at once."""

from collections.abc import Iterable, Iterator
from typing import Any

from pyramid.interfaces import IAuthorizationPolicy

from cliquet.authentication import prefixed_userid
from cliquet.permission.base import bound_couples, reads_in_one_step
from cliquet.protocol.routing import strip_uri_prefix

_EXPECTED = "expected_objects"


def expect_objects(request: Any, paths: Iterable[str]) -> None:
    """Tell which paths the subrequests of a batch have.

    Their permissions are looked up with those of the first one that needs any, by
    backends that remember them.
    """
    backend = getattr(request.registry, "permission", None)
    if hasattr(type(backend), "remembering_access"):
        request.bound_data[_EXPECTED] = {strip_uri_prefix(path) for path in paths}


class Access:
    """The groups of the user, and the permissions of what a request is about.

    Where the backend cannot read them at once, nothing is known, and it is asked one
    by one.
    """

    def __init__(self, request: Any, context: Any) -> None:
        self._request = request
        self._context = context
        self._known: dict[str, dict[str, set[str]]] | None = None

    def read(self) -> None:
        """Look up what is not known yet; keeps the groups for `groupfinder`."""
        request = self._request
        if self._known is not None:
            return
        self._known = {}
        backend = request.registry.permission
        if not reads_in_one_step(backend):
            return
        _ = request.authenticated_userid
        user_id = prefixed_userid(request)
        ids = set(self._object_ids())
        expected = request.bound_data.pop(_EXPECTED, ())
        principals, found = backend.read_access(user_id or "", ids.union(expected))
        if user_id:
            request.bound_data.setdefault(f"{user_id}_principals", principals)
        self._known = {object_id: found.get(object_id, {}) for object_id in ids}

    def decide(
        self, couples: Iterable[tuple[str, str]], principals: Iterable[str]
    ) -> bool | None:
        """Tell whether principals have one of the permissions; `None` if not known."""
        self.read()
        known = self._known or {}
        wanted = list(couples)
        if any(object_id not in known for object_id, _ in wanted):
            return None
        given = set(principals)
        return any(
            not given.isdisjoint(known[object_id].get(name, ()))
            for object_id, name in wanted
        )

    def permissions_of(self, object_id: str) -> dict[str, set[str]] | None:
        """Tell all permissions of an object, if they were read with the rest."""
        self.read()
        found = (self._known or {}).get(object_id)
        if found is None:
            return None
        return {name: set(principals) for name, principals in found.items()}

    def forget(self) -> None:
        """Look permissions up again."""
        self._known = None

    def _object_ids(self) -> Iterator[str]:
        request, context = self._request, self._context
        policy = request.registry.queryUtility(IAuthorizationPolicy)
        bound = getattr(policy, "get_bound_permissions", None)
        name = f"{context.resource_name}:create"
        couples = [(context.permission_object_id, context.required_permission)]
        if request.method == "PUT":
            service = request.current_service
            path = service.collection_path.format(**request.matchdict)
            target = context.get_permission_object_id(request)
            couples = [(target, "write"), (path, name)]
        for object_id, permission in couples:
            wanted = name if permission == "create" else str(permission)
            yield object_id
            for bound_id, _ in bound_couples(object_id, wanted, bound):
                yield bound_id
