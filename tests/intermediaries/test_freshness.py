"""Caches keep what the headers let them keep, as long as they say."""

import pytest

from tests.intermediaries.proxies import Varnish
from tests.waiting import eventually

LIST = "/v0/spores"
RECORD = f"{LIST}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
SHORT = 1
LONG = 3600


def name_in(answer):
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    return (data[0] if isinstance(data, list) else data)["name"]


@pytest.mark.parametrize("path", [LIST, RECORD])
def test_what_may_be_kept_is_asked_for_once(serve, put_cache, path):
    origin = serve(spore_cache_expires_seconds=LONG)
    origin.put(RECORD, name="old")
    cache = put_cache(origin)

    answers = [cache.get(path) for _ in range(5)]

    assert {name_in(answer) for answer in answers} == {"old"}
    assert all(f"max-age={LONG}" in each.headers["Cache-Control"] for each in answers)
    assert origin.count(path) == 1


@pytest.mark.parametrize("path", [LIST, RECORD])
def test_what_expires_is_asked_for_again(serve, put_cache, path):
    origin = serve(spore_cache_expires_seconds=SHORT)
    origin.put(RECORD, name="old")
    cache = put_cache(origin)
    assert name_in(cache.get(path)) == "old"
    # Those that revalidate are answered 304 here: it has to say how long it is good for.
    assert eventually(lambda: cache.get(path) and origin.count(path) > 1)

    origin.put(RECORD, name="new")

    # One that takes its own default keeps the old one for a minute or two.
    assert eventually(lambda: name_in(cache.get(path)) == "new")


@pytest.mark.intermediaries("varnishd")
@pytest.mark.parametrize("path", [LIST, RECORD])
def test_what_was_not_modified_is_kept_as_long_as_what_was_new(serve, started, path):
    """By a Varnish that serves nothing stale, and revalidates for long."""
    origin = serve(spore_cache_expires_seconds=SHORT)
    origin.put(RECORD, name="old")
    parameters = ("default_grace=0", "default_keep=600")
    cache = started(Varnish(origin.port, parameters=parameters))

    told = set()

    def asked_three_times():
        told.add(cache.get(path).headers["Cache-Control"])
        return origin.count(path) >= 3

    assert eventually(asked_three_times)

    asked = [hit.status for hit in origin.hits if hit.method == "GET"]
    assert asked[:3] == [200, 304, 304]
    assert told == {f"max-age={SHORT}"}


#: What nobody is told how long to keep: its URL, and what is answered.
NOT_KEPT = {
    "hello": ("/v0/", 200),
    "heartbeat": ("/v0/__heartbeat__", 200),
    "heartbeat of balancers": ("/v0/__lbheartbeat__", 200),
    "version": ("/v0/__version__", 404),
    "no such record": (RECORD, 404),
    "list": (LIST, 200),
    "no such URL": ("/v0/nothing", 404),
    "no such version": ("/v7/spores", 404),
    "batch": ("/v0/batch", 405),
    "without version": ("/spores", 307),
    "with a slash": (f"{LIST}/", 307),
    "who are you": ("/v0/mushrooms", 401),
    "not a number": (f"{LIST}?_limit=x", 400),
    "not text": ("/v0/%ff", 400),
    "not acceptable": (f"{LIST}?a", 406),
}


def ask_twice(cache, origin, path, **headers):
    """Return what a URL was answered, twice, and how often the origin was asked."""
    before = len(origin.hits)
    answers = [cache.get(path, headers=headers) for _ in range(2)]
    ids = {
        answer.headers.get("X-Request-Id", number)
        for number, answer in enumerate(answers)
    }
    return (
        [answer.status_code for answer in answers],
        len(origin.hits) - before,
        len(ids),
    )


def test_what_has_no_lifetime_is_not_kept(serve, put_cache):
    origin = serve()
    cache = put_cache(origin)

    found = {
        name: ask_twice(
            cache, origin, path, Accept="text/css" if status == 406 else "*/*"
        )
        for name, (path, status) in NOT_KEPT.items()
    }

    assert found == {
        name: ([status, status], 2, 2) for name, (_, status) in NOT_KEPT.items()
    }


def test_the_end_of_a_service_is_not_kept(serve, put_cache):
    origin = serve(eos="2001-01-01")
    cache = put_cache(origin)

    assert ask_twice(cache, origin, "/v0/") == ([410, 410], 2, 2)
    assert ask_twice(cache, origin, LIST) == ([410, 410], 2, 2)
    assert ask_twice(cache, origin, "/v0/__lbheartbeat__") == ([200, 200], 2, 2)


def test_a_record_is_seen_as_soon_as_it_is_there(serve, put_cache):
    origin = serve()
    cache = put_cache(origin)
    assert cache.get(RECORD).status_code == 404

    origin.put(RECORD, name="there")

    assert name_in(cache.get(RECORD)) == "there"


@pytest.mark.parametrize("path", ["/v0/__heartbeat__", "/v0/__lbheartbeat__"])
def test_a_service_that_died_is_not_said_to_be_healthy(serve, put_cache, path):
    origin = serve()
    cache = put_cache(origin)
    assert cache.get(path).status_code == 200

    origin.close()

    assert cache.get(path).status_code in (502, 503)
