"""Caches give each origin its own Access-Control-Allow-Origin, and no other one's."""

import pytest

LIST = "/v0/spores"
RECORD = f"{LIST}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
A, B = "https://a.example.com", "https://b.example.com"
EVIL = "https://evil.example.net"

#: What a cache may keep, and what it keeps by its own rules.
PATHS = {
    "hello": "/v0/",
    "list": LIST,
    "record": RECORD,
    "no such URL": "/v0/nothing",
    "no such version": "/v7/",
    "redirection": f"{LIST}/",
    "method": "/v0/batch",
}


def ask(cache, path, origin):
    answer = cache.get(path, headers={"Origin": origin} if origin else {})
    allowed = answer.headers.get("Access-Control-Allow-Origin")
    return answer.status_code, allowed


@pytest.fixture
def listed(serve):
    """An origin that two others may read, and caches keep."""
    origin = serve(cors_origins=f"{A} {B}", spore_cache_expires_seconds=3600)
    origin.put(RECORD, name="public")
    return origin


@pytest.mark.parametrize("first", [None, A, B], ids=["none", "a", "b"])
def test_each_origin_gets_its_own(listed, put_cache, first):
    cache = put_cache(listed)
    expected = {path: ask(listed, path, None)[0] for path in PATHS.values()}

    found = {
        (path, origin): ask(cache, path, origin)
        for path in PATHS.values()
        for origin in (first, None, A, B, first)
    }

    assert found == {(path, origin): (expected[path], origin) for path, origin in found}


def test_an_origin_that_is_refused_is_refused_alone(listed, put_cache):
    cache = put_cache(listed)

    for path in PATHS.values():
        ask(cache, path, EVIL)

    found = {path: ask(cache, path, None)[0] for path in PATHS.values()}
    assert found == {path: ask(listed, path, None)[0] for path in PATHS.values()}
    assert {ask(cache, path, A)[1] for path in PATHS.values()} == {A}


def test_where_all_origins_are_allowed_they_share_what_is_kept(serve, put_cache):
    origin = serve(cors_origins="*", spore_cache_expires_seconds=3600)
    origin.put(RECORD, name="public")
    cache = put_cache(origin)

    found = [ask(cache, LIST, each) for each in (A, B, A, B)]

    assert found == [(200, "*")] * 4
    assert origin.count(LIST) == 1
