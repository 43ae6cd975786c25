"""Has the service come to its end? (protocol §3.6)"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPGone

from cliquet.errors import ERRORS, http_error, send_alert


@lru_cache(maxsize=16)
def parse_date(text: str) -> datetime:
    """Read the date of the end of service; local time unless it has a zone.

    Raises:
        ConfigurationError: naming the setting, when it cannot be read.
    """
    # Few services end: who does not pays nothing for it.
    from dateutil import parser  # noqa: PLC0415

    try:
        return parser.parse(text)
    except (ValueError, OverflowError, TypeError) as error:
        raise ConfigurationError(
            f"Invalid value for setting `eos`: {text!r}. Expected a date."
        ) from error


def is_over(end: datetime) -> bool:
    """Tell whether a date is now or past."""
    return end <= datetime.now(end.tzinfo)


def setup_deprecation(config: Any) -> None:
    """Announce, then enforce, the end of service (setting `eos`)."""
    eos = config.get_settings().get("eos")
    if eos:
        parse_date(str(eos))
    config.add_tween("cliquet.protocol.end_of_life.end_of_life_tween_factory")


def end_of_life_tween_factory(handler: Callable[[Any], Any], registry: Any) -> Any:
    """Answer 410 once the service has ended; announce it before."""

    def tween(request: Any) -> Any:
        eos = registry.settings.get("eos")
        if not eos:
            return handler(request)
        url = registry.settings.get("eos_url")
        message = registry.settings.get("eos_message")
        if is_over(parse_date(str(eos))):
            response = http_error(
                HTTPGone(),
                errno=ERRORS.SERVICE_DEPRECATED,
                message="The service you are trying to connect no longer exists"
                " at this location.",
            )
            code = "hard-eol"
        else:
            response = handler(request)
            code = "soft-eol"
        send_alert(request, message, url=url, code=code)
        response.headers["Alert"] = request.response.headers["Alert"]
        return response

    return tween
