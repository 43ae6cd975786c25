"""The sync proof on every engine, small; ``--ops 100000`` for the long one."""

from pathlib import Path

import pytest

from cliquet.testing.servers import Services
from tests.contract.backends import APP_ENGINES, AppEngine
from tests.sync.proof import prove, settings_for

pytestmark = pytest.mark.long_on("sqlite", "redis")


@pytest.mark.parametrize("engine", APP_ENGINES, ids=lambda engine: engine.id)
def test_a_client_that_polls_with_its_last_etag_never_misses_a_change(
    engine: AppEngine,
    services: Services,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    operations: int = request.config.getoption("--ops")
    url = engine.url(services, tmp_path)
    settings = settings_for(engine.id, url)
    engine.prepare(settings)

    figures = prove(settings, operations, processes=engine.processes)

    assert figures.polls > 0
    assert figures.records > 0
