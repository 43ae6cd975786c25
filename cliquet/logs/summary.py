"""Which line sums up a request, and who starts its log context?"""

import datetime as dt
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

from pyramid.events import ApplicationCreated, NewRequest, NewResponse

from cliquet.logs.facade import current_renderer, logger
from cliquet.timestamps import msec_time

_CLIENT_ERROR = 400
_ENVIRON_KEY = "cliquet.request_id"
_SANE_ID = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}")


def setup_logging(config: Any) -> None:
    """Render logs as the settings say, and log a summary of each request."""
    settings = config.get_settings()
    renderer = config.maybe_dotted(settings["logging_renderer"])(settings)
    logger.renderer = renderer
    configure_structlog()

    def on_new_request(event: Any) -> None:
        request = event.request
        request._received_at = msec_time()  # noqa: SLF001 -- documented, §6.3
        # The context is that of the main request (protocol §23).
        if not hasattr(request, "parent"):
            logger.begin(renderer, _Description(request))

    config.add_request_method(request_id, reify=True)
    config.add_subscriber(on_new_request, NewRequest)
    config.add_subscriber(_on_new_response, NewResponse)
    # Applications may have imported it meanwhile.
    config.add_subscriber(lambda event: configure_structlog(), ApplicationCreated)


def request_id(request: Any) -> str:
    """Name a request in all that is told of it: `X-Request-Id`, or a new name.

    Subrequests have that of their batch, a request that is run again that of its first
    run.
    """
    environ = getattr(request, "parent", request).environ
    known: str | None = environ.get(_ENVIRON_KEY)
    if known is None:
        sent = environ.get("HTTP_X_REQUEST_ID")
        known = sent if sent and _SANE_ID.fullmatch(sent) else os.urandom(16).hex()
        environ[_ENVIRON_KEY] = known
    return known


def configure_structlog() -> None:
    """Let ``structlog.get_logger()`` log alike, unless the host configured it.

    Nobody needs it where nobody imported it.
    """
    structlog: Any = sys.modules.get("structlog")
    if structlog is None or structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            _add_context,
            structlog.processors.format_exc_info,
            _render,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _add_context(
    structlogger: Any, name: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {**logger._context._dict, **event_dict}  # noqa: SLF001


def _render(structlogger: Any, name: str, event_dict: MutableMapping[str, Any]) -> Any:
    return current_renderer()(structlogger, name, event_dict)


class _Description:
    """What is told of a request, worked out once a line needs it."""

    __slots__ = ("_known", "_request")

    def __init__(self, request: Any) -> None:
        self._request = request
        self._known: dict[str, Any] | None = None

    def __call__(self) -> dict[str, Any]:
        if self._known is None:
            self._known = _request_context(self._request)
        return self._known


def _request_context(request: Any) -> dict[str, Any]:
    """Describe a request. One that cannot be decoded will be refused later on."""
    try:
        path, querystring = request.path, dict(request.GET)
    except UnicodeDecodeError:
        environ = request.environ
        path, querystring = repr(environ.get("PATH_INFO")), {}
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


def _on_new_response(event: Any) -> None:
    request = event.request
    if hasattr(request, "parent"):
        return
    event.response.headers["X-Request-Id"] = request_id(request)
    now = msec_time()
    received_at = getattr(request, "_received_at", None)
    if received_at is None:
        # A tween answered by itself: no context was started for this request. Only
        # the number of its error, if it is one, was bound by now.
        errno = logger._context._dict.get("errno")  # noqa: SLF001 -- same package
        logger.new(**_request_context(request))
        if event.response.status_code >= _CLIENT_ERROR:
            logger.bind(errno=errno)
    code = event.response.status_code

    def conclusion() -> dict[str, Any]:
        return {
            "time": dt.datetime.fromtimestamp(now / 1000).isoformat(),  # noqa: DTZ006
            "code": code,
            "t": 1 if received_at is None else now - received_at,
        }

    logger.conclude(conclusion)
    logger.info("request.summary")
