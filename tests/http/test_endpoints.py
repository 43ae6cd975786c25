"""The hello view names where clients begin, where settings want it."""

import re

import pytest

import cliquet
from cliquet.protocol.announcements import entry_points


@pytest.fixture
def paths(make_app):
    answer = make_app(announce_capabilities=True).get("/")
    return answer.json["capabilities"]["endpoints"]["paths"]


def test_collections_are_named_after_their_resource(paths):
    assert paths["mushroom"] == "/v0/mushrooms"
    assert paths["batch"] == "/v0/batch"


def test_every_path_exists(paths, app, alice):
    assert len(paths) > 5
    for path in paths.values():
        url = re.sub(r"\{\w+\}", "a", path).removeprefix("/v0")
        # Whatever it does: 405 where it takes no GET.
        answer = app.get(url, headers=alice, status="*")
        # Pages are not JSON, errors are.
        is_unknown = answer.status_int == 404 and answer.json["errno"] == 111
        assert not is_unknown, path


def test_what_is_no_beginning_is_left_out(paths):
    assert not [path for path in paths.values() if path.endswith("/{id}")]
    assert not paths.keys() & {"hello", "heartbeat", "lbheartbeat"}


def test_patterns_of_parameters_are_not_shown():
    service = cliquet.Service(name="visit", path=r"/visits/{year:\d+}")
    service.add_view("GET", lambda request: {})

    assert entry_points({service.path: service}) == {"visit": "/visits/{year}"}


def test_what_has_no_method_is_left_out():
    service = cliquet.Service(name="nothing", path="/nothing")

    assert entry_points({service.path: service}) == {}


def test_nothing_is_said_without_the_setting(app):
    assert "endpoints" not in app.get("/").json["capabilities"]
