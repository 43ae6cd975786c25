"""What the code says, and how long it takes to say it: docstrings, citations, sizes.

By folder, so that `-k cliquet/logs` checks the one that is being worked on. Labels that
code cites are checked by ``tests/docs/test_references.py``.
"""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for path in sorted((ROOT / "cliquet").rglob("*.py"))
    if "templates" not in path.parts
]
FOLDERS = sorted({str(path.parent.relative_to(ROOT)) for path in SOURCES})

#: First words that are no imperative of the ecosystem: it says Return.
ODD_WORDS = re.compile(r"(?:Tell|Answer|Give|Find out)\b")
#: Documents that the repository does not have, and sections of nothing.
OUTSIDE = re.compile(r"\b(?:rulings|protocol|backends|python-api|architecture) §|§ ?\d")

MOST_LINES = {"function": 50, "class": 200, "module": 300}

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def read(folder):
    """Yield the path, the text and the tree of each module of a folder."""
    for path in SOURCES:
        if str(path.parent.relative_to(ROOT)) == folder:
            text = path.read_text()
            yield path.relative_to(ROOT), text, ast.parse(text)


def docstrings(tree):
    """Yield the line and the text of each docstring."""
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED):
            text = ast.get_docstring(node)
            if text:
                yield node.body[0].lineno, text


def notes(tree, text):
    """Yield the line and the text of each docstring and comment.

    Strings that document an attribute are docstrings too.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.lineno, str(node.value.value)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def sizes(path, text, tree):
    """Yield the kind, the lines and the name of the module and its definitions."""
    yield "module", len(text.splitlines()), str(path)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and not isinstance(node, ast.Module):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            lines = node.end_lineno - node.lineno + 1
            yield kind, lines, f"{path}:{node.lineno} {node.name}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_begin_with_words_of_the_ecosystem(folder):
    odd = [
        f"{path}:{line} {text.splitlines()[0]}"
        for path, _, tree in read(folder)
        for line, text in docstrings(tree)
        if ODD_WORDS.match(text)
    ]
    assert odd == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_outside_of_the_repository_is_cited(folder):
    cited = [
        f"{path}:{line} {found[0]}"
        for path, text, tree in read(folder)
        for line, note in notes(tree, text)
        if (found := OUTSIDE.search(note))
    ]
    assert cited == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_too_long_to_read(folder):
    found = [each for module in read(folder) for each in sizes(*module)]
    largest = sorted(found, key=lambda each: each[1] / MOST_LINES[each[0]])[-10:]
    table = "\n".join(
        f"{lines:5} of {MOST_LINES[kind]} lines  {kind:8}  {name}"
        for kind, lines, name in reversed(largest)
    )
    assert all(lines <= MOST_LINES[kind] for kind, lines, _ in found), f"\n{table}"


def test_what_is_looked_for_is_found():
    text = '"""Tell it (§2.1)."""\n\nX = 1\n"""As in rulings §3."""\n\n# protocol §4\n'
    tree = ast.parse(text)

    assert [ODD_WORDS.match(each)[0] for _, each in docstrings(tree)] == ["Tell"]
    found = {OUTSIDE.search(each)[0] for _, each in notes(tree, text)}
    assert found == {"§2", "rulings §", "protocol §"}
    assert OUTSIDE.search("Each tells") is None
