"""Principals and permissions."""

import threading
from typing import Any

import pytest

ODD = ["'", '"', "%", "_", "*", "\\", ":", "é", "a b", "[x]", "a?", "'; DROP TABLE x"]


def bound(object_id: str, permission: str) -> list[tuple[str, str]]:
    """Return what grants a permission: itself, and to write the object or its parent."""
    return [(object_id, permission), (object_id, "write"), ("/parent", "write")]


def accessible(permission: Any, *arguments: Any, **options: Any) -> set[str]:
    """Return the objects that some principals may reach."""
    found: set[str] = permission.principals_accessible_objects(*arguments, **options)
    return found


class Groups:
    """Users have the principals that were added to them."""

    def test_users_have_the_principals_that_were_added(self, permission: Any) -> None:
        permission.add_user_principal("alice", "group:1")
        permission.add_user_principal("alice", "group:1")
        permission.add_user_principal("alice", "group:2")
        permission.add_user_principal("bob", "group:1")

        assert permission.user_principals("alice") == {"group:1", "group:2"}
        assert permission.user_principals("bob") == {"group:1"}
        assert permission.user_principals("unknown") == set()

    def test_principals_are_taken_from_one_user_or_from_all(
        self, permission: Any
    ) -> None:
        for user in ("alice", "bob"):
            permission.add_user_principal(user, "group:1")
            permission.add_user_principal(user, "group:2")
        permission.add_principal_to_ace("/a", "read", "group:1")

        permission.remove_user_principal("alice", "group:2")
        permission.remove_user_principal("alice", "unknown")
        permission.remove_user_principal("unknown", "group:2")
        permission.remove_principal("group:1")
        permission.remove_principal("unknown")

        assert permission.user_principals("alice") == set()
        assert permission.user_principals("bob") == {"group:2"}
        assert permission.object_permission_principals("/a", "read") == {"group:1"}

    def test_several_memberships_change_at_once(self, permission: Any) -> None:
        for user in ("alice", "bob"):
            permission.add_user_principal(user, "group:1")
            permission.add_user_principal(user, "other")

        permission.change_members(
            [("carol", "group:1"), ("bob", "group:1"), ("'; DROP", "é")],
            [("alice", "group:1"), ("nobody", "group:1")],
        )

        assert permission.user_principals("alice") == {"other"}
        assert permission.user_principals("bob") == {"group:1", "other"}
        assert permission.user_principals("carol") == {"group:1"}
        assert permission.user_principals("'; DROP") == {"é"}
        permission.change_members([], [])


