"""Fields of headers that are lists, to which several parties add."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from webob.headers import ResponseHeaders

from cliquet.text import aslist
from cliquet.types import Response

__all__ = ["add_vary"]

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
"""Names of headers and methods: RFC 9110, 5.6.2."""


def header_names(value: Any) -> list[str]:
    """Return the names of headers in a setting: listed, or in a text."""
    return " ".join(map(str, aslist(value))).replace(",", " ").split()


def joined(headers: Any, name: str) -> str:
    """Return the value of a field, of all its lines if it has several (RFC 9110, 5.3).

    Args:
        headers: Those of WebOb, or a plain mapping.
        name: Of the field.
    """
    if hasattr(headers, "getall"):
        return ", ".join(filter(None, headers.getall(name)))
    value: str = headers.get(name, "")
    return value


def append(headers: MutableMapping[str, str], name: str, item: str) -> None:
    """Add an item to a field, on one line: entries of a batch have but one."""
    present = joined(headers, name)
    headers[name] = f"{present}, {item}" if present else item


def set_fields(response: Response, fields: Mapping[str, tuple[str, str]]) -> None:
    """Set fields of a response, all at once: WebOb searches its list for each.

    Args:
        response: The response.
        fields: Names and values, by the names in small letters.
    """
    present = response.headerlist
    present[:] = [field for field in present if field[0].lower() not in fields]
    present.extend(fields.values())


def add_vary(headers: Any, *names: str) -> None:
    """Name request headers among those that a response depends on (12.5.5).

    What it depends on is known by different parts: the setting `vary`, CORS, errors,
    views of applications. Nothing is lost.

    Args:
        headers: Those of WebOb, or a plain mapping.
        *names: Of request headers.
    """
    if type(headers) is ResponseHeaders and "Vary" not in headers:
        # Most responses: the others need not be searched.
        headers.add("Vary", ", ".join(names))
        return
    present = joined(headers, "Vary")
    known = {name.strip().lower() for name in present.split(",")}
    missing = [name for name in names if name.lower() not in known]
    if missing and "*" not in known:
        append(headers, "Vary", ", ".join(missing))
