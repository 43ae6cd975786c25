"""Permissions: who may do what, and how they are written."""

from typing import Any

import httpx

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe, User

_EVERYONE = "system.Everyone"
_AUTHENTICATED = "system.Authenticated"
_NOTHING: dict[str, Any] = {"data": {}}


def _permissions(response: httpx.Response) -> dict[str, list[str]]:
    """Expect a record with permissions; return them, sorted."""
    found = expect.body(response, 200, 201)
    permissions = found.get("permissions")
    if not isinstance(permissions, dict):
        expect.fail(f"permissions: wanted an object, got {permissions!r}")
    return {name: sorted(map(str, each)) for name, each in permissions.items()}


@clause("PERM-1", "mandatory")
def each_method_needs_its_permission(probe: Probe) -> None:
    """Ask for ``read`` to read, ``write`` to write, and creation to create."""
    bob, fields = probe.bob, {"title": "two"}
    readable = probe.article(permissions={"read": [bob.id]})
    expect.status(bob.get(readable.path), 200)
    expect.status(bob.head(readable.path), 200)
    expect.status(bob.put(readable.path, fields), 403)
    expect.status(bob.patch(readable.path, fields), 403)
    expect.status(bob.delete(readable.path), 403)
    writable = probe.article(permissions={"write": [bob.id]})
    expect.status(bob.get(writable.path), 403)
    expect.status(bob.put(writable.path, fields), 200)
    expect.status(bob.patch(writable.path, fields), 200)
    expect.status(bob.delete(writable.path), 200)
    expect.status(bob.post(probe.shared, fields), 201)
    expect.status(bob.put(probe.unused(probe.shared), fields), 201)
    expect.status(probe.nobody.post(probe.shared, fields), 401)
    expect.status(probe.nobody.put(probe.unused(probe.shared), fields), 401)


@clause("PERM-2", "mandatory")
def who_is_not_permitted_is_401_or_403(probe: Probe) -> None:
    """Respond 401 to nobody, and 403 to somebody, who is not permitted."""
    article, fields = probe.article(), {"title": "two"}
    for user, code, errno in ((probe.nobody, 401, 104), (probe.bob, 403, 121)):
        for response in (
            user.get(article.path),
            user.put(article.path, fields),
            user.patch(article.path, fields),
            user.delete(article.path),
        ):
            expect.error(response, code, errno)
    stored = expect.data(probe.alice.get(article.path))
    expect.equal(stored, article.data, "the record")


@clause("PERM-3", "mandatory")
def what_exists_is_not_told(probe: Probe) -> None:
    """Respond for a record that does not exist as for one that does."""
    article = probe.article()
    for user in (probe.nobody, probe.bob):
        for method in ("GET", "PATCH", "DELETE"):
            json = _NOTHING if method == "PATCH" else None
            there = user.request(method, article.path, json=json)
            path = probe.unused(probe.shared)
            absent = user.request(method, path, json=json)
            expect.status(there, 401, 403)
            expect.equal(absent.status_code, there.status_code, f"status of {method}")
            expect.equal(absent.text, there.text, f"body of {method}")


@clause("PERM-4", "mandatory")
def who_may_write_may_not_read(probe: Probe) -> None:
    """Let ``write`` not imply ``read``."""
    article = probe.article(permissions={"write": [probe.bob.id]})
    expect.error(probe.bob.get(article.path), 403, 121)
    expect.error(probe.alice.get(article.path), 403, 121)
    listed = probe.bob.get(probe.shared)
    if expect.status(listed, 200, 403).is_success:
        expect.lacks(expect.ids(listed), article.id, "ids of the list")


@clause("PERM-6", "mandatory")
def principals_are_those_of_the_protocol(probe: Probe) -> None:
    """Count everyone, the authenticated, and users as principals."""
    nobody, alice, bob = probe.nobody, probe.alice, probe.bob
    for principal, readers in (
        (_EVERYONE, (nobody, alice, bob)),
        (_AUTHENTICATED, (alice, bob)),
        (bob.id, (bob,)),
    ):
        article = probe.article(permissions={"read": [principal]})
        for user in (nobody, alice, bob):
            response = user.get(article.path)
            wanted = 200 if user in readers else 401 if user is nobody else 403
            expect.status(response, wanted)


