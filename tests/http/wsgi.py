"""Requests that no client library would send: straight to the WSGI callable."""

from collections.abc import Callable, Sequence
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import quote
from wsgiref.util import setup_testing_defaults

WSGIApp = Callable[..., Any]


def raw(text: str) -> str:
    """Spell a text as WSGI does: the bytes of its UTF-8 form, as Latin-1."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def percent_encode(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


def build_environ(
    method: str,
    path: str,
    query: Sequence[tuple[str, str, bool]],
    sent_headers: dict[str, str],
    body: bytes,
) -> dict[str, Any]:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    pairs = (
        f"{percent_encode(name)}={percent_encode(value) if encoded else raw(value)}"
        for name, value, encoded in query
    )
    environ.update(
        {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": raw(path),
            "QUERY_STRING": "&".join(pairs),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/json",
            "HTTP_AUTHORIZATION": "Basic bWF0OjE=",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": StringIO(),
        }
    )
    for name, value in sent_headers.items():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        environ[key] = raw(value)
    return environ


def send(app: WSGIApp, environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Call the application as a server does; the status, headers and body."""
    answered: dict[str, Any] = {}

    def start_response(status: str, response_headers: Any, exc_info: Any = None) -> Any:
        answered["status"] = int(status.split(maxsplit=1)[0])
        answered["headers"] = dict(response_headers)
        return lambda chunk: None

    result = app(environ, start_response)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    return answered["status"], answered["headers"], body
