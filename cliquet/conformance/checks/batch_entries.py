"""Batches: how entries are run, and what is answered."""

from typing import Any

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe, User

#: Headers that differ from one response to the next, or are of the connection.
_OWN = {"date", "x-request-id", "content-length", "server", "connection", "via",
        "server-timing", "transfer-encoding", "keep-alive", "alt-svc",
        # The end of the service is told by the batch.
        "alert", "sunset"}  # fmt: skip


def _send(probe: Probe, *entries: Any, **headers: str) -> list[dict[str, Any]]:
    """Send entries as Alice; expect as many responses."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = probe.alice.post(
        "/batch", json={"requests": list(entries)}, headers=named
    )
    found = expect.body(response, 200).get("responses")
    if not isinstance(found, list) or len(found) != len(entries):
        expect.fail(f"responses: wanted {len(entries)} of them, got {found!r}")
    return found


def _statuses(responses: list[dict[str, Any]]) -> list[Any]:
    return [each.get("status") for each in responses]


def _as(user: User) -> dict[str, str]:
    return {"Authorization": user.credentials.header if user.credentials else ""}


def _post(probe: Probe, title: str, **more: Any) -> dict[str, Any]:
    """Return an entry that makes a note."""
    body = {"data": {"title": title}}
    return {"path": probe.private, "method": "POST", "body": body, **more}


@clause("BATCH-12", "mandatory")
def paths_get_their_prefix(probe: Probe) -> None:
    """Add the prefix to paths without it; read their query strings."""
    probe.note(rank=1)
    probe.note(rank=2)
    prefix = probe.server.prefix
    found = _send(
        probe, {"path": "/"}, {"path": f"{prefix}/"},
        {"path": f"{probe.private}?rank=1"},
        {"path": f"{prefix}{probe.private}?rank=9"},
    )  # fmt: skip
    expect.equal(_statuses(found), [200] * 4, "statuses of the entries")
    counts = [len(each["body"]["data"]) for each in found[2:]]
    expect.equal(counts, [1, 0], "records of lists with a query string")


@clause("BATCH-13", "repaired")
def paths_are_utf_8(probe: Probe) -> None:
    """Read what is not ASCII in a path as UTF-8."""
    note = probe.note(title="é©")
    found = _send(
        probe, {"path": "/é"}, {"path": f"{probe.private}?title=é©"},
        {"path": f"{probe.private}?title=%C3%A9%C2%A9"},
    )  # fmt: skip
    expect.equal(_statuses(found), [404, 200, 200], "statuses of the entries")
    for each in found[1:]:
        expect.equal(each["body"]["data"], [note.data], "the list")


@clause("BATCH-14", "mandatory")
def headers_are_inherited(probe: Probe) -> None:
    """Send with an entry the headers of the batch, and its own, which win."""
    note = probe.note()
    path = {"path": note.path}
    own = {"path": note.path, "headers": {"if-none-match": note.older}}
    found = _send(probe, path, own, If_None_Match=note.etag)
    expect.equal(_statuses(found), [304, 200], "statuses of the entries")
    other = {"path": "/", "headers": {"AUTHORIZATION": _as(probe.bob)["Authorization"]}}
    found = _send(probe, {"path": "/"}, other)
    users = [each["body"].get("user", {}).get("id") for each in found]
    expect.equal(users, [probe.alice.id, probe.bob.id], "users of the entries")


@clause("BATCH-15", "mandatory")
def entries_are_permitted_one_by_one(probe: Probe) -> None:
    """Authenticate and permit each entry by its own headers."""
    note, article = probe.note(), probe.article()
    found = _send(
        probe,
        {"path": note.path},
        {"path": note.path, "headers": _as(probe.bob)},
        {"path": article.path, "headers": _as(probe.bob)},
        {"path": note.path, "headers": {"Authorization": "odd"}},
        {"path": article.path},
    )
    expect.equal(_statuses(found), [200, 404, 403, 401, 200], "statuses")


@clause("BATCH-16", "mandatory")
def entries_see_those_before(probe: Probe) -> None:
    """Run entries one after the other, each seeing what those before it did."""
    path = probe.unused()
    body = {"data": {"title": "one"}}
    found = _send(
        probe, {"path": path}, {"path": path, "method": "PUT", "body": body},
        {"path": path},
        {"path": path, "method": "PATCH", "body": {"data": {"rank": 2}}},
        {"path": probe.private}, {"path": path, "method": "DELETE"}, {"path": path},
    )  # fmt: skip
    wanted = [404, 201, 200, 200, 200, 200, 404]
    expect.equal(_statuses(found), wanted, "statuses of the entries")
    ranks = [each.get("rank") for each in found[4]["body"]["data"]]
    expect.equal(ranks, [2], "ranks of the list after a PATCH")
    stamps = [found[each]["body"]["data"]["last_modified"] for each in (1, 3, 5)]
    expect.equal(stamps, sorted(set(stamps)), "timestamps of the writes")


@clause("BATCH-17", "mandatory")
def redirections_are_followed(probe: Probe) -> None:
    """Follow the redirection of an entry, with method, headers and body."""
    response = probe.alice.get(f"{probe.private}/")
    if not response.is_redirect:
        expect.skip("the server does not redirect")
    entry = _post(probe, "one")
    entry["path"] = f"{probe.private}/"
    found = _send(probe, {"path": f"{probe.private}/"}, entry)
    expect.equal(_statuses(found), [200, 201], "statuses of the entries")
    for each in found:
        wanted = probe.server.prefix + probe.private
        expect.equal(each["path"], wanted, "path of a response")
    expect.equal(len(expect.ids(probe.alice.get(probe.private))), 1, "records made")


@clause("BATCH-18", "repaired")
def urls_of_entries_are_those_of_the_batch(probe: Probe) -> None:
    """Build absolute URLs of entries with the scheme and host of the batch."""
    probe.note()
    probe.note()
    path = f"{probe.private}?_limit=1"
    alone = expect.header(probe.alice.get(path), "Next-Page")
    found = _send(probe, {"path": path}, {"path": "/"})
    headers = {name.lower(): each for name, each in found[0]["headers"].items()}
    expect.equal(headers.get("next-page"), alone, "Next-Page of an entry")
    url = expect.body(probe.nobody.get("/"), 200).get("url")
    expect.equal(found[1]["body"].get("url"), url, "url of hello in a batch")


@clause("BATCH-19", "mandatory")
def paths_of_responses_are_readable(probe: Probe) -> None:
    """Respond with the path with prefix, decoded, and without query string."""
    found = _send(
        probe, {"path": f"{probe.private}?rank=1"}, {"path": "/a%20b%C3%A9?x=1"}
    )
    paths = [each.get("path") for each in found]
    prefix = probe.server.prefix
    wanted = [f"{prefix}{probe.private}", f"{prefix}/a bé"]
    expect.equal(paths, wanted, "paths of the responses")


@clause("BATCH-20", "mandatory")
def bodies_of_responses_are_json(probe: Probe) -> None:
    """Respond with the JSON of an entry's body, with an empty text if it has none."""
    note = probe.note()
    found = _send(
        probe, {"path": note.path}, {"path": note.path, "method": "HEAD"},
        {"path": "/__lbheartbeat__"},
    )  # fmt: skip
    bodies = [each.get("body") for each in found]
    expect.equal(bodies, [{"data": note.data}, "", {}], "bodies of the responses")


