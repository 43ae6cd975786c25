"""Each operation on records in Redis is one round trip."""

import pytest
from pyramid.config import Configurator

from cliquet.storage import redis as engine
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import COMPARISON, Condition, Filter, Sort
from tests.contract.round_trips import RoundTrips

SCOPE = {"collection_id": "item", "parent_id": "alice"}
NEWEST = [Sort("last_modified", -1)]
EQ, IN, GT = COMPARISON.EQ, COMPARISON.IN, COMPARISON.GT


@pytest.fixture
def storage(services):
    settings = {"storage_url": services.redis_url(), "storage_pool_size": 5}
    storage = engine.load_from_config(Configurator(settings=settings))
    storage.flush()
    yield storage
    storage.flush()


@pytest.fixture
def trips(storage):
    found = RoundTrips(storage._client)
    # The server has to know the connection and the scripts.
    storage._client.ping()
    for script in storage._scripts.values():
        storage._client.script_load(script.script)
    return found


def create(storage, count=3):
    return [storage.create(record={"n": n}, **SCOPE) for n in range(count)]


WORK = {
    "create": lambda storage, record: storage.create(record={"n": 1}, **SCOPE),
    "get": lambda storage, record: storage.get(object_id=record["id"], **SCOPE),
    "update": lambda storage, record: storage.update(
        object_id=record["id"],
        record={"n": 2},
        condition=Condition(record=record["last_modified"]),
        **SCOPE,
    ),
    "delete": lambda storage, record: storage.delete(object_id=record["id"], **SCOPE),
    "delete_all": lambda storage, record: storage.delete_all(**SCOPE),
    "purge_deleted": lambda storage, record: storage.purge_deleted(**SCOPE),
    "purge_deleted before": lambda storage, record: storage.purge_deleted(
        before=5, **SCOPE
    ),
    "collection_timestamp": lambda storage, record: storage.collection_timestamp(
        **SCOPE
    ),
    "page": lambda storage, record: storage.get_all(sorting=NEWEST, limit=2, **SCOPE),
    "since": lambda storage, record: storage.get_all(
        filters=[Filter("last_modified", record["last_modified"], GT)],
        sorting=NEWEST,
        include_deleted=True,
        **SCOPE,
    ),
    "filtered list": lambda storage, record: storage.get_all(
        filters=[Filter("n", 1, EQ)], include_deleted=True, **SCOPE
    ),
    "list of ids": lambda storage, record: storage.get_all(
        filters=[Filter("id", [record["id"]], IN)], **SCOPE
    ),
    "tombstones": lambda storage, record: storage.tombstone_timestamps(
        limit=5, **SCOPE
    ),
}


@pytest.mark.parametrize("name", WORK)
def test_it_is_one(storage, trips, name):
    records = create(storage)

    assert trips.of(lambda: WORK[name](storage, records[0])) == 1


def test_it_is_one_when_it_is_refused(storage, trips):
    record = create(storage, 1)[0]
    stale = Condition(record=5, collection=5)

    def refused(error, method, **options):
        with pytest.raises(error):
            method(**options, **SCOPE)

    unknown = {"object_id": "unknown"}
    for count in (
        trips.of(lambda: refused(RecordNotFoundError, storage.get, **unknown)),
        trips.of(lambda: refused(RecordNotFoundError, storage.delete, **unknown)),
        trips.of(lambda: refused(UnicityError, storage.create, record=record)),
        trips.of(
            lambda: refused(ModifiedMeanwhileError, storage.delete_all, condition=stale)
        ),
        trips.of(
            lambda: refused(
                ModifiedMeanwhileError,
                storage.update,
                object_id=record["id"],
                record={},
                condition=stale,
            )
        ),
    ):
        assert count == 1


def test_who_looks_at_all_records_first_takes_two(storage, trips):
    create(storage)
    filters = [Filter("n", 1, EQ)]

    assert trips.of(lambda: storage.delete_all(filters=filters, **SCOPE)) == 2
    assert trips.of(lambda: storage.delete_all(filters=filters, **SCOPE)) == 1
    written = {"record": {"n": 9}, "unique_fields": ["n"]}
    assert trips.of(lambda: storage.create(**written, **SCOPE)) == 2


def test_the_first_look_at_a_timestamp_takes_two(storage, trips):
    assert trips.of(lambda: storage.collection_timestamp(**SCOPE)) == 2
    assert (
        trips.of(lambda: storage.collection_timestamp(initialize=False, **SCOPE)) == 1
    )
    assert trips.of(lambda: storage.collection_timestamp(**SCOPE)) == 1


def test_who_is_overtaken_looks_again(storage, trips, monkeypatch):
    """Between the look at all records and the write, another one writes."""
    create(storage, 1)
    read = storage._scripts["read_all"]
    overtaken = []

    def overtake(**options):
        found = read(**options)
        if not overtaken:
            overtaken.append(storage.create(record={"n": 7}, **SCOPE))
        return found

    monkeypatch.setitem(storage._scripts, "read_all", overtake)
    with pytest.raises(UnicityError) as conflict:
        storage.create(record={"n": 7}, unique_fields=["n"], **SCOPE)
    assert conflict.value.record == overtaken[0]

    overtaken.clear()
    deleted = storage.delete_all(filters=[Filter("n", 7, EQ)], **SCOPE)
    assert len(deleted) == 2
    assert storage.get_all(**SCOPE)[1] == 1


def test_deleting_many_leaves_what_deleting_one_by_one_would(storage):
    records = create(storage)
    storage.update(object_id=records[0]["id"], record={"n": 5}, **SCOPE)
    odd = storage.create(record={"id": 'é"/\\', "n": 0}, **SCOPE)

    deleted = storage.delete_all(**SCOPE)

    listed, total = storage.get_all(sorting=NEWEST, include_deleted=True, **SCOPE)
    assert (listed[::-1], total) == (deleted, 0)
    assert deleted[-1]["id"] == odd["id"]
    order = [records[1]["id"], records[2]["id"], records[0]["id"], odd["id"]]
    assert [tombstone["id"] for tombstone in deleted] == order
    times = [tombstone["last_modified"] for tombstone in deleted]
    assert times == sorted(set(times))
    assert storage.collection_timestamp(**SCOPE) == times[-1]
    assert storage.delete_all(with_deleted=False, **SCOPE) == []
