"""Followers whose streams are cut miss no change; more of them with ``--ops``."""

from pathlib import Path

import pytest

from cliquet.testing.servers import Services
from tests.contract.backends import APP_ENGINES, AppEngine
from tests.sync.followers import both, prove, settings_for, streaming
from tests.sync.proof import servers

SHARED = [engine for engine in APP_ENGINES if engine.processes > 1]
OWNED = [engine for engine in APP_ENGINES if engine.processes == 1]


def each(engines):
    return pytest.mark.parametrize("engine", engines, ids=lambda engine: engine.id)


@pytest.fixture
def settings(engine: AppEngine, services: Services, tmp_path: Path):
    made = settings_for(engine.id, engine.url(services, tmp_path))
    engine.prepare(made)
    return made


@pytest.fixture
def operations(request: pytest.FixtureRequest) -> int:
    found: int = request.config.getoption("--ops")
    return found // 2


@each(APP_ENGINES)
@pytest.mark.long_on("sqlite", "postgresql", "redis")
def test_streams_of_wsgi_servers_that_are_cut_lose_nothing(
    engine, settings, operations
):
    with servers(settings, engine.processes) as ports:
        figures = prove(ports, ports, operations)

    assert figures.cuts > 3
    assert figures.resumed > 3


@each(SHARED)
@pytest.mark.long_on("postgresql", "redis")
def test_streams_of_cliquet_stream_that_are_cut_lose_nothing(
    engine, settings, operations, tmp_path
):
    with servers(settings, 1) as ports, streaming(settings, tmp_path) as port:
        figures = prove(ports, [port], operations)

    assert figures.cuts > 3
    assert figures.resumed > 3


@each(OWNED)
@pytest.mark.long
def test_streams_of_an_event_loop_in_the_process_that_writes_lose_nothing(
    engine, settings, operations
):
    with both(settings) as (writing, told_by):
        figures = prove([writing], [told_by], operations)

    assert figures.cuts > 3
    assert figures.resumed > 3
