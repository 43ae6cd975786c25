"""A cache in Redis: values as JSON text, with the server's own expiry.

The keys are remembered in a set, so that `flush` deletes them and nothing else that
may live in the same database. The server does not tell which ones expired: each write
looks at some of them (`scripts/set.lua`). In a cluster, where the set would be on one
node and each value on any, the keys have a beginning of their own instead.
"""

from typing import Any

from cliquet import serialization
from cliquet.cache.base import CacheBase
from cliquet.engines.redis.client import (
    RedisBackend,
    create_from_config,
    delete_keys,
    is_cluster,
    load_scripts,
    scan,
)

_KEYS = "cliquet:cache:keys"
_BEGINNING = "cliquet:cache:value:"
_SOURCES = load_scripts(__package__)


class Cache(RedisBackend, CacheBase):
    """Cache in a Redis database."""

    def __init__(
        self, client: Any, *args: Any, cache_prefix: str = "", **kwargs: Any
    ) -> None:
        super().__init__(cache_prefix=cache_prefix)
        self._client = client
        self._set = client.register_script(_SOURCES["set"])

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: Redis has no schema."""

    def flush(self) -> None:
        keys = self._client.smembers(_KEYS)
        delete_keys(self._client, [*keys, _KEYS])

    def ttl(self, key: str) -> float:
        milliseconds = self._client.pttl(self.prefix + key)
        return milliseconds / 1000 if milliseconds >= 0 else -1

    def expire(self, key: str, ttl: float) -> None:
        # Redis deletes the key at once when there is no time left.
        self._client.pexpire(self.prefix + key, int(ttl * 1000))

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        key = self.prefix + key
        text = serialization.dumps(value)
        if ttl is not None and ttl * 1000 < 1:
            self._delete(key)
            return
        expiry = "" if ttl is None else int(ttl * 1000)
        self._set(keys=[key, _KEYS], args=[text, expiry])

    def get(self, key: str) -> Any:
        text = self._client.get(self.prefix + key)
        return None if text is None else serialization.loads(text)

    def delete(self, key: str) -> None:
        self._delete(self.prefix + key)

    def _delete(self, key: str) -> None:
        with self._client.pipeline() as pipeline:
            pipeline.delete(key)
            pipeline.srem(_KEYS, key)
            pipeline.execute()


class ClusterCache(Cache):
    """Cache in a cluster: values are on all nodes."""

    def __init__(self, client: Any, *args: Any, cache_prefix: str = "") -> None:
        super().__init__(client, cache_prefix=f"{_BEGINNING}{cache_prefix}")

    def flush(self) -> None:
        delete_keys(self._client, scan(self._client, f"{_BEGINNING}*"))

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        milliseconds = None if ttl is None else int(ttl * 1000)
        if milliseconds is not None and milliseconds < 1:
            self.delete(key)
            return
        text = serialization.dumps(value)
        self._client.set(self.prefix + key, text, px=milliseconds)

    def _delete(self, key: str) -> None:
        self._client.delete(key)


def load_from_config(config: Any) -> Cache:
    """Return the cache (settings `cache_url`, `cache_pool_size`, `cache_prefix`)."""
    client = create_from_config(config, prefix="cache_")
    kind = ClusterCache if is_cluster(client) else Cache
    return kind(client, cache_prefix=config.get_settings()["cache_prefix"])
