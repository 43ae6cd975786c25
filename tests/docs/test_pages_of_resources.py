"""Examples of pages on resources are answered as printed."""

import json
from types import ModuleType

import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
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
def app(text, app_settings, monkeypatch):
    """The application of the page, with the settings beside it."""
    module = ModuleType("projects")
    monkeypatch.setitem(__import__("sys").modules, "projects", module)
    source = "\n".join(code_blocks(text, "python"))
    exec(compile(source, "projects", "exec"), vars(module))
    shown = "\n".join(code_blocks(text, "ini")).splitlines()
    settings = dict(line.split(" = ") for line in shown)
    named = {"project_name": "projects", "userid_hmac_secret": "of the documentation"}
    config = Configurator(settings={**app_settings, **named, **settings})
    cliquet.initialize(config, "1.0")
    config.scan(module)
    app = TestApp(config.make_wsgi_app())
    yield app
    for kind in ("storage", "permission", "cache"):
        getattr(app.app.registry, kind).flush()


def test_each_call_is_answered_as_printed(app, page, text):
    lines = code_blocks(text, "console")[0].splitlines()
    variables = {}

    for command, shown in zip(lines[::2], lines[1::2], strict=True):
        answer = call(app, command, variables)
        assert normalized(answer) == normalized(json.loads(shown)), command
        if not variables:
            variables[PAGES[page]] = answer["data"]["id"]
