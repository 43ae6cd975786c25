"""The sample service, for the servers of the recipes."""

import pytest

from tests.failures.servers import prepare


@pytest.fixture
def service(tmp_path):
    return prepare(tmp_path)
