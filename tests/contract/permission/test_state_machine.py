"""Random programs: each engine answers what sets of tuples answer."""

from fnmatch import fnmatchcase
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

texts = st.sampled_from(["a", "b", "é", "%", "_", "a:b", "'"])
objects = st.sampled_from(["/a", "/a/1", "/a/10", "/%", "/a:b", "/é/_"])
permissions = st.sampled_from(["read", "write", "x:create", "create"])
lists = st.lists(texts, max_size=2)
entries = st.dictionaries(permissions, lists, max_size=2)


class PermissionPrograms(RuleBasedStateMachine):
    """Programs over one backend."""

    backend: Any

    @initialize()
    def start(self) -> None:
        self.backend.flush()
        self.users: set[tuple[str, str]] = set()
        self.aces: set[tuple[str, str, str]] = set()

    def of(self, object_id: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for owner, permission, principal in self.aces:
            if owner == object_id:
                found.setdefault(permission, set()).add(principal)
        return found

    @rule(user=texts, principal=texts, add=st.booleans())
    def change_user(self, user, principal, add):
        if add:
            self.backend.add_user_principal(user, principal)
            self.users.add((user, principal))
        else:
            self.backend.remove_user_principal(user, principal)
            self.users.discard((user, principal))
        expected = {one for owner, one in self.users if owner == user}
        assert self.backend.user_principals(user) == expected

    @rule(
        added=st.sets(st.tuples(texts, texts), max_size=3),
        removed=st.sets(st.tuples(texts, texts), max_size=3),
    )
    def change_members(self, added, removed):
        self.backend.change_members(added, removed - added)
        self.users = (self.users - removed) | added
        for user in {user for user, _ in added | removed}:
            expected = {one for owner, one in self.users if owner == user}
            assert self.backend.user_principals(user) == expected

    @rule(principal=texts)
    def remove_principal(self, principal):
        self.backend.remove_principal(principal)
        self.users = {pair for pair in self.users if pair[1] != principal}
        for user in ("a", "%"):
            expected = {one for owner, one in self.users if owner == user}
            assert self.backend.user_principals(user) == expected

    @rule(object_id=objects, permission=permissions, principal=texts, add=st.booleans())
    def change_ace(self, object_id, permission, principal, add):
        if add:
            self.backend.add_principal_to_ace(object_id, permission, principal)
            self.aces.add((object_id, permission, principal))
        else:
            self.backend.remove_principal_from_ace(object_id, permission, principal)
            self.aces.discard((object_id, permission, principal))
        assert self.backend.object_permissions(object_id) == self.of(object_id)

    @rule(object_id=objects, replaced=entries, granted=entries)
    def write(self, object_id, replaced, granted):
        written = self.backend.write_object_permissions(object_id, replaced, granted)
        self.aces = {
            ace for ace in self.aces if ace[0] != object_id or ace[1] not in replaced
        }
        for given in (replaced, granted):
            for permission, principals in given.items():
                self.aces |= {(object_id, permission, one) for one in principals}
        assert written == self.of(object_id)
        assert self.backend.object_permissions(object_id) == written

    @rule(deleted=st.lists(objects, max_size=2))
    def delete(self, deleted):
        self.backend.delete_object_permissions(*deleted)
        self.aces = {ace for ace in self.aces if ace[0] not in deleted}

    @rule(
        principals=lists,
        permission=permissions,
        pattern=st.sampled_from([None, "*", "/a/*", "/a", "/%", "*1*", "/*:*"]),
        object_id=objects,
    )
    def ask(self, principals, permission, pattern, object_id):
        matching = {
            owner
            for owner, granted, principal in self.aces
            if granted == permission
            and principal in principals
            and fnmatchcase(owner, pattern or "*")
        }
        found = self.backend.principals_accessible_objects(
            principals, permission, object_id_match=pattern
        )
        assert found == matching
        allowed = bool(self.of(object_id).get(permission, set()) & set(principals))
        assert (
            self.backend.check_permission(object_id, permission, principals) is allowed
        )


def test_random_programs(permission: Any) -> None:
    programs = type("Programs", (PermissionPrograms,), {"backend": permission})
    run_state_machine_as_test(programs)
