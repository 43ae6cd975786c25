"""Requests and responses as texts for reports, without credentials."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpx

#: Letters of a body that a report shows.
_MOST = 4000


@dataclass(frozen=True)
class Exchange:
    """A request and its response, to be read."""

    request: str
    response: str


def write_down(
    request: httpx.Request, response: httpx.Response | None, who: str
) -> Exchange:
    """Return an exchange as text; `who` stands for the credentials."""
    target = request.url.raw_path.decode("latin-1")
    headers = [
        (name, f"(credentials of {who})" if name.lower() == "authorization" else value)
        for name, value in request.headers.items()
    ]
    asked = _message(f"{request.method} {target}", headers, request.read())
    if response is None:
        return Exchange(asked, "(no response)")
    first = f"{response.status_code} {response.reason_phrase}".strip()
    return Exchange(
        asked, _message(first, response.headers.multi_items(), response.content)
    )


def _message(first: str, headers: Iterable[tuple[str, str]], body: bytes) -> str:
    lines = [first, *(f"{_title(name)}: {value}" for name, value in headers)]
    return "\n".join(lines) + (f"\n\n{_pretty(body)}" if body else "")


def _title(name: str) -> str:
    return _NAMES.get(name.lower(), name.title())


_NAMES: Mapping[str, str] = {
    name.lower(): name for name in ("ETag", "WWW-Authenticate", "X-Request-Id")
}


def _pretty(body: bytes) -> str:
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        # Half of a surrogate pair is JSON, and no text.
        text.encode()
    except ValueError:
        text = body.decode("utf-8", "backslashreplace")
    return text if len(text) <= _MOST else f"{text[:_MOST]}\n… ({len(body)} bytes)"
