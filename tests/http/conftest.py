"""The sample application, on the engine that `--app-backend` names."""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from webtest import TestApp

from cliquet.tests import testapp as sample
from cliquet.tests.support import DEFAULT_SETTINGS, get_request_class

MakeApp = Callable[..., TestApp]

#: Files of tests that are run below a mount point as well.
MOUNTED = (
    "test_batch", "test_events", "test_headers", "test_hello", "test_links",
    "test_permissions", "test_records", "test_urls",
)  # fmt: skip

ALICE = {"Authorization": "Basic bWF0OjE=", "Content-Type": "application/json"}
BOB = {"Authorization": "Basic bmF0aW06", "Content-Type": "application/json"}
ALICE_ID = "basicauth:9f2d363f98418b13253d6d7193fc88690302ab0ae21295521f6029dffe9dc3b0"
BOB_ID = "basicauth:89e044f2236e8fd84ad9932909533cea1a29dc45641f4c67303cd52c9351c561"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the chapters of `MOUNTED` below a path, too."""
    chapter = metafunc.module.__name__.rpartition(".")[2]
    if chapter in MOUNTED and "mount" in metafunc.fixturenames:
        metafunc.parametrize("mount", ["", "/api"], ids=["at the root", "mounted"])


class Applications:
    """Applications by their settings: building one takes longer than most tests."""

    def __init__(self) -> None:
        self._built: dict[str, TestApp] = {}
        self._used: list[tuple[TestApp, dict[str, Any]]] = []

    def make(self, config: Any, mount: str, settings: dict[str, Any]) -> TestApp:
        key = repr([mount, *sorted(settings.items(), key=str)])
        app = self._built.get(key)
        if app is None or config is not None:
            environ = {"SCRIPT_NAME": mount} if mount else None
            app = TestApp(sample.main(settings, config=config), environ)
            app.RequestClass = get_request_class("v0")
            if config is None:
                self._built[key] = app
                # It stays: the collector need not walk it each time.
                gc.freeze()
        registry = app.app.registry
        self._used.append((app, {
            "settings": dict(registry.settings),
            "heartbeats": dict(registry.heartbeats),
            "public_settings": set(registry.public_settings),
            "api_capabilities": dict(registry.api_capabilities),
        }))  # fmt: skip
        return app

    def restore(self) -> None:
        """Undo what a test stored and changed."""
        while self._used:
            app, before = self._used.pop()
            registry = app.app.registry
            for name, values in before.items():
                getattr(registry, name).clear()
                getattr(registry, name).update(values)
            for kind in ("storage", "cache", "permission"):
                backend = getattr(registry, kind, None)
                if backend is not None:
                    backend.flush()
            app.reset()


@pytest.fixture(scope="session")
def applications() -> Applications:
    return Applications()


@pytest.fixture
def mount() -> str:
    """The path that the application is mounted below."""
    return ""


@pytest.fixture
def make_app(
    applications: Applications, app_settings: dict[str, Any], mount: str
) -> Iterator[MakeApp]:
    """Build applications; what they stored is gone after the test."""

    def make(config: Any = None, **settings: Any) -> TestApp:
        values = {
            **DEFAULT_SETTINGS,
            **app_settings,
            "project_name": "myapp",
            "project_version": "0.0.1",
            "project_docs": "https://cliquet.rtfd.org/",
            **settings,
        }
        return applications.make(config, mount, values)

    yield make
    applications.restore()


@pytest.fixture
def app(make_app: MakeApp) -> TestApp:
    return make_app()


@pytest.fixture
def alice() -> dict[str, str]:
    return dict(ALICE)


@pytest.fixture
def bob() -> dict[str, str]:
    return dict(BOB)


SEATS = {
    "stream_max_clients": 2,
    "toadstool_create_principals": "system.Authenticated",
}


@pytest.fixture
def live(make_app) -> Any:
    """An application that lets two clients wait."""
    return make_app(**SEATS)


@pytest.fixture
def create(live: Any, alice: Any) -> Callable[..., dict[str, Any]]:
    """Create a mushroom, of Alice by default."""

    def create(name: str, headers: Any = alice) -> dict[str, Any]:
        sent = {"data": {"name": name}}
        return live.post_json("/mushrooms", sent, headers=headers).json["data"]

    return create


@pytest.fixture
def shared(live, alice, bob):
    """A record that Bob may read; what makes it one that he may not."""
    url = "/toadstools/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b11"
    user = live.get("/", headers=bob).json["user"]["id"]
    sent = {"data": {"name": "morel"}, "permissions": {"read": [user]}}
    made = live.put_json(url, sent, headers=alice).json["data"]

    def revoke() -> None:
        live.patch_json(url, {"permissions": {"read": []}}, headers=alice)

    return made, revoke
