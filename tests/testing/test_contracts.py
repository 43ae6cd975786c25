"""A contract is what its tests catch: engines with one fault each."""

import ast
import re
from pathlib import Path

import pytest

from tests.docs.examples import blocks_of
from tests.testing.test_plugin import HOWTO, ROOT, run

pytest_plugins = ["pytester"]

BROKEN = Path(__file__).with_name("broken_engines.py").read_text()
FAULTS = {
    node.name: ast.literal_eval(node.body[0].value)
    for node in ast.parse(BROKEN).body
    if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
}


@pytest.fixture
def faults(pytester, monkeypatch):
    """A project with the engine of the how-to, and faulty ones."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{pytester.path}")
    engine = next(each for each in blocks_of(HOWTO) if each.file == "dictionaries.py")
    pytester.makepyfile(dictionaries=engine.text, test_broken=BROKEN)
    return pytester


def test_each_fault_is_caught_by_the_test_that_is_about_it(faults):
    wanted = [f"test_broken.py::{name}::{test}" for name, test in FAULTS.items()]

    result = run(faults, "--tb=no", "-rf", *wanted)

    failed = re.findall(
        r"^FAILED (test_broken.py::\w+::\w+)", result.stdout.str(), re.MULTILINE
    )
    assert set(wanted) - set(failed) == set()
    assert len(FAULTS) > 40
    assert "error" not in result.parseoutcomes()


def test_who_fails_is_told_both_sides(faults):
    """Assertions of the contract are rewritten as those of any test."""
    test = (
        "test_broken.py::TestIgnoresLaterExpiry::test_expire_sets_the_remaining_seconds"
    )

    result = run(faults, test)

    result.stdout.fnmatch_lines(["E *assert 900 < -1*"])
