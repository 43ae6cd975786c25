"""Preflights: what browsers ask before a page calls another origin (Fetch, 3.2.2).

Services answer theirs. Where there is none (unknown URLs, those that are redirected,
the end of the service) a page must get as far as the answer that tells it so.
"""

from collections.abc import Callable, Iterable

from pyramid.config import Configurator
from pyramid.response import Response as PyramidResponse

from cliquet.framework.cors import (
    EXPOSED_HEADERS,
    exposed_names,
    is_allowed,
    policy_of_no_service,
    reapply_cors,
    requested_method,
)
from cliquet.headers import TOKEN
from cliquet.types import Registry, Request, Response

VERSION_ROUTE = "redirect_to_version"
"""The route of URLs without version, which are redirected."""

_OF_THE_END = ("Alert", "Sunset", "Link")
"""What all responses of a service tell that ends, whatever they are."""

_MANDATORY = ("Origin", "Access-Control-Request-Method")


def preflight(request: Request) -> None:
    """Respond to the preflight of a service."""
    headers = request.headers
    for name in _MANDATORY:
        if not headers.get(name):
            request.errors.add("header", name, "this header is mandatory")
    method = requested_method(request.environ)
    if not TOKEN.fullmatch(method):
        request.errors.add("header", _MANDATORY[1], "Method not allowed")
    if request.errors:
        return
    cors = request.current_service.cors
    # The page may read a 405, too.
    methods = cors.methods if method in cors.methods else (*cors.methods, method)
    max_age = cors.max_age_of(method)
    _grant(request, request.response, methods, cors.headers, max_age)


def setup_preflights(config: Configurator) -> None:
    """Respond to the preflights of URLs that have no service."""
    config.add_tween("cliquet.framework.preflights.preflight_tween_factory")


def preflight_tween_factory(
    handler: Callable[[Request], Response], registry: Registry
) -> Callable[[Request], Response]:
    """Return the tween that replaces what a preflight without service was answered."""

    def tween(request: Request) -> Response:
        response = handler(request)
        if request.environ["REQUEST_METHOD"] != "OPTIONS":
            return response
        is_refused = 300 <= response.status_code < 500
        if is_refused and _is_open(request, registry):
            return _respond(request, registry, response)
        return response

    return tween


def _is_open(request: Request, registry: Registry) -> bool:
    """Return whether a request is the preflight of a URL where there is nothing.

    Views of applications that are no services say themselves which pages may call.
    """
    route = request.matched_route
    if route is not None and route.name != VERSION_ROUTE:
        return False
    origin, method = (request.headers.get(name) for name in _MANDATORY)
    if not (origin and method and TOKEN.fullmatch(method)):
        return False
    patterns = policy_of_no_service(registry.settings).origins
    return is_allowed(origin, patterns)


def _respond(request: Request, registry: Registry, refused: Response) -> Response:
    settings = registry.settings
    response: Response = PyramidResponse(
        body=b"null", content_type="application/json", charset="UTF-8"
    )
    names = (*EXPOSED_HEADERS, *exposed_names(settings))
    max_age = settings.get("cors_max_age_seconds") or None
    _grant(request, response, [requested_method(request.environ)], names, max_age)
    told = {name: refused.headers.get(name) for name in _OF_THE_END}
    response.headers.update({name: value for name, value in told.items() if value})
    return reapply_cors(request, response)


def _grant(
    request: Request,
    response: Response,
    methods: Iterable[str],
    names: Iterable[str],
    max_age: int | str | None,
) -> None:
    asked = request.headers.get("Access-Control-Request-Headers", "").split(",")
    asked = [name.strip() for name in asked if TOKEN.fullmatch(name.strip())]
    headers = response.headers
    headers["Access-Control-Allow-Headers"] = ",".join(sorted({*names, *asked}))
    headers["Access-Control-Allow-Methods"] = ",".join(methods)
    if max_age is not None:
        headers["Access-Control-Max-Age"] = str(max_age)
