"""What the cache keeps on a single server besides values."""

import time

from tests.contract.backends import APP_ENGINES


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
