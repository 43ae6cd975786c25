"""Requests hand no work to threads: what waits for their locks there, waits for ever."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "cliquet"
_STARTS = re.compile(r"\bThread\(|Executor\(|\bTimer\(|to_thread\(|run_in_executor\(")
#: By module: why it may.
REASONED = {
    "protocol/health.py": "not within a batch, where the checks are made one by one",
    "listeners/delivery.py": "after the commit",
    "live/looking.py": "each runs a whole request",
    "live/post.py": "it sends wake-ups after the commit, and hears those of others",
    "engines/sql/watchdog.py": "it cuts connections that broke, and sends nothing",
    "client/asynchronous.py": "a client",
    "client/local/asynchronous.py": "a client",
    "conformance/races.py": "a client",
    "tests/support.py": "tests of applications",
}
#: What applications and engines are tested by.
TESTS = "testing/"


def test_threads_are_started_where_no_transaction_is():
    found = {
        name
        for path in PACKAGE.rglob("*.py")
        if _STARTS.search(path.read_text())
        and not (name := path.relative_to(PACKAGE).as_posix()).startswith(TESTS)
    }

    assert found == set(REASONED)
