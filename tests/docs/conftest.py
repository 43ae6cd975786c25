"""What the tests of pages share."""

import sys
from importlib import import_module
from pathlib import Path

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
        (modules_of_pages / "service.py").write_text(text)
        return import_module("service")

    return write
