"""Events are those of committed work, each once, on every engine."""

import random
import threading
import uuid
from collections import Counter

import pytest
import transaction
from pyramid.httpexceptions import HTTPInsufficientStorage
from transaction.interfaces import TransientError

from cliquet.events import (
    AfterResourceChanged,
    ResourceChanged,
)
from tests.contract.history import CHANGES, READS, Replay

TASKS = "/projects/a/tasks"
BODY = {"data": {"n": 1}}


@pytest.fixture
def undoes(engine):
    """Whether the engine undoes what it wrote, when its transaction is aborted."""
    return engine.id in ("sqlite", "postgresql")


def counts(service, *kinds):
    found = Counter(type(event) for event in service.events)
    return [found[kind] for kind in kinds or (*CHANGES, *READS)]


@pytest.mark.parametrize(
    ("error", "status"), [(HTTPInsufficientStorage(), 507), (ValueError("no"), 500)]
)
def test_a_subscriber_in_the_transaction_undoes_all(service, undoes, error, status):
    service.faults = [(ResourceChanged, error)]
    entries = [
        ("POST", path, "alice", BODY, {}) for path in ("/notes", TASKS, "/notes")
    ]

    service.batch(*entries, status=status)

    assert counts(service, AfterResourceChanged) == [0]
    if undoes:
        assert service.stored() == {}
        assert service.history() == []
    service.events.clear()
    service.send("POST", "/notes", body=BODY, status=201)
    assert counts(service) == [1, 1, 0, 0]


def test_a_subscriber_after_the_commit_undoes_nothing(service, caplog):
    service.faults = [(AfterResourceChanged, ValueError("too late"))]
    entries = [("POST", path, "alice", BODY, {}) for path in ("/notes", TASKS)]

    service.batch(*entries, status=200)

    assert counts(service, *CHANGES) == [2, 2]
    assert len(service.stored()) == 2
    assert "Unable to notify" in caplog.text


def test_a_request_that_is_run_again_is_told_once(service, undoes):
    service.faults = [(ResourceChanged, TransientError())] * 2
    path = f"/notes/{uuid.uuid4()}"

    service.send("PUT", path, body=BODY, status=201 if undoes else 500)

    # Where nothing is undone, nothing is run again.
    assert counts(service, *CHANGES) == ([3, 1] if undoes else [1, 0])
    if undoes:
        assert len(service.history()) == 1
        (event,) = service.told(AfterResourceChanged)
        assert event.payload["action"] == "create"


class FailingManager:
    """Takes part in a transaction, and refuses to commit."""

    transaction_manager = transaction.manager

    def sortKey(self):
        return "~"

    def tpc_vote(self, found):
        raise ValueError("no")

    def abort(self, found):
        pass

    commit = tpc_begin = tpc_abort = tpc_finish = abort


def test_a_commit_that_fails_is_not_told(service, undoes):
    def join(*events):
        if isinstance(events[0], ResourceChanged):
            transaction.get().join(FailingManager())
        return notify(*events)

    notify = service.registry.notify
    service.registry.notify = join
    try:
        service.send("POST", "/notes", body=BODY, status=500)
    finally:
        del service.registry.notify
        # The next request would do so.
        transaction.abort()

    assert counts(service, *CHANGES) == [1, 0]
    if undoes:
        assert service.stored() == {}


