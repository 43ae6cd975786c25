"""What modules say that they export exists, sorted."""

import importlib
import pkgutil

import pytest

import cliquet

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(cliquet.__path__, "cliquet.")
    if not module.name.startswith("cliquet.tests.")
)


@pytest.mark.parametrize("name", MODULES)
def test_exported_names_exist(name):
    module = importlib.import_module(name)

    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for(name):
    assert importlib.import_module(name).__doc__
