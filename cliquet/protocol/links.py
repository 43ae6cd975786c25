"""Links in headers (RFC 8288): to the next page, and to pages about the service."""

import re
from urllib.parse import quote

from cliquet.headers import append, joined
from cliquet.types import Response, Settings

_SAFE = ":/?#[]@!$&'()*+,;=%~"
_IS_SAFE = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'()*+,;=%~._-]*").fullmatch


def add_link(response: Response, target: str, relation: str) -> None:
    """Add a link to those that a response has.

    Args:
        response: The response, also one whose headers are a plain mapping.
        target: URL, which settings may give: what cannot stand in a header is quoted.
        relation: Registered name of what the link leads to.
    """
    append(response.headers, "Link", _write(target, relation))


def _write(target: str, relation: str) -> str:
    url = str(target)
    if not _IS_SAFE(url):
        url = quote(url, safe=_SAFE)
    return f'<{url}>; rel="{relation}"'


def set_next_page(response: Response, url: str) -> None:
    """Write where a list goes on: in the protocol's header, and as a link.

    What an attempt that started again had told is replaced.
    """
    headers = response.headers
    before, present = headers.get("Next-Page"), joined(headers, "Link")
    headers["Next-Page"] = url
    if before is not None and (link := _write(before, "next")) in present:
        headers["Link"] = present.replace(link, _write(url, "next"))
    else:
        add_link(response, url, "next")


def add_documentation(
    response: Response,
    settings: Settings,
    description: str | None = None,
    page: str | None = None,
) -> None:
    """Link the hello view to what describes the service, if it is known (RFC 8631).

    Args:
        response: That of the hello view.
        settings: Of the application.
        description: URL of the description for programs, if there is one.
        page: URL of the page that shows it.
    """
    targets = (
        ("service-doc", settings.get("project_docs")),
        ("service-doc", page),
        ("service-desc", description),
    )
    for relation, target in targets:
        if target:
            add_link(response, target, relation)
