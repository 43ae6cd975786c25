"""Databases of their own for tests of PostgreSQL alone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from pyramid.config import Configurator

from cliquet.engines.sql import postgresql as engine
from cliquet.storage import postgresql
from cliquet.testing.servers import Services
from cliquet.tests.testapp import main as build_app
from tests.contract.backends import APP_ENGINES
from tests.sync.proof import settings_for

ENGINE = next(found for found in APP_ENGINES if found.id == "postgresql")
SCHEMAS = Path(__file__).parent / "schema"


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave these tests out when `--backends` leaves PostgreSQL out."""
    if "postgresql" in config.getoption("--backends").split(","):
        return
    here = Path(__file__).parent
    left_out = [item for item in items if here in item.path.parents]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def url(services: Services) -> str:
    """An empty database."""
    return services.postgresql_url()


@pytest.fixture
def run(url: str) -> Callable[..., list[Any]]:
    """Send SQL to the database, past the package."""

    def send(sql: str, *values: Any) -> list[Any]:
        connection = psycopg2.connect(url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    return send


def build_sharing_app(url: str, **settings: Any) -> Any:
    """Build the sample application, where all users may create shared records."""
    settings = {
        **settings_for("postgresql", url),
        "toadstool_create_principals": "system.Authenticated",
        **settings,
    }
    ENGINE.prepare(settings)
    return build_app(config=Configurator(settings=settings))


def create_kept(client: Any) -> Any:
    """Make a table to write to, past the storage; the client."""
    with client.connect(force_commit=True) as connection:
        connection.run_script("CREATE TABLE kept (name TEXT)")
    return client


@pytest.fixture
def install(run: Callable[..., list[Any]]) -> Callable[[int], None]:
    """Install the schema of an earlier version."""

    def from_file(version: int) -> None:
        run((SCHEMAS / f"version_{version}.sql").read_text(encoding="utf-8"))

    return from_file


@pytest.fixture
def make_storage(url: str) -> Callable[..., postgresql.Storage]:
    """Build storages of the database; they share nothing but it."""

    def make(**settings: Any) -> postgresql.Storage:
        engine._CLIENTS.clear()
        config = Configurator(settings=ENGINE.settings(url, **settings))
        return postgresql.load_from_config(config)

    return make


@pytest.fixture
def storage(make_storage: Callable[..., postgresql.Storage]) -> postgresql.Storage:
    return make_storage()


@pytest.fixture(autouse=True)
def forget_clients() -> Iterator[None]:
    """Close the connections of a test, those that it made the package forget, too."""
    known, made = dict(engine._CLIENTS), []
    make_engine = engine._make_engine

    def make_and_note(*args: Any) -> Any:
        made.append(make_engine(*args))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_make_engine", make_and_note)
        yield
    for each in made:
        each.dispose()
    engine._CLIENTS.clear()
    engine._CLIENTS.update(known)
