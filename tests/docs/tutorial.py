"""Follow the tutorial as a reader does: paste its commands, write its files.

``literalinclude`` with a caption is a file to write; ``console`` is pasted into one
shell, and what is printed there has to be printed, where ``…`` stands for anything.
"""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "tutorial"
PAGES = sorted(DOCS.glob("[0-9]-*.rst"))
BLOCK = re.compile(
    r"^\.\. (code-block:: console|literalinclude:: \S+)\n((?:    .*\n|\n)*)",
    re.MULTILINE,
)
CAPTION = re.compile(r"^    :caption: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class File:
    """A file to write.

    Attributes:
        path: Below the project.
        text: What is in it.
    """

    path: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command to paste.

    Attributes:
        line: The command.
        shown: What it prints; nothing is shown of what prints nothing of interest.
    """

    line: str
    shown: str


def steps_of(page):
    """Yield the files and commands of a page, in order."""
    for block in BLOCK.finditer(page.read_text()):
        directive, _, argument = block[1].partition(":: ")
        if directive == "literalinclude":
            source = (page.parent / argument).read_text()
            yield File(CAPTION.search(block[2])[1], source)
            continue
        for part in re.split(r"^    \$ ", block[2], flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            yield Command(line, re.sub("^    ", "", shown, flags=re.MULTILINE).strip())


def matches(shown, printed):
    """Return whether something was printed that the page shows."""
    try:
        return _normal(json.loads(shown)) == _normal(json.loads(printed))
    except ValueError:
        pass
    parts = map(re.escape, shown.split("…"))
    return bool(re.fullmatch(r"[\s\S]*".join(parts), printed.strip()))


_VARYING = {"last_modified": 0, "added": 0, "since": 0, "capabilities": "…"}


def _normal(value):
    """Return JSON without what is different each time."""
    if isinstance(value, dict):
        return {
            key: _VARYING.get(key, _normal(member)) if key != "id" else _id(member)
            for key, member in value.items()
        }
    if isinstance(value, list):
        members = [_normal(member) for member in value]
        texts = all(isinstance(member, str) for member in members)
        return sorted(members) if texts else members
    return _id(value)


def _id(value):
    if not isinstance(value, str):
        return value
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    return re.sub(f"basicauth:[0-9a-f]{{64}}|{uuid}", _ellipsis, value)


def _ellipsis(found):
    policy, colon, _ = found[0].partition(":")
    return f"{policy}:…" if colon else "…"


class Shell:
    """A shell that commands are pasted into, one after the other."""

    _END = "the-end-of-the-output"

    def __init__(self, directory, environment):
        self._process = subprocess.Popen(
            ["bash"], cwd=directory, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def paste(self, line):
        """Return what a command prints.

        Raises:
            AssertionError: It fails.
        """
        self._process.stdin.write(
            f"{line}\nstatus=$?; echo; echo {self._END} $status\n"
        )
        self._process.stdin.flush()
        printed = []
        for each in self._process.stdout:
            if each.startswith(self._END):
                text = "".join(printed)
                assert each.split()[1] == "0", f"{line}\n{text}"
                return text
            printed.append(each)
        raise AssertionError(f"The shell ended: {line}")

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
