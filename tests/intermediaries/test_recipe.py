"""nginx and HAProxy as the recipes have them: what they tell and what they pass on."""

import threading

import pytest

from tests.intermediaries.origin import ALICE, Served
from tests.intermediaries.proxies import HAProxy, Nginx
from tests.intermediaries.recipes import adapt_haproxy, adapt_nginx
from tests.waiting import eventually

LIST = "/v0/spores"
RECORD = f"{LIST}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
HOST = {"Host": "service.example.com"}


RECIPES = {
    "nginx": lambda origin: Nginx(origin, servers=adapt_nginx()),
    "haproxy": lambda origin: HAProxy(origin, recipe=adapt_haproxy()),
}


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.intermediaries(name)) for name in RECIPES
    ]
)
def put_in_front(request, started):
    """Put each of the proxies in front of an origin that is up."""

    def put(origin):
        proxy = started(RECIPES[request.param](origin.port))
        # HAProxy asks twice, before it believes that a server is there.
        assert eventually(lambda: proxy.get("/v0/", headers=HOST).status_code == 200)
        return proxy

    return put


@pytest.fixture
def front(serve, put_in_front):
    origin = serve()
    return origin, put_in_front(origin)


def test_links_are_those_that_clients_see(front):
    origin, proxy = front
    for number in range(3):
        origin.put(f"{RECORD[:-1]}{number}", name="a")

    page = proxy.get(f"{LIST}?_limit=1", headers=HOST)
    moved = proxy.get(f"{LIST}/", headers=HOST)

    assert page.headers["Next-Page"].startswith(f"http://service.example.com{LIST}?")
    assert moved.headers["Location"] == f"http://service.example.com{LIST}"


def test_conditions_and_validators_pass(front):
    origin, proxy = front
    etag = origin.put(RECORD, name="a")

    read = proxy.get(RECORD, headers=HOST)
    again = proxy.get(RECORD, headers={**HOST, "If-None-Match": etag})
    body = {"data": {"name": "b"}}
    written = [
        proxy.send(
            "PUT", RECORD, json=body, headers={**HOST, "If-Match": etag}, auth=ALICE
        )
        for _ in range(2)
    ]

    # It is weak where the answer was compressed.
    assert read.headers["ETag"].removeprefix("W/") == etag
    assert again.status_code == 304
    assert [answer.status_code for answer in written] == [200, 412]


def check_error(answer, status, errno):
    """Check that an error of a proxy is one of the protocol."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (answer.json()["code"], answer.json()["errno"]) == (status, errno)
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/%6detrics", "//metrics", "/v1/../metrics", "/v0/__heartbeat__",
     "/__heartbeat__"],
)  # fmt: skip
def test_what_is_of_operators_is_not_for_everybody(front, path):
    origin, proxy = front

    answer = proxy.get(path, headers=HOST)

    if answer.status_code == 404:
        # It was not found there: nothing was shown either.
        assert origin.get(path).status_code == 404
    else:
        check_error(answer, 403, 121)
    assert proxy.get("/v0/__lbheartbeat__", headers=HOST).status_code == 200


def test_a_body_that_is_too_large_is_refused(front):
    _, proxy = front
    body = b"a" * (11 * 2**20)

    answer = proxy.send("PUT", RECORD, data=body, headers=HOST, auth=ALICE)

    check_error(answer, 413, 113)


def test_a_service_that_is_down_is_told_in_the_words_of_the_protocol(front):
    origin, proxy = front

    origin.close()
    answer = proxy.get(LIST, headers=HOST)

    check_error(answer, 503, 201)
    assert answer.headers["Retry-After"] == "5"


def test_a_service_that_does_not_answer_is_told_likewise(started, put_in_front):
    ended = threading.Event()

    def application(environ, start_response):
        if "spores" in environ["PATH_INFO"]:
            ended.wait(60)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"{}"]

    proxy = put_in_front(started(Served(application)))

    answer = proxy.get(LIST, headers=HOST)
    ended.set()

    check_error(answer, 504, 201)
    assert answer.headers["Retry-After"] == "5"


def test_errors_of_the_service_pass_as_they_are(front):
    _, proxy = front

    missing = proxy.get("/v0/unheard-of", headers=HOST)
    refused = proxy.send("POST", LIST, data=b"{", headers=HOST, auth=ALICE)

    assert missing.json()["errno"] == 111
    assert refused.status_code == 400
    assert refused.json()["errno"] == 107


def test_lists_are_compressed_and_polled(front):
    origin, proxy = front
    origin.put(RECORD, name="a" * 2000)
    asked = {**HOST, "Accept-Encoding": "gzip"}

    first = proxy.get(LIST, headers=asked)
    again = proxy.get(LIST, headers={**asked, "If-None-Match": first.headers["ETag"]})

    assert first.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in first.headers["Vary"]
    assert again.status_code == 304


def test_long_links_pass(front):
    origin, proxy = front
    for number in range(2):
        origin.put(f"{RECORD[:-1]}{number}", name="a")
    names = ",".join(f"{RECORD[-36:]}{number}" for number in range(100))

    page = proxy.get(f"{LIST}?_limit=1&exclude_id={names}", headers=HOST)
    following = proxy.get(
        page.headers["Next-Page"].partition("example.com")[2], headers=HOST
    )

    # Longer, the two together, than the buffer that nginx has by default: a 502.
    assert len(page.headers["Next-Page"] + page.headers["Link"]) > 8000
    assert page.links["next"]["url"] == page.headers["Next-Page"]
    assert following.status_code == 200
