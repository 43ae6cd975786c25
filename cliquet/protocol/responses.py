"""What all responses have: JSON, `Vary`, `Backoff`."""

from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPException

from cliquet import serialization
from cliquet.errors import http_error
from cliquet.framework.completion import add_response_step
from cliquet.headers import add_vary, header_names
from cliquet.types import Request, Response

_OF_PYRAMID = ("Content-Type", "text/html; charset=UTF-8")
_JSON = ("Content-Type", "application/json; charset=UTF-8")


# --- JSON ------------------------------------------------------------------------


def setup_json_serializer(config: Configurator) -> None:
    """Render JSON with the project's serializer and its content type."""
    config.add_renderer("json", lambda info: render_json)


def render_json(value: Any, system: dict[str, Any]) -> str | bytes:
    """Render a view's value; the response says that it is JSON in UTF-8.

    Returns:
        Bytes for the response of a view, else text: of text, WebOb would look up the
        encoding.
    """
    request = system.get("request")
    if request is not None:
        response = request.response
        headers = response.headerlist
        if headers and headers[0] == _OF_PYRAMID:
            # Nobody changed it: it need not be searched.
            headers[0] = _JSON
        elif response.content_type == response.default_content_type:
            response.content_type = "application/json"
            response.charset = "UTF-8"
    text = serialization.json_serializer(value)
    return text if system.get("view") is None else text.encode()


# --- Without a body --------------------------------------------------------------


def set_missing_body(request: Request, response: Response) -> None:
    """Add a body to HTTP exceptions that have none, the same whatever `Accept` is.

    Pyramid would choose among HTML, text and JSON of its own.
    """
    if not isinstance(response, HTTPException):
        return
    if response.has_body or response.empty_body:
        return
    if response.status_code >= 400:
        http_error(response, message=response.detail or None)
    elif response.status_code >= 300:
        response.prepare({"HTTP_ACCEPT": "text/plain"})
    else:
        add_vary(response.headers, "Accept")


# --- Headers ---------------------------------------------------------------------


def setup_vary_headers(config: Configurator) -> None:
    """Add to the `Vary` of all responses but those that are public (setting `vary`)."""
    names = header_names(config.get_settings().get("vary", "Authorization"))

    def set_vary(request: Request, response: Response) -> None:
        if not getattr(request.current_service, "is_public", False):
            add_vary(response.headers, *names)

    if names:
        add_response_step(config.registry, set_vary)


def setup_backoff(config: Configurator) -> None:
    """Ask clients to wait, on every response (setting `backoff`, read live)."""
    registry = config.registry

    def set_backoff(request: Request, response: Response) -> None:
        backoff = registry.settings.get("backoff")
        if backoff is not None:
            response.headers["Backoff"] = str(backoff)

    add_response_step(config.registry, set_backoff)
