"""`Prefer`, and what it asks for in words of the protocol (RFC 7240)."""

import re
from collections.abc import Iterator
from itertools import groupby

from cliquet.headers import add_vary
from cliquet.types import Request

_PART = re.compile(
    r"[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)"  # a token,
    r'|"((?:[^"\\]|\\.)*)"'  # a quoted string,
    r"|([=;,]))"  # or what separates them
)
_ESCAPED = re.compile(r"\\(.)")

_Part = tuple[str, bool]
"""A text, and whether it separates others."""

_BEHAVIORS = {"minimal": "light", "representation": "full"}
"""`return`, as `Response-Behavior`."""


def parse_prefer(text: str) -> dict[str, str]:
    """Return the preferences that a header names, in small letters.

    The first of a name counts, parameters do not, nor what is no preference or follows
    one that cannot be read: all of it may be ignored (RFC 7240, 2).
    """
    found: dict[str, str] = {}
    for element in _split(list(_read_parts(text)), ","):
        match next(_split(element, ";"), []):
            case [(name, False)]:
                found.setdefault(name.lower(), "")
            case [(name, False), ("=", True), (value, False)]:
                found.setdefault(name.lower(), value.lower())
    return found


def _read_parts(text: str) -> Iterator[_Part]:
    """Yield the parts of a header, up to the first that is none."""
    position = 0
    while (part := _PART.match(text, position)) is not None:
        position = part.end()
        token, quoted, separator = part.groups()
        if separator is not None:
            yield separator, True
        elif token is not None:
            yield token, False
        else:
            yield _ESCAPED.sub(r"\1", quoted), False


def _split(parts: list[_Part], separator: str) -> Iterator[list[_Part]]:
    """Yield what is between separators, and is not empty."""
    for is_separator, group in groupby(parts, key=(separator, True).__eq__):
        if not is_separator:
            yield list(group)


def choose_behavior(request: Request) -> str | None:
    """Return the `Response-Behavior` of a request, or what its `Prefer` says likewise.

    `return=minimal` is `light`, `return=representation` is `full`; a header
    `Response-Behavior` wins. The response tells what was applied, and on which header
    it depends (RFC 7240, 3).
    """
    sent = request.headers
    given: str | None = sent.get("Response-Behavior")
    wanted = parse_prefer(sent["Prefer"]).get("return", "") if "Prefer" in sent else ""
    preferred = _BEHAVIORS.get(wanted)
    chosen = preferred if given is None else given
    headers = request.response.headers
    add_vary(headers, "Prefer")
    if chosen is not None and chosen.lower() == preferred:
        headers["Preference-Applied"] = f"return={wanted}"
    return chosen
