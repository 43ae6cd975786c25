"""What `migrate` logs of the tables of a backend: only what was created."""

import logging

import pytest

from tests.contract.backends import APP_ENGINES

ENGINES = [each for each in APP_ENGINES if each.id in ("sqlite", "postgresql")]


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.id)
def sql(request):
    return request.param


@pytest.fixture
def url(sql, services, tmp_path):
    return (
        services.postgresql_url()
        if sql.id == "postgresql"
        else f"sqlite:///{tmp_path}/a.db"
    )


@pytest.mark.parametrize(
    ("kind", "tables"),
    [("cache", "cache"), ("permission", "user_principals, access_control_entries")],
)
def test_only_tables_that_were_missing_are_created(sql, url, kind, tables, caplog):
    caplog.set_level(logging.INFO, "cliquet")
    backend = sql.load(kind, url)
    first = caplog.messages[:]
    caplog.clear()

    backend.initialize_schema()

    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[sql.id]
    told = f"Created {name} {kind} tables: {tables}."
    # What tests before bound to their lines is around the message.
    assert [told in message for message in first].count(True) == 1
    (again,) = caplog.messages
    assert f"{name} {kind} tables are up-to-date." in again
