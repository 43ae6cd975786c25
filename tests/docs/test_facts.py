"""Facts that pages repeat from the code are those of the code."""

import gzip
import re
import shlex
from pathlib import Path

import pytest

from cliquet import bounds
from cliquet.bounds import MAX_DEPTH
from cliquet.errors import ERRORS
from cliquet.scripts.cliquet import _parser
from cliquet.settings import SETTINGS
from cliquet.storage.postgresql import Storage
from cliquet.storage.query import Rank
from tests.docs.test_readme import code_blocks

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    str(path.relative_to(DOCS)): path.read_text()
    for path in sorted(DOCS.rglob("*.rst"))
    if "_build" not in path.parts
}


def test_every_errno_is_listed():
    listed = re.findall(
        r"\.\. _errno-(\d+):\n\n +(\d+)\n", PAGES["specification/registries.rst"]
    )
    numbers = sorted(str(error.value) for error in ERRORS)

    assert listed == [(number, number) for number in numbers]


@pytest.mark.parametrize("page", ["rules.rst", "specification/lists.rst"])
def test_the_order_of_types_is_told(page):
    text = re.search(
        r"(?:is|Ascending): (missing, .*objects|null, .*missing)", PAGES[page]
    )
    words = [word.split()[0].rstrip("s") for word in text[1].split(", ")]
    ranked = [rank.name.lower() for rank in sorted(Rank)]

    assert [word for word in words if word in ranked] == ranked


def test_bounds_and_versions_are_those_of_the_code():
    assert f"deeper than {MAX_DEPTH} levels" in PAGES["specification/requests.rst"]
    assert f"deeper than {MAX_DEPTH} levels" in PAGES["rules.rst"]
    assert f"present one, {Storage.schema_version};" in PAGES["backends.rst"]
    assert f"schema of version {Storage.schema_version}" in PAGES["migrating.rst"]


def _readable(number):
    for unit, name in ((2**20, " MiB"), (2**10, " KiB")):
        if number % unit == 0:
            return f"{number // unit}{name}"
    return f"{number:,}"


def test_all_bounds_of_requests_are_told():
    section = PAGES["specification/requests.rst"].partition(".. _protocol-bounds:")[2]
    told = section.partition("\n.. _")[0]
    numbers = {
        name: _readable(value)
        for name, value in vars(bounds).items()
        if name.startswith("MAX_") and name not in ("MAX_DESCRIPTION", "MAX_NAME")
    }

    missing = [
        name
        for name, number in numbers.items()
        if not re.search(rf"(?<![\d,]){number}\b", told)
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_settings_that_are_named_exist(page):
    named = re.findall(r"\b[Ss]ettings? ``([a-z_.]+)``", PAGES[page])

    assert [name for name in named if name not in SETTINGS] == []


def commands():
    for page, text in PAGES.items():
        for block in code_blocks(text, "console"):
            for line in block.splitlines():
                if line.startswith("$ cliquet "):
                    yield pytest.param(shlex.split(line)[2:], id=f"{page}: {line}")


@pytest.mark.parametrize("arguments", list(commands()))
def test_commands_are_understood(arguments):
    assert _parser().parse_args(arguments)


@pytest.mark.parametrize(
    "page", ["docs/client-javascript.rst", "clients/javascript/README.md"]
)
def test_the_size_of_the_javascript_client_is_told(page):
    root = DOCS.parent
    modules = sorted((root / "clients" / "javascript" / "src").rglob("*.js"))
    content = b"".join(module.read_bytes() for module in modules)
    text = (root / page).read_text()
    told = re.search(r"loads are (\d+) kB, or (\d+) kB compressed", text)
    sizes = len(content) / 1000, len(gzip.compress(content)) / 1000

    assert [int(each) for each in told.groups()] == pytest.approx(sizes, abs=1)
