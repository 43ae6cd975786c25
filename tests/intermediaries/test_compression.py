"""A proxy that compresses weakens ETags: readers and writers go on as without it."""

import pytest

from tests.intermediaries.origin import ALICE
from tests.intermediaries.proxies import Nginx

pytestmark = pytest.mark.intermediaries("nginx")

LIST = "/v0/spores"
RECORD = f"{LIST}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
GZIP = "gzip on; gzip_types application/json;"
PATHS = {"list": LIST, "record": RECORD, "hello": "/v0/"}


@pytest.fixture
def compress(started, serve):
    """Start an origin with a record, and nginx that compresses in front of it."""

    def start(**settings):
        origin = serve(**settings)
        origin.put(RECORD, name="a" * 1000)
        return origin, started(Nginx(origin.port, directives=GZIP))

    return start


def weak_etag(proxy, path=RECORD):
    """Return the only ETag that clients of the proxy see."""
    answer = proxy.get(path)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["ETag"].startswith('W/"')
    return answer.headers["ETag"]


@pytest.mark.parametrize("strict", ["false", "true"])
@pytest.mark.parametrize("path", [LIST, RECORD])
def test_what_was_read_is_not_modified(compress, path, strict):
    _, proxy = compress(strict_preconditions=strict)
    etag = weak_etag(proxy, path)

    for condition in (etag, f'"1", {etag}, "2"'):
        assert proxy.get(path, headers={"If-None-Match": condition}).status_code == 304


def test_what_was_read_may_be_replaced_unless_it_changed(compress):
    origin, proxy = compress()
    first = weak_etag(proxy)
    body = {"data": {"name": "b" * 1000}}

    def write(method, etag):
        sent = {"If-Match": etag}
        return proxy.send(
            method, RECORD, json=body, headers=sent, auth=ALICE
        ).status_code

    assert write("PUT", first) == 200
    assert write("PUT", first) == 412
    assert write("PATCH", first) == 412
    assert write("PATCH", weak_etag(proxy)) == 200
    assert write("DELETE", weak_etag(proxy)) == 200
    assert origin.get(RECORD).status_code == 404


def test_to_the_letter_a_weak_etag_names_nothing_to_write_to(compress):
    origin, proxy = compress(strict_preconditions="true")
    sent = {"If-Match": weak_etag(proxy)}
    body = {"data": {"name": "b"}}

    answer = proxy.send("PUT", RECORD, json=body, headers=sent, auth=ALICE)

    assert answer.status_code == 412
    assert origin.get(RECORD).json()["data"]["name"] == "a" * 1000


@pytest.mark.intermediaries("chromium", "playwright")
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize(
    "settings",
    [{}, {"private_responses": "false"}, {"spore_cache_expires_seconds": 1}],
    ids=["default", "3.1", "lifetime"],
)
def test_a_page_can_read_again_and_again(compress, page, path, settings):
    _, proxy = compress(**settings)

    for user in (None, ALICE):
        answers = [page.fetch(proxy.url + path, user=user) for _ in range(4)]
        assert [answer.status for answer in answers] == [200] * 4
        assert len({answer.text for answer in answers}) == 1


@pytest.mark.intermediaries("chromium", "playwright")
def test_a_page_can_write_what_it_read(compress, page):
    _, proxy = compress()
    url = proxy.url + RECORD
    body = {"data": {"name": "b" * 1000}}

    etag = page.fetch(url, user=ALICE).headers["etag"]
    statuses = [
        page.fetch(url, "PUT", ALICE, body, {"If-Match": etag}).status for _ in range(2)
    ]

    assert etag.startswith("W/")
    assert statuses == [200, 412]