@clause("BATCH-21", "mandatory")
def headers_of_responses_are_those_of_requests(probe: Probe) -> None:
    """Respond with the headers that the request alone would have."""
    note = probe.note()
    for path in (note.path, probe.private, f"{probe.private}?_limit=1"):
        alone = expect.status(probe.alice.get(path), 200)
        found = _send(probe, {"path": path})
        headers = {name.lower(): each for name, each in found[0]["headers"].items()}
        for name in alone.headers.keys() - _OWN:
            wanted = alone.headers[name]
            if name == "link" and "sunset" in wanted:
                continue
            got = headers.get(name)
            expect.equal(got, wanted, f"{name} of {path} in a batch")


@clause("BATCH-22", "mandatory")
def refusals_are_responses(probe: Probe) -> None:
    """Respond to an entry that is refused in its place, and run those after it."""
    note = probe.note()
    old = {"If-Match": note.older}
    body = {"data": {"title": "two"}}
    entries = (
        {"path": "/nothing"},
        {"path": probe.private, "method": "POST", "body": {"data": {}}},
        {"path": note.path, "method": "PUT", "body": body, "headers": old},
        {"path": probe.private, "method": "PUT", "body": body},
        {"path": note.path, "headers": {"Authorization": "odd"}},
        _post(probe, "last"),
    )
    found = _send(probe, *entries)
    wanted = [404, 400, 412, 405, 401, 201]
    expect.equal(_statuses(found), wanted, "statuses of the entries")
    for each in found[:-1]:
        expect.equal(each["body"].get("code"), each["status"], "code of an error")
    alone = probe.alice.get("/nothing")
    expect.equal(found[0]["body"], expect.body(alone, 404), "the error of an entry")
    alone = probe.alice.post(probe.private, {})
    expect.equal(found[1]["body"], expect.body(alone, 400), "the error of an entry")


@clause("BATCH-23", "repaired")
def refused_entries_change_nothing(probe: Probe) -> None:
    """Change nothing by an entry that is refused."""
    note, article = probe.note(source="a"), probe.article()
    before = probe.timestamp(), probe.timestamp(probe.shared)
    unused = probe.unused(probe.shared)
    odd = {"data": {"rank": "high"}, "permissions": {"read": [probe.bob.id]}}
    found = _send(
        probe,
        {"path": note.path, "method": "PATCH", "body": {"data": {"source": "b"}}},
        {"path": probe.private, "method": "POST", "body": {"data": {}}},
        {"path": article.path, "method": "PATCH", "body": odd},
        {"path": unused, "method": "PUT", "body": odd},
        {"path": probe.private},
    )
    expect.equal(_statuses(found), [400, 400, 400, 400, 200], "statuses")
    expect.equal(found[-1]["body"]["data"], [note.data], "the list in the batch")
    after = probe.timestamp(), probe.timestamp(probe.shared)
    expect.equal(after, before, "timestamps of the lists")
    expect.status(probe.bob.get(article.path), 403)
    expect.status(probe.bob.get(unused), 403)


@clause("BATCH-24", "repaired")
def what_was_not_modified_is_a_response(probe: Probe) -> None:
    """Respond with 304, and no body, for an entry that was not modified."""
    note = probe.note()
    asked = {"If-None-Match": note.etag}
    found = _send(
        probe, {"path": note.path, "headers": asked},
        {"path": probe.private, "headers": asked}, {"path": note.path},
    )  # fmt: skip
    expect.equal(_statuses(found), [304, 304, 200], "statuses of the entries")
    expect.equal([each["body"] for each in found[:2]], ["", ""], "bodies of 304")
