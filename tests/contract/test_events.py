"""Events of nested and shared resources, on every engine."""

import uuid
from collections import Counter

import pytest
from pyramid.config import Configurator

from cliquet.events import ACTIONS, ResourceChanged, ResourceRead
from tests.contract.history import CHANGES, Service

PROJECT, OTHER = "/projects/a/tasks", "/projects/b/tasks"


def body(**fields):
    return {"data": fields}


def summary(events):
    """Who did what, where, to which records."""
    return [
        (
            event.payload["user_id"],
            event.payload["action"],
            event.payload.get("project_id"),
            [
                (entry.get("new") or entry.get("old", entry))["n"]
                for entry in getattr(event, "impacted_records", None)
                or event.read_records
            ],
        )
        for event in events
    ]


def test_events_of_two_parents_are_two(service):
    service.batch(
        ("POST", PROJECT, "alice", body(n=1), {}),
        ("POST", OTHER, "alice", body(n=2), {}),
        ("POST", PROJECT, "alice", body(n=3), {}),
        ("POST", OTHER, "alice", body(n=4), {}),
    )

    alice = service.users["alice"]
    expected = [(alice, "create", "a", [1, 3]), (alice, "create", "b", [2, 4])]
    for kind in CHANGES:
        events = service.told(kind)
        assert summary(events) == expected
        assert [event.payload["uri"] for event in events] == [PROJECT, OTHER]


def test_events_of_two_users_are_two(service):
    service.batch(
        ("POST", "/notes", "alice", body(n=1), {}),
        ("POST", "/notes", "bob", body(n=2), {}),
        ("POST", "/notes", "alice", body(n=3), {}),
        ("GET", "/notes", "bob", None, {}),
        ("GET", "/notes", "alice", None, {}),
    )

    alice, bob = service.users["alice"], service.users["bob"]
    changed, read = service.told(ResourceChanged), service.told(ResourceRead)
    assert summary(changed) == [
        (alice, "create", None, [1, 3]),
        (bob, "create", None, [2]),
    ]
    assert summary(read) == [(bob, "read", None, [2]), (alice, "read", None, [3, 1])]


def test_events_of_parents_that_no_url_names_are_two(service):
    service.batch(
        ("POST", "/memos", "alice", body(n=1), {"X-Tenant": "t"}),
        ("POST", "/memos", "alice", body(n=2), {"X-Tenant": "u"}),
        ("POST", "/memos", "alice", body(n=3), {"X-Tenant": "t"}),
    )

    events = service.told(ResourceChanged)
    assert [numbers for *_, numbers in summary(events)] == [[1, 3], [2]]
    assert [each.request.headers["X-Tenant"] for each in events] == ["t", "u"]


def test_the_payload_has_the_keys_of_31(service):
    service.send("POST", PROJECT, body=body(n=1))
    task = service.events[0].impacted_records[0]["new"]["id"]
    service.send("DELETE", f"{PROJECT}/{task}")

    keys = {"timestamp", "action", "uri", "user_id", "resource_name", "project_id"}
    created, deleted = service.told(ResourceChanged)
    assert set(created.payload) == keys
    assert set(deleted.payload) == {*keys, "task_id"}
    assert deleted.payload["task_id"] == task


def test_a_record_that_is_told_of_again_is_told_of_in_order(service):
    one, two = (f"{PROJECT}/{uuid.uuid4()}" for _ in range(2))
    service.batch(
        ("PUT", one, "alice", body(n=1), {}),
        ("DELETE", one, "alice", None, {}),
        ("PUT", two, "alice", body(n=2), {}),
        ("PUT", one, "alice", body(n=3), {}),
    )

    told = [
        (event.payload["action"], len(event.impacted_records))
        for event in service.told(ResourceChanged)
    ]
    assert told == [("create", 2), ("delete", 1), ("create", 1)]


@pytest.mark.parametrize("path", ["/notes", PROJECT])
def test_a_deletion_tells_what_was_there(service, path):
    created = [
        service.send("POST", path, body=body(n=n, deep={"x": [n]})).json["data"]
        for n in range(5)
    ]
    service.events.clear()

    service.send("DELETE", f"{path}/{created[0]['id']}", status=200)
    service.send("DELETE", f"{path}?n=1", status=200)
    service.send("DELETE", path, status=200)

    for kind in CHANGES:
        entries = [each.impacted_records for each in service.told(kind)]
        assert list(map(len, entries)) == [1, 1, 3]
        told = [entry for each in entries for entry in each]
        assert [entry["before"] for entry in told] == created
        assert all(entry["old"]["deleted"] is True for entry in told)
        ids = [entry["old"]["id"] for entry in told]
        assert ids == [each["id"] for each in created]


