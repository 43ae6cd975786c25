"""Headers of all responses, and the end of service."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pyramid.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("path", "vary"),
    [
        ("/", "Authorization"),
        ("/mushrooms", "Authorization, Accept"),
        # There the origin is repeated.
        ("/unknown", "Origin, Authorization, Accept"),
        ("/unknown/", "Origin, Authorization"),
    ],
)
def test_vary_is_on_every_response(app, path, vary):
    response = app.get(path, expect_errors=True)

    assert response.headers["Vary"] == vary


def test_vary_is_a_setting(make_app):
    response = make_app(vary="Accept-Encoding Authorization").get("/")

    assert response.headers["Vary"] == "Accept-Encoding, Authorization"


def test_backoff_is_on_every_response_when_it_is_set(app, alice):
    assert "Backoff" not in app.get("/").headers
    app.app.registry.settings["backoff"] = 10
    etag = app.get("/mushrooms", headers=alice).headers["ETag"]

    for headers, status in [
        (alice, 200), ({**alice, "If-None-Match": etag}, 304), ({}, 401),
    ]:  # fmt: skip
        response = app.get("/mushrooms", headers=headers, status=status)
        assert response.headers["Backoff"] == "10"


def test_json_is_declared_with_its_charset(app, alice):
    for path in ("/", "/mushrooms", "/__lbheartbeat__"):
        response = app.get(path, headers=alice)
        assert response.headers["Content-Type"] == "application/json; charset=UTF-8"


def in_days(days, zone=None):
    return (datetime.now(zone) + timedelta(days=days)).isoformat()


def test_no_alert_without_end(app):
    assert "Alert" not in app.get("/").headers


@pytest.mark.parametrize("zone", [None, UTC])
def test_an_end_to_come_is_announced(make_app, zone):
    app = make_app(eos=in_days(2, zone), eos_message="soon", eos_url="http://eos")

    for path in ("/", "/unknown"):
        alert = json.loads(app.get(path, expect_errors=True).headers["Alert"])
        assert alert == {"code": "soft-eol", "message": "soon", "url": "http://eos"}


@pytest.mark.parametrize("zone", [None, UTC])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("POST", "/batch"), ("PUT", "/x")]
)
def test_after_the_end_everything_is_gone(make_app, zone, method, path):
    app = make_app(eos=in_days(-2, zone), eos_message="over")

    response = app.request(path, method=method, status=410)

    assert response.json == {
        "code": 410, "errno": 202, "error": "Gone",
        "message": "The service you are trying to connect no longer exists at this location.",
    }  # fmt: skip
    alert = json.loads(response.headers["Alert"])
    assert alert["code"] == "hard-eol"
    assert alert["url"] == "https://cliquet.rtfd.org/"


def test_an_end_that_is_no_date_is_refused_at_start(make_app):
    with pytest.raises(ConfigurationError, match="eos"):
        make_app(eos="whenever")


def test_headers_that_a_client_of_tests_gives_as_bytes_are_read(app, alice):
    record = app.post_json("/mushrooms", {"data": {"name": "a"}}, headers=alice).json
    url = f"/mushrooms/{record['data']['id']}"
    etag = app.get(url, headers=alice).headers["ETag"]
    given = {name: value.encode() for name, value in alice.items()}

    app.get(url, headers={**given, "If-None-Match": etag.encode()}, status=304)
    body = {"data": {"name": "b"}}
    app.put_json(url, body, headers={**given, "If-Match": b'"1"'}, status=412)
    app.put_json(url, body, headers={**given, "If-Match": etag.encode()})
    named = {**given, "User-Agent": "é".encode(), "Accept": b"application/json"}
    app.get(url, headers=named)
    app.get(url, headers={**given, "If-None-Match": b"\xff"}, status=400)
