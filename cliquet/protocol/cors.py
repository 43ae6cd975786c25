"""Which CORS headers does a response carry? (protocol §8)"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from pyramid.settings import aslist

EXPOSED_HEADERS = ("Backoff", "Retry-After", "Alert", "Content-Length", "Vary")
"""Headers that scripts may read on every response."""


def is_allowed(origin: str, patterns: Iterable[str]) -> bool:
    """Tell whether an origin matches one of the shell-style patterns."""
    return any(fnmatchcase(origin, pattern) for pattern in patterns)


def reapply_cors(request: Any, response: Any) -> Any:
    """Set the CORS headers of a response that was not made by the service's view."""
    service = request.current_service
    origin = request.headers.get("Origin")
    if service is None:
        patterns = aslist(request.registry.settings.get("cors_origins", ""))
        if origin and is_allowed(origin, patterns):
            response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = ",".join(EXPOSED_HEADERS)
        return response
    if not service.cors_enabled:
        return response
    if origin:
        patterns = service.cors_origins_for(request.method)
        if is_allowed(origin, patterns):
            allowed = "*" if "*" in patterns else origin
            response.headers["Access-Control-Allow-Origin"] = allowed
    exposed = service.cors_supported_headers_for(request.method)
    if exposed:
        response.headers["Access-Control-Expose-Headers"] = ", ".join(exposed)
    request.info["cors_checked"] = True
    return response
