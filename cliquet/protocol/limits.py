"""Refusal, before routing, of requests that no view could read.

Bodies beyond `max_body_size`, or that do not come whole; paths and headers that are not
UTF-8 or hold control characters, hosts that are no hosts.
"""

import re
from collections.abc import Callable
from enum import Enum
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid.config import Configurator
from pyramid.httpexceptions import (
    HTTPLengthRequired,
    HTTPRequestEntityTooLarge,
    HTTPUnsupportedMediaType,
)
from pyramid.request import Request as PyramidRequest
from pyramid.tweens import EXCVIEW

from cliquet.bounds import MAX_PATH
from cliquet.errors import ERRORS, http_error, json_error_handler
from cliquet.settings import get_setting
from cliquet.types import Environ, Registry, Request, Response, Settings

_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])?(?::[0-9]{0,5})?\Z")
#: What fits into 64 bits; Python refuses to read more than 4,300.
_MOST_DIGITS = 18
_SCHEME = re.compile(r"^https?://")
_NUL = re.compile("\x00")
#: A timestamp, as entity tags have it too, weak ones where a proxy compressed: what is
#: read shall be no older.
MIN_TIMESTAMP = "Cliquet-Min-Timestamp"
_TIMESTAMP = re.compile(r'[0-9]{1,18}|(?:W/)?"[0-9]{1,18}"')
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

Fault = tuple[str, str | None, str]
"""What makes a request unreadable: arguments of `request.errors.add`."""


def setup_limits(config: Configurator) -> None:
    """Refuse requests that cannot be read, with errors of the protocol."""
    config.add_tween("cliquet.protocol.limits.limits_tween_factory", over=EXCVIEW)


def limits_tween_factory(
    handler: Callable[[Request], Response], registry: Registry
) -> Callable[[Request], Response]:
    """Return the tween that checks size, path, host and headers of each request."""
    max_size = int(get_setting(registry.settings, "max_body_size"))

    def tween(request: Request) -> Any:
        refused = _refuse(request, max_size)
        return handler(request) if refused is None else refused

    return tween


def _refuse(request: Request, max_size: int) -> Any:
    """Return the response to a request that is not to be looked at, else None."""
    environ = request.environ
    fault = find_fault(environ)
    if fault is None:
        state = read_body(environ, max_size)
        if state is BodyState.LARGE:
            return http_error(
                HTTPRequestEntityTooLarge(),
                errno=ERRORS.REQUEST_TOO_LARGE,
                message=f"The body of the request is larger than {max_size} bytes.",
            )
        if state is BodyState.UNMEASURED:
            return http_error(HTTPLengthRequired(), errno=ERRORS.MISSING_CONTENT_LENGTH)
        fault = _BODY_FAULTS.get(state)
    if fault is not None:
        request.errors.add(*fault)
        return json_error_handler(request)
    return _refuse_encoding(request) if _is_encoded(environ) else None


def limit_attempts(settings: Settings) -> Callable[[PyramidRequest], int | None]:
    """Return the `retry.activate_hook` of pyramid_retry: how often a request may run.

    Once, where not all that it wrote is undone before (docs: backends-together), or
    where its body is refused. The body is kept in memory for the next attempt, where
    WebOb would copy it to a file.
    """
    max_size = int(get_setting(settings, "max_body_size"))

    def attempts_for(request: PyramidRequest) -> int | None:
        reads = request.method in ("GET", "HEAD")
        if reads and getattr(request.registry, "replicas_by_kind", None):
            # What a replica does not have yet is asked of the primary.
            return max(2, int(settings["retry.attempts"]))
        state = read_body(request.environ, max_size)
        undone = getattr(request.registry, "undoes_writes", True)
        # None for as many as the setting says.
        return None if undone and state is BodyState.WHOLE else 1

    return attempts_for


# --- Bodies ----------------------------------------------------------------------


class BodyState(Enum):
    """What became of a body that was to be read."""

    WHOLE = "whole"
    LARGE = "large"
    SHORT = "short"
    BROKEN = "broken"
    UNMEASURED = "unmeasured"
    """Sent in chunks to a server that does not tell applications where they end."""


_BODY_FAULTS: dict[BodyState, Fault] = {
    BodyState.SHORT: ("body", None, "The body is shorter than its Content-Length"),
    BodyState.BROKEN: ("body", None, "The body cannot be read"),
}
_STATE = "cliquet.body_state"


def read_body(environ: Environ, max_size: int) -> BodyState:
    """Read the body of a request into memory, once, as far as it may be used.

    No more than `max_size` and a byte: a body sent in chunks does not tell its size.
    """
    if _STATE not in environ:
        environ[_STATE] = _read_body(environ, max_size)
    state: BodyState = environ[_STATE]
    return state


