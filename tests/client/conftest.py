"""The sample application on every engine, in this process, and clients of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cliquet.client import Client, Patience
from cliquet.testing.servers import Services
from cliquet.tests import testapp as sample
from cliquet.tests.support import DEFAULT_SETTINGS
from tests.client.network import Network, Waits
from tests.client.served import served
from tests.contract.backends import APP_ENGINES, AppEngine

MakeClient = Callable[..., Client]
_PROJECT = {
    "project_name": "myapp",
    "project_version": "0.0.1",
    # Small, so that most lists have several.
    "paginate_by": 3,
    "toadstool_create_principals": "system.Authenticated",
}
_BUILT: dict[str, Any] = {}


@pytest.fixture(params=APP_ENGINES, ids=lambda engine: engine.id)
def application(
    request: pytest.FixtureRequest,
    services: Services,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """The WSGI application, empty."""
    engine: AppEngine = request.param
    if engine.id not in _BUILT:
        folder: Path = tmp_path_factory.mktemp("client")
        settings = engine.settings(engine.url(services, folder))
        engine.prepare(settings)
        _BUILT[engine.id] = sample.main({**DEFAULT_SETTINGS, **settings, **_PROJECT})
    built = _BUILT[engine.id]
    for kind in ("storage", "cache", "permission"):
        getattr(built.registry, kind).flush()
    return built


@pytest.fixture
def network(application: Any) -> Network:
    return Network(application)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def make_client(network: Network, waits: Waits) -> Iterator[MakeClient]:
    """Make a client of a user, for whom time passes at once."""
    clients = []

    def make(user: str = "alice", network: Network = network, **options: Any) -> Client:
        client = Client(
            "http://localhost/v0",
            (user, "secret"),
            transport=network,
            patience=Patience(clock=lambda: waits.now, chance=lambda: 1.0),
            sleep=waits,
            **options,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()


@pytest.fixture(scope="session", params=APP_ENGINES, ids=lambda engine: engine.id)
def url(
    request: pytest.FixtureRequest,
    services: Services,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The URL of a server that listens."""
    with served(request.param, services, tmp_path_factory.mktemp("served")) as found:
        yield found
