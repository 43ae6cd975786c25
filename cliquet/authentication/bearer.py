"""Bearer tokens in requests, and the challenge where one is missing (RFC 6750)."""

import re

from cliquet.bounds import MAX_PRINCIPAL
from cliquet.types import Request

_BEARER = re.compile(r"(?i:bearer) +(?P<token>[A-Za-z0-9._~+/-]+=*) *")

#: What the names of users and groups must not look like: principals of another meaning.
_RESERVED = ("system.", "group:")


def bearer_token(request: Request) -> str | None:
    """Return the token of a request; empty if it cannot be read, None if none is sent.

    The scheme is compared without regard to case (RFC 9110, 11.1).
    """
    sent: str | None = request.environ.get("HTTP_AUTHORIZATION")
    if sent is None or sent[:7].lower() not in ("bearer", "bearer "):
        return None
    found = _BEARER.fullmatch(sent)
    return found["token"] if found else ""


def challenge(realm: str, refused: str | None = None) -> list[tuple[str, str]]:
    """Return the header that asks for a token.

    Args:
        realm: What is protected.
        refused: Why the one that was sent does not count; without one no error is told
            (RFC 6750, 3).
    """
    value = f'Bearer realm="{realm}"'
    if refused is not None:
        value += f', error="invalid_token", error_description="{refused}"'
    return [("WWW-Authenticate", value)]


def is_name(value: object) -> bool:
    """Return whether a value can be the name of a user or group in a principal.

    Engines do not keep every character, and index no longer ones.
    """
    return (
        isinstance(value, str)
        and bool(value)
        and value.isprintable()
        and len(value.encode()) <= MAX_PRINCIPAL // 2
        and not value.startswith(_RESERVED)
    )
