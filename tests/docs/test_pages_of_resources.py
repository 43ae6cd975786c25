"""Examples of pages on resources are answered as printed."""

import json

import pytest

from tests.docs.test_permissions import call, normalized
from tests.docs.test_readme import ROOT, code_blocks

#: Pages, and what the id of the first record is called on them.
PAGES = {"nesting": "PROJECT", "fields": "ORDER", "singletons": "ID"}


@pytest.fixture(params=PAGES)
def page(request):
    return request.param


@pytest.fixture
def text(page):
    return (ROOT / "docs" / f"{page}.rst").read_text()


@pytest.fixture
def app(text, serve):
    """The application of the page, with the settings beside it."""
    return serve(code_blocks(text, "python"), code_blocks(text, "ini"))


def test_each_call_is_answered_as_printed(app, page, text):
    lines = code_blocks(text, "console")[0].splitlines()
    variables = {}

    for command, shown in zip(lines[::2], lines[1::2], strict=True):
        answer = call(app, command, variables)
        assert normalized(answer) == normalized(json.loads(shown)), command
        if not variables:
            variables[PAGES[page]] = answer["data"]["id"]
