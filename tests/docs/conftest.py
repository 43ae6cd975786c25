"""What the tests of pages share."""

from importlib import import_module, invalidate_caches
from secrets import token_hex

import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from tests.docs.examples import Example


@pytest.fixture
def modules_of_pages(tmp_path, importable):
    """A folder for the modules of a page."""
    importable(tmp_path)
    return tmp_path


@pytest.fixture
def run_example(modules_of_pages, monkeypatch):
    """Run blocks as one example, and fail for what is not as shown."""
    monkeypatch.chdir(modules_of_pages)

    def run(blocks, services=None):
        told = Example(blocks, modules_of_pages, services).run(monkeypatch)
        if told:
            pytest.fail(told, pytrace=False)

    return run


@pytest.fixture
def serve(load, app_settings):
    """Serve the application of some blocks, on the engine of the HTTP tests."""
    made = []

    def start(python, ini):
        lines = "\n".join(ini).splitlines()
        settings = dict(line.split(" = ") for line in lines if line)
        named = {"project_name": "page", "userid_hmac_secret": "of the documentation"}
        config = Configurator(settings={**app_settings, **named, **settings})
        cliquet.initialize(config, "1.0")
        config.scan(load("\n".join(python)))
        made.append(TestApp(config.make_wsgi_app()))
        return made[-1]

    yield start
    for app in made:
        for kind in ("storage", "permission", "cache"):
            getattr(app.app.registry, kind).flush()


@pytest.fixture
def load(modules_of_pages):
    """Import a text as a module of an application."""

    def write(text):
        # A name of its own: another folder of the path may have a module `service`,
        # and the finder of this one does not see at once what is written into it.
        name = f"service_{token_hex()}"
        (modules_of_pages / f"{name}.py").write_text(text)
        invalidate_caches()
        return import_module(name)

    return write
