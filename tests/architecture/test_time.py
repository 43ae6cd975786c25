"""No test depends on how fast the machine is: limits are generous, waiting is polling.

What must be so in time is so in a minute, or is broken. What is waited for is asked for
again and again (`tests.waiting.eventually`), or tells it (events, barriers).
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Seconds that a busy machine with one core may take for anything.
PATIENCE = 60
#: Seconds between two looks.
PAUSE = 0.1
#: By file, and what is written there: why it is no limit of a test.
REASONED = {
    ("tests/contract/test_batch_entries.py", "time.sleep(2 * MAX_AGE)"):
        "at least as long: what is believed is too old afterwards",
    ("tests/contract/permission/test_permission.py", "time.perf_counter() - began < 30"):
        "what it excludes takes more than a minute on any machine",
    ("tests/scripts/test_serve.py", "eventually(lambda: re.search('/v1[0-9]/', printed()), seconds=20)"):
        "one of ten attempts",
}  # fmt: skip
#: Of methods that wait: threads, events, barriers, processes, sockets.
_WAITING = {"join", "wait", "settimeout"}
_BY_NAME = {"timeout", "seconds", "patience"}


def _number(node):
    """Return the number that an expression is, where it is one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    return None


def _hasty(call):
    """Return whether a call waits too short for the end, or too long between looks."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name == "sleep":
        seconds = _number(call.args[0]) if call.args else None
        return seconds is None or seconds > PAUSE
    given = [each.value for each in call.keywords if each.arg in _BY_NAME]
    if name in _WAITING and len(call.args) == 1:
        given += call.args
    numbers = [number for each in given if (number := _number(each)) is not None]
    return any(0 < number < PATIENCE for number in numbers)


def _is_short(comparison):
    """Return whether a clock is compared with a number of seconds that is small."""
    clocks = ("monotonic", "perf_counter", "time.time")
    numbers = [_number(each) for each in comparison.comparators]
    return any(clock in ast.unparse(comparison.left) for clock in clocks) and any(
        number is not None and number < PATIENCE for number in numbers
    )


def find_hasty(source):
    """Return what a program says that a slow machine would fail."""
    return [
        ast.unparse(each)
        for each in ast.walk(ast.parse(source))
        if (isinstance(each, ast.Call) and _hasty(each))
        or (isinstance(each, ast.Compare) and _is_short(each))
    ]


def test_no_test_is_in_a_hurry():
    found = {
        (str(path.relative_to(ROOT)), written)
        for folder in ("tests", "cliquet/testing")
        for path in (ROOT / folder).rglob("*.py")
        for written in find_hasty(path.read_text())
    }

    assert found == set(REASONED)


@pytest.mark.parametrize("written", [
    "time.sleep(0.5)", "time.sleep(seconds)", "thread.join(10)", "requests.get(url, timeout=10)",
    "time.monotonic() - began < 5", "server.settimeout(0.2)", "eventually(probe, seconds=5)",
])  # fmt: skip
def test_what_is_in_a_hurry_is_found(written):
    assert find_hasty(written) == [written]


@pytest.mark.parametrize("written", [
    "time.sleep(0.02)", "thread.join(60)", "thread.join()", "', '.join(names)", "kept.get(1, 2)",
    "requests.get(url, timeout=60)", "time.monotonic() < deadline", "record['last_modified'] < 5",
])  # fmt: skip
def test_what_has_time_is_not_found(written):
    assert find_hasty(written) == []
