"""Which service does a request reach, and under which URL? (protocol §1, §2)"""

import re
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPTemporaryRedirect
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.settings import asbool

_PREFIX = re.compile(r"^/v\d+")
#: Ids that are in URLs as they are; the star stands for all of them.
_UNQUOTED = re.compile(r"(?:[A-Za-z0-9_-]+|\*)\Z")
_SAFE = "/:@!$&'()*+,;=~-._"


def current_service(request: Any) -> Any:
    """Find the Cornice service of the matched route, or `None`."""
    if not request.matched_route:
        return None
    services = request.registry.cornice_services
    return services.get(request.matched_route.pattern)


def current_resource_name(request: Any) -> str:
    """Tell the name of the resource that the request reached.

    Raises:
        AttributeError: the current service is no resource.
    """
    service = request.current_service
    name: str = service.viewset.get_name(service.resource)
    return name


def strip_uri_prefix(path: Any) -> str:
    """Remove the version prefix of a path."""
    return _PREFIX.sub("", str(path))


def record_path(request: Any, record_id: str) -> str:
    """Tell the path of a record of the collection that a request is about.

    Made by Pyramid once for all records: of the entries of a batch, or of all requests
    if no parent is part of it.
    """
    service = request.current_service
    name = service.name.replace("-collection", "-record")
    is_fixed = not request.matchdict and not request.environ.get("SCRIPT_NAME")
    holder = vars(service) if is_fixed else request.bound_data
    known = holder.setdefault("record_paths", {})
    key = (name, *request.matchdict.items())
    if key in known and _UNQUOTED.match(record_id):
        pattern: str = known[key]
        return pattern.replace("*", record_id)
    path = request.route_path(name, **{**request.matchdict, "id": record_id})
    if record_id != "*":
        return strip_uri_prefix(path)
    pattern = strip_uri_prefix(path.replace("%2A", "*"))
    if pattern.count("*") == 1:
        known[key] = pattern
    return pattern


def build_location(request: Any, path: str) -> str:
    """Build the target of a redirection on this host; the query is kept.

    `path` is decoded text: whatever it holds, the result is one safe line.
    """
    query = request.environ.get("QUERY_STRING", "")
    location: str = request.host_url + quote(path, safe=_SAFE)
    if query:
        location += "?" + quote(query, safe=_SAFE + "?%", encoding="latin-1")
    return location


def setup_requests_scheme(config: Any) -> None:
    """Force scheme and host of all URLs (settings `http_scheme`, `http_host`)."""
    settings = config.get_settings()
    scheme, host = settings.get("http_scheme"), settings.get("http_host")
    if not (scheme or host):
        return

    def force(event: Any) -> None:
        if scheme:
            event.request.scheme = scheme
        if host:
            event.request.host = host

    config.add_subscriber(force, "pyramid.events.NewRequest")


def setup_version_redirection(config: Any) -> None:
    """Redirect URLs without version prefix to those with it (protocol §2.1)."""
    settings = config.get_settings()
    route_prefix = config.route_prefix
    config.registry.route_prefix = route_prefix or ""
    enabled = asbool(settings.get("version_prefix_redirect_enabled", True))
    if not enabled or not route_prefix:
        return

    def redirect(request: Any) -> Any:
        path = request.matchdict["path"]
        raise HTTPTemporaryRedirect(build_location(request, f"/{route_prefix}/{path}"))

    # Applications may include us under a prefix that is no version.
    own = "" if _PREFIX.match(f"/{route_prefix}") else f"|{re.escape(route_prefix)}/"
    pattern = "/{path:(?!v[0-9]+" + own + ").*}"
    config.route_prefix = None
    config.add_route(name="redirect_to_version", pattern=pattern)
    config.add_view(
        view=redirect,
        route_name="redirect_to_version",
        permission=NO_PERMISSION_REQUIRED,
    )
    config.route_prefix = route_prefix
