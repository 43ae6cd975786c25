"""In which order does a batch take the collections that it writes? (rulings §2.2)

Each write keeps its collection to the end of the transaction. Two batches that write
two collections the other way round would wait for each other for ever: all batches take
theirs beforehand, in one order.
"""

from collections.abc import Iterable
from typing import Any

from pyramid.interfaces import IRoutesMapper

from cliquet.protocol.routing import current_service
from cliquet.storage.query import Scope

_READS = ("GET", "HEAD", "OPTIONS", "TRACE")


def take_collections(request: Any, subrequests: Iterable[Any]) -> None:
    """Lock the collections that subrequests write, if there are several."""
    writes = [each for each in subrequests if each.method not in _READS]
    storage = getattr(request.registry, "storage", None)
    take = getattr(storage, "take_collections", None)
    if take is None or len({_collection_path(each) for each in writes}) < 2:
        return
    found = {scope for each in writes for scope in _scopes(request, each)}
    if len(found) > 1:
        take(sorted(found))


def _collection_path(subrequest: Any) -> str:
    """Tell collections apart at little cost; some are told apart that are the same."""
    path: str = subrequest.environ["PATH_INFO"]
    return path if subrequest.method == "POST" else path.rpartition("/")[0]


def _scopes(request: Any, subrequest: Any) -> list[Scope]:
    mapper = request.registry.queryUtility(IRoutesMapper)
    try:
        info = mapper(subrequest)
        subrequest.matched_route, subrequest.matchdict = info["route"], info["match"]
        if info["route"] is None:
            return []
        service = current_service(subrequest)
        resource = getattr(service, "resource", None)
        if resource is None:
            return []
        # Who sends it may be part of where it writes.
        _ = subrequest.authenticated_userid
        model = resource(request=subrequest).model
        scope = Scope(model.collection_id, model.parent_id)
        return [] if None in scope else [scope]
    except Exception:  # noqa: BLE001 -- the subrequest itself will say what is wrong
        return []
