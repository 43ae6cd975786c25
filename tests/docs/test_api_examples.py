"""The examples of the API reference do what is shown below them.

An example begins with Python, the module of an application; settings and sessions that
follow are its own.
"""

from pathlib import Path

import pytest

from tests.docs.examples import blocks_of

DOCS = Path(__file__).parents[2] / "docs" / "api"
PAGES = sorted(DOCS.glob("*.rst"))


def examples():
    for page in PAGES:
        example = None
        for block in blocks_of(page):
            if block.language == "python" or example is None:
                example = []
                yield pytest.param(example, id=f"{page.stem}:{block.line}")
            example.append(block)


@pytest.mark.parametrize("example", list(examples()))
def test_examples_do_what_is_shown(example, run_example):
    run_example(example)


def test_every_page_of_hooks_has_examples():
    assert {page.stem for page in PAGES if any(blocks_of(page))} >= {
        "resources", "models", "schemas", "events", "errors", "storage", "permissions",
        "authentication",
    }  # fmt: skip
