"""Batches: what is sent."""

from typing import Any

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe


def _send(probe: Probe, *entries: Any, **more: Any) -> list[dict[str, Any]]:
    """Send entries as Alice; expect as many responses."""
    response = probe.alice.post("/batch", json={"requests": list(entries), **more})
    found = expect.body(response, 200).get("responses")
    if not isinstance(found, list) or len(found) != len(entries):
        expect.fail(f"responses: wanted {len(entries)} of them, got {found!r}")
    return found


def _refused(response: httpx.Response) -> None:
    expect.error(response, 400, 107)


@clause("BATCH-1", "mandatory")
def entries_are_answered_in_order(probe: Probe) -> None:
    """Respond to a batch, of anybody, with a response for each entry, in order."""
    for user in (probe.alice, probe.nobody):
        sent = {"requests": [{"path": "/"}, {"path": "/nothing"}, {"path": "/"}]}
        found = expect.body(user.post("/batch", json=sent), 200)
        expect.equal(set(found), {"responses"}, "members of the answer")
        statuses = [each.get("status") for each in found["responses"]]
        expect.equal(statuses, [200, 404, 200], "statuses of the entries")
        for each in found["responses"]:
            wanted = {"path", "status", "headers", "body"}
            expect.equal(set(each), wanted, "members of a response")
            expect.true(isinstance(each["headers"], dict), "headers is no object")


@clause("BATCH-2", "mandatory")
def requests_are_a_list(probe: Probe) -> None:
    """Refuse a batch without a list of ``requests``; accept an empty one."""
    odd: tuple[Any, ...] = ({}, {"requests": {}}, {"requests": "/"})
    for sent in odd:
        _refused(probe.alice.post("/batch", json=sent))
    expect.equal(_send(probe), [], "responses to no entries")


@clause("BATCH-3", "mandatory")
def entries_have_a_path(probe: Probe) -> None:
    """Refuse an entry without a path, or with one that begins with no slash."""
    for entry in ({"method": "GET"}, {"path": "hello"}, {"path": ""}, {"path": None}):
        _refused(probe.alice.post("/batch", json={"requests": [entry]}))
    found = _send(probe, {}, defaults={"path": "/"})
    expect.equal(found[0]["status"], 200, "status of an entry with the default path")
    sent = {"requests": [{"path": "/"}], "defaults": {"path": "hello"}}
    _refused(probe.alice.post("/batch", json=sent))


@clause("BATCH-4", "mandatory")
def methods_are_in_capitals(probe: Probe) -> None:
    """Take GET for the method that is absent; refuse one that is unknown."""
    expect.equal(_send(probe, {"path": "/"})[0]["status"], 200, "status of an entry")
    for method in ("get", "OPTIONS", "ODD"):
        entry = {"path": "/", "method": method}
        _refused(probe.alice.post("/batch", json={"requests": [entry]}))
    fields = {"data": {"title": "one"}}
    found = _send(
        probe, {"path": probe.private, "method": "POST", "body": fields},
        {"path": probe.private, "method": "HEAD"},
        {"path": probe.private, "method": "DELETE"},
    )  # fmt: skip
    statuses = [each["status"] for each in found]
    expect.equal(statuses, [201, 200, 200], "statuses of the entries")


@clause("BATCH-5", "mandatory")
def headers_and_bodies_are_objects(probe: Probe) -> None:
    """Refuse headers that are no object of texts, and a body that is no object."""
    odd: tuple[dict[str, Any], ...] = (
        {"headers": {"X-Odd": 3}}, {"headers": []}, {"headers": "x"},
        {"body": []}, {"body": "x"}, {"body": 5},
    )  # fmt: skip
    for entry in odd:
        sent = {"requests": [{"path": "/", **entry}]}
        _refused(probe.alice.post("/batch", json=sent))


