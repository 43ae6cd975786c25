"""Values that expire."""

import time
from typing import Any

import pytest


class CacheContract:
    """What every cache does; the fixture `cache` is an empty one for each test."""

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
    def test_values_come_back_with_their_type(self, cache: Any, value: Any) -> None:
        cache.set("key", value)

        found = cache.get("key")

        assert found == value
        assert type(found) is type(value)

    def test_values_are_copies(self, cache: Any) -> None:
        value = {"a": [1]}
        cache.set("key", value)

        value["a"].append(2)
        cache.get("key")["a"].append(3)

        assert cache.get("key") == {"a": [1]}

    def test_unknown_keys_are_nothing(self, cache: Any) -> None:
        assert cache.get("unknown") is None
        assert cache.ttl("unknown") < 0
        cache.delete("unknown")
        cache.expire("unknown", 10)
        assert cache.ttl("unknown") < 0
        assert cache.get("unknown") is None

    def test_deleted_keys_are_gone(self, cache: Any) -> None:
        cache.set("key", 1, 10)

        cache.delete("key")

        assert cache.get("key") is None
        assert cache.ttl("key") < 0

    def test_flush_forgets_everything(self, cache: Any) -> None:
        cache.set("one", 1)
        cache.set("other", 2, 10)

        cache.flush()

        assert cache.get("one") is None
        assert cache.get("other") is None

    @pytest.mark.parametrize("ttl", [100, 1000, 3600.5])
    def test_ttl_tells_the_remaining_seconds(self, cache: Any, ttl: float) -> None:
        cache.set("key", 1, ttl)

        assert ttl - 60 < cache.ttl("key") <= ttl

    def test_without_expiry_ttl_is_negative(self, cache: Any) -> None:
        cache.set("key", 1)

        assert cache.ttl("key") < 0

    def test_expire_sets_the_remaining_seconds(self, cache: Any) -> None:
        cache.set("key", 1)

        cache.expire("key", 1000)

        assert 900 < cache.ttl("key") <= 1000

    @pytest.mark.parametrize("ttl", [0, -1])
    def test_no_time_left_is_expired(self, cache: Any, ttl: float) -> None:
        cache.set("key", 1, ttl)
        cache.set("other", 1)
        cache.expire("other", ttl)

        assert cache.get("key") is None
        assert cache.get("other") is None
        assert cache.ttl("key") <= 0

    def test_values_expire(self, cache: Any) -> None:
        cache.set("key", 1, 0.01)
        cache.set("other", 1)
        cache.expire("other", 0.01)
        deadline = time.monotonic() + 60

        while cache.get("key") is not None or cache.get("other") is not None:
            assert time.monotonic() < deadline

    def test_setting_again_forgets_the_expiry(self, cache: Any) -> None:
        cache.set("key", 1, 10)

        cache.set("key", 2)

        assert cache.get("key") == 2
        assert cache.ttl("key") < 0

    @pytest.mark.parametrize(
        "key", ["a'b", "a%", "a_", "a*", "é", "a:b", " ", "x" * 200]
    )
    def test_keys_are_any_text(self, cache: Any, key: str) -> None:
        cache.set("ab", 0)

        cache.set(key, 1)

        assert cache.get(key) == 1
        cache.delete(key)
        assert cache.get(key) is None
        assert cache.get("ab") == 0
