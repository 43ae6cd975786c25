"""The log context of each request, and the line that sums it up."""

import datetime as dt
import os
import re
import time
from functools import partial
from typing import Any

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated, NewRequest, NewResponse

from cliquet.bounds import MAX_PATH
from cliquet.dotted import resolve
from cliquet.logs.facade import configure_structlog, current_context, logger
from cliquet.logs.renderers import SUMMARY
from cliquet.types import Request

_CLIENT_ERROR = 400
_ENVIRON_KEY = "cliquet.request_id"
_SANE_ID = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}")


def setup_logging(config: Configurator) -> None:
    """Render logs as the settings say, and log a summary of each request."""
    settings = config.get_settings()
    name = settings["logging_renderer"]
    renderer = resolve(config, "logging_renderer", name)(settings)
    logger.renderer = renderer
    configure_structlog()

    def on_new_request(event: Any) -> None:
        request = event.request
        request._received_at = int(time.time() * 1000)  # noqa: SLF001 -- applications of 3.1 read it
        # Entries of a batch share the context of the main request.
        if not hasattr(request, "parent"):
            logger.begin(renderer, partial(_describe, request))

    config.add_request_method(request_id, reify=True)
    config.add_subscriber(on_new_request, NewRequest)
    config.add_subscriber(_on_new_response, NewResponse)
    # Applications may have imported structlog meanwhile.
    config.add_subscriber(lambda event: configure_structlog(), ApplicationCreated)


def request_id(request: Request) -> str:
    """Return the name of a request in logs: `X-Request-Id`, or a new name.

    Entries have that of their batch, a request that is run again that of its first run.
    """
    environ = getattr(request, "parent", request).environ
    known: str | None = environ.get(_ENVIRON_KEY)
    if known is None:
        sent = environ.get("HTTP_X_REQUEST_ID")
        known = sent if sent and _SANE_ID.fullmatch(sent) else os.urandom(16).hex()
        environ[_ENVIRON_KEY] = known
    return known


def forget_handled_error(status: int) -> None:
    """Forget the number of an error that was built, and did not become the response."""
    if status < _CLIENT_ERROR:
        logger.try_unbind("errno")


def _describe(request: Request) -> dict[str, Any]:
    """Return the first values of the context of a request."""
    try:
        path, querystring = request.path, _read_query(request)
    except UnicodeDecodeError:
        # It will be refused later on.
        path, querystring = repr(request.environ.get("PATH_INFO")), {}
    return {
        "request_id": request_id(request),
        "agent": request.headers.get("User-Agent"),
        "path": path,
        "method": request.method,
        "querystring": querystring,
        "lang": request.headers.get("Accept-Language"),
        "uid": None,
        "authn_type": None,
        "errno": None,
    }


def _read_query(request: Request) -> dict[str, str]:
    if len(request.environ.get("QUERY_STRING", "")) > MAX_PATH:
        # It is refused, and takes the square of its length to be read.
        return {}
    # The mapping itself would be searched from its end for each of its keys.
    return dict(request.GET.items())


def _on_new_response(event: Any) -> None:
    request, response = event.request, event.response
    if hasattr(request, "parent"):
        return
    response.headers["X-Request-Id"] = request_id(request)
    now, status = int(time.time() * 1000), response.status_code
    received_at = getattr(request, "_received_at", None)
    if received_at is None:
        # A tween answered by itself: no context was started for this request. Only
        # the number of its error, if it is one, was bound by now.
        errno = current_context().get("errno")
        logger.new(**_describe(request))
        if status >= _CLIENT_ERROR:
            logger.bind(errno=errno)
    else:
        forget_handled_error(status)
    logger.bind(
        time=dt.datetime.fromtimestamp(now / 1000).isoformat(),  # noqa: DTZ006 -- local time, as in 3.1
        code=status,
        t=1 if received_at is None else now - received_at,
    )
    logger.info(SUMMARY)
