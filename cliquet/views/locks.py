"""The order of locks: batches lock the collections that they write before they do.

A write keeps its collection to the end of the transaction. Two batches that write two
collections the other way round would wait for each other for ever: all of them take
theirs beforehand, in one order. Only those of entries that are permitted: nobody waits
for what will be refused.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from pyramid.interfaces import IRootFactory, IRoutesMapper
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.traversal import DefaultRootFactory

from cliquet.authorization.granting import related_objects
from cliquet.engines.overrides import function_of
from cliquet.framework.subrequests import derive_request
from cliquet.permission_cache import PermissionCache
from cliquet.protocol import SAFE_METHODS
from cliquet.protocol.routing import object_path
from cliquet.storage.base import StorageBase
from cliquet.storage.query import Scope
from cliquet.types import Request


class _AskedAhead(PermissionCache):
    """Permissions of all entries, read at once; none of them believes it later."""

    def forget(self) -> None:
        """Keep what was read: nothing is written meanwhile."""


def lock_collections(request: Request, subrequests: Iterable[Request]) -> None:
    """Lock the collections that entries write, if there are several."""
    storage = getattr(request.registry, "storage", None)
    if not isinstance(storage, StorageBase) or not _takes_locks(storage):
        return
    writes = [each for each in subrequests if each.method not in SAFE_METHODS]
    if len({_collection_path(each) for each in writes}) < 2:
        return
    implications = getattr(request.registry, "implications", None)
    object_ids = related_objects(implications, map(object_path, writes))
    bound_data: dict[str, Any] = {}
    scopes: dict[str, Scope] = {}
    for each in writes:
        path = _collection_path(each)
        if path in scopes:
            continue
        # The entry itself will be answered what is wrong with it.
        with suppress(Exception):
            scope = _permitted_scope(each, bound_data, object_ids)
            if scope is not None:
                scopes[path] = scope
    found = sorted(set(scopes.values()))
    if len(found) > 1:
        storage.lock_collections(found)


def _takes_locks(storage: StorageBase) -> bool:
    """Return whether two transactions can wait for each other in the storage."""
    default: Any = StorageBase.lock_collections
    is_own = function_of(storage, "lock_collections") is not default
    return storage.joins_transaction and is_own


def _collection_path(subrequest: Request) -> str:
    """Return a path by which collections differ, some of which are the same one."""
    path: str = subrequest.environ["PATH_INFO"]
    is_own = subrequest.method == "POST"
    return path if is_own else path.rpartition("/")[0]


def _permitted_scope(
    subrequest: Request, bound_data: dict[str, Any], object_ids: frozenset[str]
) -> Scope | None:
    """Return the collection of a resource that an entry writes, if it may.

    What is asked is asked of other requests: the entry finds its user and principals
    anew when it runs.

    Args:
        subrequest: The entry.
        bound_data: What the questions about all entries share.
        object_ids: Of all entries that write: their permissions are read at once.
    """
    method, path = subrequest.method, subrequest.environ["PATH_INFO"]
    service = _ask(subrequest, bound_data, method, path).current_service
    permission = _permission_of(service, method)
    if permission is None:
        return None
    for question in _questions(method, path):
        asked = _ask(subrequest, bound_data, *question)
        if getattr(asked.registry, "permission", None) is not None:
            _AskedAhead.of(asked).expect(object_ids)
        # The user may be part of where it writes.
        _ = asked.authenticated_userid
        if permission != NO_PERMISSION_REQUIRED:
            factory = asked.matched_route.factory or asked.registry.queryUtility(
                IRootFactory, default=DefaultRootFactory
            )
            asked.context = factory(asked)
            if not asked.has_permission(permission):
                continue
        resource = service.resource(request=asked)
        if hasattr(resource, "check_parent"):
            resource.check_parent()
        model = resource.model
        if None not in (model.collection_id, model.parent_id):
            return Scope(model.collection_id, model.parent_id)
    return None


def _ask(
    subrequest: Request, bound_data: dict[str, Any], method: str, path: str
) -> Request:
    """Return a request that only asks what it would be permitted to do."""
    asked = derive_request(subrequest, path=path, method=method)
    asked.bound_data = bound_data
    info = asked.registry.queryUtility(IRoutesMapper)(asked)
    asked.matched_route, asked.matchdict = info["route"], info["match"]
    return asked


def _questions(method: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield requests any of which has to be permitted.

    A PUT replaces the record or creates it, which is known once it was looked for.
    """
    if method == "PUT":
        yield "PATCH", path
        yield "POST", path.rpartition("/")[0]
    else:
        yield method, path


def _permission_of(service: Any, method: str) -> Any:
    """Return the permission that the view of a resource requires, if it has one."""
    if getattr(service, "resource", None) is None:
        return None
    for defined, _, arguments in service.definitions:
        if defined == method:
            return arguments.get("permission")
    return None
