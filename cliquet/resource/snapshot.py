"""Snapshots: a whole collection as one answer, the same for everybody, for caches.

They are offered for collections that settings open to everybody. Whoever asks, it is
answered as if nobody did: the list that an anonymous request would walk through.
"""

from collections.abc import Iterator
from typing import Any

from pyramid.authorization import Everyone
from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.httpexceptions import HTTPTemporaryRedirect
from pyramid.interfaces import IRootFactory, IRoutesMapper
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.settings import asbool
from pyramid.traversal import DefaultRootFactory

from cliquet.authorization.needed import readers
from cliquet.declarations.services import SNAPSHOT
from cliquet.errors import raise_invalid
from cliquet.events import drop_events
from cliquet.framework.subrequests import derive_request
from cliquet.protocol import DOCUMENTATION
from cliquet.protocol.freshness import IMMUTABLE, shared_cache_control
from cliquet.resource import responses
from cliquet.resource.invalid import InvalidParameter
from cliquet.resource.lists import fetch_page
from cliquet.resource.querystring import Listing
from cliquet.resource.querystring.pagination import Position
from cliquet.resource.querystring.snapshots import SINCE, Wanted, parse_snapshot
from cliquet.resource.user import UserResource
from cliquet.serialization import json_serializer
from cliquet.service import Service
from cliquet.settings import get_setting
from cliquet.storage.query import Sort
from cliquet.types import Record, Registry, Request, Response, Timestamp

#: The last segment of the path; by default no record has such an id.
SEGMENT = "__snapshot__"
_SUFFIX = f"/{SEGMENT}"
#: Records that are read at once.
_PAGE = 5_000
#: What of a request matters besides its URL, however it is sent.
_HEADERS = {
    "HTTP_HOST", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_UNMODIFIED_SINCE",
}  # fmt: skip

_COLLECTION_GET = "collection_get"


# --- Where they are --------------------------------------------------------------


def build_service(
    registry: Registry, collection: Service, depth: int
) -> Service | None:
    """Return the service of the snapshots of a collection, before it is registered.

    None where the collection is not listed, and where a record may have that path.

    Args:
        registry: That of the application.
        collection: The service of the collection.
        depth: As that of `Service`.
    """
    generator = getattr(registry, "id_generator", None)
    if "GET" not in collection.defined_methods or not generator:
        return None
    if generator.match(SEGMENT):
        return None
    service = Service(
        f"{collection.name}-{SNAPSHOT}",
        f"{collection.path}{_SUFFIX}",
        description="Snapshot of a collection, for caches",
        depth=depth + 1,
        cors_origins="*",
        is_public=True,
    )
    service.type = SNAPSHOT
    service.add_view(
        "GET",
        get_snapshot,
        permission=NO_PERMISSION_REQUIRED,
        cors_headers=("Cache-Control", "ETag", "Last-Modified"),
    )
    return service


def find_collection(registry: Registry, path: str) -> Any:
    """Return the service of the collection that a service shows snapshots of.

    Args:
        registry: That of the application, which is complete.
        path: That of the service, as Cornice knows it.

    Returns:
        None if the collection is not open to everybody by settings, if its list is
        another one than that of resources, or if it is no service of snapshots.
    """
    collection: Any = registry.cornice_services.get(path.removesuffix(_SUFFIX))
    if not path.endswith(_SUFFIX) or not hasattr(collection, "resource"):
        return None
    of_resource: Any = collection.resource.collection_get
    is_list = of_resource is UserResource.collection_get
    if not is_list or _permission_of(collection) is None:
        return None
    return collection if Everyone in readers(registry, collection) else None


def _permission_of(collection: Any) -> Any:
    """Return the permission of the view that lists a collection, None if it is odd."""
    for method, view, arguments in collection.definitions:
        if method == "GET" and view == _COLLECTION_GET:
            return arguments.get("permission")
    return None


def setup_snapshots(config: Configurator) -> None:
    """Announce snapshots where there are any, once all is declared."""
    if not asbool(get_setting(config.get_settings(), "announce_capabilities")):
        return

    def announce(event: Any) -> None:
        registry = event.app.registry
        paths = getattr(registry, "cornice_services", {})
        if any(find_collection(registry, path) is not None for path in paths):
            config.add_api_capability(
                "snapshot",
                description="Collections that are open to everybody are read at once, "
                f"below their path at {_SUFFIX}, from caches.",
                url=DOCUMENTATION
                + "specification/caching.html#specification-snapshots",
            )

    config.add_subscriber(announce, ApplicationCreated)


