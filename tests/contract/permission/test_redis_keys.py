"""Keys of permissions in Redis are those of 3.1, which reads and writes them, too."""

import pytest
import redis
from pyramid.config import Configurator

from cliquet.object_ids import RecordPath
from cliquet.permission import redis as engine


@pytest.fixture
def client(services):
    return redis.Redis.from_url(services.redis_url(), decode_responses=True)


@pytest.fixture
def permission(services):
    settings = {"permission_url": services.redis_url(), "permission_pool_size": 5}
    backend = engine.load_from_config(Configurator(settings=settings))
    backend.flush()
    yield backend
    backend.flush()


def keys(client):
    """Return what 3.1 knows of."""
    found = client.keys("permission:*") + client.keys("user:*")
    return {key: client.smembers(key) for key in found}


def test_what_is_written_is_what_3_1_reads(permission, client):
    permission.add_principal_to_ace("/notes/a", "read", "basicauth:bob")
    permission.add_principal_to_ace("/notes/a:b", "read", "basicauth:bob")
    permission.add_principal_to_ace("/users/basicauth:bob", "note:create", "x")
    permission.write_object_permissions("/n/1:2/m/3:4", {"write": ["x", "y"]}, {})
    permission.add_user_principal("basicauth:bob", "/groups/a:b")

    assert keys(client) == {
        "permission:/notes/a:read": {"basicauth:bob"},
        "permission:/notes/a:b:read": {"basicauth:bob"},
        "permission:/users/basicauth:bob:note:create": {"x"},
        "permission:/n/1:2/m/3:4:write": {"x", "y"},
        "user:basicauth:bob": {"/groups/a:b"},
    }


#: What 3.1 wrote, and what it stands for.
OF_3_1 = {
    "permission:/notes/a:read": ("/notes/a", "read"),
    "permission:/notes/a:b:read": ("/notes/a:b", "read"),
    "permission:/notes/a:b:c:write": ("/notes/a:b:c", "write"),
    "permission:/notes/x%20y:read": ("/notes/x%20y", "read"),
    "permission:/notes:note:create": ("/notes", "note:create"),
    "permission:/users/basicauth:bob:note:create": (
        "/users/basicauth:bob",
        "note:create",
    ),
    "permission:/notes/a:create": ("/notes/a", "create"),
}


@pytest.fixture
def of_before(permission, client):
    for key in OF_3_1:
        client.sadd(key, "bob")


def test_what_3_1_wrote_is_found(permission, client, of_before):
    for object_id, name in OF_3_1.values():
        assert permission.object_permission_principals(object_id, name) == {"bob"}
        assert permission.check_permission(object_id, name, ["bob"])
        assert permission.object_permissions(object_id)[name] == {"bob"}
        found = permission.principals_accessible_objects(["bob"], name)
        assert object_id in found
    shared = permission.find_shared(["bob"], "read", RecordPath("/notes/"), None)
    assert sorted(shared) == ["a", "a:b", "x y"]
    assert sorted(permission.all_permissions()) == sorted(
        (*pair, "bob") for pair in OF_3_1.values()
    )


def test_what_3_1_wrote_is_changed_and_deleted(permission, client, of_before):
    permission.replace_object_permissions("/notes/a:b", {"read": ["alice"]})
    permission.delete_object_permissions("/notes/a:b:c", "/users/basicauth:bob")
    permission.remove_principal_from_ace("/notes", "note:create", "bob")

    assert keys(client) == {
        "permission:/notes/a:read": {"bob"},
        "permission:/notes/a:b:read": {"alice"},
        "permission:/notes/x%20y:read": {"bob"},
        "permission:/notes/a:create": {"bob"},
    }


#: Two permissions each that have one key.
TWINS = [
    (("/a", "x:create"), ("/a:x", "create")),
    (("/a/b", "c:read"), ("/a/b:c", "read")),
    (("/a/b", "c:d:read"), ("/a/b:c", "d:read")),
]


@pytest.mark.parametrize("twins", [*TWINS, *(pair[::-1] for pair in TWINS)])
@pytest.mark.parametrize("is_indexed", [True, False])
def test_permissions_of_one_key_are_two(permission, client, twins, is_indexed):
    """Granting, revoking and deleting one of them leaves the other one alone."""
    (one, name), (other, other_name) = twins
    if is_indexed:
        permission.object_permissions("/a")

    def has(pair, principal="bob"):
        listed = permission.principals_accessible_objects([principal], pair[1])
        told = {each[:2] for each in permission.all_permissions() if each[2] == "bob"}
        found = permission.check_permission(*pair, [principal])
        assert found is (
            principal in permission.object_permissions(pair[0]).get(pair[1], ())
        )
        assert found is (pair[0] in listed)
        assert found is (pair in told)
        return found

    permission.add_principal_to_ace(one, name, "bob")
    assert (has(twins[0]), has(twins[1])) == (True, False)
    permission.remove_principal_from_ace(other, other_name, "bob")
    permission.delete_object_permissions(other)
    permission.replace_object_permissions(other, {other_name: []})
    assert (has(twins[0]), has(twins[1])) == (True, False)
    permission.add_principal_to_ace(other, other_name, "bob")
    permission.initialize_schema()
    assert (has(twins[0]), has(twins[1])) == (True, True)
    permission.delete_object_permissions(one)
    assert (has(twins[0]), has(twins[1])) == (False, True)
    permission.remove_principal_from_ace(other, other_name, "bob")
    assert (has(twins[0]), has(twins[1])) == (False, False)
    assert keys(client) == {}


def test_names_with_colons_outlive_a_migration(permission):
    permission.add_principal_to_ace("/a/b", "obj:del", "bob")

    permission.initialize_schema()

    assert permission.object_permissions("/a/b") == {"obj:del": {"bob"}}


# --- All permissions of an object are found without looking through all keys ---------


def scans(client):
    return client.info("commandstats").get("cmdstat_scan", {}).get("calls", 0)


def test_data_of_before_is_found(permission, client):
    client.sadd("permission:/a/1:write", "bob")
    client.sadd("permission:/a/1:read", "alice")
    client.sadd("permission:/a/2:seal", "carol")

    assert permission.object_permissions("/a/1") == {
        "write": {"bob"},
        "read": {"alice"},
    }
    permission.delete_object_permissions("/a/2")
    assert client.keys("permission:/a/2*") == []


def test_what_is_written_first_does_not_hide_data_of_before(permission, client):
    client.sadd("permission:/a/1:read", "alice")

    permission.add_principal_to_ace("/a/2", "write", "bob")

    assert permission.object_permissions("/a/1") == {"read": {"alice"}}
    permission.delete_object_permissions("/a/1")
    assert permission.object_permissions("/a/1") == {}


def test_keys_are_looked_through_once(permission, client):
    permission.object_permissions("/a/1")
    before = scans(client)

    permission.add_principal_to_ace("/a/1", "new", "bob")
    permission.replace_object_permissions("/a/1", {"newer": ["bob"]})
    found = permission.read_access("bob", ["/a/1", "/a/2"])
    permission.delete_object_permissions("/a/1")

    assert found == (set(), {"/a/1": {"new": {"bob"}, "newer": {"bob"}}, "/a/2": {}})
    assert permission.object_permissions("/a/1") == {}
    assert scans(client) == before
