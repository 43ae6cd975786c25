"""Which form and headers have all responses? (protocol §3)"""

from typing import Any

from pyramid.settings import aslist

from cliquet import serialization

_OF_PYRAMID = "text/html; charset=UTF-8"
_JSON = "application/json; charset=UTF-8"


def setup_json_serializer(config: Any) -> None:
    """Render JSON with the project's serializer and its content type."""
    config.add_renderer("json", lambda info: render_json)


def render_json(value: Any, system: dict[str, Any]) -> str:
    """Render a view's value; the response says that it is JSON in UTF-8."""
    request = system.get("request")
    if request is not None:
        response = request.response
        if response.headers.get("Content-Type") == _OF_PYRAMID:
            response.headers["Content-Type"] = _JSON
        elif response.content_type == response.default_content_type:
            response.content_type = "application/json"
            response.charset = "UTF-8"
    return serialization.json_serializer(value)


def setup_vary_headers(config: Any) -> None:
    """Set the `Vary` header of every response (setting `vary`)."""
    vary = ", ".join(aslist(config.get_settings().get("vary", "Authorization")))

    def set_vary(request: Any, response: Any) -> None:
        response.headers["Vary"] = vary

    if vary:
        config.add_subscriber(
            lambda event: event.request.add_response_callback(set_vary),
            "pyramid.events.NewRequest",
        )


def setup_backoff(config: Any) -> None:
    """Ask clients to wait, on every response (setting `backoff`, read live)."""

    def set_backoff(event: Any) -> None:
        backoff = config.registry.settings.get("backoff")
        if backoff is not None:
            event.response.headers["Backoff"] = str(backoff)

    config.add_subscriber(set_backoff, "pyramid.events.NewResponse")
