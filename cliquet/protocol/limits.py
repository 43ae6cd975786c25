"""Is a request fit to be read at all? (rulings §5)

Requests that no view could read are refused before routing: bodies beyond
`max_body_size`, paths and headers that are not UTF-8 or hold control characters,
hosts that are no hosts.
"""

import re
from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPRequestEntityTooLarge
from pyramid.tweens import EXCVIEW

from cliquet.errors import ERRORS, http_error, json_error_handler
from cliquet.settings import get_setting

_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])?(?::[0-9]{0,5})?\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def setup_limits(config: Any) -> None:
    """Refuse requests that cannot be read, as errors of the protocol."""
    config.add_tween(
        "cliquet.protocol.limits.limits_tween_factory", over=EXCVIEW
    )


def limits_tween_factory(handler: Callable[[Any], Any], registry: Any) -> Any:
    """Check size, path, host and headers of each request."""
    max_size = int(get_setting(registry.settings, "max_body_size"))

    def tween(request: Any) -> Any:
        environ = request.environ
        found = find_fault(environ)
        if found is not None:
            location, name, description = found
            request.errors.add(location, name, description)
            return _finish(request, json_error_handler(request))
        length = environ.get("CONTENT_LENGTH")
        if length and int(length) > max_size:
            return _finish(request, _too_large(max_size))
        return handler(request)

    return tween


def _too_large(max_size: int) -> Any:
    return http_error(
        HTTPRequestEntityTooLarge(),
        errno=ERRORS.REQUEST_TOO_LARGE,
        message=f"The body of the request is larger than {max_size} bytes.",
    )


def _finish(request: Any, response: Any) -> Any:
    return response


def find_fault(environ: dict[str, Any]) -> tuple[str, str | None, str] | None:
    """Tell what makes a request unreadable: location, name, description."""
    for key in ("PATH_INFO", "SCRIPT_NAME"):
        fault = _text_fault(environ.get(key, ""), controls=key != "PATH_INFO")
        if fault:
            return ("path", None, f"Invalid path: {fault}")
    if "\x00" in environ.get("PATH_INFO", ""):
        return ("path", None, "Invalid path: NUL character")
    query = environ.get("QUERY_STRING", "")
    if query and ("%" in query or not query.isascii() or "\x00" in query):
        fault = _query_fault(query)
        if fault:
            return ("querystring", None, f"Invalid query string: {fault}")
    host = environ.get("HTTP_HOST")
    if host is not None and not _is_host(host):
        return ("header", "Host", "Host is invalid")
    length = environ.get("CONTENT_LENGTH")
    if length and not (length.isascii() and length.isdigit()):
        return ("header", "Content-Length", "Content-Length is not a number")
    for key, value in environ.items():
        if key.startswith("HTTP_") or key == "CONTENT_TYPE":
            fault = _text_fault(value, controls=True)
            if fault:
                name = key.removeprefix("HTTP_").replace("_", "-").title()
                return ("header", name, f"{name} is invalid: {fault}")
    return None


def _is_host(host: str) -> bool:
    """Tell whether text may be in URLs as a host.

    A scheme before it is let through: 3.1.5 did so and clients saw it (protocol
    §1.3); slashes and digits cannot do harm in a `Location`.
    """
    return bool(_HOST.match(re.sub(r"^https?://", "", host)))


def _text_fault(value: str, controls: bool) -> str | None:
    if value.isascii():
        if controls and not value.isprintable() and _CONTROL.search(value):
            return "control character"
        return None
    try:
        value.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return "not UTF-8"
    return "control character" if controls and _CONTROL.search(value) else None


def _query_fault(query: str) -> str | None:
    from urllib.parse import unquote_to_bytes

    try:
        text = unquote_to_bytes(query.encode("latin-1")).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return "not UTF-8"
    return "NUL character" if "\x00" in text else None
