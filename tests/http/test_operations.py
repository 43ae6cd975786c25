"""The build that answers; listeners that do not make clients wait."""

import sys
import threading
import types

import pytest
from pyramid.exceptions import ConfigurationError

from tests.waiting import eventually


def test_the_version_is_that_of_the_build(make_app, tmp_path):
    file = tmp_path / "version.json"
    file.write_text('{"commit": "abc", "version": "1.2"}')

    app = make_app(version_json_path=str(file))

    assert app.get("/__version__").json == {"commit": "abc", "version": "1.2"}


def test_without_a_file_there_is_no_version(app):
    assert app.get("/__version__", status=404).json["errno"] == 111


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_without_a_file_there_is_no_version_for_any_method(app, method):
    response = app.request("/__version__", method=method, status=404)

    assert "Allow" not in response.headers


def test_with_a_file_the_version_is_read(make_app, tmp_path):
    path = tmp_path / "version.json"
    path.write_text("{}")
    app = make_app(version_json_path=str(path))

    response = app.put("/__version__", status=405)

    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("content", [None, "{"])
def test_a_wrong_file_is_refused_at_start(make_app, tmp_path, content):
    file = tmp_path / "version.json"
    if content:
        file.write_text(content)

    with pytest.raises(ConfigurationError, match="version_json_path"):
        make_app(version_json_path=str(file))


class Heard:
    """A listener module that waits until it may go on."""

    def __init__(self):
        self.events = []
        self.may_go_on = threading.Event()
        self.fails = False

    def load_from_config(self, config, prefix):
        return self.hear

    def hear(self, event):
        assert self.may_go_on.wait(60)
        self.events.append(event)
        if self.fails:
            raise RuntimeError("deaf")


@pytest.fixture
def heard(monkeypatch):
    listener = Heard()
    module = types.ModuleType("heard_module")
    module.load_from_config = listener.load_from_config
    monkeypatch.setitem(sys.modules, "heard_module", module)
    return listener


def listen(make_app, delivery, **more):
    return make_app(
        **{
            "event_listeners": "heard",
            "event_listeners.heard.use": "heard_module",
            "event_listeners.heard.delivery": delivery,
            **more,
        }
    )


def test_clients_do_not_wait_for_deferred_listeners(make_app, alice, heard, caplog):
    app = listen(make_app, "after_commit")
    heard.fails = True

    answer = app.post_json("/mushrooms", {"data": {"name": "a"}}, headers=alice)
    waiting = list(heard.events)
    heard.may_go_on.set()
    assert eventually(lambda: len(heard.events) == 1)

    assert answer.status_int == 201
    assert waiting == []
    (event,) = heard.events
    assert event.payload["action"] == "create"
    assert event.request_id == answer.headers["X-Request-Id"]
    assert eventually(lambda: "Listener failed" in caplog.text)


def test_what_is_undone_is_not_told(make_app, alice, heard, monkeypatch):
    app = listen(make_app, "after_commit", paginate_by=7)
    heard.may_go_on.set()
    monkeypatch.setattr(app.app.registry.storage, "create", lambda **names: 1 / 0)

    app.post_json("/mushrooms", {"data": {"name": "a"}}, headers=alice, status=500)
    monkeypatch.undo()

    assert heard.events == []


def test_queues_are_emptied_at_the_end():
    from cliquet.listeners.delivery import DeferredListener

    told = []
    listener = DeferredListener(told.append, "n")
    for number in range(100):
        listener(number)

    listener.stop()

    assert told == list(range(100))


def test_other_deliveries_are_refused(make_app, heard):
    with pytest.raises(ConfigurationError, match="delivery"):
        listen(make_app, "by_pigeon")
