"""Do the backends work? (protocol §6, rulings §2.11)"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import transaction
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.logs import logger
from cliquet.service import Service
from cliquet.settings import get_setting

heartbeat = Service(
    name="heartbeat", path="/__heartbeat__", description="Server health"
)
lbheartbeat = Service(
    name="lbheartbeat", path="/__lbheartbeat__", description="Web head health"
)


@heartbeat.get(permission=NO_PERMISSION_REQUIRED)
def get_heartbeat(request: Any) -> dict[str, Any]:
    """Run all checks at the same time; 503 if one of them fails."""
    timeout = float(get_setting(request.registry.settings, "heartbeat_timeout_seconds"))
    status = run_checks(request.registry.heartbeats, request, timeout)
    if any(value is not None and not value for value in status.values()):
        request.response.status = 503
    return status


def run_checks(
    checks: dict[str, Callable[[Any], Any]], request: Any, timeout: float
) -> dict[str, Any]:
    """Run checks in parallel; one that raises or is late counts as failed."""
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


def _run_check(name: str, check: Callable[[Any], Any], request: Any) -> Any:
    """Run one check in a transaction of this thread."""
    manager = transaction.manager
    manager.begin()
    try:
        result = check(request)
        manager.commit()
        return result
    except Exception:  # noqa: BLE001 -- whatever it is, the answer is no
        manager.abort()
        logger.exception(f"Heartbeat Error: {name}")
        return False


@lbheartbeat.get(permission=NO_PERMISSION_REQUIRED)
def get_lbheartbeat(request: Any) -> dict[str, Any]:
    """Tell that this process answers; no backend is touched."""
    return {}
