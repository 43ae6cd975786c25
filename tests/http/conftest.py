"""The sample application, on the engine that `--app-backend` names."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from webtest import TestApp

from cliquet.tests.support import DEFAULT_SETTINGS, get_request_class
from cliquet.tests.testapp import main as testapp

MakeApp = Callable[..., TestApp]

ALICE = {"Authorization": "Basic bWF0OjE=", "Content-Type": "application/json"}
BOB = {"Authorization": "Basic bmF0aW06", "Content-Type": "application/json"}
ALICE_ID = "basicauth:9f2d363f98418b13253d6d7193fc88690302ab0ae21295521f6029dffe9dc3b0"
BOB_ID = "basicauth:89e044f2236e8fd84ad9932909533cea1a29dc45641f4c67303cd52c9351c561"


@pytest.fixture
def make_app(app_settings: dict[str, Any]) -> Iterator[MakeApp]:
    """Build applications; what they stored is gone after the test."""
    made: list[TestApp] = []

    def make(config: Any = None, **settings: Any) -> TestApp:
        values = {
            **DEFAULT_SETTINGS,
            **app_settings,
            "project_name": "myapp",
            "project_version": "0.0.1",
            "project_docs": "https://cliquet.rtfd.org/",
            **settings,
        }
        app = TestApp(testapp(values, config=config))
        app.RequestClass = get_request_class("v0")
        made.append(app)
        return app

    yield make
    for app in made:
        for kind in ("storage", "cache", "permission"):
            backend = getattr(app.app.registry, kind, None)
            if backend is not None:
                backend.flush()


@pytest.fixture
def app(make_app: MakeApp) -> TestApp:
    return make_app()


@pytest.fixture
def alice() -> dict[str, str]:
    return dict(ALICE)


@pytest.fixture
def bob() -> dict[str, str]:
    return dict(BOB)
