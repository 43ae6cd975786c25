"""API keys are kept by every engine; a process remembers few of them, and not for long."""

import threading

import pytest

from cliquet.authentication import keys


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Counted:
    """A storage, and how often it was asked for a record."""

    def __init__(self, storage):
        self.storage, self.asked = storage, 0

    def get(self, **names):
        self.asked += 1
        return self.storage.get(**names)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def counted(storage):
    return Counted(storage)


def test_a_key_is_its_users_until_it_is_revoked(storage):
    key, stored = keys.create(storage, "alice")
    other, _ = keys.create(storage, "alice")

    assert key != other
    assert keys.is_key(key)
    assert keys.find(storage, keys.id_of(key)) == "alice"
    assert keys.revoke(storage, stored.id[:12]).user == "alice"
    assert keys.find(storage, keys.id_of(key)) is None
    assert keys.find(storage, keys.id_of(other)) == "alice"
    assert keys.revoke(storage, other).user == "alice"
    assert keys.list_all(storage) == []


def test_what_is_kept_is_no_key(storage):
    key, stored = keys.create(storage, "alice")

    kept = [
        record
        for scope in storage.scopes()
        for record in storage.get_all(*scope, include_deleted=True)[0]
    ]
    assert [record["id"] for record in kept] == [stored.id]
    assert key not in repr(kept)
    assert key.removeprefix("ck_") not in repr(kept)


def test_keys_are_listed_by_user(storage):
    made = [keys.create(storage, user)[1] for user in ("bob", "alice", "bob")]

    found = keys.list_all(storage)
    assert [key.user for key in found] == ["alice", "bob", "bob"]
    assert sorted(found) == sorted(made)


@pytest.mark.parametrize("asked", ["", "abc", "0" * 64, "ck_" + "a" * 43, "%", "x" * 9])
def test_what_is_no_key_is_not_revoked(storage, asked):
    keys.create(storage, "alice")

    with pytest.raises(keys.UnknownKeyError):
        keys.revoke(storage, asked)
    assert len(keys.list_all(storage)) == 1


@pytest.mark.parametrize(
    "user", ["", "a\0b", "a\nb", "\ud800", "system.Everyone", "group:x", "a" * 501]
)
def test_not_everything_is_a_user(storage, user):
    with pytest.raises(ValueError, match="name of a user"):
        keys.create(storage, user)
    assert keys.list_all(storage) == []


def test_a_key_is_looked_for_once_in_its_time(counted, storage, clock):
    key_id = keys.create(storage, "alice")[1].id
    remembered = keys.Remembered(clock)

    for _ in range(100):
        assert remembered.user_of(counted, key_id) == "alice"
        clock.now += keys.BELIEVED / 200
    assert counted.asked == 1
    clock.now += keys.BELIEVED
    assert remembered.user_of(counted, key_id) == "alice"
    assert counted.asked == 2


def test_a_revoked_key_counts_less_than_five_seconds(storage, clock):
    key, stored = keys.create(storage, "alice")
    # Of several processes, each of which asked just before.
    everywhere = [keys.Remembered(clock) for _ in range(3)]
    for each in everywhere:
        assert each.user_of(storage, stored.id) == "alice"

    keys.revoke(storage, key)

    clock.now += 4.999
    for each in everywhere:
        assert each.user_of(storage, stored.id) is None
        assert len(each) == 0


def test_a_key_that_is_revoked_while_it_is_looked_for_counts_no_longer(storage, clock):
    key, stored = keys.create(storage, "alice")

    class Slow:
        def get(self, **names):
            found = storage.get(**names)
            keys.revoke(storage, key)
            clock.now += 3
            return found

    remembered = keys.Remembered(clock)
    assert remembered.user_of(Slow(), stored.id) == "alice"
    clock.now += 2
    assert remembered.user_of(storage, stored.id) is None


def test_a_new_key_counts_at_once(storage, clock, monkeypatch):
    remembered = keys.Remembered(clock)
    monkeypatch.setattr(keys.secrets, "token_urlsafe", lambda size: "a" * 43)
    key_id = keys.id_of("ck_" + "a" * 43)

    assert remembered.user_of(storage, key_id) is None
    keys.create(storage, "alice")
    assert remembered.user_of(storage, key_id) == "alice"


def test_what_is_remembered_is_bounded(counted, storage, clock, monkeypatch):
    monkeypatch.setattr(keys, "CACHED", 3)
    made = [keys.create(storage, f"user {number}")[1] for number in range(5)]
    remembered = keys.Remembered(clock)

    for key in made:
        assert remembered.user_of(counted, key.id) == key.user
    assert len(remembered) == 3
    for number in range(100):
        assert remembered.user_of(counted, keys.id_of(f"unknown {number}")) is None
    assert len(remembered) == 3
    counted.asked = 0
    assert remembered.user_of(counted, made[-1].id) == "user 4"
    assert counted.asked == 0


def test_threads_remember_no_more(storage, clock, monkeypatch):
    monkeypatch.setattr(keys, "CACHED", 2)
    made = [keys.create(storage, f"user {number}")[1] for number in range(6)]
    remembered, wrong = keys.Remembered(clock), []

    def ask():
        wrong.extend(
            key for key in made * 3 if remembered.user_of(storage, key.id) != key.user
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(remembered) <= 2
