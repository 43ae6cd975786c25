"""Errors as problem details, for those who ask for them (RFC 9457).

All errors of the protocol get their body in one place, :mod:`cliquet.errors`, which
knows no request. What a client prefers is asked at the edge, of errors only.
"""

from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator

from cliquet import serialization
from cliquet.errors import ERRORS
from cliquet.framework.completion import add_response_step
from cliquet.framework.media_types import JSON, PROBLEM, prefers_problems
from cliquet.headers import add_vary
from cliquet.protocol import DOCUMENTATION
from cliquet.types import Request, Response

_REGISTRY = DOCUMENTATION + "specification/registries.html#errno-"
_OF_NO_TYPE = "about:blank"
"""The status tells all that is to be said (RFC 9457, 4.2.1)."""

_TYPES = {
    error.value: f"{_REGISTRY}{error.value}"
    for error in ERRORS
    if error is not ERRORS.UNDEFINED
}


def setup_problems(config: Configurator) -> None:
    """Write errors in the form that their clients prefer."""
    add_response_step(config.registry, finish_error)


def finish_error(request: Request, response: Response) -> None:
    """Write an error in the form that its request prefers."""
    if response.status < "4":
        return
    add_vary(response.headers, "Accept")
    if response.content_type != JSON or not prefers_problems(
        request.environ.get("HTTP_ACCEPT")
    ):
        return
    error = _error_in(response)
    if error is not None:
        problem = describe_problem(error, response.status_code)
        response.body = serialization.dumps(problem).encode("utf-8")
        response.headers["Content-Type"] = PROBLEM


def _error_in(response: Response) -> dict[str, Any] | None:
    """Return the error in a body, unless it is something else, as of the heartbeat."""
    try:
        body = serialization.loads(response.body)
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("errno"), int):
        return None
    return body if "error" in body else None


def describe_problem(error: Mapping[str, Any], status: int) -> dict[str, Any]:
    """Return the members of RFC 9457, and those of the protocol beside them."""
    problem = {
        "type": _TYPES.get(error["errno"], _OF_NO_TYPE),
        "title": error["error"],
        "status": status,
    }
    if "message" in error:
        problem["detail"] = error["message"]
    return {**problem, **error}
