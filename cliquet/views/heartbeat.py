"""Checks of the backends, and of this process alone (docs: protocol-heartbeat)."""

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.engines.exceptions import in_batch
from cliquet.protocol.health import result_of, run_checks
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
        status = {name: result_of(name, checks[name], request) for name in checks}
    else:
        timeout = get_setting(request.registry.settings, "heartbeat_timeout_seconds")
        status = run_checks(checks, request, float(timeout))
    late = [name for name in _of_replicas(request) if status[name] is False]
    status.update(dict.fromkeys(late))
    if any(value is not None and not value for value in status.values()):
        request.response.status = 503
        retry_after = get_setting(request.registry.settings, "retry_after_seconds")
        request.response.headers["Retry-After"] = str(retry_after)
    return status


def _of_replicas(request: Request) -> list[str]:
    """Return the checks without which the service does its work."""
    kinds = getattr(request.registry, "replicas_by_kind", {})
    return [f"{kind}_replicas" for kind in kinds]


@lbheartbeat.get(permission=NO_PERMISSION_REQUIRED)
def get_lbheartbeat(request: Request) -> dict[str, Any]:
    """Respond without asking any backend."""
    return {}