@clause("BATCH-6", "mandatory")
def defaults_are_merged(probe: Probe) -> None:
    """Take from ``defaults`` what an entry does not say, at any depth."""
    defaults = {
        "method": "POST",
        "path": probe.shared,
        "body": {"data": {"deep": {"a": 1, "b": [1, 2]}, "title": "default"}},
    }
    found = _send(
        probe,
        {"body": {"data": {"deep": {"b": [3]}}}},
        {"body": {"data": {"title": "own"}}},
        {"path": "/", "method": "GET", "body": {}},
        defaults=defaults,
    )
    statuses = [each["status"] for each in found]
    expect.equal(statuses, [201, 201, 200], "statuses of the entries")
    first, second = (found[each]["body"]["data"] for each in (0, 1))
    expect.equal(first.get("deep"), {"a": 1, "b": [3]}, "an object in both")
    expect.equal(first.get("title"), "default", "a member of the defaults")
    expect.equal(second.get("title"), "own", "a member in both")


@clause("BATCH-7", "mandatory")
def unknown_members_are_ignored(probe: Probe) -> None:
    """Ignore members that the protocol does not know."""
    entry = {"path": "/", "odd": 1}
    found = _send(probe, entry, odd=2, defaults={"odd": 3, "odder": {}})
    expect.equal(found[0]["status"], 200, "status of the entry")


@clause("BATCH-8", "mandatory")
def batches_are_bounded(probe: Probe) -> None:
    """Refuse more entries than ``batch_max_requests``, and run none of them."""
    settings = expect.body(probe.nobody.get("/"), 200).get("settings", {})
    most = settings.get("batch_max_requests")
    if not most:
        expect.skip("the server has no bound for batches")
    entry = {"path": probe.private, "method": "POST", "body": {"data": {"title": "1"}}}
    sent = {"requests": [entry] * (most + 1)}
    refused = probe.alice.post("/batch", json=sent)
    said = expect.detail(refused, "body", "requests")
    expect.equal(said, f"Number of requests is limited to {most}", "description")
    expect.equal(expect.ids(probe.alice.get(probe.private)), [], "ids of the list")
    sent = {"requests": [{"path": "/__lbheartbeat__"}] * most}
    expect.status(probe.alice.post("/batch", json=sent), 200)


@clause("BATCH-9", "mandatory")
def batches_are_no_entries(probe: Probe) -> None:
    """Refuse a batch within a batch, and run none of the entries."""
    entry = {"path": probe.private, "method": "POST", "body": {"data": {"title": "1"}}}
    for path in ("/batch", f"{probe.server.prefix}/batch"):
        inner = {"path": path, "method": "POST", "body": {"requests": []}}
        sent = {"requests": [entry, inner]}
        said = expect.detail(probe.alice.post("/batch", json=sent), "body", "requests")
        wanted = "Recursive call on /batch endpoint is forbidden."
        expect.equal(said, wanted, "description")
    expect.equal(expect.ids(probe.alice.get(probe.private)), [], "ids of the list")


@clause("BATCH-10", "repaired")
def paths_may_hold_the_word(probe: Probe) -> None:
    """Run an entry whose path holds ``/batch``, and is not that of the endpoint."""
    for path in (f"{probe.private}?title=/batch", "/batches", "/nothing/batch"):
        wanted = 200 if "?" in path else 404
        got = _send(probe, {"path": path})[0]["status"]
        expect.equal(got, wanted, f"status of {path}")


@clause("BATCH-11", "repaired")
def odd_types_are_refused(probe: Probe) -> None:
    """Refuse a batch whose parts are of other types."""
    odd: tuple[Any, ...] = (
        {"requests": None}, {"requests": 5}, {"requests": [None]}, {"requests": [5]},
        {"requests": ["/"]}, {"requests": [[]]}, {"requests": [{"path": 5}]},
        {"requests": [{"path": "/", "method": 5}]},
        {"requests": [5], "defaults": {"method": "GET"}},
        {"requests": [{"path": "/", "body": 5}], "defaults": {"body": {"a": 1}}},
        {"requests": [{"path": "/"}], "defaults": {"headers": 5}},
    )  # fmt: skip
    for sent in odd:
        _refused(probe.alice.post("/batch", json=sent))
