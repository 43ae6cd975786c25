"""At start it is told that tables are missing, and nothing is waited for or changed."""

import socket
from unittest import mock

import pytest
from pyramid.config import Configurator

import cliquet
from cliquet.declarations.start import UNREAD, backend_problems, without_tables
from cliquet.logs import logger
from cliquet.testing.servers import free_port
from tests.contract.backends import APP_ENGINES

ENGINES = {engine.id: engine for engine in APP_ENGINES}


def start(settings):
    """Start an application; return its registry, and the warnings of backends."""
    config = Configurator(settings={**settings, "userid_hmac_secret": "of these tests"})
    cliquet.initialize(config, "1.0", "shop")
    with mock.patch.object(logger, "warning") as warning:
        config.make_wsgi_app()
    told = [str(call.args[0]) for call in warning.call_args_list]
    assert not any(line.startswith(UNREAD) for line in told)
    return config.registry, [line for line in told if "_backend'" in line]


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, services, tmp_path):
    engine = ENGINES[request.param]
    return engine.settings(engine.url(services, tmp_path))


def test_tables_that_are_missing_are_told_with_the_command(settings):
    _, told = start(settings)

    assert len(told) == 3
    for line, kind in zip(told, ("storage", "permission", "cache"), strict=True):
        assert f"'{kind}_backend'" in line
        assert "run cliquet migrate" in line


def test_nothing_is_told_once_they_are_there(settings):
    registry, _ = start(settings)
    for kind in ("storage", "permission", "cache"):
        getattr(registry, kind).initialize_schema()

    assert start(settings)[1] == []
    assert backend_problems(registry) == {}


def test_commands_look_at_nothing(settings):
    with without_tables():
        assert start(settings)[1] == []


def test_looking_creates_no_file(tmp_path):
    engine = ENGINES["sqlite"]

    start(engine.settings(f"sqlite:///{tmp_path}/none.db"))

    assert list(tmp_path.iterdir()) == []


def test_tables_of_an_earlier_version_are_told(services, tmp_path):
    engine = ENGINES["postgresql"]
    settings = engine.settings(engine.url(services, tmp_path))
    registry, _ = start(settings)
    for kind in ("storage", "permission", "cache"):
        getattr(registry, kind).initialize_schema()
    with registry.storage.client.connect() as connection:
        connection.run("UPDATE metadata SET value = '13'")

    (told,) = start(settings)[1]

    assert "version 13, not" in told
    assert "migrate" in told


def test_a_database_that_is_down_does_not_stop_the_start():
    url = f"postgresql://user:hidden@127.0.0.1:{free_port()}/shop"

    _, (told,) = start(ENGINES["postgresql"].settings(url))

    assert "does not answer" in told
    assert "hidden" not in told


def test_a_server_that_never_answers_does_not_stop_it_either(monkeypatch):
    monkeypatch.setattr("cliquet.engines.sql.tables.CONNECT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://user@127.0.0.1:{silent.getsockname()[1]}/shop"

        _, (told,) = start(ENGINES["postgresql"].settings(url))

    assert "does not answer" in told


def test_no_connection_is_left_that_processes_would_share(services, tmp_path):
    engine = ENGINES["postgresql"]

    registry, _ = start(engine.settings(engine.url(services, tmp_path)))

    assert registry.storage.client.engine.pool.checkedin() == 0


def test_a_migration_that_runs_is_not_waited_for(services, tmp_path):
    engine = ENGINES["postgresql"]
    settings = engine.settings(engine.url(services, tmp_path))
    registry, _ = start(settings)
    registry.storage.initialize_schema()
    with registry.storage.client.engine.begin() as migrating:
        migrating.exec_driver_sql("LOCK TABLE metadata IN ACCESS EXCLUSIVE MODE")

        told = start(settings)[1]

    assert any("lock" in line for line in told)
