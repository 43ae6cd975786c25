"""What is missing is named, with the command that installs it."""

from unittest import mock

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from cliquet.engines.loading import load_backend
from cliquet.storage import StorageBase


def load(name, **resolving):
    config = Configurator(settings={"storage_backend": name})
    with mock.patch.object(config, "maybe_dotted", **resolving):
        load_backend(config, "storage", StorageBase, heartbeat=mock.Mock())


def test_the_library_of_an_engine_is_named():
    missing = ModuleNotFoundError("No module named 'redis'", name="redis")

    with pytest.raises(ConfigurationError) as failure:
        load("cliquet.storage.redis", side_effect=missing)

    assert str(failure.value) == (
        "Setting 'storage_backend' needs the 'redis' library: "
        "pip install 'cliquet[redis]'."
    )


def test_an_engine_that_does_not_exist_is_named():
    with pytest.raises(ConfigurationError, match=r"asks for 'cliquet.storage.nosuch'"):
        load("cliquet.storage.nosuch", wraps=Configurator().maybe_dotted)


def test_a_module_that_is_no_backend_is_named():
    with pytest.raises(
        ConfigurationError, match=r"asks for 'cliquet.storage': .*load_"
    ):
        load("cliquet.storage", wraps=Configurator().maybe_dotted)