# --- What they answer ------------------------------------------------------------


def get_snapshot(request: Request) -> Response:
    """Respond with all records of a collection, or all that was changed since."""
    route: Any = request.matched_route
    collection = find_collection(request.registry, route.pattern)
    asked = None if collection is None else _ask_as_nobody(request, collection)
    if asked is None:
        raise responses.not_found()
    try:
        wanted = parse_snapshot(request.GET.items())
        if request.environ.get("QUERY_STRING", "") != wanted.query_string:
            query = wanted.query_string and f"?{wanted.query_string}"
            raise HTTPTemporaryRedirect(request.path_url + query)
        resource = collection.resource(request=asked, context=asked.context)
        resource.check_parent()
        return _respond(resource, wanted)
    except InvalidParameter as error:
        raise_invalid(request, *error.args)


def _ask_as_nobody(request: Request, collection: Any) -> Request | None:
    """Return a request for the list by nobody, None if it would be refused.

    It has nothing of who asks, and shares nothing with the request.
    """
    path = request.environ["PATH_INFO"].removesuffix(_SUFFIX)
    asked: Any = derive_request(request, path=path, method="GET")
    asked.bound_data, environ = {}, asked.environ
    for name in [*environ]:
        if name.startswith(("HTTP_", "REMOTE_")) and name not in _HEADERS:
            del environ[name]
    info: Any = request.registry.queryUtility(IRoutesMapper)(asked)
    asked.matched_route, asked.matchdict = info["route"], info["match"]
    factory = asked.matched_route.factory or request.registry.queryUtility(
        IRootFactory, default=DefaultRootFactory
    )
    asked.context = factory(asked)
    # The policy of an application may refuse what settings grant.
    permitted = asked.has_permission(_permission_of(collection), asked.context)
    return asked if permitted else None


def _respond(resource: UserResource, wanted: Wanted) -> Response:
    response: Any = resource.request.response
    timestamp = resource.timestamp
    if not wanted.is_reached(timestamp):
        raise responses.unavailable("This instance has not reached what is expected.")
    responses.set_timestamp(response, timestamp)
    settings = resource.request.registry.settings
    response.headers["Cache-Control"] = (
        IMMUTABLE if wanted.is_bounded else shared_cache_control(settings)
    )
    resource.check_conditions_of_read()
    most = int(get_setting(settings, "snapshot_max_records") or 0)
    response.content_type, response.charset = "application/json", "UTF-8"
    response.body = _build_body(resource, wanted, timestamp, most)
    found: Response = response
    return found


def _build_body(
    resource: UserResource, wanted: Wanted, timestamp: Timestamp, most: int
) -> bytes:
    """Return the JSON of a snapshot, the newest record first.

    Records are kept as the JSON that they become, so that a page of them is all that
    is in memory besides the answer. One that is changed meanwhile is met again, and
    its last version counts: what is newer than the timestamp is in the answer or in
    the next list of changes, nothing that is older is missing.
    """
    id_field = resource.model.id_field
    written: dict[Any, bytes] = {}
    for records in _pages(resource, wanted):
        shown = resource.postprocess(records)["data"]
        # Nobody is notified of what caches answer for long.
        drop_events(resource.request, 0)
        for record in shown:
            key = record.get(id_field, object())
            written.pop(key, None)
            written[key] = json_serializer(record).encode()
        if most and len(written) > most:
            # The list has pages.
            raise responses.not_found()
    data = b",".join(reversed(written.values()))
    return b'{"data":[' + data + b'],"timestamp":' + str(timestamp).encode() + b"}"


def _pages(resource: UserResource, wanted: Wanted) -> Iterator[list[Record]]:
    """Yield the pages of a list, the oldest record first."""
    model = resource.model
    parameters = {} if wanted.since is None else {SINCE: str(wanted.since)}
    listing = Listing(
        filters=resource._extract_filters(parameters),  # noqa: SLF001 -- a hook of 3.1
        sorting=[Sort(model.modified_field, 1)],
        limit=_PAGE,
        position=None,
        fields=None,
        include_deleted=wanted.since is not None,
    )
    max_size = int(
        get_setting(resource.request.registry.settings, "storage_max_fetch_size") or 0
    )
    while True:
        page = fetch_page(model, listing, max_size, with_total=False)
        if page.horizon:
            # Not all deletions are known: the list tells so, caches would not.
            raise responses.not_found()
        yield page.records
        if page.next_sorting is None:
            return
        last = page.records[-1]
        values = {key.field: last[key.field] for key in page.next_sorting}
        listing = listing._replace(position=Position(values, page.offset))
