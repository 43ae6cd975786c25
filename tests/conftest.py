"""Options, services and engines that all tests share."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.contract.backends import APP_ENGINES, AppEngine
from tests.services import Services

settings.register_profile(
    "default",
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile(
    "long", settings.get_profile("default"), max_examples=5000, stateful_step_count=50
)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cliquet")
    names = ",".join(engine.id for engine in APP_ENGINES)
    group.addoption("--backends", default=names, help=f"engines to test: {names}")
    group.addoption("--app-backend", default="memory", help="engine of the HTTP tests")
    group.addoption(
        "--fuzz-examples", type=int, default=300, help="requests to make up"
    )
    group.addoption(
        "--programs", type=int, default=25, help="random programs, run in lockstep"
    )
    group.addoption("--ops", type=int, default=600, help="writes of the sync proof")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out the engines that `--backends` leaves out."""
    wanted = config.getoption("--backends").split(",")
    kept, left_out = [], []
    for item in items:
        engines = [
            value
            for value in getattr(getattr(item, "callspec", None), "params", {}).values()
            if isinstance(value, AppEngine)
        ]
        (kept if all(engine.id in wanted for engine in engines) else left_out).append(
            item
        )
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


PLANTED = ("bWF0OjE=", "Basic ", "my-hmac-secret", "url-password")


class _Watch(logging.Handler):
    """Notes the lines that tell a secret: credentials, keys, passwords of URLs."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # The fuzzer sends credentials as names of browsers, too.
        is_fuzz = "test_fuzz" in os.environ.get("PYTEST_CURRENT_TEST", "")
        if record.name.startswith("cliquet") and not is_fuzz:
            line = self.format(record)
            self.told += [line for secret in PLANTED if secret in line]


@pytest.fixture(scope="session", autouse=True)
def no_line_tells_a_secret() -> Iterator[None]:
    """Read every line that the whole suite logs."""
    watch = _Watch()
    logging.getLogger().addHandler(watch)
    logging.getLogger("cliquet").setLevel(logging.DEBUG)
    yield
    logging.getLogger().removeHandler(watch)
    assert watch.told == []


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    found = Services()
    yield found
    found.close()


@pytest.fixture(scope="session", params=APP_ENGINES, ids=lambda engine: engine.id)
def engine(request: pytest.FixtureRequest) -> AppEngine:
    """Each engine in turn."""
    found: AppEngine = request.param
    return found


@pytest.fixture(scope="session")
def engine_url(
    engine: AppEngine, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> str:
    return engine.url(services, tmp_path_factory.mktemp(engine.id))


def _backend(kind: str) -> Any:
    @pytest.fixture(scope="session", name=f"{kind}_of_session")
    def of_session(engine: AppEngine, engine_url: str) -> Any:
        return engine.load(kind, engine_url)

    return of_session


storage_of_session = _backend("storage")
cache_of_session = _backend("cache")
permission_of_session = _backend("permission")


@pytest.fixture
def storage(storage_of_session: Any) -> Iterator[Any]:
    """An empty storage of each engine."""
    yield storage_of_session
    storage_of_session.flush()


@pytest.fixture
def cache(cache_of_session: Any) -> Iterator[Any]:
    """An empty cache of each engine."""
    yield cache_of_session
    cache_of_session.flush()


@pytest.fixture
def permission(permission_of_session: Any) -> Iterator[Any]:
    """An empty permission backend of each engine."""
    yield permission_of_session
    permission_of_session.flush()


@pytest.fixture(scope="session")
def app_engine(request: pytest.FixtureRequest) -> AppEngine:
    """The engine that `--app-backend` names."""
    name = request.config.getoption("--app-backend")
    return next(engine for engine in APP_ENGINES if engine.id == name)


@pytest.fixture(scope="session")
def app_settings(
    app_engine: AppEngine, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Backend settings of the HTTP tests."""
    url = app_engine.url(services, Path(tmp_path_factory.mktemp("app")))
    found = app_engine.settings(url)
    del found["transaction_per_request"]
    app_engine.prepare(found)
    return found
