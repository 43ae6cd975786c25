"""What a request for live changes asks, and the requests for its looks."""

from collections.abc import Hashable
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote_plus

from webob.acceptparse import AcceptValidHeader, create_accept_header

from cliquet.live.events import MEDIA_TYPE
from cliquet.types import Environ, Response

JSON = "application/json"
PAGE = 500
"""Records of one look of a stream."""

_OF_LOOKS = frozenset(("_since", "_wait"))
_OF_PAGES = ("_limit", "_sort", "_token")
#: What is about one version of a list: a stream has all of them.
_CONDITIONS = (
    "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE", "HTTP_LAST_EVENT_ID", "HTTP_RANGE", "HTTP_IF_RANGE",
)  # fmt: skip
_OF_ONE_CONNECTION = ("wsgi.input", "wsgi.errors")
_OF_ONE_ATTEMPT = ("webob.", "retry.")
#: What is said of a list, and not of a stream.
_OF_LISTS = frozenset(
    ("content-length", "content-type", "cache-control", "etag", "expires",
     "last-modified", "link", "next-page", "total-records")
)  # fmt: skip


def may_wait(environ: Environ) -> bool:
    """Return whether a request may ask for a list that waits; views know for sure."""
    return environ["REQUEST_METHOD"] == "GET" and "wait" in environ.get(
        "QUERY_STRING", ""
    )


def wants_events(environ: Environ) -> bool:
    """Return whether a request prefers a stream to a list.

    At the same quality it does, but it has to name it: `*/*` is what everybody sends.
    """
    accept = environ.get("HTTP_ACCEPT")
    if not accept or environ["REQUEST_METHOD"] != "GET":
        return False
    if MEDIA_TYPE not in accept.lower():
        return False
    header = create_accept_header(accept)
    if not isinstance(header, AcceptValidHeader):
        return False
    named = [each[1] for each in header.parsed if each[0].lower() == MEDIA_TYPE]
    others = dict(header.acceptable_offers([JSON]))
    return bool(named) and max(named) > 0 and max(named) >= others.get(JSON, 0.0)


def find_since(environ: Environ) -> str | None:
    """Return where a stream resumes, as the client wrote it; None if it begins now."""
    last: str = environ.get("HTTP_LAST_EVENT_ID", "").strip()
    if last:
        return last
    values = [value for name, value in _pairs(environ) if name == "_since"]
    return unquote_plus(values[-1]) if values else None


def find_page_parameter(environ: Environ) -> str | None:
    """Return the name of a parameter that has no sense for a stream, if there is any.

    It is in the order of changes, and has no pages.
    """
    names = {name for name, _ in _pairs(environ)}
    return next((name for name in _OF_PAGES if name in names), None)


def look_at(environ: Environ, since: str | None) -> Environ:
    """Return the request for a look of a stream: the list of what changed.

    Args:
        environ: That of the stream.
        since: What is known; None for no more than where the list is.
    """
    asked = {"_limit": "1"} if since is None else {"_since": since, "_limit": str(PAGE)}
    parts = [
        part
        for part in environ.get("QUERY_STRING", "").split("&")
        if part and _name(part) not in (*_OF_LOOKS, *_OF_PAGES)
    ]
    parts += [f"{name}={quote(value)}" for name, value in asked.items()]
    look = look_again(environ)
    for name in _CONDITIONS:
        look.pop(name, None)
    look["QUERY_STRING"] = "&".join(parts)
    look["HTTP_ACCEPT"] = f"{environ['HTTP_ACCEPT']}, {JSON}"
    return look


def look_again(environ: Environ) -> Environ:
    """Return the same request, without what one attempt left in it, and no body."""
    look = {
        name: value
        for name, value in environ.items()
        if not name.startswith(_OF_ONE_ATTEMPT)
    }
    look["wsgi.input"] = BytesIO()
    look["CONTENT_LENGTH"] = "0"
    return look


def sameness(environ: Environ, left_out: str) -> Hashable:
    """Return what is equal for requests that must be answered alike.

    All of it: the URL, each header, the address. Applications may decide by any.

    Args:
        environ: A request.
        left_out: Name in it of what is of one client.
    """
    return frozenset(
        (name, value)
        for name, value in environ.items()
        if name not in _OF_ONE_CONNECTION and name != left_out
    )


def headers_of_stream(response: Response) -> list[tuple[str, str]]:
    """Return the headers of a stream: those of its first look that are not the list's.

    Neither caches nor proxies may keep it, or hold it back.
    """
    kept = [
        (name, value)
        for name, value in response.headerlist
        if name.lower() not in _OF_LISTS
    ]
    return [
        *kept,
        ("Content-Type", f"{MEDIA_TYPE}; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Accel-Buffering", "no"),
    ]


def _pairs(environ: Environ) -> list[tuple[str, Any]]:
    parts = environ.get("QUERY_STRING", "").split("&")
    return [(_name(part), part.partition("=")[2]) for part in parts if part]


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0]).strip()
