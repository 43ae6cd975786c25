"""Freshness: each response says what caches may do with it (docs: freshness).

Without `Cache-Control` they follow rules of their own: they keep 404, 405 and 410, and
the answers of a server that is down (RFC 9111, 4.2.2).
"""

from pyramid.config import Configurator
from pyramid.settings import asbool

from cliquet.authentication import prefixed_userid
from cliquet.framework.completion import add_response_step
from cliquet.settings import get_setting
from cliquet.types import Request, Response, Settings

NO_STORE = "no-store"
"""Of what describes this moment: health, metrics."""
REVALIDATED = "no-cache"
"""Of what may be stored, and is asked for each time before it is shown."""
IMMUTABLE = "public, max-age=31536000, immutable"
"""Of files whose names say what is in them (RFC 8246)."""
PRIVATE = "no-cache, no-store"
"""Of what is for one user: browsers revalidate a stored response whoever signs in next,
whatever `Vary` says. The former is what clients of 3.1 look for."""

_IS_PRIVATE = "is_private"


def cache_control(*, is_private: bool, is_operational: bool) -> str:
    """Return the `Cache-Control` of a response that has none of its own.

    Args:
        is_private: Whether it is for one user.
        is_operational: Whether it is that of an endpoint for operators.
    """
    if is_operational:
        return NO_STORE
    return PRIVATE if is_private else REVALIDATED


def shared_cache_control(settings: Settings) -> str:
    """Return the `Cache-Control` of what is the same for everybody (RFC 5861)."""
    age, shared, stale = (
        int(get_setting(settings, f"snapshot_{name}_seconds"))
        for name in ("max_age", "shared_max_age", "stale")
    )
    return (
        f"public, max-age={age}, s-maxage={shared}, "
        f"stale-while-revalidate={stale}, stale-if-error={stale}"
    )


def setup_freshness(config: Configurator) -> None:
    """Set `Cache-Control` where nobody did (setting `private_responses`)."""
    keeps_private = asbool(get_setting(config.get_settings(), "private_responses"))

    operational_paths = config.registry.operational_paths

    def set_freshness(request: Request, response: Response) -> None:
        headers = response.headers
        is_set = "Cache-Control" in headers or "Expires" in headers
        if is_set and not hasattr(request, "parent"):
            return
        # That of an entry matters to its batch, whatever it says itself.
        is_private = keeps_private and _is_private(request)
        if not is_set:
            is_operational = request.environ["PATH_INFO"] in operational_paths
            headers["Cache-Control"] = cache_control(
                is_private=is_private, is_operational=is_operational
            )

    add_response_step(config.registry, set_freshness)


def _is_private(request: Request) -> bool:
    """Return whether a request, or an entry of the batch that it is, has a user."""
    shared = request.bound_data
    if prefixed_userid(request) is not None:
        shared[_IS_PRIVATE] = True
        return True
    return _IS_PRIVATE in shared and not hasattr(request, "parent")
