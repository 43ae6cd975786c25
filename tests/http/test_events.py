"""Events and transactions."""

import pytest
from pyramid import httpexceptions

from cliquet.events import (
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
URL = f"/mushrooms/{ID}"
BODY = {"data": {"name": "a"}}


@pytest.fixture
def heard(app, monkeypatch):
    """What subscribers are told, in order."""
    events = []
    registry = app.app.registry
    notify = registry.notify
    kinds = (ResourceChanged, ResourceRead, AfterResourceChanged, AfterResourceRead)

    def listen(*told):
        events.extend(event for event in told if isinstance(event, kinds))
        return notify(*told)

    monkeypatch.setattr(registry, "notify", listen)
    return events


def actions(events, kind):
    return [
        (event.payload["action"], len(getattr(event, "impacted_records", ())))
        for event in events
        if type(event) is kind
    ]


def test_each_change_is_told_before_and_after(app, alice, heard):
    app.put_json(URL, BODY, headers=alice)
    app.put_json(URL, {"data": {"name": "b"}}, headers=alice)
    app.delete(URL, headers=alice)
    app.get(URL, headers=alice, status=404)

    expected = [("create", 1), ("update", 1), ("delete", 1)]
    assert actions(heard, ResourceChanged) == expected
    assert actions(heard, AfterResourceChanged) == expected
    created, _, updated, _, deleted, _ = heard
    assert set(created.impacted_records[0]) == {"new"}
    assert updated.impacted_records[0]["old"]["name"] == "a"
    assert updated.impacted_records[0]["new"]["name"] == "b"
    assert deleted.impacted_records[0]["old"]["deleted"] is True
    assert (
        updated.payload["timestamp"]
        == created.impacted_records[0]["new"]["last_modified"]
    )


def test_the_payload_tells_who_and_where(app, alice, heard):
    app.put_json(URL, BODY, headers=alice)

    payload = heard[0].payload
    assert payload["uri"] == URL
    assert payload["resource_name"] == "mushroom"
    assert payload["mushroom_id"] == ID
    assert payload["user_id"].startswith("basicauth:9f2d")


def test_reads_are_told(app, alice, heard):
    app.put_json(URL, BODY, headers=alice)
    heard.clear()
    app.get(URL, headers=alice)
    app.get("/mushrooms", headers=alice)
    app.delete("/mushrooms?name=none", headers=alice)

    assert [len(e.read_records) for e in heard if type(e) is ResourceRead] == [1, 1, 0]


def test_a_batch_tells_once_for_each_action(app, alice, heard):
    requests = [
        {"method": "PUT", "path": URL, "body": BODY},
        {"method": "PUT", "path": URL, "body": {"data": {"name": "b"}}},
        {"method": "PUT", "path": URL, "body": {"data": {"name": "c"}}},
        {"method": "DELETE", "path": URL},
    ]
    app.post_json("/batch", {"requests": requests}, headers=alice)

    assert actions(heard, ResourceChanged) == [
        ("create", 1),
        ("update", 2),
        ("delete", 1),
    ]


def test_nothing_is_told_of_failures(app, alice, heard):
    app.put_json(URL, BODY, headers=alice)
    heard.clear()
    app.put_json(URL, BODY, headers={**alice, "If-Match": '"1"'}, status=412)
    app.get(URL, headers={**alice, "If-None-Match": '"99999999999999"'}, status=304)
    app.post_json("/mushrooms", {}, headers=alice, status=400)

    assert heard == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(httpexceptions.HTTPInsufficientStorage, 507), (ValueError, 500)],
)
def test_a_subscriber_inside_the_transaction_may_refuse(
    app, alice, monkeypatch, error, status
):
    registry = app.app.registry
    notify = registry.notify

    def refuse(*events):
        if isinstance(events[0], ResourceChanged):
            raise error
        return notify(*events)

    monkeypatch.setattr(registry, "notify", refuse)

    app.put_json(URL, BODY, headers=alice, status=status)


def test_a_subscriber_after_the_commit_cannot(app, alice, monkeypatch, caplog):
    registry = app.app.registry
    notify = registry.notify

    def fail(*events):
        if isinstance(events[0], AfterResourceChanged):
            raise ValueError("too late")
        return notify(*events)

    monkeypatch.setattr(registry, "notify", fail)

    app.put_json(URL, BODY, headers=alice, status=201)

    assert "Unable to notify" in caplog.text


@pytest.mark.parametrize("where", ["registry", "class"])
def test_whoever_replaces_notify_is_called(make_app, alice, monkeypatch, where):
    app = make_app()
    registry = app.app.registry
    patched = registry if where == "registry" else type(registry)
    notify, notified = patched.notify, []

    def listen(*args):
        notified.append(args[-1])
        return notify(*args)

    monkeypatch.setattr(patched, "notify", listen)

    app.post_json("/mushrooms", {"data": {"name": "a"}}, headers=alice)

    kinds = [type(each).__name__ for each in notified]
    assert "ResourceChanged" in kinds
    assert "AfterResourceChanged" in kinds
