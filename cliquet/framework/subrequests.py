"""Requests inside requests: the entries of a batch, and redirections of these."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from pyramid.httpexceptions import HTTPException, HTTPNotModified, HTTPRedirection
from pyramid.request import Request as PyramidRequest

from cliquet import serialization
from cliquet.framework.completion import complete
from cliquet.framework.media_types import PATCHES
from cliquet.framework.requests import create_request
from cliquet.text import encode_header
from cliquet.types import Environ, Request, Response

_SAFE_QUERY = "/:@!$&'()*+,;=~-._%?"
#: What describes the path, the body and the attempt of one request: others have theirs.
_OF_ONE_REQUEST = frozenset(
    {
        "CONTENT_LENGTH", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING",
        "HTTP_IDEMPOTENCY_KEY",
        "PATH_TRANSLATED", "RAW_URI", "REQUEST_URI",
        "wsgi.input", "wsgi.input_terminated", "cliquet.body_state",
    }
)  # fmt: skip
_OF_LIBRARIES = ("webob.", "retry.")


class SubrequestMaker:
    """Builds the requests of a batch; what they inherit is computed once.

    They have the environ of the batch: its scheme, host and mount point, its client,
    its headers, and what middlewares put there.
    """

    def __init__(self, original: Request) -> None:
        self._original = original
        self._prefix = "/" + original.upath_info.split("/")[1]
        # Entries share the body of the defaults.
        self._written: tuple[Any, bytes] = (None, b"")
        self._environ = _inherited(original)

    def make(self, entry: Mapping[str, Any]) -> Request:
        """Return the request of an entry.

        Args:
            entry: `path`, which gets the version prefix of the batch unless it has it;
                optionally `method`, `headers`, which are added to those of the batch,
                and `body`, which is sent as JSON if it is a mapping.
        """
        path = str(entry["path"])
        if not path.startswith(self._prefix):
            path = self._prefix + path
        path, _, query = path.partition("?")
        body = entry.get("body") or b""
        is_json = isinstance(body, dict | list)
        if is_json:
            if body is not self._written[0]:
                self._written = body, serialization.dumps(body).encode()
            body = self._written[1]
        if isinstance(body, str):
            body = body.encode("utf-8")
        environ = {
            **self._environ,
            "REQUEST_METHOD": entry.get("method") or "GET",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": quote(query, safe=_SAFE_QUERY),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            # WebOb would copy it for each reader that is not the first.
            "webob.is_body_seekable": True,
        }
        request = create_request(self._original.registry, environ)
        for name, value in (entry.get("headers") or {}).items():
            if name.lower() != "content-length":
                request.headers[name] = encode_header(value)
        if is_json and request.content_type not in PATCHES:
            environ["CONTENT_TYPE"] = "application/json; charset=utf-8"
        request.parent = self._original
        return request


def _inherited(original: Request) -> Environ:
    """Return what a request inside of another one has of its environ."""
    environ: Any = original.environ
    if not isinstance(environ, dict):
        # Applications test with requests that are mocks, with headers.
        headers = {
            name.lower(): encode_header(value)
            for name, value in original.headers.items()
        }
        environ = PyramidRequest.blank("/", headers=headers, POST=b"").environ
    return {
        name: value
        for name, value in environ.items()
        if name not in _OF_ONE_REQUEST and not name.startswith(_OF_LIBRARIES)
    }


def build_request(original: Request, dict_obj: dict[str, Any]) -> Request:
    """Return a request inside of another one, to be run by `follow_subrequest`.

    Args:
        original: The request that it is inside of: its headers are inherited.
        dict_obj: `path`, with or without version; optionally `method`, `headers` and
            `body`, which is sent as JSON if it is a mapping.
    """
    return SubrequestMaker(original).make(dict_obj)


def build_response(response: Response, request: Request) -> dict[str, Any]:
    """Return what a batch tells of a response.

    Args:
        response: The response.
        request: The sub-request that it belongs to.

    Returns:
        `path`, `status`, `headers` and `body`, the value of its JSON.
    """
    body: Any = ""
    if request.method != "HEAD" and response.body:
        try:
            body = serialization.loads(response.body)
        except ValueError:
            body = response.body
    return {
        "path": readable_path(request),
        "status": response.status_code,
        "headers": dict(response.headerlist),
        "body": body,
    }


def readable_path(request: Request) -> str:
    """Return the decoded path of a request below its mount point, as entries give it.

    Even if it is not UTF-8.
    """
    raw: str = request.environ["PATH_INFO"]
    return raw if raw.isascii() else raw.encode("latin-1").decode("utf-8", "replace")


def follow_subrequest(
    request: Request,
    subrequest: Request,
    *,
    undo: Callable[[], None] | None = None,
    **kwargs: Any,
) -> tuple[Response, Request]:
    """Run a sub-request, and follow one redirection.

    Args:
        request: The one that it is inside of.
        subrequest: What to run.
        undo: Called before a redirection is followed.
        kwargs: Those of `request.invoke_subrequest`.

    Returns:
        The response, and the request that it belongs to.

    Raises:
        HTTPException: What the exception views made of an exception, below 500.
        Exception: One that no view turns into less than a 500, as it was raised.
    """
    try:
        return _invoke(request, subrequest, kwargs)
    except HTTPRedirection as redirection:
        if isinstance(redirection, HTTPNotModified):
            raise
        followed = _redirected(subrequest, redirection)
    if undo is not None:
        undo()
    return _invoke(request, followed, kwargs)


def _invoke(
    request: Request, subrequest: Request, kwargs: dict[str, Any]
) -> tuple[Response, Request]:
    try:
        return request.invoke_subrequest(subrequest, **kwargs), subrequest
    except HTTPRedirection:
        raise
    except Exception as error:
        response = subrequest.invoke_exception_view(reraise=True)
        if response.status_code >= 500:
            raise
        if not isinstance(response, HTTPException):
            complete(subrequest, response)
            return response, subrequest
        # Whoever catches it knows which request, maybe redirected, it belongs to.
        response.request = subrequest
        raise response from error


def _redirected(subrequest: Request, redirection: HTTPRedirection) -> Request:
    """Return the request to the target of a redirection, which is below the mount."""
    target = urlsplit(redirection.location)
    path = unquote_to_bytes(target.path).decode("latin-1")
    return derive_request(
        subrequest,
        path=path.removeprefix(subrequest.environ["SCRIPT_NAME"]),
        query=quote(target.query, safe=_SAFE_QUERY),
        method=subrequest.method,
        body=subrequest.body,
    )


def derive_request(
    subrequest: Request, *, path: str, method: str, query: str = "", body: bytes = b""
) -> Request:
    """Return a sub-request like another one, to another path below the mount point."""
    environ = {
        **_inherited(subrequest),
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    derived = create_request(subrequest.registry, environ)
    derived.bound_data = subrequest.bound_data
    derived.parent = getattr(subrequest, "parent", None)
    return derived
