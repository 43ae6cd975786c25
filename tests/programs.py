"""Programs that some tests need: nginx, Varnish, a browser; what is left out without.

``@pytest.mark.intermediaries("nginx")`` says that a test needs a program. Where it is
missing the test is left out, and the summary of the session says so; with
CLIQUET_TEST_COMPLETE in the environment, as in continuous integration, it fails.
"""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

#: By the name that tests have for it: how to get it.
PROGRAMS = {
    "nginx": "apt-get install nginx",
    "varnishd": "apt-get install varnish",
    "haproxy": "apt-get install haproxy",
    "chromium": "apt-get install chromium",
    "systemd-analyze": "apt-get install systemd",
    "prometheus": "apt-get install prometheus",
    "pgbouncer": "apt-get install pgbouncer",
    "patroni": "apt-get install patroni",
    "etcd": "apt-get install etcd-server",
    "promtool": "apt-get install prometheus",
    "redis-check-rdb": "apt-get install redis-tools",
    "docker-compose": "apt-get install docker-compose",
    "tsc": "apt-get install node-typescript",
    "playwright": "pip install --editable '.[browser]', or make tests-intermediaries",
    "openapi-typescript": "make tests-intermediaries, where npm is installed",
}
#: Where the Makefile installs packages of npm.
NODE_MODULES = Path(sys.prefix) / "npm" / "node_modules"
_LIBRARIES = ("playwright",)
#: Debian's servers are not on everybody's path.
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_LEFT_OUT = "left out, "


def find_program(name: str) -> str | None:
    """Return the path of a program, or the name of a library, that is installed."""
    if name in _LIBRARIES:
        return name if find_spec(name) else None
    if (NODE_MODULES / name).exists():
        return str(NODE_MODULES / name)
    return shutil.which(name, path=_PATH)


def require_programs(item: pytest.Item) -> None:
    """Leave out a test whose programs are not there; where all must be, fail it."""
    named = [name for mark in item.iter_markers("intermediaries") for name in mark.args]
    missing = [name for name in named if find_program(name) is None]
    if missing:
        reason = "; ".join(f"{name} is missing: {PROGRAMS[name]}" for name in missing)
        if os.environ.get("CLIQUET_TEST_COMPLETE"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(_LEFT_OUT + reason)


def summarize_missing(reporter: pytest.TerminalReporter) -> None:
    """Write how many tests were left out, and what they need."""
    counts: dict[str, int] = {}
    for report in reporter.stats.get("skipped", ()):
        _, _, reason = report.longrepr
        _, found, told = reason.partition(_LEFT_OUT)
        if found:
            counts[told] = counts.get(told, 0) + 1
    if counts:
        reporter.section("left out")
        for told, count in sorted(counts.items()):
            reporter.line(f"{count} tests, {told}")


def main() -> None:
    """Print what `make tests` leaves out, and what that needs."""
    print(
        "Left out: what takes long (make tests-long), and what is behind proxies or in "
        "a browser (make tests-intermediaries)."
    )
    for name, remedy in PROGRAMS.items():
        if find_program(name) is None:
            print(f"The latter needs {name}, which is missing here: {remedy}")


if __name__ == "__main__":
    main()
