"""Whether backends answer, and why one of them does not."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cliquet.declarations.start import backend_problems
from cliquet.protocol.health import run_checks
from cliquet.settings import get_setting
from cliquet.types import Registry

_STATUS = {True: "answers", False: "DOES NOT ANSWER", None: "was not checked"}


class _Kept(logging.Handler):
    """Keeps the last line, or the exception that it is about."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.reason = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        error = record.exc_info and record.exc_info[1]
        told = f"{type(error).__name__}: {error}" if error else record.getMessage()
        self.reason = " ".join(told.split())


def try_backends(registry: Registry, request: Any) -> tuple[list[str], bool]:
    """Return a line for each check of the heartbeat, and whether none of them failed.

    They are run one by one, so that what is logged is known to be about one.
    """
    timeout = float(get_setting(registry.settings, "heartbeat_timeout_seconds"))
    problems = backend_problems(registry)
    lines, is_well = [], True
    for name, check in registry.heartbeats.items():
        with _collecting() as kept:
            answer = run_checks({name: check}, request, timeout)[name]
        line = f"{name}: {_STATUS.get(answer, answer)}"
        has_failed = answer is not None and not answer
        problem = problems.get(name)
        reason = problem.reason if problem else kept.reason if has_failed else ""
        is_well = is_well and not has_failed
        is_well = is_well and not (problem and problem.is_refused)
        lines.append(f"{line}: {reason}" if reason else line)
    return lines, is_well


@contextmanager
def _collecting() -> Iterator[_Kept]:
    """Keep what is logged in this block, instead of showing it."""
    root, kept = logging.getLogger(), _Kept()
    handlers, level = root.handlers, root.level
    root.handlers = [kept]
    root.setLevel(logging.ERROR)
    try:
        yield kept
    finally:
        root.handlers = handlers
        root.setLevel(level)
