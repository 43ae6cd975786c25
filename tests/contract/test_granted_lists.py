"""Lists of shared records: where they are found changes nothing of what is found.

Storage and permissions of one database look up together what is shared; a list of the
same ids, read before, has to give the same answer.
"""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from cliquet.backends.grants import GrantedIds, database_of
from cliquet.permission.base import may_find_grants
from cliquet.storage import Filter, Sort
from cliquet.storage.query import COMPARISON

SCOPE = {"collection_id": "c", "parent_id": ""}
PREFIX = "/cs/"

ids = st.sampled_from(["a", "b", "c", "ab", "%", "é", "a:b", "f"])
principals = st.sampled_from(["p", "q:1", "r"])
permissions = st.sampled_from(["read", "write", "x:read"])
objects = st.builds(PREFIX.__add__, ids) | st.sampled_from(
    ["/cs", "/csx/a", "/cs/a/b", "/d/cs/a", "a", "cs/a"]
)
stamps = st.sampled_from([0, 3, 5, 10**15, 2**60])
others = st.lists(
    st.builds(
        Filter,
        st.just("last_modified"),
        stamps,
        st.sampled_from([COMPARISON.GT, COMPARISON.MAX, COMPARISON.NOT]),
    )
    | st.builds(
        Filter,
        st.just("n"),
        st.integers(0, 2),
        st.sampled_from([COMPARISON.EQ, COMPARISON.NOT, COMPARISON.MIN]),
    )
    | st.builds(Filter, st.just("id"), ids, st.just(COMPARISON.EQ)),
    max_size=2,
)
sortings = st.sampled_from(
    [
        [],
        [Sort("last_modified", -1)],
        [Sort("last_modified", 1)],
        [Sort("n", 1)],
        [Sort("n", -1), Sort("id", 1)],
        [Sort("last_modified", -1), Sort("id", 1)],
    ]
)


def after(record: dict[str, Any], way: int) -> list[list[Filter]]:
    """Rules of the page that follows a record, in an order by time."""
    following = COMPARISON.LT if way < 0 else COMPARISON.GT
    time = record["last_modified"]
    return [
        [Filter("last_modified", time, following)],
        [
            Filter("last_modified", time, COMPARISON.EQ),
            Filter("id", record["id"], COMPARISON.GT),
        ],
    ]


class SharedPrograms(RuleBasedStateMachine):
    """Programs over a storage and the permissions beside it."""

    storage: Any
    permission: Any

    @initialize()
    def start(self) -> None:
        self.storage.flush()
        self.permission.flush()

    @rule(
        object_id=ids,
        n=st.integers(0, 2),
        wanted=st.none() | st.integers(1, 6),
    )
    def put(self, object_id, n, wanted):
        record = {"n": n} if wanted is None else {"n": n, "last_modified": wanted}
        self.storage.update(object_id=object_id, record=record, **SCOPE)

    @rule(object_id=ids)
    def delete(self, object_id):
        filters = [Filter("id", object_id, COMPARISON.EQ)]
        self.storage.delete_all(filters=filters, **SCOPE)

    @rule(object_id=objects, permission=permissions, principal=principals)
    def grant(self, object_id, permission, principal):
        self.permission.add_principal_to_ace(object_id, permission, principal)

    @rule(object_id=objects, permission=permissions, principal=principals)
    def revoke(self, object_id, permission, principal):
        self.permission.remove_principal_from_ace(object_id, permission, principal)

    @rule(
        object_id=objects,
        replaced=st.dictionaries(permissions, st.lists(principals, max_size=2)),
        granted=st.dictionaries(permissions, st.lists(principals, max_size=2)),
    )
    def write(self, object_id, replaced, granted):
        self.permission.write_object_permissions(object_id, replaced, granted)

    @rule(object_id=objects)
    def forget(self, object_id):
        self.permission.delete_object_permissions(object_id)

    @rule(
        asking=st.lists(principals, min_size=1, max_size=3),
        bound=st.lists(permissions, min_size=1, max_size=3),
        others=others,
        sorting=sortings,
        limit=st.sampled_from([None, 1, 2, 5]),
        include_deleted=st.booleans(),
    )
    def ask(self, asking, bound, others, sorting, limit, include_deleted):
        def get_bound_permissions(object_id, permission):
            return [(object_id, each) for each in bound]

        asked = (asking, "read", PREFIX + "*", get_bound_permissions)
        granted = self.permission.find_grants(*asked)
        uris = self.permission.principals_accessible_objects(*asked)
        shared = [uri.removeprefix(PREFIX) for uri in uris]
        assert bool(granted) is bool(shared)
        assert set(granted) == set(shared)

        lazy = self.permission.find_grants(*asked)
        options = {"sorting": sorting, "include_deleted": include_deleted, **SCOPE}

        def both(**more):
            answers = [
                self.storage.get_all(
                    filters=[*others, Filter("id", value, COMPARISON.IN)],
                    **more,
                    **options,
                )
                for value in (lazy, shared)
            ]
            assert answers[0] == answers[1]
            return answers[0]

        page, _ = both(limit=limit)
        if page and sorting and sorting[0].field == "last_modified":
            way = sorting[0].direction
            both(limit=limit, pagination_rules=after(page[-1], way))


