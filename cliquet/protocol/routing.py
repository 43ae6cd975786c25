"""URLs: paths of records, redirections, scheme and host."""

import re
import uuid
from typing import Any, NoReturn
from urllib.parse import quote, unquote_to_bytes

from pyramid.config import Configurator
from pyramid.events import NewRequest
from pyramid.httpexceptions import HTTPTemporaryRedirect
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.settings import asbool

from cliquet.bounds import MAX_OBJECT_ID
from cliquet.errors import raise_invalid
from cliquet.framework.preflights import VERSION_ROUTE
from cliquet.json_values import find_fault
from cliquet.object_ids import RecordPath, quote_path
from cliquet.types import Request

_PREFIX = re.compile(r"^/v\d+")
#: Stands for any id in the path of a record; no client can know it.
ANY_ID = uuid.uuid4().hex
_SAFE = "/:@!$&'()*+,;=~-._"


def strip_uri_prefix(path: object) -> str:
    """Return a path without its version prefix."""
    return _PREFIX.sub("", str(path))


def object_path(request: Request) -> str:
    """Return the path of a request below mount point and version, quoted in one way.

    Whatever the client quoted, and wherever the service is mounted: permissions are
    kept under it, and events name it (docs: rules-object-ids).
    """
    environ: Any = request.environ
    if not isinstance(environ, dict):
        # Applications test with requests that are mocks.
        return strip_uri_prefix(request.path)
    return strip_uri_prefix(quote_path(environ["PATH_INFO"], "latin-1"))


def collection_path(request: Request, service: Any) -> str:
    """Return the path of the collection of a record, likewise."""
    return quote_path(service.collection_path.format(**request.matchdict))


def scope_path(request: Request) -> str:
    """Return the path that tells the collection of a request from others.

    It is that of the record above, or empty if there is but one collection, or if 3.1
    knew how to tell them apart.
    """
    service = getattr(request, "current_service", None)
    template = getattr(service, "scope_path", None)
    if not isinstance(template, str) or not template:
        # None, or something else of a request that is a mock.
        return ""
    path = template.format(**request.matchdict)
    fault = find_fault(path)
    quoted = quote_path(path)
    if fault is None and len(quoted) > MAX_OBJECT_ID:
        fault = "Path is too long"
    if fault is not None:
        raise_invalid(request, "path", None, fault)
    return quoted


def below_version(request: Request, object_id: str) -> str:
    """Return the `PATH_INFO` of an object, from a request of the same version."""
    own: str = request.environ["PATH_INFO"]
    found = _PREFIX.match(own)
    prefix = found.group() if found else ""
    return prefix + unquote_to_bytes(object_id).decode("latin-1")


def record_pattern(request: Request) -> RecordPath:
    """Return the path of the records of a collection.

    It is a reified attribute of requests: Pyramid builds it once for all records, of a
    batch too, and for all requests if nothing that they send is part of it.
    """
    service, parents = request.current_service, request.matchdict
    holder = request.bound_data if parents else vars(service)
    known: dict[Any, RecordPath] = holder.setdefault("record_patterns", {})
    key = (service.record_route, *parents.values())
    if key not in known:
        names = {**parents, "id": ANY_ID}
        # Below the mount point.
        path = request.route_url(service.record_route, _app_url="", **names)
        known[key] = RecordPath.around(ANY_ID, strip_uri_prefix(path))
    return known[key]


def record_path(request: Request, record_id: str) -> str:
    """Return the path of a record of the collection that a request reached.

    With `*` as id, it is a pattern for all records.
    """
    return request.record_pattern.object_id(record_id)


def build_location(request: Request, path: str) -> str:
    """Return the target of a redirection below the mount point; the query is kept.

    The path is decoded text: whatever it holds, the result is one safe line.
    """
    query = request.environ.get("QUERY_STRING", "")
    location: str = request.application_url + quote(path, safe=_SAFE)
    if query:
        location += "?" + quote(query, safe=_SAFE + "?%", encoding="latin-1")
    return location


def setup_requests_scheme(config: Configurator) -> None:
    """Force scheme and host of all URLs (settings `http_scheme`, `http_host`)."""
    settings = config.get_settings()
    scheme, host = settings.get("http_scheme"), settings.get("http_host")
    if not (scheme or host):
        return

    def force(event: NewRequest) -> None:
        if scheme:
            event.request.scheme = scheme
        if host:
            event.request.host = host

    config.add_subscriber(force, NewRequest)


def setup_version_redirection(config: Configurator) -> None:
    """Redirect URLs without version prefix to those with it."""
    settings = config.get_settings()
    route_prefix = config.route_prefix
    config.registry.route_prefix = route_prefix or ""
    enabled = asbool(settings.get("version_prefix_redirect_enabled", True))
    if not enabled or not route_prefix:
        return

    def redirect(request: Request) -> NoReturn:
        path = request.matchdict["path"]
        raise HTTPTemporaryRedirect(build_location(request, f"/{route_prefix}/{path}"))

    # Applications may include us under a prefix that is no version.
    own = "" if _PREFIX.match(f"/{route_prefix}") else f"|{re.escape(route_prefix)}/"
    pattern = "/{path:(?!v[0-9]+" + own + ").*}"
    config.route_prefix = None
    config.add_route(name=VERSION_ROUTE, pattern=pattern)
    config.add_view(
        view=redirect,
        route_name=VERSION_ROUTE,
        permission=NO_PERMISSION_REQUIRED,
    )
    config.route_prefix = route_prefix
