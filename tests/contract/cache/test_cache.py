"""Values that expire."""

import time

import pytest

from cliquet.cache import CacheBase
from cliquet.cache.memory import Cache
from tests.contract.backends import APP_ENGINES


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


def test_redis_forgets_the_names_of_keys_that_expired(services):
    engine = next(each for each in APP_ENGINES if each.id == "redis")
    cache = engine.load("cache", services.new_redis_url())
    for number in range(500):
        cache.set(f"short{number}", 1, 0.001)
    time.sleep(0.005)

    for number in range(1000):
        cache.set(f"long{number % 50}", 1)

    names = cache._client.smembers("cliquet:cache:keys")
    assert {f"long{number}".encode() for number in range(50)} <= names
    assert len(names) < 100
    cache.flush()
    assert cache._client.keys("*") == []


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
