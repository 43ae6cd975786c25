"""What pages on another origin may send, and read of the answers."""

import pytest

from tests.intermediaries.origin import ALICE, BOB

pytestmark = pytest.mark.intermediaries("chromium", "playwright")

ONE = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
TWO = "7a0c1f7e-0a9f-4d5c-8f52-6f1b7a3f9e21"
RECORD = f"/v0/toadstools/{ONE}"
SPORE = f"/v0/spores/{ONE}"
BODY = {"data": {"name": "a"}}
OLD = {"If-Match": '"1"'}


@pytest.fixture(params=["all origins", "this origin"])
def serve_page(request, serve, site):
    """Start origins that the page may use."""
    allowed = "*" if request.param == "all origins" else site.at("app.localhost")
    return lambda **settings: serve(cors_origins=allowed, **settings)


#: Every kind of answer that a page can cause: the status, and what it does for it.
CAUSED = {
    "list": (200, "/v0/toadstools", {"user": ALICE}),
    "simple": (200, "/v0/spores", {}),
    "head": (200, RECORD, {"method": "HEAD", "user": ALICE}),
    "created": (201, "/v0/mushrooms", {"method": "POST", "user": ALICE, "body": BODY}),
    "replaced": (200, RECORD, {"method": "PUT", "user": ALICE, "body": BODY}),
    "modified": (200, RECORD, {"method": "PATCH", "user": ALICE, "body": BODY}),
    "batch": (200, "/v0/batch",
              {"method": "POST", "body": {"requests": [{"path": "/v0/"}]}}),
    "with a slash": (200, "/v0/toadstools/", {"user": ALICE}),
    "without version": (200, "/toadstools", {"user": ALICE}),
    "write without version": (201, "/mushrooms",
                              {"method": "POST", "user": ALICE, "body": BODY}),
    "body": (400, "/v0/mushrooms", {"method": "POST", "user": ALICE, "body": {}}),
    "query": (400, "/v0/spores?_limit=x", {}),
    "unreadable path": (400, "/v0/%ff", {"user": ALICE}),
    "unreadable body": (415, RECORD,
                        {"method": "PUT", "user": ALICE, "body": BODY,
                         "headers": {"Content-Encoding": "gzip"}}),
    "who are you": (401, "/v0/mushrooms", {}),
    "not yours": (403, RECORD, {"user": BOB, "method": "PUT", "body": BODY}),
    "no such record": (404, f"/v0/spores/{TWO}", {}),
    "no such URL": (404, "/v0/nothing", {}),
    "no such URL, with credentials": (404, "/v0/nothing", {"user": ALICE}),
    "no such version": (404, "/v7/spores", {"user": ALICE}),
    "no such method": (405, "/v0/toadstools",
                       {"method": "PUT", "user": ALICE, "body": BODY}),
    "simple method that is not there": (405, "/v0/batch", {}),
    "not acceptable": (406, "/v0/spores", {"headers": {"Accept": "text/css"}}),
    "somebody was faster": (412, RECORD, {"method": "PUT", "user": ALICE,
                                          "body": BODY, "headers": OLD}),
    "too large": (413, RECORD, {"method": "PUT", "user": ALICE,
                                "body": {"data": {"name": "a" * 5000}}}),
    "too large, simple": (413, "/v0/mushrooms",
                          {"method": "POST", "body": {"data": "a" * 5000},
                           "headers": {"Content-Type": "text/plain"}}),
    "type": (415, RECORD, {"method": "PUT", "user": ALICE, "body": BODY,
                           "headers": {"Content-Type": "text/css"}}),
}  # fmt: skip


def cause(page, origin, path, options):
    answer = page.fetch(origin.url + path, **options)
    # What nobody can read has no status, and says "Failed to fetch".
    return answer.status or answer.text


def test_a_page_can_read_every_answer_that_it_can_cause(serve_page, page):
    origin = serve_page(max_body_size=4096)
    origin.put(RECORD, ALICE, name="a", permissions={"read": ["system.Everyone"]})

    found = {
        name: cause(page, origin, path, options)
        for name, (_, path, options) in CAUSED.items()
    }

    assert found == {name: status for name, (status, _, _) in CAUSED.items()}


