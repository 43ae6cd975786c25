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

from cliquet.engines.shared_ids import SharedIds
from cliquet.object_ids import RecordPath
from cliquet.permission import postgresql
from cliquet.storage import Filter, Sort
from cliquet.storage.query import COMPARISON

SCOPE = {"collection_id": "c", "parent_id": ""}
PREFIX = "/cs/"
PATH = RecordPath(PREFIX)

#: Ids beside what they are in a URL.
SEGMENTS = {
    **{each: each for each in ("a", "b", "c", "ab", "a:b", "*", "a'b")},
    "%": "%25",
    "é": "%C3%A9",
    '"': "%22",
    "%22": "%2522",
    "a b": "a%20b",
    "€\U0001f412": "%E2%82%AC%F0%9F%90%92",
    "[a]\\": "%5Ba%5D%5C",
}
ids = st.sampled_from(list(SEGMENTS))
principals = st.sampled_from(["p", "q:1", "r"])
permissions = st.sampled_from(["read", "write", "x:read"])
objects = st.builds(lambda each: PREFIX + SEGMENTS[each], ids) | st.sampled_from(
    [
        *("/cs", "/csx/a", "/cs/a/b", "/cs/a/cs/b", "/d/cs/a", "a", "cs/a", "/cs/"),
        # In the URLs of no record: it would be quoted otherwise.
        *("/cs/%", "/cs/é", "/cs/%c3%a9", "/cs/%61", "/cs/%2A", "/cs/a%2Fb", "/cs/%2"),
        *("/cs/%FF", "/cs/%ED%A0%80", "/cs/%C0%80", "/cs/%00", "/cs/%F4%90%80%80"),
    ]
)
timestamps = st.sampled_from([0, 3, 5, 10**15, 2**60])
others = st.lists(
    st.builds(
        Filter,
        st.just("last_modified"),
        timestamps,
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

        asked = (asking, "read", PATH, get_bound_permissions)
        granted = self.permission.find_shared(*asked)
        uris = self.permission.principals_accessible_objects(
            asking, "read", PREFIX + "*", get_bound_permissions
        )
        shared = [each for each, url in SEGMENTS.items() if PREFIX + url in uris]
        assert bool(granted) is bool(shared)
        assert set(granted) == set(shared)

        lazy = self.permission.find_shared(*asked)
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


@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize("few", [100, 0])
def test_random_programs(
    storage: Any, permission: Any, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where PostgreSQL joins permissions, as it does if more are shared."""
    monkeypatch.setattr(postgresql, "_FEW", few)
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
    return permission.find_shared([principal], "read", PATH, None)


def test_they_are_of_one_database(storage, permission):
    assert storage.database == permission.database
    assert storage.database is not None


def test_ids_are_not_read(storage, permission, shared):
    def fail():
        raise AssertionError("read")

    granted = find(permission)
    lazy = SharedIds(
        granted.described,
        granted.database,
        permission.probe,
        fail,
        permission.shared_index,
    )
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


def test_what_is_further_below_is_no_record(storage, permission, shared):
    permission.add_principal_to_ace(PREFIX, "read", "q")
    granted = find(permission, "q")

    assert not granted
    assert list(granted) == []
    filters = [Filter("id", granted, COMPARISON.IN)]
    assert storage.get_all(filters=filters, **SCOPE) == ([], 0)


def test_many_objects_that_are_no_records_are_nothing(permission):
    for number in range(150):
        permission.add_principal_to_ace(f"/cs/{number}/deep", "read", "p")
        permission.add_principal_to_ace(f"/cs/{number:x} x", "read", "p")

    assert not find(permission)


def test_nobody_else_finds_anything(permission, shared):
    assert not find(permission, "r")
    assert not permission.find_shared([], "read", PATH, None)
    assert not permission.find_shared(["p"], "write", PATH, None)


@pytest.mark.parametrize(
    ("path", "bound", "wanted"),
    [
        (("/a/*/b/", ""), None, ["3"]),
        (("/b/", ""), lambda *_: [("/a/b/*", "read")], ["1"]),
        (("/b/", ""), lambda *_: [("/a/b/*", "write"), ("/b", "read")], []),
        (("/a", ""), None, ["x"]),
        (("/a/", "/b"), None, ["1", "c", "é"]),
        (("/hens/", "/of/*"), None, ["4"]),
    ],
    ids=["star", "bound", "bound otherwise", "no slash", "inside", "star after"],
)
def test_records_are_directly_below(permission, path, bound, wanted):
    for object_id in (
        *("/a/b/1", "/a/1/b/2", "/a/c/b/2", "/aa/3", "/ax", "/a/*/b/3", "/a/1/b"),
        *("/a/c/b", "/a/%C3%A9/b", "/a/é/b", "/hens/4/of/*", "/hens/5/of/x"),
    ):
        permission.add_principal_to_ace(object_id, "read", "p")

    found = permission.find_shared(["p"], "read", RecordPath(*path), bound)

    assert sorted(found) == wanted
    assert bool(found) is bool(wanted)


def test_they_are_read_for_another_database(storage, permission, shared):
    found = find(permission)

    assert found.for_storage(storage) is found
    assert sorted(found.for_storage(object())) == sorted(shared)


def test_a_subclass_with_another_idea_of_sharing_is_called(permission, shared):
    class Own(type(permission)):
        def principals_accessible_objects(self, *args, **kwargs):
            return {"/cs/own", "/cs/a/cs/deep", "/other/own", "/cs/%22", "/cs/é"}

    own = object.__new__(Own)
    vars(own).update(vars(permission))

    assert sorted(find(own)) == ['"', "own"]
