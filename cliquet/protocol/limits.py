"""Is a request fit to be read at all? (rulings §5)

Requests that no view could read are refused before routing: bodies beyond
`max_body_size`, paths and headers that are not UTF-8 or hold control characters,
hosts that are no hosts.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from pyramid.httpexceptions import HTTPRequestEntityTooLarge
from pyramid.tweens import EXCVIEW

from cliquet.errors import ERRORS, http_error, json_error_handler
from cliquet.settings import get_setting

_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])?(?::[0-9]{0,5})?\Z")
#: What fits into 64 bits; Python refuses to read more than 4,300.
_MOST_DIGITS = 18
_SCHEME = re.compile(r"^https?://")
_NUL = re.compile("\x00")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Fault(NamedTuple):
    """What makes a request unreadable, as arguments of an error."""

    location: str
    name: str | None
    description: str


def setup_limits(config: Any) -> None:
    """Refuse requests that cannot be read, as errors of the protocol."""
    config.add_tween("cliquet.protocol.limits.limits_tween_factory", over=EXCVIEW)


def limits_tween_factory(handler: Callable[[Any], Any], registry: Any) -> Any:
    """Check size, path, host and headers of each request."""
    max_size = int(get_setting(registry.settings, "max_body_size"))

    def tween(request: Any) -> Any:
        environ = request.environ
        fault = find_fault(environ)
        if fault is not None:
            request.errors.add(*fault)
            return json_error_handler(request)
        if _is_over(environ.get("CONTENT_LENGTH") or "0", max_size):
            return _too_large(max_size)
        return handler(request)

    return tween


def attempts_for(request: Any) -> int | None:
    """Tell how often a request may be run (`retry.activate_hook` of pyramid_retry).

    Its body is kept in memory for another time, where WebOb would copy it to a file;
    a body that will not be read is not, and the request runs once.
    """
    environ = request.environ
    length = environ.get("CONTENT_LENGTH")
    if length == "0" or (not length and not request.is_body_readable):
        # As WebOb has a body that was copied.
        environ["CONTENT_LENGTH"] = "0"
        environ["wsgi.input"] = BytesIO()
        environ["webob.is_body_seekable"] = True
        return None
    if not length:
        return None
    limit = get_setting(request.registry.settings, "max_body_size")
    if not _is_number(length) or _is_over(length, limit):
        return 1
    if not request.is_body_seekable:
        request.body = request.body_file_raw.read(int(length))
    return None


def _is_number(length: str) -> bool:
    return length.isascii() and length.isdigit()


def _is_over(length: str, limit: int) -> bool:
    """Tell whether digits are a number beyond a limit, however many there are."""
    return len(length) > _MOST_DIGITS or int(length) > limit


def _too_large(max_size: int) -> Any:
    return http_error(
        HTTPRequestEntityTooLarge(),
        errno=ERRORS.REQUEST_TOO_LARGE,
        message=f"The body of the request is larger than {max_size} bytes.",
    )


def find_fault(environ: dict[str, Any]) -> Fault | None:
    """Tell what makes a request unreadable, if anything does."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING", "")
    sent = [key for key in environ if key[:5] == "HTTP_" or key == "CONTENT_TYPE"]
    # Most are cleared together.
    together = path + query + "".join([environ[key] for key in sent])
    if "%" in query or not (together.isascii() and together.isprintable()):
        fault = _url_fault(path, query) or _header_fault(environ, sent)
        if fault is not None:
            return fault
    host = environ.get("HTTP_HOST")
    if host is not None and not _is_host(host):
        return Fault("header", "Host", "Host is invalid")
    length = environ.get("CONTENT_LENGTH")
    if length and not _is_number(length):
        return Fault("header", "Content-Length", "Content-Length is not a number")
    return None


def _url_fault(path: str, query: str) -> Fault | None:
    fault = _text_fault(path, _NUL)
    if fault:
        return Fault("path", None, f"Invalid path: {fault}")
    decoded = unquote_to_bytes(query.encode("latin-1")).decode("latin-1")
    fault = _text_fault(decoded, _NUL)
    if fault:
        return Fault("querystring", None, f"Invalid query string: {fault}")
    return None


def _header_fault(environ: dict[str, Any], keys: list[str]) -> Fault | None:
    for key in keys:
        fault = _text_fault(environ[key], _CONTROL)
        if fault:
            name = key.removeprefix("HTTP_").replace("_", "-").title()
            return Fault("header", name, f"{name} is invalid: {fault}")
    return None


@lru_cache(maxsize=100)
def _is_host(host: str) -> bool:
    """Tell whether text may be in URLs as a host.

    A scheme before it is let through: 3.1.5 did so and clients saw it (protocol
    §1.3); slashes and digits cannot do harm in a `Location`.
    """
    return bool(_HOST.match(host) or _HOST.match(_SCHEME.sub("", host)))


def _text_fault(value: str, refused: re.Pattern[str]) -> str | None:
    """Tell what is wrong with bytes, written as Latin-1 as in WSGI."""
    if value.isascii() and value.isprintable():
        return None
    if refused.search(value):
        return "control character"
    try:
        value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return "not UTF-8"
    return None