def test_random_programs(storage: Any, permission: Any) -> None:
    members = {"storage": storage, "permission": permission}
    run_state_machine_as_test(type("Programs", (SharedPrograms,), members))


@pytest.fixture
def shared(storage, permission):
    """Every second one of thirty records."""
    made = [storage.create(record={"n": n}, **SCOPE)["id"] for n in range(30)]
    for object_id in made[::2]:
        permission.add_principal_to_ace(PREFIX + object_id, "read", "p")
    permission.add_principal_to_ace(f"{PREFIX}{made[1]}/deep", "read", "q")
    return made[::2]


def find(permission, principal="p"):
    return permission.find_grants([principal], "read", PREFIX + "*", None)


def test_they_are_of_one_database(storage, permission):
    assert database_of(storage) == database_of(permission)
    assert database_of(storage) is not None


def test_ids_are_not_read(storage, permission, shared):
    def fail():
        raise AssertionError("read")

    granted = find(permission)
    lazy = GrantedIds(granted.grants, granted._sample, fail)
    assert lazy
    filters = [Filter("id", lazy, COMPARISON.IN)]

    newest = [Sort("last_modified", -1)]
    found, total = storage.get_all(filters=filters, sorting=newest, limit=3, **SCOPE)
    assert ([each["id"] for each in found], total) == (shared[:-4:-1], 15)
    odd = [*filters, Filter("n", 4, COMPARISON.MAX)]
    assert storage.get_all(filters=odd, **SCOPE)[1] == 3


def test_they_may_be_deleted_at_once(storage, permission, shared):
    filters = [Filter("id", find(permission), COMPARISON.IN)]

    assert len(storage.delete_all(filters=filters, **SCOPE)) == 15
    assert storage.get_all(**SCOPE)[1] == 15


def test_what_is_below_is_something_but_no_record(storage, permission, shared):
    granted = find(permission, "q")

    assert granted
    filters = [Filter("id", granted, COMPARISON.IN)]
    assert storage.get_all(filters=filters, **SCOPE) == ([], 0)


def test_nobody_else_finds_anything(permission, shared):
    assert not find(permission, "r")
    assert not permission.find_grants([], "read", PREFIX + "*", None)
    assert not permission.find_grants(["p"], "write", PREFIX + "*", None)


def test_patterns_of_other_forms_are_searched_as_before(permission):
    assert permission.find_grants(["p"], "read", "/a/*/b/*", None) is None
    bound = lambda *_: [("/a/b/*", "read")]  # noqa: E731
    assert permission.find_grants(["p"], "read", "/b/*", bound) is None


def test_ids_of_another_database_are_read(storage, permission, shared):
    granted = find(permission)
    granted.grants = granted.grants._replace(client=object())

    filters = [Filter("id", granted, COMPARISON.IN)]
    assert storage.get_all(filters=filters, limit=4, **SCOPE)[1] == 15


def test_a_subclass_with_another_idea_of_sharing_is_asked(permission):
    class Own(type(permission)):
        def principals_accessible_objects(self, *args, **kwargs):
            return set()

    assert may_find_grants(permission)
    assert not may_find_grants(object.__new__(Own))
