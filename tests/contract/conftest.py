"""What several files of contracts share."""

import pytest

from tests.contract.history import CHANGES, READS, Service


@pytest.fixture(scope="session")
def telling(engine, engine_url):
    return Service(engine, engine_url, [*CHANGES, *READS])


@pytest.fixture
def service(telling):
    """A service that keeps the events it tells, without data."""
    telling.flush()
    yield telling
    telling.flush()
