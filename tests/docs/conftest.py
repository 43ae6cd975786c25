"""What the tests of pages share."""

import sys
from importlib import import_module, invalidate_caches
from pathlib import Path
from secrets import token_hex

import pytest

from tests.docs.examples import Example


@pytest.fixture
def modules_of_pages(tmp_path, monkeypatch):
    """Import modules of a folder, and forget them afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


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
