"""The same random programs on all engines at once: the same answers.

Each step is run on every engine and compared with the naive model, timestamps aside,
which each engine takes from its own clock. ``--programs 20000`` for the long run.
"""

import copy
import importlib.util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from cliquet.testing.servers import Services
from tests.contract.backends import APP_ENGINES

_PATH = Path(__file__).with_name("test_state_machine.py")
_SPEC = importlib.util.spec_from_file_location("storage_programs", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
StoragePrograms: Any = _MODULE.StoragePrograms

STEPS = ("create", "update", "get", "delete", "delete_all", "purge", "walk", "start")


def in_lockstep(storages: list[Any]) -> Any:
    """A machine whose steps are steps of one machine for each storage."""

    def setup(self: Any) -> None:
        StoragePrograms.__init__(self)
        self.machines = []
        for storage in storages:
            machine = object.__new__(StoragePrograms)
            machine.storage = storage
            self.machines.append(machine)

    def step(name: str) -> Any:
        original = vars(StoragePrograms)[name]

        def run(self: Any, **drawn: Any) -> None:
            for machine in self.machines:
                original(machine, **drawn)

        # The marks by which hypothesis knows a rule and what to draw for it.
        for mark, value in vars(original).items():
            if mark.startswith("hypothesis"):
                marked = copy.copy(value)
                marked.function = run
                setattr(run, mark, marked)
        return run

    def teardown(self: Any) -> None:
        for machine in self.machines:
            machine.storage.flush()

    members = {name: step(name) for name in STEPS}
    members |= {"__init__": setup, "teardown": teardown}
    return type("InLockstep", (StoragePrograms,), members)


def test_all_engines_answer_the_same(
    services: Services, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    names = request.config.getoption("--backends").split(",")
    engines = [engine for engine in APP_ENGINES if engine.id in names]
    storages = [
        engine.load("storage", engine.url(services, tmp_path)) for engine in engines
    ]

    run_state_machine_as_test(
        in_lockstep(storages),
        settings=settings(
            max_examples=request.config.getoption("--programs"), stateful_step_count=15
        ),
    )
