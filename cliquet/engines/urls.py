"""URLs of servers: a setting that is missing or wrong is named, with an example."""

from collections.abc import Collection, Mapping
from typing import Any

from pyramid.exceptions import ConfigurationError

from cliquet.dotted import suggest
from cliquet.settings import show_setting


class InvalidURLError(ConfigurationError, ValueError):
    """The URL of a server cannot be used: 3.1 raised the `ValueError` of a library."""


def read_url(settings: Mapping[str, Any], prefix: str, example: str) -> str:
    """Return the URL of a server.

    Args:
        settings: With a setting `<prefix>url`.
        prefix: That of the settings of one kind of backend.
        example: Such a URL, for the message.

    Raises:
        InvalidURLError: It is missing, or no URL.
    """
    url = settings[f"{prefix}url"]
    if not url:
        raise InvalidURLError(
            f"Setting '{prefix}url' is missing: set it to the URL of the database, "
            f"like {example}."
        )
    if "://" not in str(url):
        raise invalid_url(settings, prefix, example)
    return str(url)


def check_scheme(
    settings: Mapping[str, Any],
    prefix: str,
    found: str,
    schemes: Collection[str],
    example: str,
) -> None:
    """Refuse the URL of another kind of server, where the engine is ours.

    Other engines may use our clients for whatever SQLAlchemy knows.

    Args:
        settings: With those of the backend.
        prefix: That of the settings of one kind of backend.
        found: The scheme, without driver.
        schemes: Those of the engine; its module is named like the last one.
        example: A URL, for the message.

    Raises:
        InvalidURLError: It has another scheme.
    """
    *_, engine = schemes
    kind = prefix.removesuffix("_")
    is_ours = settings.get(f"{kind}_backend") == f"cliquet.{kind}.{engine}"
    if is_ours and found not in schemes:
        raise invalid_url(settings, prefix, example, suggest(found, schemes))


def invalid_url(
    settings: Mapping[str, Any], prefix: str, example: str, hint: str = ""
) -> InvalidURLError:
    """Return the error of a URL that cannot be used, without its secrets."""
    name = f"{prefix}url"
    shown = show_setting(name, settings[name])
    if "://" not in shown and "@" in shown:
        # It may be a password that hides where no scheme tells.
        shown = "…"
    return InvalidURLError(
        f"Invalid value {shown!r} for setting {name!r}: a URL like {example} is "
        f"expected.{hint}"
    )
