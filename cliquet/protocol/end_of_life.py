"""The end of a service: announced before, enforced after (setting `eos`)."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPGone

from cliquet.errors import ERRORS, http_error, send_alert
from cliquet.protocol.links import add_link
from cliquet.types import Registry, Request, Response


def setup_deprecation(config: Configurator) -> None:
    """Announce, then enforce, the end of service (setting `eos`, read live).

    Raises:
        ConfigurationError: The setting is no date.
    """
    eos = config.get_settings().get("eos")
    if eos:
        parse_date(str(eos))
    config.add_tween("cliquet.protocol.end_of_life.end_of_life_tween_factory")


@lru_cache(maxsize=16)
def parse_date(text: str) -> datetime:
    """Return the date of the end of service, in local time unless it has a zone.

    Raises:
        ConfigurationError: It cannot be read.
    """
    # Few services end: the others do not import it.
    from dateutil import parser  # noqa: PLC0415

    try:
        return parser.parse(text)
    except (ValueError, OverflowError, TypeError) as error:
        raise ConfigurationError(
            f"Invalid value for setting `eos`: {text!r}. Expected a date."
        ) from error


@lru_cache(maxsize=16)
def write_sunset(end: datetime) -> str:
    """Return the date of the end of service in the format of headers (RFC 8594)."""
    try:
        end = end.astimezone(UTC)
    except (OverflowError, ValueError):
        # Within a day of the last one that has a date: never, in practice.
        end = end.replace(tzinfo=UTC)
    return format_datetime(end, usegmt=True)


def end_of_life_tween_factory(
    handler: Callable[[Request], Response], registry: Registry
) -> Callable[[Request], Response]:
    """Return the tween that responds 410 after the end, and announces it before.

    Endpoints for operators answer until the process stops.
    """

    def tween(request: Request) -> Response:
        settings = registry.settings
        eos = settings.get("eos")
        if not eos:
            return handler(request)
        response: Response
        end = parse_date(str(eos))
        is_over = end <= datetime.now(end.tzinfo)
        if is_over and request.environ["PATH_INFO"] not in registry.operational_paths:
            response = http_error(
                HTTPGone(),
                errno=ERRORS.SERVICE_DEPRECATED,
                message="The service you are trying to connect no longer exists"
                " at this location.",
            )
        else:
            # Balancers would take down those who tell clients of the end.
            response = handler(request)
        message, url = settings.get("eos_message"), settings.get("eos_url")
        code = "hard-eol" if is_over else "soft-eol"
        send_alert(request, message, url=url, code=code)
        response.headers["Alert"] = request.response.headers["Alert"]
        response.headers["Sunset"] = write_sunset(end)
        if url:
            add_link(response, str(url), "sunset")
        return response

    return tween
