"""Snapshots behind caches: how often the service is asked, and how old an answer may be."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.intermediaries.origin import ALICE, Client
from tests.intermediaries.proxies import Nginx, Varnish
from tests.waiting import eventually

LIST = "/v0/spores"
URL = f"{LIST}/__snapshot__"
RECORD = f"{LIST}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
HERD = 20
MANY = 100_000
#: Seconds for which nothing has to be asked again: longer than any test.
LONG = {"snapshot_shared_max_age_seconds": 600, "snapshot_max_age_seconds": 600}
SHORT = {"snapshot_shared_max_age_seconds": 1, "snapshot_max_age_seconds": 1}

NGINX = (
    "proxy_cache service; proxy_cache_lock on; proxy_cache_lock_timeout 60s;"
    "proxy_cache_use_stale updating error timeout http_500 http_503;"
    "proxy_cache_background_update on;"
)


@pytest.fixture(
    params=[
        pytest.param("nginx", marks=pytest.mark.intermediaries("nginx")),
        pytest.param("varnish", marks=pytest.mark.intermediaries("varnishd")),
    ]
)
def put_cdn(request, started):
    """Put a cache in front of an origin, as the documentation has it."""

    def put(origin):
        if request.param == "nginx":
            return started(Nginx(origin.port, directives=NGINX))
        return started(Varnish(origin.port))

    return put


def names(answer):
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["data"]]


def test_the_service_is_asked_once_however_many_ask(serve, put_cdn):
    """All at once, from pages of other origins too: none waits for an answer of its own."""
    origin = serve(**LONG)
    origin.put(RECORD, name="one")
    cdn = put_cdn(origin)

    def ask(number):
        client = Client(cdn.port)
        try:
            return client.get(URL, headers={"Origin": f"http://{number}.example"})
        finally:
            client.close()

    with ThreadPoolExecutor(HERD) as pool:
        answers = list(pool.map(ask, range(HERD)))

    assert [names(each) for each in answers] == HERD * [["one"]]
    assert {each.headers["Access-Control-Allow-Origin"] for each in answers} == {"*"}
    assert origin.count(URL) == 1


def test_each_spelling_is_redirected_to_the_one_that_is_kept(serve, put_cdn):
    origin = serve(**LONG)
    origin.put(RECORD, name="one")
    cdn = put_cdn(origin)

    for query in ("_since=0&_expected=1", "_expected=1&_since=0", "_since=%220%22&_expected=1"):  # fmt: skip
        answer = cdn.get(f"{URL}?{query}", allow_redirects=True)
        assert names(answer) == ["one"]

    assert origin.count(f"{URL}?_since=0&_expected=1") == 1


def test_what_is_old_is_shown_while_a_new_one_comes_and_then_no_more(serve, put_cdn):
    origin = serve(**SHORT)
    origin.put(RECORD, name="old")
    cdn = put_cdn(origin)
    assert names(cdn.get(URL)) == ["old"]

    origin.put(RECORD, name="new")

    assert eventually(lambda: names(cdn.get(URL)) == ["new"])


def test_the_old_one_is_shown_while_nobody_answers(serve, put_cdn):
    origin = serve(**SHORT)
    origin.put(RECORD, name="old")
    cdn = put_cdn(origin)
    assert names(cdn.get(URL)) == ["old"]

    origin.close()

    for _ in range(3):
        assert names(cdn.get(URL)) == ["old"]


def test_what_is_not_reached_is_not_kept(serve, put_cdn):
    origin = serve(**LONG)
    etag = origin.put(RECORD, name="one")
    expected = int(etag.strip('"')) + 100_000
    url = f"{URL}?_since=0&_expected={expected}"
    cdn = put_cdn(origin)
    assert cdn.get(url).status_code == 503

    body = {"data": {"name": "two", "last_modified": expected}}
    origin.send("PUT", RECORD, json=body, auth=ALICE).raise_for_status()

    assert names(cdn.get(url)) == ["two"]
    assert names(cdn.get(url)) == ["two"]
    assert origin.count(url) == 2


@pytest.mark.long
def test_many_copies_of_a_large_collection_are_begun_by_one_request(
    serve, put_cdn, tmp_path
):
    from cliquet import client as clients

    origin = serve(**LONG, announce_capabilities="true")
    storage = origin.application.registry.storage
    for number in range(MANY):
        storage.create("spore", "", {"name": f"Spore {number}"})
    cdn = put_cdn(origin)

    for device in ("phone", "laptop"):
        with clients.Client(f"{cdn.url}/v0") as client:
            copy = client.collection("spores").local(tmp_path / f"{device}.sqlite")
            assert copy.sync().pulled == MANY
            copy.close()

    assert origin.count(URL) == 1
    # What is newer than the snapshot: one request of each device, which brings nothing.
    assert sum(hit.url.startswith(f"{LIST}?_since=") for hit in origin.hits) == 2
