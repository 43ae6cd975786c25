"""The tests of the JavaScript client, against a server on every engine."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.docs.test_frontend import node

PACKAGE = Path(__file__).parents[2] / "clients" / "javascript"

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")


def test_the_javascript_client(url):
    done = subprocess.run(
        [*node(), "--test", *sorted(PACKAGE.glob("test/*.test.js"))],
        env={**os.environ, "CLIQUET_TEST_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
