"""What is known of permissions is read at once, and believed for a tenth of a second."""

import pytest

from cliquet.engines.joint import Script
from cliquet.permission import memory
from cliquet.permission.base import PermissionBase
from cliquet.permission_cache import MAX_AGE, PermissionCache

ONE, OTHER = "/notes/1", "/notes/2"


class Backend(memory.Permission):
    """Answers at once, and notes what it was asked for."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def read_access(self, user_id, object_ids):
        self.asked.append((user_id, sorted(object_ids)))
        found = {each: self.object_permissions(each) for each in object_ids}
        return self.user_principals(user_id), found


@pytest.fixture
def backend():
    made = Backend()
    made.add_user_principal("bob", "group")
    made.add_principal_to_ace(ONE, "read", "bob")
    made.add_principal_to_ace(OTHER, "write", "group")
    return made


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def cache(backend, clock):
    return PermissionCache(backend, clock)


def test_groups_and_permissions_are_read_together(cache, backend):
    cache.begin(lambda: [ONE], writes=False)

    assert cache.groups("bob") == {"group"}
    assert cache.permissions(ONE) == {"read": {"bob"}}
    assert backend.asked == [("bob", [ONE])]


def test_an_unknown_object_is_read_by_itself(cache, backend):
    assert cache.permissions(ONE, "bob") == {"read": {"bob"}}
    assert cache.permissions(OTHER) == {"write": {"group"}}
    assert cache.permissions("/none") == {}
    assert backend.asked == [("bob", [ONE]), ("bob", [OTHER]), ("bob", ["/none"])]


def test_what_is_expected_is_read_along(cache, backend):
    cache.expect([ONE, OTHER])
    cache.begin(lambda: [ONE], writes=False)

    cache.permissions(ONE)
    cache.begin(lambda: [OTHER], writes=False)
    cache.permissions(OTHER)

    assert backend.asked == [("", [ONE, OTHER])]


def test_who_writes_believes_nothing_that_was_read_before(cache, backend):
    cache.expect([ONE, OTHER])
    cache.begin(lambda: [ONE], writes=False)
    cache.groups("bob")
    backend.remove_user_principal("bob", "group")
    backend.remove_principal_from_ace(OTHER, "write", "group")

    cache.begin(lambda: [OTHER], writes=True)

    assert cache.permissions(OTHER, "bob") == {}
    assert cache.groups("bob") == set()
    assert backend.asked[1:] == [("bob", [OTHER])]


@pytest.mark.parametrize(("seconds", "asked"), [(MAX_AGE, 1), (MAX_AGE + 0.001, 2)])
def test_what_was_read_is_believed_for_a_while(cache, backend, clock, seconds, asked):
    cache.begin(lambda: [ONE], writes=False)
    cache.groups("bob")
    clock.now += seconds

    cache.groups("bob")
    cache.permissions(ONE)

    assert len(backend.asked) == asked


def test_the_oldest_reading_counts(cache, backend, clock):
    cache.permissions(ONE)
    clock.now += MAX_AGE
    cache.permissions(OTHER)
    backend.remove_principal_from_ace(ONE, "read", "bob")
    clock.now += 0.001

    assert cache.permissions(ONE) == {}


@pytest.mark.parametrize("age", [0, MAX_AGE + 1])
def test_groups_that_were_read_alone_are_kept_as_long(backend, clock, age):
    class Old(memory.Permission):
        def user_principals(self, user_id):
            asked.append(user_id)
            return {"group"}

    asked = []
    cache = PermissionCache(Old(), clock)

    assert cache.groups("bob") == cache.groups("bob") == {"group"}
    assert cache.permissions(ONE) is None
    clock.now += age
    cache.groups("bob")

    assert len(asked) == (2 if age else 1)


def test_what_is_written_is_known_then(cache, backend):
    cache.permissions(ONE, "bob")
    asked = list(backend.asked)

    cache.write(ONE, {"read": ["alice"]}, {})

    assert cache.permissions(ONE) == {"read": {"alice"}}
    assert backend.asked == asked


def test_what_a_storage_writes_along_is_known_then(cache, backend):
    script = Script("", [], [], read=lambda reply: {"read": {reply}})
    backend._script_of_write = lambda *args: script
    cache.permissions(ONE, "bob")
    asked = list(backend.asked)

    joint = cache.joint_write(str, {"read": ["alice"]}, {})
    told = joint.script([ONE]).read("alice")

    assert cache.permissions(ONE) == told == {"read": {"alice"}}
    assert backend.asked == asked


def test_what_is_written_lasts_no_longer_than_what_was_read(cache, backend, clock):
    cache.permissions(ONE, "bob")
    clock.now = MAX_AGE * 0.9
    cache.write(ONE, {"read": ["alice"]}, {})
    backend.add_principal_to_ace(ONE, "read", "carol")

    clock.now = MAX_AGE * 1.1

    assert cache.permissions(ONE) == {"read": {"alice", "carol"}}


def test_a_stand_in_has_the_methods_of_3_1():
    class Fake:
        """Made by a test of an application."""

        def __init__(self):
            self.calls = []

        def replace_object_permissions(self, *args):
            self.calls.append(args)

        def add_principal_to_ace(self, *args):
            self.calls.append(args)

        def object_permissions(self, object_id):
            return {"write": {"bob"}}

    fake = Fake()
    cache = PermissionCache(fake)

    assert cache.permissions(ONE) is None
    assert cache.write(ONE, {}, {"write": ["bob"]}) == {"write": {"bob"}}
    assert fake.calls == [(ONE, {}), (ONE, "write", "bob")]


def test_an_engine_without_the_method_is_asked_one_by_one():
    class Third(PermissionBase):
        def user_principals(self, user_id):
            return {user_id + "s"}

    cache = PermissionCache(Third())

    assert cache.permissions(ONE, "bob") is None
    assert cache.groups("bob") == {"bobs"}
