"""Hello and heartbeats."""

import threading
import time

import pytest


def test_hello_presents_the_project(app, mount):
    body = app.get("/").json

    assert body == {
        "project_name": "myapp",
        "project_version": "0.0.1",
        "http_api_version": "0.0",
        "project_docs": "https://cliquet.rtfd.org/",
        "cliquet_protocol_version": "2",
        "url": f"http://localhost{mount}/v0/",
        "settings": {"batch_max_requests": 25, "readonly": False},
        "capabilities": {},
    }


def test_hello_tells_who_is_authenticated(app, alice):
    user = app.get("/", headers=alice).json["user"]

    assert user["id"].startswith("basicauth:9f2d")


@pytest.mark.parametrize(
    "authorization", ["Carrier", "Carrier pigeon", "Basic !!!", "Basic Og=="]
)
def test_bad_credentials_are_anonymous(app, authorization):
    body = app.get("/", headers={"Authorization": authorization}).json

    assert "user" not in body


def test_hello_does_not_escape_slashes(app):
    assert b"\\/" not in app.get("/").body


def test_hello_shows_eos_and_version_as_they_are_now(app):
    app.app.registry.settings["eos"] = "2099-01-01"
    app.app.registry.settings["http_api_version"] = "1.7"

    body = app.get("/").json

    assert body["eos"] == "2099-01-01"
    assert body["http_api_version"] == "1.7"


def test_public_settings_may_be_prefixed(app):
    registry = app.app.registry
    registry.public_settings |= {"cliquet.paginate_by", "myapp.readonly"}
    registry.settings["paginate_by"] = 7

    shown = app.get("/").json["settings"]

    assert shown["cliquet.paginate_by"] == 7
    assert shown["myapp.readonly"] is False


def test_forced_host_and_scheme_show_in_urls(make_app, mount):
    forced = make_app(http_scheme="https", http_host="server").get("/")
    odd = make_app(http_scheme="http2").get("/")

    assert forced.json["url"] == f"https://server{mount}/v0/"
    assert odd.json["url"] == f"http2://localhost:80{mount}/v0/"


def test_heartbeat_runs_all_checks(app):
    response = app.get("/__heartbeat__")

    assert response.json == {"storage": True, "permission": True, "cache": True}


def test_heartbeat_leaves_nothing_behind(app):
    storage = app.app.registry.storage

    app.get("/__heartbeat__")

    listed, _ = storage.get_all("__heartbeat__", "__heartbeat__", include_deleted=True)
    assert listed == []


@pytest.mark.parametrize(
    ("outcome", "status"), [(True, 200), (None, 200), (False, 503)]
)
def test_heartbeat_asks_plugins(app, outcome, status):
    app.app.registry.heartbeats["plugin"] = lambda request: outcome

    response = app.get("/__heartbeat__", status=status)

    assert response.json["plugin"] is outcome
    retry_after = "30" if status == 503 else None
    assert response.headers.get("Retry-After") == retry_after


def test_a_check_that_raises_has_failed(app):
    def check(request):
        raise RuntimeError("broken")

    app.app.registry.heartbeats["plugin"] = check

    response = app.get("/__heartbeat__", status=503)

    assert response.json["plugin"] is False
    assert response.json["storage"] is True


def test_a_check_that_hangs_has_failed(make_app):
    app = make_app(heartbeat_timeout_seconds=0.2)
    released = threading.Event()
    app.app.registry.heartbeats["plugin"] = lambda request: released.wait(120)
    started = time.monotonic()

    response = app.get("/__heartbeat__", status=503)
    released.set()

    assert response.json["plugin"] is False
    assert time.monotonic() - started < 60


def test_a_check_that_hangs_is_not_started_again(make_app):
    app = make_app(heartbeat_timeout_seconds=0.2)
    released = threading.Event()
    calls = []

    def hang(request):
        calls.append(request)
        return released.wait(120)

    app.app.registry.heartbeats["plugin"] = hang
    answers = [app.get("/__heartbeat__", status=503).json for _ in range(3)]
    assert [answer["plugin"] for answer in answers] == [False] * 3
    assert answers[-1]["storage"] is True
    assert len(calls) == 1

    released.set()
    deadline = time.monotonic() + 60
    while len(calls) == 1:
        assert app.get("/__heartbeat__", status="*").json["plugin"] is not None
        assert time.monotonic() < deadline


def test_heartbeat_only_reads_in_readonly_mode(make_app):
    app = make_app(readonly=True)
    storage = app.app.registry.storage

    def refuse(*args, **kwargs):
        raise AssertionError("a write")

    storage.create = storage.delete = refuse
    try:
        assert app.get("/__heartbeat__").json["storage"] is True
    finally:
        del storage.create, storage.delete


def test_lbheartbeat_touches_nothing(app):
    assert app.get("/__lbheartbeat__").json == {}
