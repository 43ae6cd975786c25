"""Health checks, each of them running once at a time, however many ask.

Probes come every second, and a backend that hangs holds each check for many: started
anew for each probe, they would take all its connections, and hundreds of threads.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, NamedTuple

import transaction

from cliquet.logs import logger
from cliquet.types import Request

__all__ = ["RunningChecks", "result_of", "run_checks"]


class _Run(NamedTuple):
    result: Future[Any]
    started: float

    def wait(self, seconds: float) -> Any:
        """Return its result, at most `seconds` after it started.

        Raises:
            TimeoutError: It has none by then.
        """
        left = self.started + seconds - time.monotonic()
        return self.result.result(timeout=max(left, 0))


class RunningChecks:
    """The checks that run now, by name."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._runs: dict[str, _Run] = {}

    def join(
        self, checks: Mapping[str, Callable[[Any], Any]], request: Request
    ) -> dict[str, _Run]:
        """Return a run of each check: the one that goes on, else a new one."""
        with self._lock:
            idle = [name for name in checks if not self._goes_on(name)]
            if idle:
                # Threads that are late are not waited for: they end when their
                # backend does.
                executor = ThreadPoolExecutor(len(idle), thread_name_prefix="heartbeat")
                for name in idle:
                    result = executor.submit(_run_check, name, checks[name], request)
                    self._runs[name] = _Run(result, time.monotonic())
                executor.shutdown(wait=False)
            return {name: self._runs[name] for name in checks}

    def _goes_on(self, name: str) -> bool:
        return name in self._runs and not self._runs[name].result.done()


def run_checks(
    checks: Mapping[str, Callable[[Any], Any]], request: Request, timeout: float
) -> dict[str, Any]:
    """Run checks in parallel, and return the result of each, by name.

    It is true, or None where a check does not apply. One that raises has failed, and so
    has one that goes on for more than `timeout` seconds.
    """
    status = {}
    runs = request.registry.running_checks.join(checks, request)
    for name, run in runs.items():
        try:
            status[name] = run.wait(timeout)
        except TimeoutError:
            logger.error(f"Heartbeat of {name} took more than {timeout} seconds")
            status[name] = False
    return status


def _run_check(name: str, check: Callable[[Any], Any], request: Request) -> Any:
    """Run one check in a transaction of this thread."""
    manager = transaction.manager
    manager.begin()

    def check_and_commit(request: Request) -> Any:
        result = check(request)
        manager.commit()
        return result

    try:
        return result_of(name, check_and_commit, request)
    finally:
        # Nothing is left of one that failed.
        manager.abort()


def result_of(name: str, check: Callable[[Any], Any], request: Request) -> Any:
    """Return what a check says, False where it raises, which is logged."""
    try:
        return check(request)
    except Exception:  # noqa: BLE001 -- whatever it is, the answer is no
        logger.exception(f"Heartbeat Error: {name}")
        return False
