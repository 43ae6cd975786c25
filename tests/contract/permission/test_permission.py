"""Principals and permissions."""

import time

import pytest

from cliquet.permission import PermissionBase
from cliquet.testing.contracts import PermissionContract


class TestPermission(PermissionContract):
    """On each engine."""


@pytest.mark.parametrize("part", ["add_user_principal", "remove_user_principal"])
def test_memberships_change_by_what_was_overridden(permission, monkeypatch, part):
    met = []
    monkeypatch.setattr(permission, part, lambda *pair: met.append(pair))
    pairs = [("alice", "group:1"), ("bob", "group:1")]

    permission.change_members(*(pairs, []) if part.startswith("add") else ([], pairs))

    assert met == pairs
    script = getattr(permission, "_script_of_members", lambda *pairs: None)
    assert script(pairs, []) is None


def test_the_interface_does_nothing():
    base = PermissionBase()
    calls = [
        (base.initialize_schema,), (base.flush,), (base.add_user_principal, "", ""),
        (base.remove_user_principal, "", ""), (base.remove_principal, ""),
        (base.user_principals, ""), (base.add_principal_to_ace, "", "", ""),
        (base.remove_principal_from_ace, "", "", ""),
        (base.object_permission_principals, "", ""),
        (base.object_permission_authorized_principals, "", ""),
        (base.principals_accessible_objects, [], ""), (base.object_permissions, ""),
        (base.replace_object_permissions, "", {}), (base.delete_object_permissions, ""),
    ]  # fmt: skip
    for method, *arguments in calls:
        with pytest.raises(NotImplementedError):
            method(*arguments)


def test_colons_cost_no_more_than_other_characters(permission):
    """Clients may send any number of them, where a path has other parts than the id."""
    object_id = f"/farms/{':' * 20_000}/hens/a"
    readers = [f"p{number}" for number in range(20)]
    began = time.perf_counter()

    written = permission.write_object_permissions(object_id, {"read": readers}, {})

    assert written == {"read": set(readers)}
    assert permission.object_permissions(object_id) == written
    assert permission.check_permission(object_id, "read", ["p7"])
    permission.delete_object_permissions(object_id)
    assert permission.object_permissions(object_id) == {}
    # A minute and more on Redis, which serves nobody meanwhile, when each was tried.
    assert time.perf_counter() - began < 30
