"""The example of the page on nested resources is answered as printed."""

import json
from types import ModuleType

import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from tests.docs.test_permissions import call, normalized
from tests.docs.test_readme import ROOT, code_blocks

PAGE = (ROOT / "docs" / "nesting.rst").read_text()


@pytest.fixture
def app(app_settings, monkeypatch):
    """The application of the page, with the settings beside it."""
    module = ModuleType("projects")
    monkeypatch.setitem(__import__("sys").modules, "projects", module)
    exec(compile(code_blocks(PAGE, "python")[0], "projects", "exec"), vars(module))
    shown = code_blocks(PAGE, "ini")[0].splitlines()
    settings = dict(line.split(" = ") for line in shown)
    named = {"project_name": "projects", "userid_hmac_secret": "of the documentation"}
    config = Configurator(settings={**app_settings, **named, **settings})
    cliquet.initialize(config, "1.0")
    config.scan(module)
    app = TestApp(config.make_wsgi_app())
    yield app
    for kind in ("storage", "permission", "cache"):
        getattr(app.app.registry, kind).flush()


def test_each_call_is_answered_as_printed(app):
    lines = code_blocks(PAGE, "console")[0].splitlines()
    variables = {}

    for command, shown in zip(lines[::2], lines[1::2], strict=True):
        answer = call(app, command, variables)
        assert normalized(answer) == json.loads(shown), command
        if not variables:
            variables["PROJECT"] = answer["data"]["id"]
