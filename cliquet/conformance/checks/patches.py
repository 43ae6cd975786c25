"""Formats of PATCH besides JSON."""

from typing import Any

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import SERVING, clause
from cliquet.conformance.probe import Probe

_PATCHES = (SERVING, "patches")
_MERGE = "application/merge-patch+json"
_PATCH = "application/json-patch+json"


def _send(probe: Probe, path: str, body: Any, kind: str) -> httpx.Response:
    return probe.alice.patch(path, json=body, headers={"Content-Type": kind})


@clause("REC-37", "repaired", needs=_PATCHES)
def merge_patches_remove(probe: Probe) -> None:
    """Change and remove fields by a merge patch."""
    note = probe.note(title="a", slug=probe.word())
    path = f"{probe.private}/{note.id}"
    body = {"data": {"title": "b", "slug": None}}
    found = expect.data(_send(probe, path, body, _MERGE), 200)
    expect.equal(found["title"], "b", "data.title")
    expect.lacks(found, "slug", "data")
    found = expect.data(probe.alice.get(path), 200)
    expect.lacks(found, "slug", "data that is read again")
    expect.error(_send(probe, path, {"data": {"title": None}}, _MERGE), 400, 107)
    again = expect.data(probe.alice.get(path), 200)
    expect.equal(again, found, "the record after a refusal")


@clause("REC-38", "repaired", needs=_PATCHES)
def operations_are_applied(probe: Probe) -> None:
    """Apply operations, to data and to permissions."""
    article = probe.article(title="a", deep={"b": [1, 2], "c": 3})
    path = f"{probe.shared}/{article.id}"
    operations = [
        {"op": "test", "path": "/data/deep/c", "value": 3},
        {"op": "add", "path": "/data/deep/b/-", "value": 4},
        {"op": "replace", "path": "/data/title", "value": "b"},
        {"op": "copy", "from": "/data/deep/b", "path": "/data/copied"},
        {"op": "move", "from": "/data/deep/c", "path": "/data/moved"},
        {"op": "remove", "path": "/data/deep/b/0"},
        {"op": "add", "path": f"/permissions/read/{probe.bob.id}"},
    ]
    body = expect.body(_send(probe, path, operations, _PATCH), 200)
    wanted: dict[str, Any] = {
        "title": "b",
        "deep": {"b": [2, 4]},
        "copied": [1, 2, 4],
        "moved": 3,
    }
    for name, value in wanted.items():
        expect.equal(body["data"].get(name), value, f"data.{name}")
    expect.contains(body["permissions"]["read"], probe.bob.id, "who may read")
    removal = {"op": "remove", "path": f"/permissions/read/{probe.bob.id}"}
    body = expect.body(_send(probe, path, [removal], _PATCH), 200)
    expect.lacks(body["permissions"].get("read", []), probe.bob.id, "who may read")


@clause("REC-39", "repaired", needs=_PATCHES)
def all_operations_or_none(probe: Probe) -> None:
    """Refuse a whole patch for one operation."""
    note = probe.note(title="a", rank=1, done=True)
    path = f"{probe.private}/{note.id}"
    before = expect.data(probe.alice.get(path), 200)
    change = {"op": "replace", "path": "/data/title", "value": "b"}
    for operation in (
        {"op": "remove", "path": "/data/unknown"},
        {"op": "add", "path": "/data/title/a", "value": 1},
        {"op": "eat", "path": "/data/title"},
    ):
        expect.error(_send(probe, path, [change, operation], _PATCH), 400, 107)
    wrong: dict[str, Any] = {"rank": True, "done": 1, "title": "c", "none": None}
    for name, value in wrong.items():
        test = {"op": "test", "path": f"/data/{name}", "value": value}
        expect.error(_send(probe, path, [change, test], _PATCH), 409, 122)
    expect.equal(expect.data(probe.alice.get(path), 200), before, "the record")
    same = {"op": "test", "path": "/data/rank", "value": 1.0}
    expect.status(_send(probe, path, [same], _PATCH), 200)


@clause("REC-40", "repaired", needs=_PATCHES)
def formats_are_named(probe: Probe) -> None:
    """Name the formats where a record is read, and where another one is refused."""
    path = f"{probe.private}/{probe.note().id}"
    for response in (
        expect.status(probe.alice.get(path), 200),
        expect.status(_send(probe, path, {}, "text/plain"), 415),
    ):
        named = expect.tokens(response, "Accept-Patch")
        for kind in (_MERGE, _PATCH):
            expect.contains(named, kind, "Accept-Patch")
