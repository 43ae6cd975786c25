"""CORS: which origins may call, and what their pages may read (Fetch standard, 3.2).

Browsers enforce it, so all responses of services have the headers, and all errors and
redirections, those of tweens too.
Where the allowed origin is the same for all it is always sent; elsewhere `Vary` says
that it depends on `Origin`, also without one: caches keep what they got.

Relies on what Cornice keeps of services: `cors_enabled`, `cors_origins_for`,
`cors_supported_headers_for`, `cors_supported_methods`, `cors_max_age_for`,
`cors_support_credentials_for`, `defined_methods`.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

from pyramid.httpexceptions import HTTPException

from cliquet.headers import add_vary, header_names, set_fields
from cliquet.text import aslist
from cliquet.types import Request, Response, Settings

EXPOSED_HEADERS = ("Backoff", "Retry-After", "Alert", "Content-Length", "Vary")
"""Headers that scripts may read on every response."""

#: Exposed where they are sent: elsewhere the names are those of 3.1.
_WHERE_SENT = ("Horizon",)
_VALIDATORS = ("ETag", "Last-Modified")
_WRITES = frozenset(("PUT", "PATCH", "DELETE"))
_KEEPS = frozenset(("PUT", "PATCH"))
"""After these there is something that can be patched."""
_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_EXPOSE_HEADERS = "Access-Control-Expose-Headers"
_REQUESTED_METHOD = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"


# --- What is allowed -------------------------------------------------------------


def is_allowed(origin: str, patterns: Iterable[str]) -> bool:
    """Return whether an origin matches one of the shell-style patterns.

    One that is no printable ASCII is none, and must not be repeated.
    """
    if not (origin.isascii() and origin.isprintable()):
        return False
    return any(fnmatchcase(origin, pattern) for pattern in patterns)


def _with_sent(exposed: str, response: Response) -> str:
    """Add the names of headers that are exposed where they are sent."""
    sent = [name for name in _WHERE_SENT if name in response.headers]
    return ", ".join(sorted([*header_names(exposed), *sent])) if sent else exposed


class Policy(NamedTuple):
    """What pages of other origins may do with one method of a URL.

    Attributes:
        origins: Patterns of those that may call it.
        exposed: Names of headers that their scripts may read.
        exposed_when_written: The same, once it succeeded.
        is_constant: Whether each origin is answered the same: `*`.
        has_credentials: Whether cookies of the browser may be sent along.
    """

    origins: tuple[str, ...]
    exposed: str
    exposed_when_written: str
    is_constant: bool = False
    has_credentials: bool = False

    def set_headers(self, request: Request, response: Response) -> None:
        """Set the CORS headers of a response."""
        environ = request.environ
        allowed = None
        if self.is_constant:
            allowed = "*"
        elif self.origins:
            add_vary(response.headers, "Origin")
            origin = environ.get("HTTP_ORIGIN")
            if origin and is_allowed(origin, self.origins):
                allowed = origin
        exposed = self.exposed
        if environ["REQUEST_METHOD"] == "OPTIONS":
            exposed = ""
        elif exposed != self.exposed_when_written and response.status_code < 300:
            exposed = self.exposed_when_written
        fields = {}
        if allowed:
            fields["access-control-allow-origin"] = (_ALLOW_ORIGIN, allowed)
        if self.has_credentials:
            fields["access-control-allow-credentials"] = (_ALLOW_CREDENTIALS, "true")
        exposed = _with_sent(exposed, response)
        if exposed:
            fields["access-control-expose-headers"] = (_EXPOSE_HEADERS, exposed)
        if fields:
            set_fields(response, fields)


class ServiceCors:
    """CORS of one service, worked out when it is registered.

    Args:
        service: A service of Cornice, complete.
        added: Headers that are exposed besides its own.

    Attributes:
        policies: By method, of those that are defined.
        methods: Those that preflights name.
        headers: What any of them exposes.
    """

    def __init__(self, service: Any, added: Iterable[str]) -> None:
        self._added = tuple(added)
        self.methods = tuple(service.cors_supported_methods)
        self.headers = {*service.cors_supported_headers_for(), *self._added}
        self.policies = {
            method: self._policy(service, method)
            for method in service.defined_methods
            # That of a preflight is the policy of the request to come.
            if method != "OPTIONS"
        }
        # A method that is not defined exposes nothing: it is a 405.
        origins = tuple(service.cors_origins)
        credentials = bool(service.cors_support_credentials_for())
        self._other = Policy(
            origins,
            "",
            "",
            is_constant="*" in origins and not credentials,
            has_credentials=credentials,
        )
        self._max_ages = {
            method: service.cors_max_age_for(method) for method in self.methods
        }
        self._max_age = service.cors_max_age_for()

    def _policy(self, service: Any, method: str) -> Policy:
        origins = tuple(service.cors_origins_for(method))
        names = service.cors_supported_headers_for(method)
        names = {*names, *self._added} if names else set()
        written = set(names)
        if names and method in _WRITES:
            written.update(_VALIDATORS)
        if names and method in _KEEPS and service.patch_types:
            written.add("Accept-Patch")
        credentials = bool(service.cors_support_credentials_for(method))
        return Policy(
            origins,
            ", ".join(sorted(names)),
            ", ".join(sorted(written)),
            is_constant="*" in origins and not credentials,
            has_credentials=credentials,
        )

    def policy_of(self, method: str) -> Policy:
        """Return the policy of a method."""
        return self.policies.get(method, self._other)

    def max_age_of(self, method: str) -> int | None:
        """Return for how many seconds a preflight may be kept."""
        age: int | None = self._max_ages.get(method, self._max_age)
        return age


def requested_method(environ: dict[str, Any]) -> str:
    """Return the method of a request, of a preflight that of the request to come."""
    method: str = environ["REQUEST_METHOD"]
    return environ.get(_REQUESTED_METHOD, method) if method == "OPTIONS" else method


def policy_of_no_service(settings: Settings) -> Policy:
    """Return the policy where no service was reached; `cors_origins` is read live.

    The origin is always repeated, as in 3.1.
    """
    origins = settings.get("cors_origins") or ""
    exposed = settings.get("cors_exposed_headers") or ""
    if not (isinstance(origins, str) and isinstance(exposed, str)):
        origins, exposed = tuple(aslist(origins)), tuple(aslist(exposed))
    return _policy_of_no_service(origins, exposed)


@lru_cache(maxsize=16)
def _policy_of_no_service(
    origins: str | tuple[str, ...], exposed: str | tuple[str, ...]
) -> Policy:
    names = ", ".join(sorted({*EXPOSED_HEADERS, *header_names(exposed)}))
    return Policy(tuple(aslist(origins)), names, names)


def exposed_names(settings: Settings) -> list[str]:
    """Return the headers that an application exposes everywhere, besides ours."""
    return header_names(settings.get("cors_exposed_headers"))


# --- Responses -------------------------------------------------------------------


def set_cors_headers(request: Request, response: Response) -> None:
    """Set the CORS headers of a response, whatever made it.

    But what views of an application respond that are not those of services is theirs,
    as in 3.1: pages of other origins cannot read it, or by headers of their own.
    """
    service = request.current_service
    cors = getattr(service, "cors", None)
    if cors is not None:
        policy = cors.policies.get(request.environ["REQUEST_METHOD"])
        if policy is None:
            policy = cors.policy_of(requested_method(request.environ))
        policy.set_headers(request, response)
    elif service is None:
        if isinstance(response, HTTPException):
            _set_headers_of_no_service(request, response)
    elif service.cors_enabled:
        # One of Cornice itself, which sets the other headers.
        add_vary(response.headers, "Origin")


def reapply_cors(request: Request, response: Response) -> Response:
    """Set the CORS headers of a response, and return it (all errors have them)."""
    if request.current_service is None:
        _set_headers_of_no_service(request, response)
    else:
        set_cors_headers(request, response)
    return response


def _set_headers_of_no_service(request: Request, response: Response) -> None:
    policy_of_no_service(request.registry.settings).set_headers(request, response)


def expose_header(response: Response, name: str) -> None:
    """Let scripts read a header of a response, if they may read any."""
    exposed = response.headers.get(_EXPOSE_HEADERS)
    if exposed:
        names = {*header_names(exposed), name}
        response.headers[_EXPOSE_HEADERS] = ", ".join(sorted(names))


def allow_timing(request: Request, response: Response) -> None:
    """Let the pages that may read a response read its `Server-Timing` (W3C)."""
    allowed = response.headers.get("Access-Control-Allow-Origin")
    if allowed and "Server-Timing" in response.headers:
        response.headers["Timing-Allow-Origin"] = allowed


# --- Requests --------------------------------------------------------------------


def check_origin(request: Request, **view_arguments: Any) -> None:
    """Refuse the origins that may not call a service; its own host always may.

    Browsers name it on every request that writes.
    """
    origin = request.environ.get("HTTP_ORIGIN")
    if not origin:
        return
    method = requested_method(request.environ)
    if is_allowed(origin, request.current_service.cors.policy_of(method).origins):
        return
    if origin.lower() != request.host_url.lower():
        request.errors.add("header", "Origin", f"{origin} not allowed")
