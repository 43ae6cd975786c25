"""Which form and headers have all responses? (protocol §3)"""

from typing import Any

from pyramid.settings import aslist

from cliquet import serialization

_OF_PYRAMID = ("Content-Type", "text/html; charset=UTF-8")
_JSON = ("Content-Type", "application/json; charset=UTF-8")


def setup_json_serializer(config: Any) -> None:
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
            # As Pyramid made it: nothing has to be searched.
            headers[0] = _JSON
        elif response.content_type == response.default_content_type:
            response.content_type = "application/json"
            response.charset = "UTF-8"
    text = serialization.json_serializer(value)
    return text if system.get("view") is None else text.encode()


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
    registry = config.registry

    def set_backoff(event: Any) -> None:
        backoff = registry.settings.get("backoff")
        if backoff is not None:
            event.response.headers["Backoff"] = str(backoff)

    config.add_subscriber(set_backoff, "pyramid.events.NewResponse")