@clause("PERM-8", "mandatory")
def permissions_are_beside_data(probe: Probe) -> None:
    """Respond with permissions beside ``data``, those that are empty left out."""
    alice, bob = probe.alice, probe.bob
    sent = {"data": {}, "permissions": {"read": [alice.id, bob.id, bob.id]}}
    made = alice.post(probe.shared, json=sent)
    wanted = {"read": sorted([alice.id, bob.id]), "write": [alice.id]}
    expect.equal(_permissions(made), wanted, "permissions of a POST")
    path = f"{probe.shared}/{expect.data(made, 201)['id']}"
    for response in (
        alice.get(path),
        alice.put(path, {"title": "two"}),
        alice.patch(path, {"title": "three"}),
    ):
        expect.equal(_permissions(response), wanted, "permissions")
        data = expect.data(response)
        expect.lacks(data, "permissions", "data")
    emptied = alice.patch(path, json={"permissions": {"read": []}})
    expect.equal(_permissions(emptied), {"write": [alice.id]}, "permissions")


@clause("PERM-9", "mandatory")
def permissions_are_lists_of_known_names(probe: Probe) -> None:
    """Refuse permissions that are unknown, or no lists of texts."""
    article = probe.article()
    odd: tuple[Any, ...] = (
        {"unknown": []}, {"read": "book"}, {"read": [42]}, {"read": [None]},
        {"read": [""]}, {"read": None}, [], "read",
    )  # fmt: skip
    for permissions in odd:
        sent = {"data": {"title": "two"}, "permissions": permissions}
        for response in (
            probe.alice.post(probe.shared, json=sent),
            probe.alice.put(article.path, json=sent),
            probe.alice.patch(article.path, json=sent),
        ):
            expect.error(response, 400, 107)


@clause("PERM-10", "mandatory")
def what_is_private_has_no_permissions(probe: Probe) -> None:
    """Refuse permissions on a user resource."""
    note = probe.note()
    sent = {"data": {"title": "two"}, "permissions": {"read": []}}
    for response in (
        probe.alice.post(probe.private, json=sent),
        probe.alice.put(note.path, json=sent),
        probe.alice.patch(note.path, json=sent),
    ):
        expect.error(response, 400, 107)


@clause("PERM-11", "mandatory")
def who_writes_may_write_on(probe: Probe) -> None:
    """Count who wrote among those who may write, whatever is sent."""
    alice, bob = probe.alice, probe.bob
    sent: dict[str, Any] = {"data": {}, "permissions": {"write": []}}
    made = alice.post(probe.shared, json=sent)
    expect.equal(_permissions(made).get("write"), [alice.id], "write of a POST")
    path = f"{probe.shared}/{expect.data(made, 201)['id']}"
    both = sorted([alice.id, bob.id])
    sent = {"data": {}, "permissions": {"write": [bob.id]}}
    for response in (alice.put(path, json=sent), alice.patch(path, json=sent)):
        expect.equal(_permissions(response).get("write"), both, "write of a PUT, PATCH")
    made = alice.put(probe.unused(probe.shared), json=sent)
    expect.equal(_permissions(made).get("write"), both, "write of a PUT that creates")
    article = probe.article(permissions={"write": [_AUTHENTICATED], "read": [bob.id]})
    got = _permissions(bob.patch(article.path, {"title": "Bob's"}))
    expect.contains(got.get("write", []), bob.id, "write of Bob's PATCH")


@clause("PERM-12", "mandatory")
def a_put_replaces_all_permissions(probe: Probe) -> None:
    """Replace all permissions on a PUT that has any, else leave them."""
    alice, bob = probe.alice, probe.bob
    article = probe.article(permissions={"read": [alice.id, bob.id]})
    for sent in (_NOTHING, {**_NOTHING, "permissions": {}}):
        got = _permissions(alice.put(article.path, json=sent))
        expect.equal(got.get("read"), sorted([alice.id, bob.id]), "read of a PUT")
    sent = {"data": {}, "permissions": {"read": [alice.id], "write": [bob.id]}}
    got = _permissions(alice.put(article.path, json=sent))
    wanted = {"read": [alice.id], "write": sorted([alice.id, bob.id])}
    expect.equal(got, wanted, "permissions after a PUT of both")
    sent = {"data": {}, "permissions": {"read": [alice.id]}}
    got = _permissions(alice.put(article.path, json=sent))
    expect.equal(got, {"read": [alice.id], "write": [alice.id]}, "permissions")
    sent = {"data": {}, "permissions": {"write": [bob.id]}}
    expect.status(alice.put(article.path, json=sent), 200)
    expect.status(alice.get(article.path), 403)


