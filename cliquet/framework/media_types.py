"""Media types of requests, read as RFC 9110 does: `Accept`, and the type of the body.

WebOb 1.8 matches parameters, where that of 3.1 did not: an `application/json;
charset=utf-8` did not admit what we send. It compares letters with their case, and
takes an empty `Accept` for one that admits nothing.

Relies on `add_request_method`, which replaces attributes of WebOb's requests.
"""

from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request as PyramidRequest
from webob.acceptparse import AcceptValidHeader, create_accept_header

from cliquet.types import Request

JSON = "application/json"
PROBLEM = "application/problem+json"
"""Errors in the form of RFC 9457: who asks for these alone gets successes in JSON."""

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
PATCHES = (MERGE_PATCH, JSON_PATCH)
"""What PATCH of a record takes besides JSON (RFC 7396, RFC 6902)."""

_LEAST = 0.001
"""The lowest quality that admits a type (RFC 9110, 12.4.2)."""


def setup_media_types(config: Configurator) -> None:
    """Replace `request.accept` and `request.content_type`."""
    accept, content_type = PyramidRequest.accept, PyramidRequest.content_type
    config.add_request_method(
        property(_accept, accept.fset, accept.fdel), name="accept", property=True
    )
    config.add_request_method(
        property(_content_type, content_type.fset, content_type.fdel),
        name="content_type",
        property=True,
    )


def _accept(request: Request) -> Any:
    return read_accept(request.environ.get("HTTP_ACCEPT"))


def _content_type(request: Request) -> str:
    sent: str = request.environ.get("CONTENT_TYPE", "")
    # Clients agree on it, or send no body.
    return sent if sent in ("", JSON) else bare_type(sent)


def bare_type(text: str) -> str:
    """Return a media type without its parameters, in small letters (8.3.1)."""
    return text.partition(";")[0].strip().lower()


def read_accept(value: str | None) -> Any:
    """Return an `Accept` header of WebOb, in which only types and `q` count.

    Empty is absent (12.5.1). Who admits `application/problem+json` and says nothing of
    `application/json` admits that as well, after everything else.
    """
    if value is None or not value.strip(" \t,"):
        return create_accept_header(None)
    header = create_accept_header(value)
    if not isinstance(header, AcceptValidHeader):
        return header
    qualities = _qualities(header)
    reduced = _write(qualities)
    if (
        qualities.get(PROBLEM)
        and JSON not in qualities
        and not reduced.acceptable_offers([JSON])
    ):
        reduced = _write({**qualities, JSON: _LEAST})
    return reduced


def prefers_problems(value: str | None) -> bool:
    """Return whether an `Accept` header prefers RFC 9457 to our own form of errors.

    At the same quality it does, but it has to be named: `*/*` is what everybody sends.
    """
    if value is None or PROBLEM not in value.lower():
        return False
    header = create_accept_header(value)
    if not isinstance(header, AcceptValidHeader):
        return False
    qualities = _qualities(header)
    quality = qualities.get(PROBLEM, 0.0)
    others = dict(_write(qualities).acceptable_offers([JSON]))
    return quality > 0 and quality >= others.get(JSON, 0.0)


def _qualities(header: AcceptValidHeader) -> dict[str, float]:
    """Return the quality of each range, the best where parameters made several."""
    qualities: dict[str, float] = {}
    for media_range, quality, _, _ in header.parsed:
        name = bare_type(media_range)
        qualities[name] = max(quality, qualities.get(name, 0.0))
    return qualities


def _write(qualities: dict[str, float]) -> Any:
    ranges = (f"{name};q={quality:.3f}" for name, quality in qualities.items())
    return create_accept_header(", ".join(ranges))