def test_a_page_can_read_that_the_service_has_ended(serve_page, page):
    origin = serve_page(
        eos="2001-01-01", eos_url="https://example.com/", eos_message="Farewell"
    )

    simple = page.fetch(f"{origin.url}/v0/")
    preflighted = page.fetch(f"{origin.url}{RECORD}", "PUT", ALICE, BODY)

    for answer in (simple, preflighted):
        assert answer.status == 410, answer
        assert "Farewell" in answer.headers["alert"]


def test_a_page_can_write_with_the_etag_of_what_it_wrote(serve_page, page):
    origin = serve_page()
    url = origin.url + SPORE
    light = {"Response-Behavior": "light"}

    created = page.fetch(url, "PUT", ALICE, BODY, {"If-None-Match": "*"})
    patched = page.fetch(
        url, "PATCH", ALICE, BODY, {"If-Match": created.headers["etag"], **light}
    )
    replaced = page.fetch(
        url, "PUT", ALICE, BODY, {"If-Match": patched.headers["etag"]}
    )
    late = page.fetch(url, "PUT", ALICE, BODY, {"If-Match": created.headers["etag"]})
    deleted = page.fetch(
        url, "DELETE", ALICE, None, {"If-Match": replaced.headers["etag"]}
    )

    statuses = [each.status for each in (created, patched, replaced, late, deleted)]
    assert statuses == [201, 200, 200, 412, 200]
    assert deleted.headers["etag"] == f'"{deleted.body["data"]["last_modified"]}"'
    assert "last-modified" in replaced.headers


def test_a_page_can_read_what_is_exposed_besides(serve_page, page):
    origin = serve_page(cors_exposed_headers="ETag Location")

    created = page.fetch(f"{origin.url}/v0/mushrooms", "POST", ALICE, BODY)

    assert created.status == 201
    record = created.body["data"]
    assert created.headers["etag"] == f'"{record["last_modified"]}"'
    assert created.headers["location"] == f"{origin.url}/v0/mushrooms/{record['id']}"


def test_a_page_of_the_service_itself_may_write(serve, page):
    origin = serve(cors_origins="https://app.example.com")
    page.go(f"{origin.url}/v0/")

    statuses = [
        page.fetch("/v0/mushrooms", "POST", ALICE, BODY).status,
        page.fetch(RECORD, "PUT", ALICE, BODY).status,
        page.fetch(RECORD, "PATCH", ALICE, BODY).status,
        page.fetch(RECORD, "DELETE", ALICE).status,
    ]

    assert statuses == [201, 201, 200, 200]


def test_a_page_elsewhere_that_is_not_listed_may_not(serve, page):
    origin = serve(cors_origins="https://app.example.com")
    origin.put(SPORE, ALICE, name="before")

    answers = [
        page.fetch(f"{origin.url}{SPORE}", user=ALICE),
        page.fetch(f"{origin.url}{SPORE}", "PUT", ALICE, BODY),
        page.fetch(f"{origin.url}/v0/"),
    ]

    assert [answer.status for answer in answers] == [None] * 3
    stored = origin.get(SPORE).json()["data"]["name"]
    assert stored == "before"


def test_two_pages_of_one_site_share_what_a_browser_keeps(
    serve, started, chromium, site
):
    """The one's Access-Control-Allow-Origin is not that of the other."""
    from tests.intermediaries.browser import Site

    host = "127.0.0.1"
    other = started(Site())
    origin = serve(
        cors_origins=f"{site.at(host)} {other.at(host)}",
        spore_cache_expires_seconds=3600,
    )
    page, profile = chromium.open()
    started(profile)
    url = f"{origin.url}/v0/spores"

    statuses = []
    for pages in (site, other, site):
        page.go(pages.at(host))
        statuses.append(page.fetch(url).status)

    assert statuses == [200, 200, 200]
