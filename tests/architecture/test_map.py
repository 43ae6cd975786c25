"""The flows of the map (docs/architecture.rst) are what requests really step through."""

import re
from pathlib import Path

import pytest

from tests.architecture import crossed
from tests.contract.backends import APP_ENGINES

MAP = (Path(__file__).parents[2] / "docs" / "architecture.rst").read_text()
FLOWS = {
    "flow-every": "GET",
    "flow-get": "GET",
    "flow-put": "PUT shared",
    "flow-batch": f"batch of {crossed.BATCH} PUT",
    "flow-list": "list shared",
}
STEP = re.compile(r"``cliquet/([\w./]+\.py)`` → ``([\w.]+)``")


def told(label):
    """Return the steps that a section of the map names, in order."""
    section = re.search(
        rf"\.\. _{label}:\n(.*?)(?=\n\.\. _|\n-{{10,}})", MAP, re.DOTALL
    )
    return STEP.findall(section[1])


def is_of(step, path, name):
    """Return whether a call is what the map names: a function, or a method of a class."""
    called = step.function.replace(".<locals>", "") + "."
    return step.path == path and called.startswith(name + ".")


def find_missing(steps, told):
    """Return the first step that is not taken after those before it, or None."""
    remaining = iter(steps)
    for path, name in told:
        if not any(is_of(step, path, name) for step in remaining):
            return path, name
    return None


@pytest.fixture(scope="module")
def app(services, tmp_path_factory):
    engine = next(engine for engine in APP_ENGINES if engine.id == "postgresql")
    url = engine.url(services, tmp_path_factory.mktemp("map"))
    with crossed.application(engine, url) as app:
        yield app


@pytest.mark.parametrize("label", FLOWS)
def test_flows_are_what_happens(app, label):
    steps = crossed.walk(app, FLOWS[label])
    named = told(label)

    assert len(named) > 5
    missing = find_missing(steps, named)
    assert missing is None


def test_a_step_out_of_order_is_found():
    steps = [crossed.Step(0, "a.py", "one"), crossed.Step(1, "b.py", "Two.three")]

    assert find_missing(steps, [("a.py", "one"), ("b.py", "Two")]) is None
    assert find_missing(steps, [("b.py", "Two"), ("a.py", "one")]) == ("a.py", "one")
    assert find_missing(steps, [("b.py", "Tw")]) == ("b.py", "Tw")
