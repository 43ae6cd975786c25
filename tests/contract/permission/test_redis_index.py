"""What is shared is found in Redis by an index that 3.1.x does not know."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from pyramid.config import Configurator

from cliquet.object_ids import RecordPath
from cliquet.permission import redis as engine
from cliquet.storage import redis as storage_engine
from cliquet.storage.query import COMPARISON, Filter, Sort
from cliquet.testing.servers import RedisServer
from tests.contract.round_trips import RoundTrips

SCOPE = {"collection_id": "note", "parent_id": ""}


def load(module, kind, url):
    settings = {f"{kind}_url": url, f"{kind}_pool_size": 5}
    return module.load_from_config(Configurator(settings=settings))


@pytest.fixture
def client(services):
    return redis.Redis.from_url(services.redis_url())


@pytest.fixture
def permission(services):
    backend = load(engine, "permission", services.redis_url())
    backend.flush()
    yield backend
    backend.flush()


@pytest.fixture
def storage(services):
    backend = load(storage_engine, "storage", services.redis_url())
    backend.flush()
    yield backend
    backend.flush()


@pytest.fixture
def trips(permission):
    found = RoundTrips(permission._client)
    permission._client.ping()
    for script in permission._scripts.values():
        permission._client.script_load(script.script)
    permission.object_permissions("/notes/a")
    return found


def index_of(client):
    keys = client.keys("permissions:shared:*") + client.keys("permissions:parents:*")
    return {key: client.smembers(key) for key in keys}


def find(permission, principal="bob", wanted="read"):
    return permission.find_shared([principal], wanted, RecordPath("/notes/"), None)


def listed(storage, granted):
    filters = [Filter("id", granted, COMPARISON.IN)]
    newest = [Sort("last_modified", -1)]
    found, total = storage.get_all(filters=filters, sorting=newest, limit=10, **SCOPE)
    return [record["id"] for record in found], total


def test_data_of_before_is_shared(permission, storage, client):
    for object_id in "abc":
        storage.create(record={"id": object_id}, **SCOPE)
    client.sadd("permission:/notes/a:read", "bob")
    client.sadd("permission:/notes/c:read", "alice", "bob")

    granted = find(permission)

    assert granted
    assert listed(storage, granted) == (["c", "a"], 2)
    assert sorted(granted) == ["a", "c"]


def test_storage_alone_finds_data_of_before(permission, storage, client):
    storage.create(record={"id": "a"}, **SCOPE)
    client.sadd("permission:/notes/a:read", "bob")

    # Nobody asked yet whether there is any.
    assert listed(storage, find(permission)) == (["a"], 1)


def test_every_way_to_write_keeps_the_index(permission, client):
    permission.object_permissions("/notes/a")
    permission.add_principal_to_ace("/notes/a:1", "x:create", "basicauth:bob")
    permission.add_principal_to_ace("/notes/b", "read", "bob")
    permission.add_principal_to_ace("/notes/b", "read", "bob")
    permission.replace_object_permissions("/notes/b", {"read": ["alice"], "write": []})
    permission.write_object_permissions(
        "/notes/c", {"read": ["bob", "alice"]}, {"write": ["bob"], "read": ["carol"]}
    )
    permission.remove_principal_from_ace("/notes/c", "read", "alice")
    permission.add_principal_to_ace("/other/d", "read", "bob")
    permission.delete_object_permissions("/other/d", "/unknown")

    kept = index_of(client)
    assert len(kept) == 10
    permission.initialize_schema()
    permission.object_permissions("/notes/a")
    assert index_of(client) == kept

    permission.delete_object_permissions("/notes/a:1", "/notes/b", "/notes/c")
    assert index_of(client) == {}
    permission.flush()
    assert client.keys("permission*") == []


def test_concurrent_writers_keep_the_index(services, permission, client):
    """Also while it is made, again and again."""

    def write(seed):
        chance = random.Random(seed)
        backend = load(engine, "permission", services.redis_url())
        for _ in range(150):
            object_id = f"/notes/{chance.choice('abc')}"
            wanted, principal = chance.choice(["read", "write"]), chance.choice("pq")
            match chance.randrange(5):
                case 0:
                    backend.add_principal_to_ace(object_id, wanted, principal)
                case 1:
                    backend.remove_principal_from_ace(object_id, wanted, principal)
                case 2:
                    backend.write_object_permissions(object_id, {wanted: ["p"]}, {})
                case 3:
                    backend.delete_object_permissions(object_id)
                case 4:
                    backend.initialize_schema()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    permission.object_permissions("/notes/a")
    kept = index_of(client)
    permission.initialize_schema()
    permission.object_permissions("/notes/a")
    assert index_of(client) == kept


def test_what_another_version_took_away_is_not_shown(permission, storage, client):
    for object_id in "abc":
        storage.create(record={"id": object_id}, **SCOPE)
        permission.add_principal_to_ace(f"/notes/{object_id}", "read", "bob")
    assert listed(storage, find(permission))[1] == 3

    client.srem("permission:/notes/b:read", "bob")

    assert listed(storage, find(permission))[0] == ["c", "a"]
    assert sorted(find(permission)) == ["a", "c"]
    filters = [Filter("id", find(permission), COMPARISON.IN)]
    assert storage.get_all(filters=[*filters], sorting=[Sort("n", 1)], **SCOPE)[1] == 2


def test_what_another_version_gave_is_shown_after_a_migration(permission, client):
    assert not find(permission)
    client.sadd("permission:/notes/b:read", "bob")

    permission.initialize_schema(dry_run=True)
    assert not find(permission)
    permission.initialize_schema()
    assert list(find(permission)) == ["b"]


def test_what_3_1_revoked_is_not_shared(permission, storage, client):
    storage.create(record={"id": "b"}, **SCOPE)
    permission.add_principal_to_ace("/notes/b", "read", "bob")
    assert find(permission)
    client.srem("permission:/notes/b:read", "bob")

    assert not find(permission)


def test_users_of_many_groups_are_answered(permission, storage):
    for object_id in "abc":
        storage.create(record={"id": object_id}, **SCOPE)
    groups = [f"group:{number}" for number in range(9000)]
    with permission._client.pipeline(transaction=False) as pipeline:
        for place, group in enumerate(groups):
            for object_id in "a" if place % 2 else "ab":
                parent = "permissions:shared:/notes/:read:"
                pipeline.sadd(f"permission:/notes/{object_id}:read", group)
                pipeline.sadd(parent + group, object_id)
                pipeline.sadd(f"permissions:parents:read:{group}", "/notes/")
        pipeline.set("permissions:indexed", 1)
        pipeline.execute()

    granted = permission.find_shared(groups, "read", RecordPath("/notes/"), None)

    assert listed(storage, granted) == (["b", "a"], 2)
    by_name = storage.get_all(
        filters=[Filter("id", granted, COMPARISON.IN)], sorting=[Sort("n", 1)], **SCOPE
    )
    assert by_name[1] == 2


def test_tombstones_that_3_1_left_behind_are_not_shown(permission, storage, client):
    for object_id in "abc":
        storage.create(record={"id": object_id}, **SCOPE)
    for object_id in "bc":
        storage.delete("note", "", object_id)
    client.set("note..a.deleted", '{"id":"a","last_modified":1,"deleted":true}')
    permission.add_principal_to_ace("/notes/a", "read", "bob")
    filters = [Filter("id", find(permission), COMPARISON.IN)]

    for sorting in ([Sort("last_modified", -1)], [Sort("n", 1)]):
        found, _ = storage.get_all(
            filters=filters, sorting=sorting, include_deleted=True, **SCOPE
        )
        assert [record.get("deleted") for record in found] == [None]


def test_records_that_the_index_cannot_read_are_listed(storage, client):
    client.sadd("note..records", "a")
    client.set("note..a.records", '{"id":"a","last_modified":5,"n":"\\ud800"}')

    first = storage.get_all(**SCOPE)
    storage.create(record={"id": "b"}, **SCOPE)
    found, total = storage.get_all(**SCOPE)

    assert first[1] == 1
    assert ({record["id"] for record in found}, total) == ({"a", "b"}, 2)


def test_a_replica_without_index_answers(services):
    master, replica = RedisServer(), RedisServer()
    try:
        client = redis.Redis.from_url(master.url)
        storage = load(storage_engine, "storage", master.url)
        for object_id in "ab":
            storage.create(record={"id": object_id}, **SCOPE)
        client.sadd("permission:/notes/a:read", "bob")
        client.sadd("user:bob", "group")
        follower = redis.Redis.from_url(replica.url)
        # It could not be stopped while it writes its first file.
        follower.config_set("appendonly", "no")
        client.config_set("repl-diskless-sync-delay", 0)
        follower.replicaof("127.0.0.1", master.port)
        assert client.wait(1, 60_000) == 1

        permission = load(engine, "permission", replica.url)
        storage = load(storage_engine, "storage", replica.url)
        assert permission.read_access("bob", ["/notes/a", "/notes/b"]) == (
            {"group"},
            {"/notes/a": {"read": {"bob"}}, "/notes/b": {}},
        )
        assert find(permission)
        assert not find(permission, "carol")
        assert listed(storage, find(permission)) == (["a"], 1)
        assert client.exists("permissions:indexed") == 0
    finally:
        master.close()
        replica.close()


WORK = {
    "add_user_principal": ("bob", "group"),
    "remove_user_principal": ("bob", "group"),
    "remove_principal": ("group",),
    "user_principals": ("bob",),
    "add_principal_to_ace": ("/notes/b", "read", "bob"),
    "remove_principal_from_ace": ("/notes/a", "read", "bob"),
    "object_permission_principals": ("/notes/a", "read"),
    "object_permission_authorized_principals": ("/notes/a", "read"),
    "principals_accessible_objects": (["bob", "alice"], "read", "/notes/*"),
    "check_permission": ("/notes/a", "read", ["bob"]),
    "object_permissions": ("/notes/a",),
    "replace_object_permissions": ("/notes/a", {"read": ["alice"]}),
    "delete_object_permissions": ("/notes/a", "/notes/b"),
    "read_access": ("bob", ["/notes/a", "/notes/b"]),
    "write_object_permissions": ("/notes/a", {"read": ["a"]}, {"write": ["b"]}),
}


@pytest.mark.parametrize("name", WORK)
def test_an_operation_is_one_round_trip(permission, trips, name):
    permission.add_principal_to_ace("/notes/a", "read", "bob")
    work = getattr(permission, name)

    assert trips.of(lambda: work(*WORK[name])) == 1


def test_what_is_shared_is_one_round_trip(permission, trips):
    permission.add_principal_to_ace("/notes/a", "read", "bob")

    assert trips.of(lambda: bool(find(permission))) == 1
    assert trips.of(lambda: list(find(permission))) == 1
    some = {"permissions": ["read", "write"]}
    assert trips.of(lambda: permission.object_permissions("/notes/a", **some)) == 1


def test_the_index_is_made_within_the_first_look(permission, trips, client):
    client.sadd("permission:/notes/a:read", "bob")
    permission.initialize_schema()

    assert trips.of(lambda: permission.object_permissions("/notes/a")) == 1
    assert client.exists("permissions:indexed") == 1
