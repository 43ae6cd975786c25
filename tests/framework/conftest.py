"""A small application, in memory."""

import pytest
from pyramid.config import Configurator

import cliquet


@pytest.fixture
def config():
    settings = {"project_name": "small", "userid_hmac_secret": "x"}
    for kind in ("storage", "cache", "permission"):
        settings[f"{kind}_backend"] = f"cliquet.{kind}.memory"
    config = Configurator(settings=settings)
    cliquet.initialize(config, "1.0")
    config.scan("cliquet.tests.testapp.views")
    return config