@clause("PERM-13", "mandatory")
def a_patch_replaces_permissions_that_are_sent(probe: Probe) -> None:
    """Replace the permissions that a PATCH sends, and leave the others."""
    alice, bob = probe.alice, probe.bob
    article = probe.article(permissions={"read": [alice.id], "write": [bob.id]})
    sent = {"permissions": {"read": [alice.id, _EVERYONE]}}
    got = _permissions(alice.patch(article.path, json=sent))
    wanted = {
        "read": sorted([alice.id, _EVERYONE]),
        "write": sorted([alice.id, bob.id]),
    }
    expect.equal(got, wanted, "permissions after a PATCH of read")
    expect.status(probe.nobody.get(article.path), 200)
    got = _permissions(alice.patch(article.path, json={"permissions": {"write": []}}))
    wanted = {"read": wanted["read"], "write": [alice.id]}
    expect.equal(got, wanted, "permissions after a PATCH that empties write")
    expect.status(bob.patch(article.path, {"title": "two"}), 403)


@clause("PERM-14", "mandatory")
def permissions_are_deleted_with_records(probe: Probe) -> None:
    """Delete permissions with their record: who creates it again starts anew."""
    alice, bob = probe.alice, probe.bob
    shared = {"read": [alice.id, bob.id], "write": [bob.id]}
    for of_list in (False, True):
        article = probe.article(permissions=shared)
        path = f"{probe.shared}?in_id={article.id}" if of_list else article.path
        expect.status(alice.delete(path), 200)
        made = alice.put(article.path, {"title": "anew"})
        expect.equal(_permissions(made), {"write": [alice.id]}, "permissions")
        expect.status(bob.get(article.path), 403)
        expect.status(bob.patch(article.path, {"title": "two"}), 403)


@clause("PERM-15", "repaired")
def nobody_is_no_principal(probe: Probe) -> None:
    """Add no principal when somebody who is not authenticated writes."""
    wanted = {"read": [_EVERYONE], "write": [_EVERYONE]}
    article = probe.article(permissions=wanted)
    before = _permissions(probe.alice.get(article.path))
    for response in (
        probe.nobody.patch(article.path, {"title": "two"}),
        probe.nobody.put(article.path, {"title": "three"}),
        probe.nobody.get(article.path),
    ):
        expect.equal(_permissions(response), before, "permissions")


def _batch(*entries: tuple[User, str, str, object]) -> dict[str, Any]:
    """Return a batch of entries, each of a user: method, path and body."""
    return {
        "requests": [
            {
                "method": method,
                "path": path,
                "body": body,
                "headers": {"Authorization": user.credentials.header},
            }
            for user, method, path, body in entries
            if user.credentials
        ]
    }


@clause("PERM-23", "repaired")
def permissions_are_true_when_they_are_used(probe: Probe) -> None:
    """Let an entry of a batch not write by a permission that was just taken away."""
    alice, bob = probe.alice, probe.bob
    article = probe.article(permissions={"read": [alice.id], "write": [bob.id]})
    sent = _batch(
        (bob, "PATCH", article.path, {"data": {"title": "before"}}),
        (alice, "PATCH", article.path, {"permissions": {"write": [alice.id]}}),
        (bob, "PATCH", article.path, {"data": {"title": "after"}}),
    )
    found = expect.body(probe.nobody.post("/batch", json=sent), 200)
    statuses = [each.get("status") for each in found.get("responses", ())]
    expect.equal(statuses, [200, 200, 403], "statuses of the entries")
    stored = expect.data(alice.get(article.path))
    expect.equal(stored.get("title"), "before", "title of the record")
