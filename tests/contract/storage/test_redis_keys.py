"""Keys of Redis: one thing each, whatever names hold; those of 3.1 where they can be."""

import itertools
import json
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from cliquet.engines.redis.tags import Tag, tagged, untagged
from cliquet.storage import Sort
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.query import Scope
from cliquet.storage.redis.keys import TIMESTAMP, Keys
from cliquet.testing.servers import Services
from tests.contract.backends import APP_ENGINES

names = st.text(st.sampled_from("ab.;%25E:\x1f/"), max_size=4) | st.sampled_from(
    ["records", "deleted", "timestamp", "indexed", "by_time", "a.records", "é"]
)
plain = names.map(lambda name: name.replace(".", ""))
KEYS = Keys(untagged)


@pytest.mark.parametrize("tag", [untagged, tagged])
@given(*[st.tuples(names, names, names)] * 2)
def test_a_key_stands_for_one_thing(
    tag: Tag, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    told: dict[str, tuple[Any, ...]] = {}
    for collection_id, parent_id, object_id in (one, other):
        scope = Scope(collection_id, parent_id)
        for number, key in enumerate(Keys(tag).of_write(scope, object_id)):
            is_of_record = number in (1, 3)
            meaning = (number, scope, object_id if is_of_record else None)
            assert told.setdefault(key, meaning) == meaning


@given(plain, plain, plain)
def test_keys_of_names_without_dots_are_those_of_3_1(
    collection_id: str, parent_id: str, object_id: str
) -> None:
    scope, stem = Scope(collection_id, parent_id), f"{collection_id}.{parent_id}"

    assert KEYS.of_write(scope, object_id)[:5] == [
        f"{stem}.timestamp",
        f"{stem}.{object_id}.records",
        f"{stem}.records",
        f"{stem}.{object_id}.deleted",
        f"{stem}.deleted",
    ]


@given(names, names)
def test_the_key_of_a_timestamp_tells_the_collection(
    collection_id: str, parent_id: str
) -> None:
    scope = Scope(collection_id, parent_id)
    assert KEYS.scope_of(KEYS.key(scope, TIMESTAMP)) == scope
    assert KEYS.scope_of("a;timestamp") is None


@pytest.fixture(scope="module")
def storage_of_module(services: Services) -> Any:
    engine = next(engine for engine in APP_ENGINES if engine.id == "redis")
    return engine.load("storage", services.new_redis_url())


@pytest.fixture
def storage(storage_of_module: Any) -> Any:
    """A storage that did not look at any collection yet."""
    client = storage_of_module._client
    yield type(storage_of_module)(client)
    client.flushdb()


@pytest.fixture
def client(storage: Any) -> redis.Redis:
    found: redis.Redis = storage._client
    return found


def write_as_3_1(
    client: Any, scope: tuple[str, str], object_id: str, at: int, dead: bool = False
) -> dict[str, Any]:
    """What 3.1.5 stores; a key of another type is overwritten, or refuses."""
    stem, kind = ".".join(scope), "deleted" if dead else "records"
    record = {"id": object_id, "last_modified": at}
    record |= {"deleted": True} if dead else {"of": [*scope, object_id]}
    client.set(f"{stem}.{object_id}.{kind}", json.dumps(record).replace("/", "\\/"))
    client.sadd(f"{stem}.{kind}", object_id)
    client.set(f"{stem}.timestamp", at)
    return record


OLD = [("docs", "bob.com"), ("docs", "bob")]


@pytest.fixture
def old(client: redis.Redis) -> dict[tuple[str, str], Any]:
    """Collections of dotted parents and ids, as 3.1.5 left them: records, tombstone."""
    found: dict[tuple[str, str], Any] = {}
    for scope, ids in zip(OLD, [["a", "b.c", "1"], ["x.y", "z"]], strict=True):
        records = [
            write_as_3_1(client, scope, object_id, 1000 + number)
            for number, object_id in enumerate(ids)
        ]
        found[scope] = [*records, write_as_3_1(client, scope, "d.d", 2000, dead=True)]
    return found


def listed(storage: Any, scope: tuple[str, str], **options: Any) -> list[Any]:
    records = storage.get_all(*scope, include_deleted=True, **options)[0]
    return sorted(records, key=lambda record: record["last_modified"])


@pytest.mark.parametrize("scope", OLD, ids=str)
@pytest.mark.parametrize("first", ["list", "sorted", "get", "migrate", "timestamp"])
def test_what_3_1_stored_is_there(
    storage: Any, old: Any, scope: tuple[str, str], first: str
) -> None:
    if first == "migrate":
        storage.initialize_schema()
        assert not storage._client.keys("docs.bob.com.*")
    elif first == "get":
        for record in old[scope][:-1]:
            assert storage.get(*scope, record["id"]) == record
    elif first == "timestamp":
        assert storage.collection_timestamp(*scope) == 2000
    elif first == "sorted":
        assert listed(storage, scope, sorting=[Sort("of", 1)]) == old[scope]

    assert listed(storage, scope) == old[scope]
    assert storage.collection_timestamp(*scope) == 2000
    assert {tuple(found) for found in storage.scopes()} == set(OLD)


@pytest.mark.parametrize("scope", OLD, ids=str)
def test_what_3_1_stored_is_written_over(storage: Any, old: Any, scope: Any) -> None:
    records = old[scope][:-1]

    updated = storage.update(*scope, records[0]["id"], {"n": 1})
    again = storage.create(*scope, {"id": "d.d"})
    deleted = storage.delete(*scope, records[1]["id"])

    assert updated["last_modified"] > 2000
    assert listed(storage, scope) == [*records[2:], updated, again, deleted]
    with pytest.raises(RecordNotFoundError):
        storage.get(*scope, records[1]["id"])
    assert listed(storage, OLD[1 - OLD.index(scope)]) == old[OLD[1 - OLD.index(scope)]]


@pytest.mark.parametrize("scope", OLD, ids=str)
def test_what_3_1_stored_is_deleted_and_purged(
    storage: Any, old: Any, scope: Any
) -> None:
    *records, _ = old[scope]

    deleted = storage.delete_all(*scope)

    assert [each["id"] for each in deleted] == [record["id"] for record in records]
    assert storage.purge_deleted(*scope) == len(records) + 1
    assert listed(storage, scope) == []


def test_old_tombstones_are_purged(storage: Any, old: Any) -> None:
    for scope in OLD:
        assert storage.purge_deleted(*scope) == 1
        assert listed(storage, scope) == old[scope][:-1]


def test_a_flush_leaves_nothing(storage: Any, old: Any, client: redis.Redis) -> None:
    storage.create("docs", "bob.com", {"id": "new.id"})

    storage.flush()

    assert client.keys("*") == []


@pytest.mark.parametrize("kind", ["records", "deleted"])
@pytest.mark.parametrize("call", ["create", "update", "get"])
def test_ids_of_another_parent_may_be_where_a_record_goes(
    storage: Any, client: redis.Redis, call: str, kind: str
) -> None:
    """3.1.5 has the ids of `bob.com` at `docs.bob.com.records`."""
    other, own = OLD
    theirs = write_as_3_1(client, other, "a", 1000, dead=kind == "deleted")

    if call == "create":
        storage.create(*own, {"id": "com"})
    elif call == "update":
        storage.update(*own, "com", {})
    else:
        with pytest.raises(RecordNotFoundError):
            storage.get(*own, "com")

    assert listed(storage, other) == [theirs]
    assert len(listed(storage, own)) == (call != "get")


def test_ids_of_another_parent_may_be_where_a_tombstone_goes(
    storage: Any, client: redis.Redis
) -> None:
    other, own = OLD
    theirs = write_as_3_1(client, other, "a", 1000, dead=True)
    write_as_3_1(client, own, "com", 2000)

    deleted = storage.delete_all(*own)

    assert listed(storage, other) == [theirs]
    assert listed(storage, own) == deleted


@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("first", [0, 1])
def test_of_two_records_under_one_old_key_the_last_one_is_there(
    storage: Any, client: redis.Redis, last: int, first: int
) -> None:
    claims = [(OLD[0], "a"), (OLD[1], "com.a")]
    write_as_3_1(client, *claims[1 - last], 1000)
    kept = write_as_3_1(client, *claims[last], 2000)

    for place in (first, 1 - first):
        scope, object_id = claims[place]
        expected = [kept] if place == last else []
        assert listed(storage, scope) == expected
        found = storage.get_all(*scope)[0]
        assert [record["id"] for record in found] == [object_id] * (place == last)


def test_other_keys_of_the_database_are_no_collections(
    storage: Any, client: redis.Redis
) -> None:
    client.set("a;timestamp", 1)
    client.set("a.b.c;timestamp", 1)

    assert storage.scopes() == []
    storage.initialize_schema(dry_run=True)
    storage.flush()
    assert len(client.keys("*")) == 2


def test_names_of_all_sorts_stay_apart(storage: Any) -> None:
    parts = ["a", "b", "a.b", "b.a", ".", "", "a;b", "%2E"]
    for triple in itertools.product(parts, repeat=3):
        storage.create(triple[0], triple[1], {"id": triple[2], "of": list(triple)})

    for collection_id, parent_id in itertools.product(parts, repeat=2):
        found, total = storage.get_all(collection_id, parent_id)
        assert total == len(parts)
        assert {tuple(record["of"]) for record in found} == {
            (collection_id, parent_id, part) for part in parts
        }
    assert len(storage.scopes()) == len(parts) ** 2
