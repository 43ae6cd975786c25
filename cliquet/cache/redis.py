"""Cached values in Redis: JSON text with the server's own expiry.

The keys are remembered in a set, so that `flush` deletes them and nothing else that
may live in the same database.
"""

from typing import Any

from cliquet import serialization
from cliquet.backends.redis import client_settings, create_from_config, wrap_redis_error
from cliquet.cache.base import CacheBase

_KEYS = "cliquet:cache:keys"


class Cache(CacheBase):
    """Cache in a Redis database."""

    def __init__(
        self, client: Any, *args: Any, cache_prefix: str = "", **kwargs: Any
    ) -> None:
        super().__init__(cache_prefix=cache_prefix)
        self._client = client

    @property
    def settings(self) -> dict[str, Any]:
        """Where the server is."""
        return client_settings(self._client)

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: there is no schema."""

    @wrap_redis_error
    def flush(self) -> None:
        keys = self._client.smembers(_KEYS)
        self._client.delete(_KEYS, *keys)

    @wrap_redis_error
    def ttl(self, key: str) -> float:
        milliseconds = self._client.pttl(self.prefix + key)
        return milliseconds / 1000 if milliseconds >= 0 else -1

    @wrap_redis_error
    def expire(self, key: str, ttl: float) -> None:
        # Redis deletes the key at once when there is no time left.
        self._client.pexpire(self.prefix + key, int(ttl * 1000))

    @wrap_redis_error
    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        key = self.prefix + key
        text = serialization.dumps(value)
        with self._client.pipeline() as pipeline:
            if ttl is not None and ttl * 1000 < 1:
                pipeline.delete(key)
            else:
                expiry = None if ttl is None else int(ttl * 1000)
                pipeline.set(key, text, px=expiry)
                pipeline.sadd(_KEYS, key)
            pipeline.execute()

    @wrap_redis_error
    def get(self, key: str) -> Any:
        text = self._client.get(self.prefix + key)
        return None if text is None else serialization.loads(text)

    @wrap_redis_error
    def delete(self, key: str) -> None:
        key = self.prefix + key
        with self._client.pipeline() as pipeline:
            pipeline.delete(key)
            pipeline.srem(_KEYS, key)
            pipeline.execute()


def load_from_config(config: Any) -> Cache:
    """Build the cache (settings `cache_url`, `cache_pool_size`, `cache_prefix`)."""
    client = create_from_config(config, prefix="cache_")
    return Cache(client, cache_prefix=config.get_settings()["cache_prefix"])
