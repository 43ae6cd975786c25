"""What is referred to exists: labels that code cites, pages, paths, and tools."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cliquet.errors import ERRORS
from cliquet.protocol import DOCUMENTATION
from cliquet.protocol.announcements import ANNOUNCED
from cliquet.protocol.problems import describe_problem
from docs.clauses import read_clauses

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.rst") if "_build" not in path.parts)
TEXTS = {path: path.read_text() for path in PAGES}
SOURCES = [
    path
    for pattern in ("*.py", "*.sql", "*.lua")
    for path in sorted((ROOT / "cliquet").rglob(pattern))
]

LABEL = re.compile(r"^\.\. _([a-z0-9-]+):$", re.MULTILINE)
#: The form in which code cites a section: `docs: label`, several after commas.
CITATION = re.compile(
    r"\bdocs: ((?:[a-z0-9]+(?:-[a-z0-9]+)+)(?:, [a-z0-9]+(?:-[a-z0-9]+)+)*)"
)
#: What was cited before, and is in no repository.
OUTSIDE = re.compile(r"\b(?:rulings|protocol|backends|python-api|architecture) §")
TOCTREE = re.compile(r"\.\. toctree::\n((?:    .*\n|\n)+)")


def labels():
    written = [label for text in TEXTS.values() for label in LABEL.findall(text)]
    return written + [clause.anchor for clause in read_clauses()]


def test_labels_are_given_once():
    found = labels()

    assert found
    assert sorted(set(found)) == sorted(found)


def cited(text):
    """Return the labels that a text cites; a citation may go over the end of a line."""
    flat = re.sub(r"\s*\n\s*(?:#|--)?:?\s*", " ", text)
    return [label for each in CITATION.findall(flat) for label in each.split(", ")]


def test_citations_are_found_wherever_they_stand():
    text = '''
    """Write a record (docs: rules-atomic-writes, rules-timestamps)."""
    # It is as clients saw it, docs:
    # protocol-put.
    '''

    assert cited(text) == ["rules-atomic-writes", "rules-timestamps", "protocol-put"]


def test_labels_that_code_cites_exist():
    known = set(labels())

    missing = {
        f"{path.relative_to(ROOT)}: {label}"
        for path in SOURCES
        for label in cited(path.read_text())
        if label not in known
    }
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_pages_refer_to_labels_that_exist(page):
    referred = re.findall(r":ref:`(?:[^`<]*<)?([a-z0-9-]+)>?`", TEXTS[page])

    assert set(referred) <= set(labels())


def test_every_page_is_in_a_table_of_contents():
    listed = {"index"}
    for page, text in TEXTS.items():
        for block in TOCTREE.findall(text):
            # A page is named alone, or after its title: `Recipes <howto/index>`.
            entries = [
                line.strip().rpartition("<")[2].removesuffix(">")
                for line in block.splitlines()
            ]
            folder = page.parent.relative_to(DOCS)
            listed |= {
                str(folder / entry)
                for entry in entries
                if entry and not entry.startswith(":")
            }

    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in PAGES}
    assert pages == listed


def test_pages_and_tests_cite_nothing_outside_of_the_repository():
    """Of the package, its sources: ``tests/architecture/test_words.py``."""
    files = [
        path
        for folder in ("tests", "benchmarks", "config")
        for path in sorted((ROOT / folder).rglob("*.py"))
        # They write such citations, to see that they are found.
        if path.name not in ("test_references.py", "test_words.py")
    ]
    texts = {**TEXTS, **{path: path.read_text() for path in files}}

    assert len(texts) > len(TEXTS)
    assert [str(path) for path, text in texts.items() if OUTSIDE.search(text)] == []


#: Words like ``cliquet/storage/query.py`` or ``tests/contract/``.
PATH = re.compile(r"``((?:cliquet|tests|docs|config|benchmarks|\.ci)/[\w./-]*)``")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_paths_that_pages_name_exist(page):
    # Made by `make docs`, and by `cliquet init` in its own directory.
    elsewhere = {"docs/_build/html", "tests/test_service.py"}
    named = set(PATH.findall(TEXTS[page])) - elsewhere

    missing = [path for path in sorted(named) if not (ROOT / path).exists()]
    assert missing == []


def targets_of_make(text):
    return set(re.findall(r"``make ([a-z-]+)", text)) | set(
        re.findall(r"\$ make ([a-z-]+)", text)
    )


def test_targets_of_make_exist():
    makefile = (ROOT / "Makefile").read_text()
    # `cliquet init` makes projects that have others: tests/scripts/test_init.py, and
    # test_tutorial.py.
    projects = {DOCS / "project.rst", *(DOCS / "tutorial").iterdir()}
    ours = [text for page, text in TEXTS.items() if page not in projects]
    named = set().union(*map(targets_of_make, ours))

    assert {"tests", "lint", "types", "docs"} <= named
    assert [each for each in named if f"\n{each}:" not in makefile] == []


def test_options_of_the_tests_exist():
    text = (DOCS / "CONTRIBUTING.rst").read_text()
    named = set(re.findall(r"ARGS=.*?(--[a-z-]+)", text))
    named |= set(re.findall(r"^``(--[a-z-]+)", text, re.MULTILINE))
    command = [sys.executable, "-m", "pytest", "--help", "-p", "no:cacheprovider"]
    known = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout

    own = {"--backends", "--app-backend", "--programs", "--ops", "--fuzz-examples"}
    assert own <= named
    assert [each for each in sorted(named) if each not in known] == []


# --- Where responses lead to -------------------------------------------------------


def anchors(text):
    """Return the fragments that lead into a page: its labels, and its titles."""
    titles = re.findall(r"^(.+)\n[=-]{3,}$", text, re.MULTILINE)
    slugs = {re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") for title in titles}
    clauses = re.findall(r"\.\. clause:: (\S+)", text)
    return {
        *slugs,
        *re.findall(r"\.\. _([a-z0-9-]+):", text),
        *(f"clause-{clause.lower()}" for clause in clauses),
    }


TYPES = {
    describe_problem({"errno": each.value, "error": ""}, 400)["type"] for each in ERRORS
}
PAGES_ANNOUNCED = {page for _, _, page in ANNOUNCED.values()}


@pytest.mark.parametrize("url", sorted(PAGES_ANNOUNCED | TYPES - {"about:blank"}))
def test_pages_that_responses_lead_to_exist(url):
    path, _, fragment = url.removeprefix(DOCUMENTATION).partition("#")
    page = DOCS / path.replace(".html", ".rst")

    assert page in TEXTS
    assert not fragment or fragment in anchors(TEXTS[page])


# --- The map -----------------------------------------------------------------------

MAP = DOCS / "architecture.rst"


def lines_of_the_tree():
    """Return the paths in the tree of the map, from its indentation."""
    text = MAP.read_text()
    block = re.search(
        r"\.\. code-block:: text\n    :name: tree\n\n((?:    .*\n|\n)+)", text
    )
    folders = []
    for line in block[1].splitlines():
        if not line.strip():
            continue
        indent = (len(line) - len(line.lstrip())) // 4 - 1
        for name in line.strip().split("  ")[0].split():
            if not re.fullmatch(r"[\w./]+", name):
                break
            folders = folders[:indent]
            yield "/".join([*folders, name.rstrip("/")])
            if name.endswith("/"):
                folders.append(name.rstrip("/"))


def test_the_tree_of_the_map_exists():
    named = list(lines_of_the_tree())

    assert len(named) > 80
    missing = [path for path in named if not (ROOT / path).exists()]
    assert missing == []


def test_the_tree_of_the_map_is_whole():
    named = set(lines_of_the_tree())
    present = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "cliquet").rglob("*.py")
        if path.stat().st_size and "templates" not in path.parts
    }
    inits = {path for path in present if path.endswith("/__init__.py")}

    missing = present - named - inits
    assert sorted(missing) == []


def test_the_arrows_of_the_map_are_those_that_are_checked():
    section = MAP.read_text().partition("\nThe arrows\n")[2]
    block = re.search(r"\.\. code-block:: text\n\n((?:    .*\n)+)", section)
    lines = [line.strip().split("   ")[0] for line in block[1].splitlines()]
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    layers = tools["importlinter"]["contracts"][0]["layers"]

    drawn = [set(line.split()) for line in lines]
    assert drawn == [set(re.findall(r"\w+", layer)) for layer in layers]


def test_every_folder_of_tests_is_described():
    described = set(re.findall(r"^``tests/(\w+)/``$", MAP.read_text(), re.MULTILINE))
    present = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}

    assert described == {path.relative_to(ROOT / "tests").parts[0] for path in present}


FUNCTION = re.compile(r"``(cliquet/[\w./]+\.py)`` → ``([\w.]+)``")


def test_functions_that_the_flows_name_exist():
    steps = FUNCTION.findall(MAP.read_text())

    assert len(steps) > 30
    missing = [
        f"{path}: {name}"
        for path, name in steps
        if not re.search(
            rf"^\s*(?:def|class) {name.rpartition('.')[2]}\b",
            (ROOT / path).read_text(),
            re.MULTILINE,
        )
    ]
    assert missing == []
