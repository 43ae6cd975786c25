"""Options, services and engines that all tests share."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
import sqlalchemy
from hypothesis import HealthCheck, settings

from cliquet import permission_cache
from cliquet.engines.sql.connection import has_listeners
from cliquet.testing.servers import Services, is_redis_found
from tests.contract.backends import APP_ENGINES, TRIGGERS, AppEngine
from tests.hostile import SERVERS
from tests.programs import require_programs, summarize_missing
from tests.redundant import REDIS

settings.register_profile(
    "default",
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    # What passes here passes there; long runs look for what is new.
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("random", settings.get_profile("default"), derandomize=False)
settings.register_profile(
    "long", settings.get_profile("random"), max_examples=5000, stateful_step_count=50
)
settings.load_profile("default")

ROOT = Path(__file__).parents[1]
FUZZ_EXAMPLES, PROGRAMS = 300, 25


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cliquet")
    names = ",".join(engine.id for engine in APP_ENGINES)
    group.addoption("--backends", default=names, help=f"engines to test: {names}")
    group.addoption("--app-backend", default="memory", help="engine of the HTTP tests")
    group.addoption(
        "--postgresql", default="plain", choices=SERVERS, help="server (tests.hostile)"
    )
    group.addoption(
        "--redis", default="plain", choices=REDIS, help="servers (tests.redundant)"
    )
    group.addoption("--driver", default="", help="that URLs of PostgreSQL name")
    group.addoption(
        "--without-triggers", action="store_true", help="on the tables of PostgreSQL"
    )
    group.addoption(
        "--fuzz-examples", type=int, default=FUZZ_EXAMPLES, help="requests to make up"
    )
    group.addoption(
        "--programs",
        type=int,
        default=PROGRAMS,
        help="random programs, run in lockstep",
    )
    group.addoption(
        "--trials", type=int, default=2, help="revocations, each in a flood of writes"
    )
    group.addoption(
        "--conformance", default="quick", choices=["quick", "all"],
        help="one server and engine, or each of them; all profiles of the sample",
    )  # fmt: skip
    group.addoption(
        "--crashes", type=int, default=150, help="requests that die (1000: ten minutes)"
    )
    group.addoption("--ops", type=int, default=300, help="writes of the sync proof")


def _is_long(config: pytest.Config) -> bool:
    """Return whether more examples are asked for than there are by default."""
    return (
        config.getoption("--fuzz-examples") > FUZZ_EXAMPLES
        or config.getoption("--programs") > PROGRAMS
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose examples; refuse to begin without the Redis that the engines ask for."""
    if _is_long(config) and not config.getoption("--hypothesis-profile"):
        settings.load_profile("random")
    if config.getoption("--without-triggers"):
        os.environ[TRIGGERS] = "false"
    if "redis" in config.getoption("--backends").split(",") and not is_redis_found():
        raise pytest.UsageError(
            "There is no Redis to test with, and no wheel that brings one to this "
            "Python: apt-get install redis-server, or name a server in "
            "CLIQUET_TEST_REDIS_URL, or leave it out with "
            "--backends=memory,sqlite,postgresql."
        )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out the engines that `--backends` leaves out, mark what is long on some."""
    wanted = config.getoption("--backends").split(",")
    kept, left_out = [], []
    for item in items:
        engines = [
            value
            for value in getattr(getattr(item, "callspec", None), "params", {}).values()
            if isinstance(value, AppEngine)
        ]
        for mark in item.iter_markers("long_on"):
            if any(engine.id in mark.args for engine in engines):
                item.add_marker("long")
        (kept if all(engine.id in wanted for engine in engines) else left_out).append(
            item
        )
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    require_programs(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    summarize_missing(terminalreporter)


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


@pytest.fixture(scope="module", autouse=True)
def nobody_listens_to_all_statements() -> Iterator[None]:
    """Refuse modules that leave a listener to engines to come: statements go another way."""
    yield
    assert not has_listeners(sqlalchemy.create_engine("sqlite://"))


@pytest.fixture(scope="module", autouse=True)
def nobody_leaves_modules() -> Iterator[None]:
    """Refuse files that leave a module of an example: others have one of its name."""
    known = set(sys.modules)
    yield
    assert [name for name in set(sys.modules) - known if _is_example(name)] == []


def _is_example(name: str) -> bool:
    """Return whether a module is of the documentation, or of a folder that a test made."""
    file = Path(getattr(sys.modules[name], "__file__", None) or "/")
    if file.is_relative_to(ROOT) or file.is_relative_to(sys.prefix):
        return file.is_relative_to(ROOT / "docs")
    return file.is_relative_to(gettempdir())


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Have the modules of a folder imported, and forgotten after the test."""
    known = set(sys.modules)
    yield monkeypatch.syspath_prepend
    for name in set(sys.modules) - known:
        if _is_example(name):
            del sys.modules[name]


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe permissions for long: a busy machine takes longer than a tenth of a second.

    For tests that count what is read.
    """
    monkeypatch.setattr(permission_cache, "MAX_AGE", 3600)


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> Iterator[Services]:
    start = SERVERS[request.config.getoption("--postgresql")]
    found = Services(
        start,
        request.config.getoption("--driver"),
        REDIS[request.config.getoption("--redis")],
    )
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
