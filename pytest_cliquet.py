"""The pytest plugin of Cliquet: fixtures and options for tests of services.

It is beside the package, and imports of it only what a test asks for: pytest loads
plugins at each start, in projects that have nothing to do with Cliquet too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cliquet.testing import (
        Application,
        Builder,
        Client,
        ClientFactory,
        Events,
        FrozenClock,
    )
    from cliquet.testing.servers import Services

#: Their assertions are told in full, as those of any test.
pytest.register_assert_rewrite("cliquet.testing.contracts")

ENGINES = ("memory", "sqlite", "redis", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("cliquet", "services made with Cliquet")
    group.addoption(
        "--cliquet-engine",
        metavar="ENGINES",
        help=f"engines of the tests: all, or some of {','.join(ENGINES)}",
    )
    parser.addini("cliquet_main", "the application under test: package:main")
    parser.addini("cliquet_ini", "file with its settings", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Refuse engines that there are not; be quiet about what libraries import."""
    # WebOb 1.8 and Pyramid 2.1: whoever tests a service can do nothing about it.
    for message in ("'cgi' is deprecated", "pkg_resources is deprecated"):
        config.addinivalue_line("filterwarnings", f"ignore:{message}")
    unknown = set(_engines(config)) - set(ENGINES)
    if unknown:
        raise pytest.UsageError(
            f"--cliquet-engine: {', '.join(sorted(unknown))} is none of "
            f"all, {', '.join(ENGINES)}"
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests once for each engine that is asked for."""
    asked = _engines(metafunc.config)
    if asked and "cliquet_engine" in metafunc.fixturenames:
        metafunc.parametrize("cliquet_engine", asked, indirect=True, scope="session")


def _engines(config: pytest.Config) -> list[str]:
    given = config.getoption("--cliquet-engine") or ""
    if given == "all":
        return [*ENGINES]
    return [each.strip() for each in given.split(",") if each.strip()]


@pytest.fixture(scope="session")
def cliquet_engine(request: pytest.FixtureRequest) -> str:
    """The engine of the test: memory, or each one that `--cliquet-engine` names."""
    return str(getattr(request, "param", "memory"))


@pytest.fixture(scope="session")
def cliquet_servers() -> "Iterator[Services]":
    """Servers of PostgreSQL and Redis, started when they are needed."""
    from cliquet.testing.servers import Services

    servers = Services()
    yield servers
    servers.close()


@pytest.fixture(scope="session")
def cliquet_backends(
    cliquet_engine: str,
    cliquet_servers: "Services",
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """Settings of the backends."""
    from cliquet.testing.engines import settings_of

    directory = tmp_path_factory.mktemp(f"cliquet-{cliquet_engine}")
    return settings_of(cliquet_engine, cliquet_servers, Path(directory))


@pytest.fixture(scope="session")
def cliquet_settings() -> dict[str, Any]:
    """Settings for tests, over those of the file; to be overridden."""
    return {}


@pytest.fixture(scope="session")
def cliquet_main(pytestconfig: pytest.Config) -> "Builder":
    """What builds the application from settings; to be overridden."""
    from cliquet.testing.application import load_main

    path = pytestconfig.getini("cliquet_main")
    if not path:
        raise pytest.UsageError(
            "Say which application is tested: cliquet_main = package:main in the "
            "options of pytest, or a fixture cliquet_main that returns what builds it "
            "from settings."
        )
    return load_main(path)


@pytest.fixture(scope="session")
def cliquet_application_of_session(
    cliquet_main: "Builder",
    cliquet_backends: dict[str, Any],
    cliquet_settings: dict[str, Any],
    pytestconfig: pytest.Config,
) -> "Application":
    """The application, made once for each engine."""
    from cliquet.testing.application import Application, merge_settings, read_settings

    settings: dict[str, Any] = {}
    for path in pytestconfig.getini("cliquet_ini"):
        settings = merge_settings(settings, read_settings(str(path)))
    settings = merge_settings(settings, cliquet_backends)
    return Application(cliquet_main(merge_settings(settings, cliquet_settings)))


@pytest.fixture
def cliquet_application(
    cliquet_application_of_session: "Application",
) -> "Iterator[Application]":
    """The application; what a test stored is gone after it."""
    yield cliquet_application_of_session
    cliquet_application_of_session.flush()


@pytest.fixture
def cliquet_client(cliquet_application: "Application") -> "Client":
    """A client of nobody: its requests are anonymous."""
    from cliquet.testing.clients import Client

    return Client(cliquet_application.wsgi, cliquet_application.prefix)


@pytest.fixture
def as_user(cliquet_application: "Application") -> "ClientFactory":
    """What makes clients of users: `as_user("alice", groups=["editors"])`."""
    from cliquet.testing.clients import make_factory

    application = cliquet_application
    return make_factory(application.wsgi, application.prefix, application.policies)


@pytest.fixture
def cliquet_events(cliquet_application: "Application") -> "Iterator[Events]":
    """The events that the application notifies during the test."""
    from cliquet.testing.events import recording

    with recording(cliquet_application.registry) as events:
        yield events


@pytest.fixture
def cliquet_clock() -> "Iterator[FrozenClock]":
    """The clock, which stands still until the test moves it."""
    from cliquet.testing.clock import frozen

    with frozen() as clock:
        yield clock
