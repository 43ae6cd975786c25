"""What does every cache promise? (backends §17)"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from cliquet.logs import logger


class CacheBase:
    """Values that may expire, under text keys.

    Values are JSON values; they are copied in and out. Times are seconds, fractions
    allowed. Each method is atomic and raises `BackendError` when the engine fails.
    """

    def __init__(self, *args: Any, cache_prefix: str = "", **kwargs: Any) -> None:
        self.prefix = cache_prefix

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create or upgrade what the engine needs; only tell it if `dry_run`."""
        raise NotImplementedError

    def flush(self) -> None:
        """Delete every value, of any prefix."""
        raise NotImplementedError

    def ttl(self, key: str) -> float:
        """Tell the remaining seconds; negative for unknown keys and no expiry."""
        raise NotImplementedError

    def expire(self, key: str, ttl: float) -> None:
        """Set the remaining seconds of a key that exists."""
        raise NotImplementedError

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        """Keep a value, for `ttl` seconds or until it is deleted."""
        raise NotImplementedError

    def get(self, key: str) -> Any:
        """Give a value, or `None` if it is unknown or has expired."""
        raise NotImplementedError

    def delete(self, key: str) -> None:
        """Forget a value, if there is one."""
        raise NotImplementedError


def heartbeat(backend: Any) -> Callable[[Any], bool]:
    """Build the health check of a cache (rulings §2.11)."""

    def ping(request: Any) -> bool:
        """Write, read back and delete; also in readonly mode, where caches write."""
        key = f"__heartbeat__{uuid4().hex}"
        try:
            backend.set(key, "alive", 60)
            found = backend.get(key)
            backend.delete(key)
            return bool(found == "alive")
        except Exception:  # noqa: BLE001 -- whatever it is, the answer is no
            logger.exception("Heartbeat Failure")
            return False

    return ping
