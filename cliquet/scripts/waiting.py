"""How long commands wait: they are no requests, that somebody would wait for."""

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from cliquet.engines.exceptions import BackendError
from cliquet.engines.loading import KINDS
from cliquet.engines.sql.watchdog import WATCHDOG
from cliquet.types import Registry

_PAUSE_SECONDS = 1


@contextlib.contextmanager
def without_limits(registry: Registry) -> Iterator[None]:
    """Let statements take their time; the role and the database may bound them."""
    found: list[Any]
    found = [getattr(getattr(registry, kind, None), "client", None) for kind in KINDS]
    limits = [(each, each.limits) for each in found if hasattr(each, "limits")]
    for client, _ in limits:
        client.limits = ()
    try:
        with WATCHDOG.paused():
            yield
    finally:
        for client, before in limits:
            client.limits = before


def until_answered(work: Callable[[], None], seconds: float) -> None:
    """Do what needs backends; again, for that long, while one does not answer.

    Raises:
        SystemExit: It did not answer in time; with what it said.
    """
    deadline = time.monotonic() + seconds
    with _lines_only():
        while True:
            try:
                return work()
            except BackendError as error:
                if time.monotonic() >= deadline:
                    sys.exit(f"It could not be done: {' '.join(str(error).split())}")
            time.sleep(_PAUSE_SECONDS)


@contextlib.contextmanager
def _lines_only() -> Iterator[None]:
    """Leave tracebacks out of the log: the last line says it."""
    handlers = logging.getLogger().handlers
    for handler in handlers:
        handler.addFilter(_has_no_traceback)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(_has_no_traceback)


def _has_no_traceback(record: logging.LogRecord) -> bool:
    return not record.exc_info