def test_a_shared_list_that_is_deleted_tells_of_what_was_shared(service):
    share = {"permissions": {"write": [service.users["bob"]]}}
    for n in range(4):
        shared = share if n % 2 else {}
        service.send("POST", PROJECT, body={**body(n=n), **shared})
    service.events.clear()

    service.send("DELETE", PROJECT, "bob", status=200)

    (event,) = service.told(ResourceChanged)
    assert [entry["before"]["n"] for entry in event.impacted_records] == [1, 3]
    assert all("__permissions__" not in str(each) for each in event.impacted_records)


@pytest.mark.parametrize("behavior", ["full", "light", "diff"])
@pytest.mark.parametrize("path", ["/notes", PROJECT])
def test_an_update_tells_all_of_the_record(service, path, behavior):
    share = {"permissions": {"read": ["system.Everyone"]}} if path == PROJECT else {}
    created = service.send("POST", path, body={**body(n=1, m=2), **share})
    record = created.json["data"]
    service.events.clear()

    answer = service.send(
        "PATCH", f"{path}/{record['id']}", body=body(n=5),
        headers={"Response-Behavior": behavior},
    )  # fmt: skip

    expected = {
        "full": {"id", "last_modified", "n", "m"},
        "light": {"n"},
        "diff": set(),
    }
    assert set(answer.json["data"]) == expected[behavior]
    (entry,) = service.told(ResourceChanged)[0].impacted_records
    assert entry["old"] == record
    assert entry["new"] == next(iter(service.stored().values()))
    assert (entry["new"]["n"], entry["new"]["m"]) == (5, 2)


def test_a_storage_of_31_tells_what_was_there(service, monkeypatch):
    """One whose `delete_all` has the signature of 3.1."""
    storage = service.registry.storage
    delete_all = storage.delete_all

    def old_delete_all(collection_id, parent_id, filters=None, id_field="id",
                       with_deleted=True, modified_field="last_modified",
                       deleted_field="deleted", auth=None):  # fmt: skip
        return delete_all(collection_id, parent_id, filters)

    monkeypatch.setattr(storage, "delete_all", old_delete_all)
    service.send("POST", "/notes", body=body(n=1))

    service.send("DELETE", "/notes", status=200)

    (entry,) = service.told(ResourceChanged)[-1].impacted_records
    assert entry["before"]["n"] == 1


def test_a_plugin_may_replace_the_method_of_31(engine, engine_url, monkeypatch):
    stacked = []

    def notify(request, timestamp, data, action, old=None):
        stacked.append((action, old))

    initialize = Configurator.scan

    def scan(config, *args, **kwargs):
        config.add_request_method(notify, "notify_resource_event")
        return initialize(config, *args, **kwargs)

    monkeypatch.setattr(Configurator, "scan", scan)
    service = Service(engine, engine_url)
    service.send("POST", "/notes", body=body(n=1), status=201)
    service.flush()

    assert stacked == [(ACTIONS.CREATE, None)]


DELETIONS = {
    "record": lambda service, path, ids: f"{path}/{ids[0]}",
    "list": lambda service, path, ids: path,
    "filtered": lambda service, path, ids: f"{path}?n=0",
}


@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize("deletion", DELETIONS.values(), ids=DELETIONS)
@pytest.mark.parametrize("path", ["/notes", PROJECT])
def test_what_was_there_costs_no_call(engine, engine_url, path, deletion):
    """Whether anybody listens or not: the storage is asked for the time, if for more."""
    counts = []
    for listens in ((), CHANGES):
        service = Service(engine, engine_url, listens)
        ids = [
            service.send("POST", path, body=body(n=n)).json["data"]["id"]
            for n in range(2)
        ]
        calls = Counter()
        storage = service.registry.storage
        for name in ("get", "get_all", "delete", "delete_all", "collection_timestamp"):
            setattr(storage, name, _counting(storage, name, calls))
        service.send("DELETE", deletion(service, path, ids), status=200)
        counts.append(calls)
        service.flush()
    silent, watched = counts

    assert watched - silent in ({}, {"collection_timestamp": 1})
    assert silent - watched == {}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_who_may_not_read_is_answered_less_than_is_told(service, method):
    record = service.send("POST", PROJECT, body=body(n=1, m=2)).json["data"]
    path = f"{PROJECT}/{record['id']}"

    answer = service.send(method, path, body=body(n=5), status=200)

    assert "m" not in answer.json["data"]
    (entry,) = service.told(ResourceChanged)[-1].impacted_records
    assert entry["old"] == record
    assert entry["new"] == next(iter(service.stored().values()))


def _counting(storage, name, calls):
    method = getattr(storage, name)

    def counted(
        *args,
        condition=None,
        before=None,
        initialize=True,
        last_modified=None,
        **kwargs,
    ):
        calls[name] += 1
        more = {
            "condition": condition,
            "before": before,
            "last_modified": last_modified,
        }
        given = {key: value for key, value in more.items() if value is not None}
        if name == "collection_timestamp":
            given["initialize"] = initialize
        return method(*args, **given, **kwargs)

    return counted
