"""The tests of the JavaScript client, against a server on every engine."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.docs.test_frontend import node

PACKAGE = Path(__file__).parents[2] / "clients" / "javascript"

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")


def run_javascript(files, **environment):
    """Run test files of the package, which must pass."""
    done = subprocess.run(
        [*node(), "--test", *files],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout


def test_the_javascript_client(url):
    run_javascript(sorted(PACKAGE.glob("test/*.test.js")), CLIQUET_TEST_URL=url)
