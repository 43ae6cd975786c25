"""The application of these tests, on each engine and on pairs of two."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from cliquet.testing.servers import Services
from tests.authorization.application import build
from tests.contract.backends import APP_ENGINES

BY_ID = {engine.id: engine for engine in APP_ENGINES}

#: Storage and permissions; `2` is another database of an engine.
PAIRS = [
    *((engine.id, engine.id) for engine in APP_ENGINES),
    ("sqlite", "sqlite2"),
    ("postgresql", "postgresql2"),
    ("redis", "redis2"),
    ("memory", "sqlite"),
    ("sqlite", "memory"),
    ("postgresql", "redis"),
    ("redis", "postgresql"),
]

#: Those that `make tests` takes; the others are for `make tests-long`.
SHORT = {("memory", "memory")}

MakeService = Callable[..., TestApp]


class Places:
    """Where each engine keeps its data, and applications upon them."""

    def __init__(self, services: Services, path: Path) -> None:
        self._services = services
        self._path = path
        self._urls: dict[str, str] = {}
        self._built: dict[str, Any] = {}

    def application(self, storage: str, permission: str, **more: Any) -> Any:
        """Return an application: building one takes longer than most tests."""
        settings = {**self.settings(storage, permission), **more}
        key = repr(settings)
        if key not in self._built:
            _prepare(settings)
            self._built[key] = build(settings)
        return self._built[key]

    def settings(self, storage: str, permission: str) -> dict[str, Any]:
        """Return the settings of a pair."""
        found: dict[str, Any] = {}
        for kind, name in (
            ("storage", storage),
            ("permission", permission),
            ("cache", "memory"),
        ):
            found[f"{kind}_backend"] = f"cliquet.{kind}.{name.removesuffix('2')}"
            found[f"{kind}_url"] = self._url(name)
        return found

    def _url(self, name: str) -> str:
        if name not in self._urls:
            path = self._path / name
            path.mkdir()
            engine = BY_ID[name.removesuffix("2")]
            self._urls[name] = engine.url(self._services, path)
        return self._urls[name]


@pytest.fixture(scope="session")
def places(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Places:
    return Places(services, tmp_path_factory.mktemp("authorization"))


@pytest.fixture(
    scope="session", params=PAIRS, ids=lambda pair: "-".join(dict.fromkeys(pair))
)
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Each pair of engines in turn."""
    found: tuple[str, str] = request.param
    return found


def _prepare(settings: dict[str, Any]) -> None:
    """Create the schemas that an application with these settings needs."""
    for kind in ("storage", "permission", "cache"):
        name = settings[f"{kind}_backend"].rpartition(".")[2]
        BY_ID[name].load(kind, settings[f"{kind}_url"]).flush()


@pytest.fixture
def make(places: Places, pair: tuple[str, str]) -> Iterator[MakeService]:
    """Build applications on a pair of engines."""
    made = []

    def make(**more: Any) -> TestApp:
        made.append(places.application(*pair, **more))
        return TestApp(made[-1])

    yield make
    for each in made:
        for kind in ("storage", "permission", "cache"):
            getattr(each.registry, kind).flush()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out the pairs with an engine that `--backends` leaves out, mark the long."""
    wanted = config.getoption("--backends").split(",")

    def pair_of(item: pytest.Item) -> tuple[str, ...]:
        params = getattr(getattr(item, "callspec", None), "params", {})
        found: tuple[str, ...] = params.get("pair", ())
        return found

    items[:] = [
        item
        for item in items
        if all(name.removesuffix("2") in wanted for name in pair_of(item))
    ]
    for item in items:
        if pair_of(item) and pair_of(item) not in SHORT:
            item.add_marker("long")
