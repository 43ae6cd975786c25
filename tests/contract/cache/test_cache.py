"""Values that expire."""

import time

import pytest

from cliquet.cache import CacheBase
from cliquet.cache.memory import Cache
from cliquet.testing.contracts import CacheContract


class TestCache(CacheContract):
    """On each engine."""


def test_prefixes_keep_caches_apart(engine, engine_url, cache):
    prefixed = engine.load("cache", engine_url, cache_prefix="prefix_")

    prefixed.set("key", 1, 10)
    assert prefixed.get("key") == 1
    assert cache.get("key") is None
    if engine.processes > 1:
        assert cache.get("prefix_key") == 1
        prefixed.expire("key", 0)
        assert cache.ttl("prefix_key") <= 0
        assert cache.get("prefix_key") is None
        cache.set("prefix_key", 2)
        prefixed.delete("key")
        assert cache.get("prefix_key") is None


def test_the_memory_cache_is_bounded():
    cache = Cache(max_size_bytes=1000)
    cache.set("expired", "x" * 100, 0)

    for number in range(20):
        cache.set(f"key{number}", "x" * 100)

    kept = [number for number in range(20) if cache.get(f"key{number}") is not None]
    assert kept == list(range(20))[-len(kept) :]
    assert 5 <= len(kept) <= 9


def test_the_memory_cache_forgets_what_expired_first():
    cache = Cache(max_size_bytes=1000)
    for number in range(4):
        cache.set(f"old{number}", "x" * 100)
        cache.set(f"new{number}", "x" * 100, 0.001 if number % 2 else 60)
    time.sleep(0.005)

    cache.set("last", "x" * 300)

    assert [cache.get(f"old{number}") is None for number in range(4)] == [False] * 4
    assert [cache.get(f"new{number}") is None for number in range(4)] == [
        False, True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("ttl", [None, 60])
def test_a_full_memory_cache_is_as_fast_as_an_empty_one(ttl):
    """Time is proportional to the number of writes, not to its square."""

    def seconds(entries):
        cache = Cache(max_size_bytes=100 * entries)
        started = time.process_time()
        for number in range(4 * entries):
            cache.set(f"{number:08}", "x" * 90, ttl)
            cache.set("again", number, ttl)
        return time.process_time() - started

    many, few = (min(seconds(entries) for _ in range(3)) for entries in (8000, 1000))
    assert many < 8 * 4 * few


def test_the_memory_cache_keeps_no_trace_of_what_was_set_again():
    cache = Cache()

    for number in range(1000):
        cache.set("key", number, 60)
        cache.expire("key", 30)

    assert len(cache._expiries) < 10


def test_the_memory_cache_needs_no_argument():
    assert Cache().prefix == ""


def test_the_interface_does_nothing():
    base = CacheBase()
    calls = [
        (base.initialize_schema,), (base.flush,), (base.ttl, ""), (base.expire, "", 0),
        (base.get, ""), (base.set, "", ""), (base.delete, ""),
    ]  # fmt: skip
    for method, *arguments in calls:
        with pytest.raises(NotImplementedError):
            method(*arguments)
