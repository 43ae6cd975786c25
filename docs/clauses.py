"""The clauses of the specification, read from its pages without Sphinx.

The pages are the only list of clauses that there is: this module reads them for the
tables of the documentation, and for whoever proves that a server keeps them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SPECIFICATION = Path(__file__).parent / "specification"

#: What a server may be asked to keep, from the least to the most.
LEVELS = ("mandatory", "repaired", "http", "strict")

IDENTIFIER = re.compile(r"([A-Z]+)-([1-9][0-9]*)")
_DIRECTIVE = re.compile(r"^\.\. clause:: *(\S.*?) *$")
_PAGE = re.compile(r"^ +([a-z][a-z-]*)$", re.MULTILINE)
_OPTION = re.compile(r"^:([a-z]+):(?: +(.*))?$")


@dataclass(frozen=True)
class Clause:
    """One clause, as its page has it.

    Attributes:
        identifier: Such as ``PRE-4``; it never changes its meaning.
        level: One of `LEVELS`.
        inside: Nobody can see it from outside of the server.
        text: What must hold, in one line of reStructuredText.
        before: What 3.1.5 did; of repaired clauses.
        why: Why that was a fault; of repaired clauses.
        source: Documents that ask for it, such as ``rfc9110#section-13.1.2``.
        page: The name of its page.
    """

    identifier: str
    level: str
    inside: bool
    text: str
    before: str
    why: str
    source: str
    page: str

    @property
    def chapter(self) -> str:
        """Return the code of its chapter."""
        return self.identifier.partition("-")[0]

    @property
    def number(self) -> int:
        """Return its number within the chapter."""
        return int(self.identifier.partition("-")[2])

    @property
    def anchor(self) -> str:
        """Return the name that links end with."""
        return anchor_of(self.identifier)


def anchor_of(identifier: str) -> str:
    """Return the name of the place of a clause in its page, and its label."""
    return f"clause-{identifier.lower()}"


def read_clauses(folder: Path = SPECIFICATION) -> list[Clause]:
    """Return the clauses of all pages, in the order in which they are to be read."""
    index = (folder / "index.rst").read_text(encoding="utf-8")
    pages = _PAGE.findall(index.partition(".. toctree::")[2])
    return [
        clause
        for page in pages
        for clause in clauses_of(
            (folder / f"{page}.rst").read_text(encoding="utf-8"), page
        )
    ]


def clauses_of(text: str, page: str) -> Iterator[Clause]:
    """Yield the clauses of a page.

    Raises:
        ValueError: A clause lacks its level, or its text.
    """
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if found := _DIRECTIVE.match(line):
            yield _read(found[1], list(block_below(lines[index + 1 :])), page)


def block_below(lines: list[str]) -> Iterator[str]:
    """Yield the lines that are indented below a directive, without their indent."""
    indent = 0
    for line in lines:
        if not line.strip():
            yield ""
            continue
        indent = indent or len(line) - len(line.lstrip())
        if not indent or not line.startswith(" " * indent):
            return
        yield line[indent:]


def split_options(block: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options of a directive, and the lines of its content."""
    options: dict[str, str] = {}
    name = ""
    for position, line in enumerate(block):
        if found := _OPTION.match(line):
            name = found[1]
            options[name] = found[2] or ""
        elif name and line.startswith(" "):
            options[name] = f"{options[name]}\n{line.strip()}".strip()
        else:
            return options, block[position:]
    return options, []


def _read(identifier: str, block: list[str], page: str) -> Clause:
    options, content = split_options(block)
    text = _join("\n".join(content))
    if not text or options.get("level") not in LEVELS:
        raise ValueError(f"{page}: {identifier} lacks its level or its text")
    return Clause(
        identifier,
        options["level"],
        "inside" in options,
        text,
        _join(options.get("before", "")),
        _join(options.get("why", "")),
        options.get("source", ""),
        page,
    )


def _join(text: str) -> str:
    return " ".join(text.split())
