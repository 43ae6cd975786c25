"""A cache in the memory of one process, within a bound.

When the values outgrow `cache_max_size_bytes`, expired ones leave first, then the
oldest. The size of a value is that of its JSON text and its key.
"""

from collections import OrderedDict
from heapq import heapify, heappop, heappush
from threading import RLock
from typing import Any

from cliquet import serialization
from cliquet.cache.base import CacheBase
from cliquet.settings import get_setting
from cliquet.timestamps import msec_time


class Cache(CacheBase):
    """Cache in the memory of this process; threads share it safely.

    Args:
        cache_prefix: Put before every key.
        max_size_bytes: Bound of the sizes of keys and values, 0 for none.
    """

    def __init__(
        self, *args: Any, cache_prefix: str = "", max_size_bytes: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(cache_prefix=cache_prefix)
        self._max_size = max_size_bytes
        self._lock = RLock()
        # Of a dictionary, the first key takes long to find once many are deleted.
        self._store: OrderedDict[str, str] = OrderedDict()
        self._ttl: dict[str, float] = {}
        self._expiries: list[tuple[float, str]] = []
        self._size = 0

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Do nothing: memory has no schema."""

    def flush(self) -> None:
        with self._lock:
            self._store.clear()
            self._ttl.clear()
            self._expiries.clear()
            self._size = 0

    def ttl(self, key: str) -> float:
        with self._lock:
            key = self.prefix + key
            self._drop_if_expired(key)
            expiry = self._ttl.get(key)
            return -1 if expiry is None else (expiry - msec_time()) / 1000

    def expire(self, key: str, ttl: float) -> None:
        with self._lock:
            key = self.prefix + key
            if key in self._store:
                self._set_expiry(key, ttl)
                self._drop_if_expired(key)

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        text = serialization.dumps(value)
        with self._lock:
            key = self.prefix + key
            self._drop(key)
            self._store[key] = text
            self._size += len(key) + len(text)
            if ttl is not None:
                self._set_expiry(key, ttl)
            if self._max_size and self._size > self._max_size:
                self._make_room()

    def get(self, key: str) -> Any:
        with self._lock:
            key = self.prefix + key
            self._drop_if_expired(key)
            text = self._store.get(key)
        return None if text is None else serialization.loads(text)

    def delete(self, key: str) -> None:
        with self._lock:
            self._drop(self.prefix + key)

    def _set_expiry(self, key: str, ttl: float) -> None:
        expiry = self._ttl[key] = msec_time() + ttl * 1000
        if len(self._expiries) > 2 * len(self._ttl):
            # More than half are of values that are gone or were set again.
            self._expiries = [(each, name) for name, each in self._ttl.items()]
            heapify(self._expiries)
        else:
            heappush(self._expiries, (expiry, key))

    def _drop(self, key: str) -> None:
        text = self._store.pop(key, None)
        self._ttl.pop(key, None)
        if text is not None:
            self._size -= len(key) + len(text)

    def _drop_if_expired(self, key: str) -> None:
        expiry = self._ttl.get(key)
        if expiry is not None and expiry <= msec_time():
            self._drop(key)

    def _make_room(self) -> None:
        now = msec_time()
        while self._expiries and self._expiries[0][0] <= now:
            self._drop_if_expired(heappop(self._expiries)[1])
        while self._size > self._max_size:
            self._drop(next(iter(self._store)))


def load_from_config(config: Any) -> Cache:
    """Return the cache (settings `cache_prefix`, `cache_max_size_bytes`)."""
    settings = config.get_settings()
    return Cache(
        cache_prefix=settings["cache_prefix"],
        max_size_bytes=int(get_setting(settings, "cache_max_size_bytes") or 0),
    )
