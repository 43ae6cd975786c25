"""Timestamps that clients force: how far ahead, and what comes after, on each engine."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.settings import get_setting
from cliquet.tests.testapp import main as build_app
from cliquet.timestamps import msec_time
from tests.contract.backends import AppEngine
from tests.sync.proof import HEADERS, settings_for

ANY = {"expect_errors": True, "headers": HEADERS}
AHEAD = "last_modified_max_ahead_seconds"
DAY = 86400_000
URL = "/v0/spores/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"


@pytest.fixture(scope="module")
def built() -> dict[str, TestApp]:
    """Applications by their settings: building one takes longer than most tests."""
    return {}


@pytest.fixture
def make(engine: AppEngine, engine_url: str, built: dict[str, TestApp]) -> Any:
    """Build applications on an engine; what they stored is gone after the test."""
    found = settings_for(engine.id, engine_url)
    engine.prepare(found)
    used = []

    def make(**more: Any) -> TestApp:
        settings = {
            **found,
            "spore_create_principals": "system.Authenticated",
            "spore_read_principals": "system.Authenticated",
            **more,
        }
        key = repr(sorted(settings.items()))
        if key not in built:
            built[key] = TestApp(build_app(config=Configurator(settings=settings)))
        used.append(built[key])
        return built[key]

    yield make
    for app in used:
        for kind in ("storage", "permission", "cache"):
            getattr(app.app.registry, kind).flush()


def send(app: TestApp, method: str, wanted: int) -> Any:
    """Write with a forced timestamp."""
    if method == "DELETE":
        return app.delete(f"{URL}?last_modified={wanted}", **ANY)
    if method == "POST":
        return app.post_json("/v0/spores", {"data": {"last_modified": wanted}}, **ANY)
    call: Callable[..., Any] = app.put_json if method == "PUT" else app.patch_json
    return call(URL, {"data": {"last_modified": wanted, "n": 1}}, **ANY)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_timestamp_too_far_ahead_is_refused(make: Any, method: str) -> None:
    app = make()
    app.put_json(URL, {"data": {}}, headers=HEADERS)
    before = app.get("/v0/spores", headers=HEADERS)

    for wanted in (msec_time() + DAY + 60_000, 2**53):
        refused = send(app, method, wanted)
        assert refused.status_int == 400
        assert "last_modified" in refused.json["details"][0]["name"]

    after = app.get("/v0/spores", headers=HEADERS)
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.json == before.json
    wanted = msec_time() + DAY - 60_000
    accepted = send(app, method, wanted)
    assert accepted.status_int in (200, 201)
    assert accepted.json["data"]["last_modified"] == wanted


@pytest.mark.parametrize("bound", ["", 100, "0"])
def test_the_bound_is_a_setting(make: Any, bound: Any) -> None:
    app = make(**{AHEAD: bound})

    for seconds in (50, 150, 10**9):
        answer = send(app, "PUT", msec_time() + seconds * 1000)
        is_accepted = bound == "" or seconds < int(bound)
        assert (answer.status_int < 300) is is_accepted


def test_a_record_that_is_ahead_may_be_sent_back(make: Any) -> None:
    app = make(**{AHEAD: ""})
    send(app, "PUT", 2**53)
    stored = app.patch_json(URL, {"data": {"n": 2}}, headers=HEADERS).json["data"]
    assert stored["last_modified"] == 2**53 + 1

    for ahead in ("", 10):
        app.app.registry.settings[AHEAD] = ahead
        again = app.put_json(URL, {"data": stored}, headers=HEADERS).json["data"]
        assert again["last_modified"] > stored["last_modified"]


@pytest.mark.parametrize("wanted", ["highest", "bound"])
def test_what_holds_of_timestamps_holds_beyond_the_highest(
    make: Any, wanted: str
) -> None:
    app = make(**({AHEAD: ""} if wanted == "highest" else {}))
    highest = 2**53 if wanted == "highest" else msec_time() + DAY - 60_000
    send(app, "PUT", highest)
    app.delete(f"{URL}?last_modified={highest + 1}", **ANY)
    etag = app.put_json(URL, {"data": {}}, headers=HEADERS).headers["ETag"]

    won = [
        app.patch_json(
            URL, {"data": {"n": n}}, headers={**HEADERS, "If-Match": etag}, status="*"
        ).status_int
        for n in range(3)
    ]

    assert won == [200, 412, 412]
    polled = app.get("/v0/spores?_since=" + etag.strip('"'), headers=HEADERS)
    assert [record["n"] for record in polled.json["data"]] == [0]
    assert polled.headers["ETag"] != etag


def test_last_modified_is_not_later_than_the_date(make: Any) -> None:
    app = make()
    written = send(app, "PUT", msec_time() + DAY - 60_000)
    etag = {"If-None-Match": written.headers["ETag"]}
    other = {"If-Match": '"1"'}

    for answer in (
        written,
        app.get(URL, headers=HEADERS),
        app.get("/v0/spores", headers=HEADERS),
        app.get(URL, headers=HEADERS | etag, status=304),
        app.put_json(URL, {"data": {}}, headers=HEADERS | other, status=412),
    ):
        told = parsedate_to_datetime(answer.headers["Last-Modified"])
        assert told.timestamp() <= time.time()


def test_the_default_is_a_day() -> None:
    assert get_setting({}, AHEAD) == 86400