class AccessControl:
    """Permissions are those of exactly their object."""

    def test_aces_are_added_and_removed(self, permission: Any) -> None:
        permission.add_principal_to_ace("/a", "record:create", "alice")
        permission.add_principal_to_ace("/a", "record:create", "alice")
        permission.add_principal_to_ace("/a", "record:create", "bob")
        permission.remove_principal_from_ace("/a", "record:create", "alice")
        permission.remove_principal_from_ace("/a", "read", "unknown")

        assert permission.object_permission_principals("/a", "record:create") == {"bob"}
        assert permission.object_permission_principals("/a", "create") == set()
        permission.remove_principal_from_ace("/a", "record:create", "bob")
        assert permission.object_permissions("/a") == {}

    def test_answers_are_copies(self, permission: Any) -> None:
        permission.add_user_principal("alice", "group")
        permission.add_principal_to_ace("/a", "read", "alice")

        permission.user_principals("alice").add("x")
        permission.object_permission_principals("/a", "read").add("x")
        permission.object_permissions("/a")["read"].add("x")

        assert permission.user_principals("alice") == {"group"}
        assert permission.object_permissions("/a") == {"read": {"alice"}}

    def test_bound_permissions_grant_too(self, permission: Any) -> None:
        permission.add_principal_to_ace("/a", "write", "alice")
        permission.add_principal_to_ace("/parent", "write", "bob")

        def check(principals: Any, get_bound_permissions: Any) -> Any:
            return permission.check_permission(
                "/a", "read", principals, get_bound_permissions=get_bound_permissions
            )

        assert not check({"alice", "bob"}, None)
        assert check(["alice"], bound)
        assert check({"bob", "carol"}, bound)
        assert not check({"carol"}, bound)
        assert not check([], bound)
        assert not check({"alice"}, lambda *args: [])
        authorized = permission.object_permission_authorized_principals(
            "/a", "read", bound
        )
        assert authorized == {"alice", "bob"}
        nobody = permission.object_permission_authorized_principals(
            "/a", "read", lambda *args: set()
        )
        assert nobody == set()

    def test_no_object_is_nobodys(self, permission: Any) -> None:
        assert permission.check_permission(None, "read", ["alice"]) is False

    def test_accessible_objects(self, permission: Any) -> None:
        permission.add_principal_to_ace("/url/a/id/1", "write", "alice")
        permission.add_principal_to_ace("/url/a/id/2", "read", "alice")
        permission.add_principal_to_ace("/url/_/id/2", "read", "alice")
        permission.add_principal_to_ace("/url/a/id/3", "x:read", "alice")
        permission.add_principal_to_ace("/url/a/id/4", "read", "group")

        def write_or_read(object_id: str, permission: str) -> list[tuple[str, str]]:
            return [(object_id, "write"), (object_id, "read"), ("/url/a", "read")]

        assert accessible(permission, ["alice", "group"], "read") == {
            "/url/a/id/2", "/url/_/id/2", "/url/a/id/4",
        }  # fmt: skip
        assert accessible(
            permission, ["alice"], "read", object_id_match="/url/a/id/*",
            get_bound_permissions=write_or_read,
        ) == {"/url/a/id/1", "/url/a/id/2"}  # fmt: skip
        assert accessible(permission, ["alice"], "read", object_id_match="*/_/*") == {
            "/url/_/id/2"
        }
        assert accessible(permission, [], "read") == set()
        assert accessible(
            permission, ["alice"], "read", get_bound_permissions=lambda *args: []
        ) == set()  # fmt: skip

    def test_patterns_are_anchored(self, permission: Any) -> None:
        for object_id in ("/a/1", "/a/10", "/b/a/1", "/a/1/x"):
            permission.add_principal_to_ace(object_id, "read", "alice")

        assert accessible(permission, ["alice"], "read", object_id_match="/a/1") == {
            "/a/1"
        }
        assert accessible(permission, ["alice"], "read", object_id_match="/a/*") == {
            "/a/1", "/a/10", "/a/1/x",
        }  # fmt: skip

    def test_permissions_of_prefixes_are_distinct(self, permission: Any) -> None:
        for object_id in ("/a/1", "/a/10", "/a/1/x"):
            permission.add_principal_to_ace(object_id, "read", object_id)

        assert permission.object_permissions("/a/1") == {"read": {"/a/1"}}
        permission.delete_object_permissions("/a/1")
        assert permission.object_permissions("/a/10") == {"read": {"/a/10"}}
        assert permission.object_permissions("/a/1/x") == {"read": {"/a/1/x"}}

    def test_only_the_listed_permissions_are_told(self, permission: Any) -> None:
        permission.replace_object_permissions("/a", {"read": ["x"], "write": ["y"]})

        assert permission.object_permissions("/a", ["read", "unknown"]) == {
            "read": {"x"}
        }
        assert permission.object_permissions("/a", []) == {}
        assert permission.object_permissions("/unknown") == {}

    def test_replacement_spares_what_is_not_named(self, permission: Any) -> None:
        permission.replace_object_permissions(
            "/a", {"read": ["x", "x"], "write": {"y"}}
        )
        permission.replace_object_permissions(
            "/a", {"read": ["z"], "new": ["n"], "none": []}
        )
        assert permission.object_permissions("/a") == {
            "read": {"z"}, "write": {"y"}, "new": {"n"},
        }  # fmt: skip

        permission.replace_object_permissions("/a", {"write": []})
        permission.replace_object_permissions("/a", {})

        assert permission.object_permissions("/a") == {"read": {"z"}, "new": {"n"}}

    def test_several_objects_are_deleted_at_once(self, permission: Any) -> None:
        for object_id in ("/a", "/b", "/c"):
            permission.add_principal_to_ace(object_id, "read", "x")

        permission.delete_object_permissions("/a", "/b", "/unknown")
        permission.delete_object_permissions()

        assert permission.object_permissions("/a") == {}
        assert permission.object_permissions("/c") == {"read": {"x"}}

    def test_writing_replaces_then_grants(self, permission: Any) -> None:
        permission.replace_object_permissions(
            "/a", {"read": ["x"], "write": ["y"], "z": ["z"]}
        )

        written = permission.write_object_permissions(
            "/a",
            replaced={"read": [], "write": ["w"]},
            granted={"write": ["me"], "new": ["n"]},
        )

        assert written == {"write": {"w", "me"}, "z": {"z"}, "new": {"n"}}
        assert permission.object_permissions("/a") == written
        assert permission.write_object_permissions("/b", {}, {}) == {}

    def test_threads_lose_no_grant(self, permission: Any) -> None:
        def grant(number: int) -> None:
            for count in range(10):
                permission.write_object_permissions(
                    "/a", {}, {"read": [f"{number}-{count}"]}
                )
                permission.add_user_principal("alice", f"{number}-{count}")

        threads = [threading.Thread(target=grant, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(permission.object_permission_principals("/a", "read")) == 40
        assert len(permission.user_principals("alice")) == 40

    def test_flush_forgets_everything(self, permission: Any) -> None:
        permission.add_user_principal("alice", "x")
        permission.add_principal_to_ace("/a", "read", "x")

        permission.flush()

        assert permission.user_principals("alice") == set()
        assert permission.object_permissions("/a") == {}

    @pytest.mark.parametrize("odd", ODD)
    def test_ids_permissions_and_principals_are_any_text(
        self, permission: Any, odd: str
    ) -> None:
        object_id, other = f"/a/{odd}", "/a/xyz"
        permission.add_principal_to_ace(object_id, odd, odd)
        permission.add_principal_to_ace(other, "read", "alice")
        permission.add_user_principal(odd, odd)

        assert permission.object_permissions(object_id) == {odd: {odd}}
        assert permission.check_permission(object_id, odd, [odd])
        assert accessible(permission, [odd], odd) == {object_id}
        assert permission.user_principals(odd) == {odd}
        if "*" not in odd:
            assert accessible(permission, [odd], odd, object_id_match=object_id) == {
                object_id
            }
            assert (
                accessible(permission, ["alice"], "read", object_id_match=object_id)
                == set()
            )
        permission.delete_object_permissions(object_id)
        assert permission.object_permissions(object_id) == {}
        assert permission.object_permissions(other) == {"read": {"alice"}}
        permission.remove_principal(odd)
        assert permission.user_principals(odd) == set()


class PermissionContract(Groups, AccessControl):
    """What every permission backend does; `permission` is an empty one for each test."""
