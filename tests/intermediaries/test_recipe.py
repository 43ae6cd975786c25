"""nginx as the recipe of production has it: what it tells and what it passes on."""

import re
from pathlib import Path

import pytest

from tests.intermediaries.origin import ALICE
from tests.intermediaries.proxies import Nginx

pytestmark = pytest.mark.intermediaries("nginx")

RECIPE = Path(__file__).parents[2] / "config" / "production" / "nginx.conf"
LIST = "/v0/spores"
RECORD = f"{LIST}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
HOST = {"Host": "service.example.com"}


def adapt(recipe):
    """Serve the recipe here: without TLS, on the ports of the test."""
    recipe = re.sub(r"#.*|ssl_\w+ .*;", "", recipe)
    for here, there in (("{{", "{"), ("}}", "}")):
        recipe = recipe.replace(there, here)
    recipe, ports = re.subn(r"listen 443 ssl;", "listen 127.0.0.1:{port};", recipe)
    recipe, servers = re.subn(r"127\.0\.0\.1:8888", "127.0.0.1:{origin}", recipe)
    assert (ports, servers) == (1, 1)
    return recipe


@pytest.fixture
def front(serve, started):
    origin = serve()
    return origin, started(Nginx(origin.port, servers=adapt(RECIPE.read_text())))


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

    assert read.headers["ETag"] == etag
    assert again.status_code == 304
    assert [answer.status_code for answer in written] == [200, 412]


def test_metrics_are_not_for_everybody(front):
    _, proxy = front
    assert proxy.get("/metrics", headers=HOST).status_code == 403


def test_a_body_that_is_too_large_is_refused(front):
    _, proxy = front
    body = b"a" * (11 * 2**20)

    answer = proxy.send("PUT", RECORD, data=body, headers=HOST, auth=ALICE)

    assert answer.status_code == 413


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
