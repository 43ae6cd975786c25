"""Conversations of the specification, read from its pages without Sphinx.

The directive ``exchange`` holds a request and its response as they are on the wire.
Stories begin with ``:fresh:``: an application that holds nothing. Its settings are
those of ``:settings:``, one a line. ``:absent:`` names headers that the response lacks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from docs.clauses import block_below, split_options

DIRECTIVE = ".. exchange::"
_STATUS = "HTTP/1.1 "


@dataclass(frozen=True)
class Message:
    """A request or a response.

    Attributes:
        start: Its first line.
        headers: Those that are shown; names may be repeated.
        body: Its text, maybe empty.
    """

    start: str
    headers: list[tuple[str, str]]
    body: str


@dataclass(frozen=True)
class Exchange:
    """A request, its response, and the headers that the response lacks."""

    request: Message
    response: Message
    absent: list[str]


@dataclass
class Story:
    """Exchanges that follow one another, and what the server is configured to."""

    title: str
    settings: dict[str, str]
    exchanges: list[Exchange] = field(default_factory=list)


def read_stories(text: str) -> list[Story]:
    """Return the stories of a page."""
    stories: list[Story] = []
    for title, options, content in _directives(text):
        if "fresh" in options:
            stories.append(Story(title, _read_settings(options.get("settings", ""))))
        request, response = map(read_message, split_exchange(content))
        absent = options.get("absent", "").split()
        stories[-1].exchanges.append(Exchange(request, response, absent))
    return stories


def _directives(text: str) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """Yield the title of the section, the options and the content of each."""
    lines = text.splitlines()
    title = ""
    for index, line in enumerate(lines):
        if line.startswith(("---", "===")):
            title = lines[index - 1]
        elif line == DIRECTIVE:
            options, content = split_options(list(block_below(lines[index + 1 :])))
            yield title, options, content


def split_exchange(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines of the request, and those of the response."""
    starts = [index for index, line in enumerate(lines) if line.startswith(_STATUS)]
    return _strip(lines[: starts[0]]), _strip(lines[starts[0] :])


def read_message(lines: list[str]) -> Message:
    """Read a request or a response."""
    end = lines.index("") if "" in lines else len(lines)
    headers = [
        (name, value.strip())
        for name, _, value in (line.partition(":") for line in lines[1:end])
    ]
    return Message(lines[0], headers, "\n".join(lines[end + 1 :]))


def _read_settings(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _strip(lines: list[str]) -> list[str]:
    return "\n".join(lines).strip("\n").splitlines()