REFUSED = {
    "412": ("PUT", {"If-Match": '"1"'}, BODY, 412),
    "304": ("GET", {"If-None-Match": '"{time}"'}, None, 304),
    "400": ("PATCH", {}, {"data": {"n": "x"}}, 400),
    "405": ("POST", {}, BODY, 405),
    "failed": ("PATCH", {"X-Fail": "1"}, BODY, 500),
    "refused": ("PATCH", {"X-Refuse": "1"}, BODY, 403),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("path", ["/notes", TASKS])
def test_what_is_refused_is_not_told(service, path, name):
    method, headers, body, status = REFUSED[name]
    share = {"permissions": {"read": ["system.Everyone"]}} if path == TASKS else {}
    record = service.send("POST", path, body={**BODY, **share}).json["data"]
    time = record["last_modified"]
    sent = {key: text.format(time=time) for key, text in headers.items()}
    service.events.clear()

    service.send(
        method, f"{path}/{record['id']}", body=body, headers=sent, status=status
    )

    assert service.events == []


def test_whom_permissions_stop_is_not_told(service):
    record = service.send("POST", TASKS, body=BODY).json["data"]
    share = {**BODY, "permissions": {"read": [service.users["bob"]]}}
    service.send("POST", TASKS, body=share)
    service.events.clear()
    path = f"{TASKS}/{record['id']}"

    for method, target in [
        ("GET", path),
        ("PUT", path),
        ("DELETE", path),
        ("DELETE", TASKS),
    ]:
        body = BODY if method == "PUT" else None
        service.send(method, target, "bob", body=body, status=403)
    service.send("POST", TASKS, "bob", body={"data": record}, status=403)

    assert service.events == []


def test_reads_are_told_as_such(service):
    record = service.send("POST", "/notes", body=BODY).json["data"]
    service.events.clear()
    path = f"/notes/{record['id']}"

    for method, target, body in [
        ("GET", path, None),
        ("HEAD", path, None),
        ("HEAD", "/notes", None),
        ("POST", "/notes", {"data": record}),
        ("DELETE", "/notes?n=2", None),
    ]:
        service.send(method, target, body=body, status=200)

    for kind in READS:
        told = [event.read_records for event in service.told(kind)]
        assert told == [[record], [record], [record], [record], []]
    assert counts(service, *CHANGES) == [0, 0]


@pytest.mark.parametrize("last", ["X-Fail", "X-Refuse"])
def test_entries_that_are_undone_are_not_told(service, undoes, last):
    entries = [
        ("POST", "/notes", "alice", {"data": {"n": 1}}, {}),
        ("PATCH", f"/notes/{uuid.uuid4()}", "alice", BODY, {}),
        ("POST", "/notes", "alice", {"data": {"n": 2}}, {}),
        ("POST", "/notes", "alice", {"data": {"n": 3}}, {last: "1"}),
    ]

    service.batch(*entries, status=500 if last == "X-Fail" else 200)

    if last == "X-Fail":
        assert counts(service, AfterResourceChanged) == [0]
    elif undoes:
        (event,) = service.told(AfterResourceChanged)
        told = [each["new"] for each in event.impacted_records]
        by_time = sorted(service.stored().values(), key=lambda each: each["n"])
        assert told == by_time


# --- Concurrent writers ------------------------------------------------------------

PATHS = ["/notes", TASKS]
IDS = [str(uuid.uuid4()) for _ in range(3)]


def one_request(chosen):
    """A request that often finds another one in its way."""
    path, record = chosen.choice(PATHS), chosen.choice(IDS)
    body = {"data": {"n": chosen.randint(0, 3)}}
    return chosen.choice([
        ("PUT", f"{path}/{record}", body),
        ("PATCH", f"{path}/{record}", body),
        ("POST", path, body),
        ("DELETE", f"{path}/{record}", None),
        ("DELETE", f"{path}?n=1", None),
        ("DELETE", path, None),
    ])  # fmt: skip


def in_time(entry):
    """Return what sorts entries as their changes were made, whichever thread told first.

    What changes nothing keeps the time of what it meets, so comes after that.
    """
    changed = entry.get("new") or entry["old"]
    return changed["last_modified"], entry.get("new") == entry.get("old")


def test_what_was_there_is_what_was_deleted(service):
    """Of many writers, each change is told once, with what the change before left."""
    failures = []

    def write(seed):
        chosen = random.Random(seed)
        try:
            for _ in range(25):
                method, path, body = one_request(chosen)
                if chosen.random() < 0.3:
                    more = one_request(chosen)
                    entries = [
                        (verb, target, "alice", sent, {})
                        for verb, target, sent in [(method, path, body), more]
                    ]
                    service.batch(*entries, status=200)
                    continue
                answer = service.send(method, path, body=body)
                assert answer.status_int < 500, answer.text
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    for kind in CHANGES:
        replay = Replay()
        changes = [
            (event.payload, entry)
            for event in service.told(kind)
            for entry in event.impacted_records
        ]
        for payload, entry in sorted(changes, key=lambda each: in_time(each[1])):
            replay.apply(payload, [entry])
        assert replay.records == service.stored()
