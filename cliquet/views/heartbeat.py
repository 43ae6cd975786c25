"""Checks of the backends, and of this process alone (docs: protocol-heartbeat)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import transaction
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.engines.exceptions import in_batch
from cliquet.logs import logger
from cliquet.service import Service
from cliquet.settings import get_setting
from cliquet.types import Request

__all__ = ["get_heartbeat", "get_lbheartbeat", "heartbeat", "lbheartbeat"]

heartbeat = Service(
    name="heartbeat",
    path="/__heartbeat__",
    description="Server health",
    is_operational=True,
)
lbheartbeat = Service(
    name="lbheartbeat",
    path="/__lbheartbeat__",
    description="Web head health",
    is_operational=True,
)


@heartbeat.get(permission=NO_PERMISSION_REQUIRED)
def get_heartbeat(request: Request) -> dict[str, Any]:
    """Run all checks at the same time; respond 503 if one of them fails.

    In a batch they are run one by one, by its own thread: others would wait for what
    its transaction has locked, while it waits for them.
    """
    checks = request.registry.heartbeats
    if in_batch(request):
        status = {name: _result_of(name, checks[name], request) for name in checks}
    else:
        timeout = get_setting(request.registry.settings, "heartbeat_timeout_seconds")
        status = run_checks(checks, request, float(timeout))
    if any(value is not None and not value for value in status.values()):
        request.response.status = 503
        retry_after = get_setting(request.registry.settings, "retry_after_seconds")
        request.response.headers["Retry-After"] = str(retry_after)
    return status


def run_checks(
    checks: dict[str, Callable[[Any], Any]], request: Request, timeout: float
) -> dict[str, Any]:
    """Run checks in parallel, and return the result of each, by name.

    It is true, or None where a check does not apply. One that raises, or takes more
    than `timeout` seconds, counts as failed.
    """
    if not checks:
        return {}
    # Threads that are late are not waited for: they end when their backend does.
    executor = ThreadPoolExecutor(len(checks), thread_name_prefix="heartbeat")
    running = {
        name: executor.submit(_run_check, name, check, request)
        for name, check in checks.items()
    }
    wait(running.values(), timeout=timeout)
    executor.shutdown(wait=False, cancel_futures=True)
    status = {}
    for name, future in running.items():
        if future.done():
            status[name] = future.result()
        else:
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
        return _result_of(name, check_and_commit, request)
    finally:
        # Nothing is left of one that failed.
        manager.abort()


def _result_of(name: str, check: Callable[[Any], Any], request: Request) -> Any:
    try:
        return check(request)
    except Exception:  # noqa: BLE001 -- whatever it is, the answer is no
        logger.exception(f"Heartbeat Error: {name}")
        return False


@lbheartbeat.get(permission=NO_PERMISSION_REQUIRED)
def get_lbheartbeat(request: Request) -> dict[str, Any]:
    """Respond without asking any backend."""
    return {}
