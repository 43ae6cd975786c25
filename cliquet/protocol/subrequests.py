"""How is a request made inside another one? (protocol §7.4 to §7.7)"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from pyramid.httpexceptions import HTTPException, HTTPNotModified, HTTPRedirection
from pyramid.request import Request

from cliquet import serialization
from cliquet.protocol.requests import blank_request, extend_request, request_of
from cliquet.text import encode_header

_SAFE_QUERY = "/:@!$&'()*+,;=~-._%?"
#: Those of the batch are not those of its entries.
_OF_THE_BODY = ("content-length", "transfer-encoding")


def setup_request_bound_data(config: Any) -> None:
    """Give requests a mapping that the sub-requests of a batch share."""

    def bound_data(request: Any) -> dict[str, Any]:
        parent = getattr(request, "parent", None)
        return parent.bound_data if parent else {}

    config.add_request_method(bound_data, name="bound_data", reify=True)


class SubrequestMaker:
    """Makes the requests of a batch; what they inherit is worked out once.

    Args:
        original: The request that they are made in.
    """

    def __init__(self, original: Any) -> None:
        self._original = original
        self._prefix = "/" + original.upath_info.split("/")[1]
        headers = {name.lower(): value for name, value in original.headers.items()}
        for name in _OF_THE_BODY:
            headers.pop(name, None)
        encoded = {name: encode_header(value) for name, value in headers.items()}
        blank = blank_request(original.registry, "/", headers=encoded, POST=b"")
        self._environ = blank.environ

    def make(self, entry: Mapping[str, Any]) -> Request:
        """Make a request from path, method, headers and body.

        The path gets the version prefix of the original request unless it has it;
        headers are inherited; a mapping as body is sent as JSON.
        """
        path = str(entry["path"])
        if not path.startswith(self._prefix):
            path = self._prefix + path
        path, _, query = path.partition("?")
        body = entry.get("body") or b""
        is_json = isinstance(body, dict)
        if is_json:
            body = serialization.dumps(body)
        if isinstance(body, str):
            body = body.encode("utf-8")
        environ = {
            **self._environ,
            "REQUEST_METHOD": entry.get("method") or "GET",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": quote(query, safe=_SAFE_QUERY),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        request = request_of(self._original.registry, environ)
        for name, value in (entry.get("headers") or {}).items():
            if name.lower() != "content-length":
                request.headers[name] = encode_header(value)
        if is_json:
            environ["CONTENT_TYPE"] = "application/json; charset=utf-8"
        request.parent = self._original
        return request


def build_request(original: Any, dict_obj: dict[str, Any]) -> Request:
    """Build a sub-request from path, method, headers and body."""
    request = SubrequestMaker(original).make(dict_obj)
    extend_request(request)
    return request


def _attach(request: Request, parent: Any) -> Request:
    extend_request(request)
    request.parent = parent
    return request


def build_response(response: Any, request: Any) -> dict[str, Any]:
    """Describe a response as an entry of a batch's answer."""
    return describe_response(response, request, readable_path(request))


def describe_response(response: Any, request: Any, path: str) -> dict[str, Any]:
    """Describe a response to a request of which the path is known."""
    body: Any = ""
    if request.method != "HEAD" and response.body:
        try:
            body = serialization.loads(response.body)
        except ValueError:
            body = response.body
    return {
        "path": path,
        "status": response.status_code,
        "headers": dict(response.headerlist),
        "body": body,
    }


def readable_path(request: Any) -> str:
    """Tell the path of a request, decoded, even if it is not UTF-8."""
    environ = request.environ
    raw: str = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
    return raw if raw.isascii() else raw.encode("latin-1").decode("utf-8", "replace")


def follow_subrequest(request: Any, subrequest: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Run a sub-request, and follow one redirection.

    Returns:
        The response, and the request that it answers.

    Raises:
        HTTPException: what the error views made of an exception, below 500.
        Exception: one that no view turns into less than a 500, as it was raised.
    """
    try:
        return _invoke(request, subrequest, kwargs)
    except HTTPRedirection as redirection:
        if isinstance(redirection, HTTPNotModified):
            raise
        followed = _follow(subrequest, redirection)
    return _invoke(request, followed, kwargs)


def _invoke(request: Any, subrequest: Any, kwargs: dict[str, Any]) -> tuple[Any, Any]:
    try:
        return request.invoke_subrequest(subrequest, **kwargs), subrequest
    except HTTPRedirection:
        raise
    except Exception as error:
        response = subrequest.invoke_exception_view(reraise=True)
        if response.status_code >= 500:
            raise
        if not isinstance(response, HTTPException):
            return response, subrequest
        # Whoever catches it knows which request, maybe redirected, it answers.
        response.request = subrequest
        raise response from error


def _follow(subrequest: Any, redirection: HTTPRedirection) -> Any:
    target = urlsplit(redirection.location)
    headers = {
        name: value
        for name, value in subrequest.headers.items()
        if name.lower() != "content-length"
    }
    followed = blank_request(
        subrequest.registry,
        target.path + (f"?{target.query}" if target.query else ""),
        headers=headers,
        POST=subrequest.body,
        method=subrequest.method,
    )
    parent = getattr(subrequest, "parent", None)
    if parent is not None:
        _attach(followed, parent)
    followed.bound_data = subrequest.bound_data
    followed.parent = parent
    return followed
