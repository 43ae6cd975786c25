"""Requests as httpx sends them, and its responses as answers."""

from collections.abc import Mapping
from typing import Any

from cliquet.client.exchanges import Answer, Lost, Request
from cliquet.dotted import naming_the_extra

with naming_the_extra("'cliquet.client'", "client"):
    import httpx

Auth = tuple[str, str] | httpx.Auth | None
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def options(
    auth: Auth, headers: Mapping[str, str] | None, timeout: float
) -> dict[str, Any]:
    """Return how both clients of httpx are made."""
    return {
        "auth": auth,
        "headers": {"Accept": "application/json", **(headers or {})},
        "timeout": timeout,
        "follow_redirects": True,
    }


def arguments(url: str, request: Request) -> dict[str, Any]:
    """Return what httpx sends for a request to the service at a URL."""
    is_path = request.path.startswith("/")
    made: dict[str, Any] = {
        "method": request.method,
        "url": url + request.path if is_path else request.path,
        "headers": dict(request.headers),
    }
    if request.body is not None:
        made["json"] = request.body
    return made


def answered(response: httpx.Response) -> Answer:
    """Return a response as an answer."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    try:
        body = response.json() if response.content else None
    except ValueError:
        # Of a proxy: the status says what there is to say.
        body = None
    return Answer(response.status_code, headers, body)


def lost(error: httpx.TransportError) -> Lost:
    """Return why there is no answer."""
    return Lost(error, unsent=isinstance(error, _UNSENT))
