"""Links of lists and of the hello view, the date of the end of service, capabilities."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from tests.http.conftest import ALICE


def links(response):
    """Return the targets of a response's links, by relation."""
    return {
        name: link["url"]
        for name, link in parse_links(response.headers.get("Link")).items()
    }


def parse_links(value):
    return {link["rel"]: link for link in split_links(value)}


def split_links(value):
    # As many clients do.
    from requests.utils import parse_header_links

    return parse_header_links(value or "")


def all_links(response):
    """Return the targets of a response's links, in order, by relation."""
    found = {}
    for link in split_links(response.headers.get("Link")):
        found.setdefault(link["rel"], []).append(link["url"])
    return found


@pytest.fixture
def full(app, alice):
    for number in range(5):
        app.post_json("/mushrooms", {"data": {"name": f"n, {number}"}}, headers=alice)
    return app


# --- The next page ---------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    ["_limit=2", "_limit=1&_sort=name", "_limit=2&_sort=-name&min_name=n%2C%201"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_next_page_is_linked(full, alice, query, method):
    response = full.request(f"/mushrooms?{query}", method=method, headers=alice)

    assert links(response) == {"next": response.headers["Next-Page"]}


def test_links_lead_through_a_list(full, alice):
    url, seen = "/v0/mushrooms?_limit=2", []
    while url:
        response = full.get(url.partition("/v0")[2], headers=alice)
        seen += [record["name"] for record in response.json["data"]]
        url = links(response).get("next")

    assert sorted(seen) == [f"n, {number}" for number in range(5)]
    assert "Link" not in response.headers
    assert "Next-Page" not in response.headers


def test_pages_of_deletions_are_linked(make_app, alice):
    app = make_app(paginated_delete=True)
    for number in range(3):
        app.post_json("/mushrooms", {"data": {"name": str(number)}}, headers=alice)

    response = app.delete("/mushrooms?_limit=2", headers=alice)

    assert links(response) == {"next": response.headers["Next-Page"]}


def test_pages_in_a_batch_are_linked(full, alice):
    entry = {"path": "/mushrooms?_limit=2"}

    batch = full.post_json("/batch", {"requests": [entry]}, headers=alice).json

    headers = batch["responses"][0]["headers"]
    assert parse_links(headers["Link"])["next"]["url"] == headers["Next-Page"]


def test_links_of_an_application_are_kept(full, alice, monkeypatch):
    from cliquet.tests.testapp.views import Mushroom

    def linked(resource, records, **kwargs):
        resource.request.response.headers["Link"] = "</about>; rel=about"
        return records

    # Before the page is read: an application may set it anywhere.
    monkeypatch.setattr(
        Mushroom,
        "_extract_partial_fields",
        lambda self: linked(self, None),
        raising=False,
    )

    response = full.get("/mushrooms?_limit=2", headers=alice)

    assert links(response) == {"about": "/about", "next": response.headers["Next-Page"]}


# --- The service -----------------------------------------------------------------


def links_of_service(mount):
    root = f"http://localhost{mount}/v0"
    return {
        "service-doc": ["https://cliquet.rtfd.org/", f"{root}/__docs__"],
        "service-desc": [f"{root}/__api__"],
    }


def test_hello_links_to_the_documentation(app, mount):
    assert all_links(app.get("/")) == links_of_service(mount)


def test_hello_links_to_nothing_where_there_is_no_documentation(make_app):
    response = make_app(project_docs="", api_description_enabled="false").get("/")

    assert "Link" not in response.headers


def test_documentation_is_as_settings_say_now(app):
    app.app.registry.settings["project_docs"] = 'https://a.example/"é>'

    link = app.get("/").headers["Link"]
    assert link.startswith('<https://a.example/%22%C3%A9%3E>; rel="service-doc"')


# --- The end ---------------------------------------------------------------------

#: Answers of every kind: of views, of error views, of tweens.
REQUESTS = [
    ("GET", "/", 200), ("GET", "/__heartbeat__", 200), ("GET", "/__lbheartbeat__", 200),
    ("GET", "/mushrooms", 200), ("HEAD", "/mushrooms", 200), ("POST", "/mushrooms", 201),
    ("GET", "/mushrooms/abc", 400), ("PUT", "/mushrooms", 405), ("GET", "/unknown", 404),
    ("GET", "/mushrooms/", 307), ("POST", "/batch", 400), ("GET", "/mushrooms?a=%00", 400),
]  # fmt: skip


def send(app, method, path, headers=ALICE):
    body = b'{"data": {"name": "a"}}' if method == "POST" else b""
    return app.request(
        path, method=method, body=body, headers=headers, expect_errors=True
    )


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_every_answer_tells_the_end_that_is_known(make_app, method, path, status):
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    app = make_app(eos=end.isoformat(), eos_url="https://a.example/end")

    response = send(app, method, path)

    assert response.status_int == status
    assert parsedate_to_datetime(response.headers["Sunset"]) == end
    assert response.headers["Sunset"] == format_datetime(end, usegmt=True)
    assert links(response)["sunset"] == "https://a.example/end"


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_every_answer_tells_the_end_that_has_passed(make_app, method, path, status):
    app = make_app(eos="2016-02-29T23:30:00-01:00", eos_url="https://a.example/end")

    response = send(app, method, path)

    assert response.headers["Sunset"] == "Tue, 01 Mar 2016 00:30:00 GMT"
    assert links(response)["sunset"] == "https://a.example/end"


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_no_end_is_told_where_none_is_known(app, method, path, status):
    response = send(app, method, path)

    assert response.status_int == status
    assert "Sunset" not in response.headers
    assert "sunset" not in links(response)


def test_an_end_that_nothing_explains_has_no_link(make_app):
    response = make_app(eos="2099-01-01").get("/__lbheartbeat__")

    assert "Sunset" in response.headers
    assert "Link" not in response.headers


def test_the_end_is_linked_beside_what_else_is(make_app, mount):
    response = make_app(eos="2099-01-01", eos_url="https://a.example/end").get("/")

    expected = {**links_of_service(mount), "sunset": ["https://a.example/end"]}
    assert all_links(response) == expected


def test_an_end_without_zone_is_of_the_local_one(make_app):
    end = datetime(2099, 7, 1, 12).astimezone(UTC)

    response = make_app(eos="2099-07-01T12:00").get("/")

    assert parsedate_to_datetime(response.headers["Sunset"]) == end


@pytest.mark.parametrize(
    "eos", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
)
def test_ends_at_the_end_of_time_are_dates(make_app, eos):
    response = make_app(eos=eos).get("/", expect_errors=True)

    assert response.status_int in (200, 410)
    assert response.headers["Sunset"].endswith("GMT")


# --- What is announced -----------------------------------------------------------


def test_nothing_is_announced_unless_settings_say_so(app, make_app):
    assert app.get("/").json["capabilities"] == {}

    announced = make_app(announce_capabilities=True).get("/").json["capabilities"]

    assert announced.pop("endpoints")["paths"]
    assert announced.keys() >= {"links", "preferences", "problem_details"}
    for capability in announced.values():
        assert capability.keys() == {"description", "url"}
        assert capability["description"].endswith(".")


def test_what_a_setting_turns_on_is_announced_with_it(make_app):
    capabilities = make_app(strict_preconditions=True).get("/").json["capabilities"]

    assert "strict_preconditions" in capabilities
    assert "links" not in capabilities
