"""Lists of Redis read a page by an index that 3.1.x does not know."""

import json
import uuid

import pytest
import redis
from pyramid.config import Configurator

from cliquet.storage import redis as engine
from cliquet.storage.query import COMPARISON, Filter, Sort

SCOPE = {"collection_id": "item", "parent_id": "alice"}
NEWEST = [Sort("last_modified", -1)]


@pytest.fixture
def client(services):
    return redis.Redis.from_url(services.redis_url())


@pytest.fixture
def storage(services):
    settings = {"storage_url": services.redis_url(), "storage_pool_size": 5}
    storage = engine.load_from_config(Configurator(settings=settings))
    storage.flush()
    yield storage
    storage.flush()


@pytest.fixture
def commands(client):
    """Tells which commands the server was sent since it was called before."""

    def sent():
        stats = client.info("commandstats")
        client.config_resetstat()
        names = ("evalsha", "eval", "get", "mget", "smembers", "script", "multi")
        return {
            name: stats[f"cmdstat_{name}"]["calls"]
            for name in names
            if f"cmdstat_{name}" in stats
        }

    sent()
    return sent


def put_as_before(client, object_id, at, kind="records"):
    """Write like 3.1.x, which knows of no index."""
    client.set("item.alice.timestamp", at)
    record = {"id": object_id, "last_modified": at}
    client.set(f"item.alice.{object_id}.{kind}", json.dumps(record))
    client.sadd(f"item.alice.{kind}", object_id)


def newest(storage, limit=None, **options):
    found, total = storage.get_all(sorting=NEWEST, limit=limit, **SCOPE, **options)
    return [record["id"] for record in found], total


def test_data_of_before_is_listed(storage, client):
    for number in range(20):
        put_as_before(client, f"r{number:02}", 1000 + number)

    assert newest(storage, 3) == (["r19", "r18", "r17"], 20)
    assert client.zcard("item.alice.records.by_time") == 20


def test_what_another_version_writes_meanwhile_is_listed(storage, client):
    storage.create(record={"id": "a"}, **SCOPE)
    newest(storage)
    put_as_before(client, "b", 9_999_999_999_999)
    assert newest(storage, 5) == (["b", "a"], 2)

    client.set("item.alice.timestamp", 9_999_999_999_999 + 1)
    client.delete("item.alice.b.records")
    client.srem("item.alice.records", "b")
    assert newest(storage, 5) == (["a"], 1)


def test_tombstones_forgotten_by_another_version_are_not_listed(storage, client):
    for object_id in ("a", "b"):
        storage.create(record={"id": object_id}, **SCOPE)
    storage.delete(object_id="a", **SCOPE)
    assert newest(storage, include_deleted=True) == (["a", "b"], 1)

    client.delete("item.alice.a.deleted")
    client.srem("item.alice.deleted", "a")

    assert newest(storage, include_deleted=True) == (["b"], 1)


def test_every_way_to_write_keeps_the_index(storage, client):
    storage.create(record={"id": "a", "n": 1}, **SCOPE)
    storage.create(record={"id": "b", "n": 2}, unique_fields=["n"], **SCOPE)
    storage.update(object_id="a", record={"n": 3}, unique_fields=["n"], **SCOPE)
    storage.create(record={"id": "c", "n": 4}, **SCOPE)
    storage.delete(object_id="b", **SCOPE)
    storage.delete_all(filters=[Filter("n", 4, COMPARISON.EQ)], **SCOPE)

    stamp = client.get("item.alice.timestamp").decode()
    assert client.get("item.alice.indexed").decode() == f"last_modified:{stamp}"
    assert client.zrange("item.alice.records.by_time", 0, -1) == [b"a"]
    assert client.zrange("item.alice.deleted.by_time", 0, -1) == [b"b", b"c"]
    assert newest(storage, include_deleted=True) == (["c", "b", "a"], 1)

    storage.purge_deleted(**SCOPE)
    assert client.zcard("item.alice.deleted.by_time") == 0
    storage.flush()
    assert client.keys("item.alice*") == []


def test_records_of_one_time_are_not_cut_apart(storage):
    for letter in "cadbe":
        storage.create(record={"id": letter, "last_modified": 1234}, **SCOPE)

    assert newest(storage, 2) == (["a", "b"], 5)
    following = [
        [
            Filter("last_modified", 1234, COMPARISON.EQ),
            Filter("id", "b", COMPARISON.GT),
        ],
        [Filter("last_modified", 1234, COMPARISON.LT)],
    ]
    assert newest(storage, 2, pagination_rules=following) == (["c", "d"], 5)


def test_another_field_of_timestamps_is_indexed_anew(storage):
    storage.create(record={"id": "a", "changed": 5}, modified_field="changed", **SCOPE)
    found, total = storage.get_all(limit=1, modified_field="changed", **SCOPE)

    assert (found, total) == ([{"id": "a", "changed": 5}], 1)


def test_one_round_trip_reads_writes_and_lists(storage, commands):
    record = storage.create(record={"n": 1}, **SCOPE)
    newest(storage, 10)
    commands()

    for work in (
        lambda: storage.create(record={"n": 1}, **SCOPE),
        lambda: storage.update(object_id=record["id"], record={"n": 2}, **SCOPE),
        lambda: newest(storage, 10),
        lambda: newest(storage, 10, include_deleted=True),
        lambda: storage.delete(object_id=record["id"], **SCOPE),
    ):
        work()
        sent = commands()
        assert sent["evalsha"] == 1
        assert sent.keys().isdisjoint({"multi", "smembers", "mget", "script"}), sent
    with pytest.raises(engine.RecordNotFoundError):
        storage.get(object_id=uuid.uuid4().hex, **SCOPE)
    assert commands() == {"get": 1}
