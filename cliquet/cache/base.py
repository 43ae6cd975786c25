"""The interface of caches, and the health check of one."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from cliquet.engines.exceptions import health_check, in_batch


class CacheBase:
    """Values that may expire, under text keys.

    Values are JSON values; they are copied in and out. Times are seconds, fractions
    allowed. Each method is atomic, and raises `BackendError` when the engine fails.

    Args:
        args: Of third parties, ignored.
        cache_prefix: Put before every key.
        kwargs: Of third parties, ignored.
    """

    def __init__(self, *args: Any, cache_prefix: str = "", **kwargs: Any) -> None:
        self.prefix = cache_prefix

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create or upgrade what the engine needs.

        Args:
            dry_run: Only log what would be done.
        """
        raise NotImplementedError

    def flush(self) -> None:
        """Delete every value, of any prefix."""
        raise NotImplementedError

    def ttl(self, key: str) -> float:
        """Return the remaining seconds; negative for unknown keys and no expiry."""
        raise NotImplementedError

    def expire(self, key: str, ttl: float) -> None:
        """Set the remaining seconds of a key that exists."""
        raise NotImplementedError

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        """Set a value, for `ttl` seconds or until it is deleted."""
        raise NotImplementedError

    def get(self, key: str) -> Any:
        """Return a value, or `None` if it is unknown or has expired."""
        raise NotImplementedError

    def delete(self, key: str) -> None:
        """Delete a value, if there is one."""
        raise NotImplementedError


def heartbeat(backend: CacheBase) -> Callable[[Any], bool]:
    """Build the health check of a cache: a function of a request."""

    @health_check("Heartbeat Failure")
    def ping(request: Any) -> bool:
        """Write, read back and delete; also in readonly mode, where caches write.

        Only read in a batch.
        """
        key = f"__heartbeat__{uuid4().hex}"
        if in_batch(request):
            return backend.get(key) is None
        backend.set(key, "alive", 60)
        found = backend.get(key)
        backend.delete(key)
        return bool(found == "alive")

    return ping
