"""In a batch, what is written is never hidden by what was read before."""

from contextlib import nullcontext

import pytest

from cliquet.permission import sqlite

USER, ONE, OTHER = "user", "/a/1", "/a/2"

WRITES = {
    "group gained": lambda each: each.add_user_principal(USER, "new"),
    "group lost": lambda each: each.remove_user_principal(USER, "group"),
    "group gone": lambda each: each.remove_principal("group"),
    "granted": lambda each: each.add_principal_to_ace(ONE, "read", "new"),
    "revoked": lambda each: each.remove_principal_from_ace(ONE, "read", "reader"),
    "replaced": lambda each: each.replace_object_permissions(ONE, {"read": ["new"]}),
    "written": lambda each: each.write_object_permissions(
        ONE, replaced={"read": ["new"]}, granted={"write": [USER]}
    ),
    "deleted": lambda each: each.delete_object_permissions(ONE, OTHER),
    "flushed": lambda each: each.flush(),
}


@pytest.fixture
def remembering(permission):
    """The block that a batch is in."""
    permission.add_user_principal(USER, "group")
    permission.add_principal_to_ace(ONE, "read", "reader")
    permission.add_principal_to_ace(OTHER, "write", "writer")
    return getattr(permission, "remembering_access", nullcontext)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_is_written_is_seen(permission, remembering, write):
    with remembering():
        before = permission.read_access(USER, [ONE, OTHER])
        write(permission)
        inside = permission.read_access(USER, [ONE, OTHER])
        again = permission.read_access(USER, [ONE, OTHER])
    outside = permission.read_access(USER, [ONE, OTHER])

    assert before == (
        {"group"},
        {ONE: {"read": {"reader"}}, OTHER: {"write": {"writer"}}},
    )
    assert inside != before
    assert inside == again == outside


def test_answers_are_copies(permission, remembering):
    with remembering():
        principals, found = permission.read_access(USER, [ONE])
        principals.add("x")
        found[ONE]["read"].add("x")
        found["y"] = {}

        assert permission.read_access(USER, [ONE]) == (
            {"group"},
            {ONE: {"read": {"reader"}}},
        )


def test_a_block_ends_with_what_it_remembered(permission, remembering):
    with remembering(), remembering():
        permission.read_access(USER, [ONE])
    with remembering():
        permission.add_principal_to_ace(ONE, "read", "new")
        _, found = permission.read_access(USER, [ONE])

    assert found == {ONE: {"read": {"reader", "new"}}}


def one_of_an_application():
    class Own(sqlite.Permission):
        def revoke_in_its_own_way(self):
            """Write by a connection of its own."""

    return Own(client=None)


def one_with_a_method_replaced():
    permission = sqlite.Permission(client=None)
    permission.remove_principal_from_ace = lambda *args: None
    return permission


@pytest.mark.parametrize(
    ("make", "remembers"),
    [
        (lambda: sqlite.Permission(client=None), True),
        (one_of_an_application, False),
        (one_with_a_method_replaced, False),
    ],
)
def test_what_may_write_in_its_own_way_remembers_nothing(make, remembers):
    answers = iter([({"a"}, {}), ({"b"}, {})])
    permission = make()
    permission._read_access = lambda user_id, object_ids: next(answers)

    with permission.remembering_access():
        assert permission.read_access(USER, [])[0] == {"a"}
        assert permission.read_access(USER, [])[0] == {"a" if remembers else "b"}
