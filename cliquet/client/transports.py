"""Requests as httpx sends them, and its responses as answers."""

from collections.abc import Generator, Mapping
from typing import Any

from cliquet.client.events import MEDIA_TYPE
from cliquet.client.exchanges import Answer, Lost, Request
from cliquet.dotted import naming_the_extra

with naming_the_extra("'cliquet.client'", "client"):
    import httpx

Auth = tuple[str, str] | httpx.Auth | None
_CREDENTIALS = ("Authorization", "Cookie", "X-API-Key")
_OK = 200
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


class _Nobody(httpx.Auth):
    """Leaves out who sends a request, instead of telling it."""

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request, without what headers of the client tell."""
        for name in _CREDENTIALS:
            request.headers.pop(name, None)
        yield request


def built(
    http: httpx.Client | httpx.AsyncClient, url: str, request: Request, silence: float
) -> tuple[httpx.Request, dict[str, Any]]:
    """Return a request to the service at a URL, as httpx sends it, and how it does.

    Args:
        http: The client that is to send it.
        silence: Seconds without any byte after which a stream is lost.
    """
    is_path = request.path.startswith("/")
    made: dict[str, Any] = {
        "method": request.method,
        "url": url + request.path if is_path else request.path,
        "headers": dict(request.headers),
    }
    if request.streamed:
        # What is compressed may be held back until there is more of it.
        made["headers"]["Accept-Encoding"] = "identity"
        made["timeout"] = httpx.Timeout(**{**http.timeout.as_dict(), "read": silence})
    if request.body is not None:
        made["json"] = request.body
    how: dict[str, Any] = {"stream": request.streamed}
    if request.anonymous:
        how["auth"] = _Nobody()
    return http.build_request(**made), how


def is_stream(response: httpx.Response) -> bool:
    """Return whether the body of a response is events, which do not end."""
    media_type = response.headers.get("content-type", "").partition(";")[0]
    return response.status_code == _OK and media_type.strip().lower() == MEDIA_TYPE


def answered(response: httpx.Response) -> Answer:
    """Return a response as an answer; unless it is a stream, its body was read."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    if is_stream(response):
        return Answer(response.status_code, headers, None, stream=response)
    try:
        body = response.json() if response.content else None
    except ValueError:
        # Of a proxy: the status says what there is to say.
        body = None
    return Answer(response.status_code, headers, body)


def lost(error: httpx.TransportError) -> Lost:
    """Return why there is no answer."""
    return Lost(error, unsent=isinstance(error, _UNSENT))
