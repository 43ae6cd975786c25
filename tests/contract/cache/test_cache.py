"""Values that expire (backends §17)."""

import time

import pytest

from cliquet.cache import CacheBase
from cliquet.cache.memory import Cache


@pytest.mark.parametrize(
    "value",
    [
        1,
        3.5,
        3.141592653589793,
        "é/",
        True,
        None,
        [1, "a"],
        {"a": {"b": [None]}},
        2**70,
    ],
)
def test_values_come_back_with_their_type(cache, value):
    cache.set("key", value)

    found = cache.get("key")

    assert found == value
    assert type(found) is type(value)


def test_values_are_copies(cache):
    value = {"a": [1]}
    cache.set("key", value)

    value["a"].append(2)
    cache.get("key")["a"].append(3)

    assert cache.get("key") == {"a": [1]}


def test_unknown_keys_are_nothing(cache):
    assert cache.get("unknown") is None
    assert cache.ttl("unknown") < 0
    cache.delete("unknown")
    cache.expire("unknown", 10)
    assert cache.ttl("unknown") < 0
    assert cache.get("unknown") is None


def test_deleted_keys_are_gone(cache):
    cache.set("key", 1, 10)

    cache.delete("key")

    assert cache.get("key") is None
    assert cache.ttl("key") < 0


def test_flush_forgets_everything(cache):
    cache.set("one", 1)
    cache.set("other", 2, 10)

    cache.flush()

    assert cache.get("one") is None
    assert cache.get("other") is None


@pytest.mark.parametrize("ttl", [10, 100, 3600.5])
def test_ttl_tells_the_remaining_seconds(cache, ttl):
    cache.set("key", 1, ttl)

    assert ttl - 5 < cache.ttl("key") <= ttl


def test_without_expiry_ttl_is_negative(cache):
    cache.set("key", 1)

    assert cache.ttl("key") < 0


def test_expire_sets_the_remaining_seconds(cache):
    cache.set("key", 1)

    cache.expire("key", 10)

    assert 9 < cache.ttl("key") <= 10


@pytest.mark.parametrize("ttl", [0, -1])
def test_no_time_left_is_expired(cache, ttl):
    cache.set("key", 1, ttl)
    cache.set("other", 1)
    cache.expire("other", ttl)

    assert cache.get("key") is None
    assert cache.get("other") is None
    assert cache.ttl("key") <= 0


def test_values_expire(cache):
    cache.set("key", 1, 0.01)
    cache.set("other", 1)
    cache.expire("other", 0.01)
    deadline = time.monotonic() + 5

    while cache.get("key") is not None or cache.get("other") is not None:
        assert time.monotonic() < deadline


def test_setting_again_forgets_the_expiry(cache):
    cache.set("key", 1, 10)

    cache.set("key", 2)

    assert cache.get("key") == 2
    assert cache.ttl("key") < 0


@pytest.mark.parametrize("key", ["a'b", "a%", "a_", "a*", "é", "a:b", " ", "x" * 200])
def test_keys_are_any_text(cache, key):
    cache.set("ab", 0)

    cache.set(key, 1)

    assert cache.get(key) == 1
    cache.delete(key)
    assert cache.get(key) is None
    assert cache.get("ab") == 0


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