def _read_body(environ: Environ, max_size: int) -> BodyState:
    length = environ.get("CONTENT_LENGTH")
    if length and not _is_number(length):
        return BodyState.BROKEN
    if length and _is_over(length, max_size):
        return BodyState.LARGE
    most = int(length) if length else 0
    if not length and environ.get("wsgi.input_terminated"):
        most = max_size + 1
    elif not length and environ.get("HTTP_TRANSFER_ENCODING"):
        return BodyState.UNMEASURED
    try:
        body = _read(environ, most)
    except Exception:  # noqa: BLE001 -- each server has its own for broken connections
        return BodyState.BROKEN
    if length and len(body) < most:
        return BodyState.SHORT
    if len(body) > max_size:
        return BodyState.LARGE
    # The state in which WebOb leaves a body that it copied.
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = BytesIO(body)
    environ["webob.is_body_seekable"] = True
    return BodyState.WHOLE


def _read(environ: Environ, most: int) -> bytes:
    """Read up to a number of bytes; less if there are no more."""
    if not most:
        return b""
    source = environ["wsgi.input"]
    if environ.get("webob.is_body_seekable"):
        source.seek(0)
    parts = []
    while most > 0 and (part := source.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _is_encoded(environ: Environ) -> bool:
    encoding = environ.get("HTTP_CONTENT_ENCODING")
    if not encoding or environ["CONTENT_LENGTH"] == "0":
        return False
    return encoding.strip().lower() not in ("", "identity")


def _refuse_encoding(request: Request) -> Any:
    """Return the 415 that says how to send a body (RFC 9110, 15.5.16)."""
    request.errors.add(
        "header", "Content-Encoding", "Content-Encoding should be identity"
    )
    request.errors.status = HTTPUnsupportedMediaType.code
    response = json_error_handler(request)
    response.headers["Accept-Encoding"] = "identity"
    return response


# --- What cannot be read ---------------------------------------------------------


def _is_number(length: str) -> bool:
    return length.isascii() and length.isdigit()


def _is_over(length: str, limit: int) -> bool:
    """Return whether digits are a number beyond a limit, however many there are."""
    return len(length) > _MOST_DIGITS or int(length) > limit


def find_fault(environ: Environ) -> Fault | None:
    """Return what makes a request unreadable, if anything does."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING", "")
    if len(path) + len(query) > MAX_PATH:
        return "path", None, f"Path and query string are limited to {MAX_PATH} bytes"
    sent = [key for key in environ if key[:5] == "HTTP_" or key == "CONTENT_TYPE"]
    # All at once: most requests are plain ASCII.
    try:
        together = path + query + "".join([environ[key] for key in sent])
    except TypeError:
        together = path + query + "".join(_decode_headers(environ, sent))
    if "%" in query or not (together.isascii() and together.isprintable()):
        fault = _find_odd_text(path, query, {key: environ[key] for key in sent})
        if fault is not None:
            return fault
    host = environ.get("HTTP_HOST")
    if not host:
        # granian says "" of one that is not there; an http URL has no empty one.
        if environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            # RFC 9112, 3.2: it says which of several services is meant.
            return "header", "Host", "Host is missing"
    elif not _is_host(host):
        return "header", "Host", "Host is invalid"
    length = environ.get("CONTENT_LENGTH")
    if length and not _is_number(length):
        return "header", "Content-Length", "Content-Length is not a number"
    newest = environ.get("HTTP_CLIQUET_MIN_TIMESTAMP", "0")
    if not _TIMESTAMP.fullmatch(newest.strip()):
        return "header", MIN_TIMESTAMP, f"{MIN_TIMESTAMP} is not a timestamp"
    return None


def _decode_headers(environ: Environ, keys: list[str]) -> list[str]:
    """Make headers text, as WSGI wants them: clients of tests may give bytes."""
    for key in keys:
        if isinstance(environ[key], bytes):
            environ[key] = environ[key].decode("latin-1")
    return [environ[key] for key in keys]


def _find_odd_text(path: str, query: str, headers: dict[str, str]) -> Fault | None:
    decoded = unquote_to_bytes(query.encode("latin-1")).decode("latin-1")
    if odd := _text_fault(path, _NUL):
        return "path", None, f"Invalid path: {odd}"
    if odd := _text_fault(decoded, _NUL):
        return "querystring", None, f"Invalid query string: {odd}"
    for key, value in headers.items():
        if odd := _text_fault(value, _CONTROL):
            name = key.removeprefix("HTTP_").replace("_", "-").title()
            return "header", name, f"{name} is invalid: {odd}"
    return None


def _is_host(host: str) -> bool:
    """Return whether a text may be in URLs as a host.

    A scheme before it is let through, as clients of 3.1 rely on; slashes and digits
    cannot do harm in a `Location`.
    """
    return bool(_HOST.match(host) or _HOST.match(_SCHEME.sub("", host)))


def _text_fault(value: str, refused: re.Pattern[str]) -> str | None:
    """Return what is wrong with bytes that WSGI decoded as Latin-1."""
    if value.isascii() and value.isprintable():
        return None
    if refused.search(value):
        return "control character"
    try:
        value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return "not UTF-8"
    return None
