"""Views of exceptions: what a client sees of them (docs: protocol-errors)."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from pyramid import httpexceptions
from pyramid.authorization import Authenticated
from pyramid.security import NO_PERMISSION_REQUIRED, forget
from pyramid.settings import asbool
from pyramid.view import view_config
from pyramid_retry import is_last_attempt, mark_error_retryable

from cliquet.authorization.refusals import log_refusal
from cliquet.engines.exceptions import Outage, is_busy, is_transient
from cliquet.errors import ERRORS, http_error
from cliquet.framework.cors import reapply_cors
from cliquet.logs import logger
from cliquet.protocol.routing import build_location
from cliquet.settings import get_setting
from cliquet.types import Request
from cliquet.views.debug import details_of

__all__ = [
    "authorization_required",
    "cors",
    "error",
    "logger",
    "method_not_allowed",
    "page_not_found",
    "service_unavailable",
]


#: Until others are out of the way: a lock is let go, a connection is there again.
_BUSY_SECONDS = 3


def cors(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a view of exceptions of an application of 3.1.

    Pages can read its response without. The view takes the request, maybe after the
    exception.
    """
    taken = len(inspect.signature(view).parameters)

    @wraps(view)
    def wrapped(*args: Any) -> Any:
        return reapply_cors(args[-1], view(*args[-taken:]))

    return wrapped


@view_config(context=httpexceptions.HTTPForbidden, permission=NO_PERMISSION_REQUIRED)
def authorization_required(request: Request) -> Any:
    """Respond 401 to anonymous users, and 403 to the others."""
    log_refusal(getattr(request, "exception", None))
    if Authenticated not in request.effective_principals:
        response = http_error(
            httpexceptions.HTTPUnauthorized(),
            errno=ERRORS.MISSING_AUTH_TOKEN,
            message="Please authenticate yourself to use this endpoint.",
        )
        response.headers.extend(forget(request))
        return response
    return http_error(
        httpexceptions.HTTPForbidden(),
        errno=ERRORS.FORBIDDEN,
        message="This user cannot access this resource.",
    )


@view_config(context=httpexceptions.HTTPNotFound, permission=NO_PERMISSION_REQUIRED)
def page_not_found(request: Request) -> Any:
    """Redirect to the URL that was meant, if there is one, else respond 404."""
    prefix = "/" + getattr(request.registry, "route_prefix", "")
    path = request.path_info
    if not path.startswith(prefix):
        return http_error(
            httpexceptions.HTTPNotFound(),
            errno=ERRORS.VERSION_NOT_AVAILABLE,
            message="The requested protocol version is not available on this server.",
        )
    enabled = request.registry.settings.get("trailing_slash_redirect_enabled", True)
    if asbool(enabled):
        target = None
        if path.endswith("/") and path.rstrip("/"):
            target = path.rstrip("/")
        elif path == prefix:
            target = f"{prefix}/"
        if target is not None and request.matched_route is None:
            location = build_location(request, target)
            return httpexceptions.HTTPTemporaryRedirect(location)
    return http_error(
        httpexceptions.HTTPNotFound(),
        errno=ERRORS.MISSING_RESOURCE,
        message="The resource you are looking for could not be found.",
    )


@view_config(
    context=httpexceptions.HTTPServiceUnavailable, permission=NO_PERMISSION_REQUIRED
)
def service_unavailable(
    response: httpexceptions.HTTPException, request: Request
) -> Any:
    """Respond 503, with the time to wait before the next attempt."""
    if response.content_type != "application/json":
        response = http_error(
            response,
            errno=ERRORS.BACKEND,
            message="Service temporary unavailable due to overloading or maintenance,"
            " please retry later.",
        )
    retry_after = int(get_setting(request.registry.settings, "retry_after_seconds"))
    if is_busy(getattr(request, "exception", None)):
        retry_after = min(retry_after, _BUSY_SECONDS)
    response.headers["Retry-After"] = str(retry_after)
    return response


@view_config(
    context=httpexceptions.HTTPMethodNotAllowed, permission=NO_PERMISSION_REQUIRED
)
def method_not_allowed(context: Any, request: Request) -> Any:
    """Respond 405, with the methods of the endpoint."""
    if context.content_type == "application/json":
        return context
    response = http_error(
        context,
        errno=ERRORS.METHOD_NOT_ALLOWED,
        message="Method not allowed on this endpoint.",
    )
    if isinstance(context.allow, list | tuple) and context.allow:
        response.headers["Allow"] = ", ".join(context.allow)
    return response


@view_config(context=Exception, permission=NO_PERMISSION_REQUIRED)
@view_config(context=httpexceptions.HTTPException, permission=NO_PERMISSION_REQUIRED)
def error(context: Any, request: Request) -> Any:
    """Render HTTP errors as JSON; log anything else, and show as little as possible."""
    if isinstance(context, httpexceptions.HTTPException):
        if context.status_code >= 400 and context.content_type != "application/json":
            context = http_error(context, message=context.detail or None)
        return context
    if isinstance(context, Outage):
        if is_transient(context):
            # pyramid_retry runs the request again, unless it did so too often.
            mark_error_retryable(context)
            if not is_last_attempt(request):
                logger.warning("Transaction retried", error=str(context))
                return service_unavailable(
                    httpexceptions.HTTPServiceUnavailable(), request
                )
        if not hasattr(request, "parent") and not getattr(context, "logged", False):
            # One of a batch fails it as a whole, and is logged once.
            original = getattr(context, "original", context)
            logger.critical(original, exc_info=context)
        return service_unavailable(httpexceptions.HTTPServiceUnavailable(), request)
    if not hasattr(request, "parent"):
        logger.error(context, exc_info=context)
    return http_error(
        httpexceptions.HTTPInternalServerError(),
        message="A programmatic error occured, developers have been informed.",
        info=request.registry.settings.get("error_info_link") or None,
        details=details_of(context, request.registry.settings),
    )
