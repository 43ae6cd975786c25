"""What each call sends, and what it makes of the answers."""

import uuid

import httpx
import pytest
import transaction

from cliquet.client import (
    Conflict,
    HistoryForgotten,
    ProtocolError,
    Record,
    UnreachableError,
    calls,
)
from cliquet.client.following import Follower
from tests.client.network import Cuts

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")


@pytest.fixture
def mushrooms(client):
    return client.collection("mushrooms")


def test_a_record_is_created_read_changed_replaced_and_deleted(mushrooms):
    created = mushrooms.create({"name": "Morel"})
    assert created["name"] == "Morel"
    assert created.etag == f'"{created["last_modified"]}"'
    assert mushrooms.get(created["id"]) == created

    updated = mushrooms.update(created["id"], {"name": "Boletus"}, if_match=created)
    assert updated.timestamp > created.timestamp
    replaced = mushrooms.replace(created["id"], {"name": "Cep"}, if_match=updated.etag)
    assert replaced["name"] == "Cep"

    tombstone = mushrooms.delete(created["id"], if_match=replaced.timestamp)
    assert tombstone.deleted
    with pytest.raises(ProtocolError) as refused:
        mushrooms.get(created["id"])
    assert (refused.value.status, refused.value.errno) == (404, 111)


def test_a_conflict_has_the_present_record(mushrooms):
    created = mushrooms.create({"name": "Morel"})
    present = mushrooms.update(created["id"], {"name": "Boletus"})

    with pytest.raises(Conflict) as conflict:
        mushrooms.update(created["id"], {"name": "Cep"}, if_match=created)

    assert conflict.value.existing == present
    assert isinstance(conflict.value.existing, Record)
    assert conflict.value.errno == 114


def test_only_creating_what_exists_is_a_conflict(mushrooms):
    created = mushrooms.create({"name": "Morel"})

    with pytest.raises(Conflict):
        mushrooms.replace(created["id"], {"name": "Cep"}, if_none_match="*")


def test_permissions_are_sent_and_read(client):
    shared = client.collection("/toadstools")
    created = shared.create({"name": "Fly"}, permissions={"read": ["system.Everyone"]})

    assert created.permissions["read"] == ["system.Everyone"]
    assert next(shared.list()).permissions is None


def test_a_list_is_read_page_by_page(mushrooms, network):
    created = [mushrooms.create({"name": f"{n}"}) for n in range(5)]
    network.sent.clear()

    records = mushrooms.list(sort="last_modified", limit=2)
    assert network.sent == []
    assert next(records) == created[0]
    assert len(network.sent) == 1
    assert list(records) == created[1:]
    assert len(network.sent) == 3
    assert mushrooms.timestamp == created[-1].timestamp


def test_a_list_is_filtered_sorted_and_cut(mushrooms):
    for name in "abcd":
        mushrooms.create({"name": name})

    found = mushrooms.list({"in_name": ["a", "c", "d"]}, sort="-name", fields=["name"])

    assert [each["name"] for each in found] == ["d", "c", "a"]


def test_what_was_changed_since_has_tombstones(mushrooms):
    first = mushrooms.create({"name": "a"})
    second = mushrooms.create({"name": "b"})
    mushrooms.delete(first["id"])

    (tombstone,) = mushrooms.list(since=second)
    assert tombstone.deleted


def test_all_that_filters_select_are_deleted(mushrooms):
    for name in "abb":
        mushrooms.create({"name": name})

    assert len(mushrooms.delete_all({"name": "b"})) == 2
    assert [each["name"] for each in mushrooms.list()] == ["a"]


@pytest.mark.parametrize(
    "name", ["1", "true", "None", ' a"b ', "a,b", "x\\n", "", "é%"]
)
def test_texts_are_found_whatever_they_look_like(mushrooms, name):
    created = mushrooms.create({"name": name or "-"})

    if name:
        assert list(mushrooms.list({"name": created["name"]})) == [created]


def test_a_batch_is_sent_at_its_end(client, network):
    with client.batch() as batch:
        mushrooms = batch.collection("mushrooms")
        created = [mushrooms.create({"name": f"{n}"}) for n in range(60)]
        assert network.sent == []

    assert [each.result()["name"] for each in created] == [f"{n}" for n in range(60)]
    # The hello page tells how many requests a batch may have.
    assert network.sent == ["GET /v0/", *["POST /v0/batch"] * 3]


def test_what_a_batch_is_refused_is_raised_and_the_rest_is_done(client, mushrooms):
    kept = mushrooms.create({"name": "Morel"})

    with pytest.raises(ExceptionGroup) as refused, client.batch() as batch:
        collection = batch.collection("mushrooms")
        missing = collection.get(str(uuid.uuid4()))
        changed = collection.update(kept["id"], {"name": "Cep"}, if_match=kept)

    assert [error.status for error in refused.value.exceptions] == [404]
    assert changed.result()["name"] == "Cep"
    with pytest.raises(ProtocolError):
        missing.result()


def test_a_block_that_raises_sends_nothing(client, network):
    with pytest.raises(ZeroDivisionError), client.batch() as batch:
        deferred = batch.collection("mushrooms").create({"name": "Morel"})
        raise ZeroDivisionError

    assert network.sent == []
    with pytest.raises(Exception, match="not sent"):
        deferred.result()


def test_changes_are_followed_in_order_from_now_on(mushrooms, waits):
    mushrooms.create({"name": "before"})
    changes = mushrooms.changes(wait=7)
    seen = []

    def write_and_wait(seconds):
        waits.append(seconds)
        seen.append(mushrooms.create({"name": f"{len(seen)}"}))

    mushrooms._client._sleep = write_and_wait
    assert [next(changes) for _ in range(3)] == seen
    assert waits == [7, 7, 7]


def test_changes_go_on_from_the_last_one(mushrooms):
    written = [mushrooms.create({"name": f"{n}"}) for n in range(3)]
    mushrooms.delete(written[0]["id"])

    changes = mushrooms.changes(since=written[0])

    assert [next(changes) for _ in range(2)] == written[1:]
    assert next(changes).deleted


def test_who_may_miss_deletions_is_told(mushrooms, application):
    known, new = (mushrooms.create({"name": name}) for name in ("Morel", "Cep"))
    [scope] = application.registry.storage.scopes()
    application.registry.storage.raise_horizon(*scope, new.timestamp)
    transaction.commit()

    with pytest.raises(HistoryForgotten, match=str(new.timestamp)) as told:
        next(mushrooms.changes(since=known))
    assert told.value.horizon == new.timestamp
    assert list(mushrooms.list(since=known)) == [new]
    assert mushrooms.horizon == new.timestamp
    assert list(mushrooms.list()) == [new, known]
    assert mushrooms.horizon == 0


def test_who_reads_while_deletions_are_forgotten_is_told(mushrooms, application):
    known, *_, new = (mushrooms.create({"name": name}) for name in "abc")
    found = mushrooms.list(since=known, limit=1)
    next(found)
    assert mushrooms.horizon == 0

    [scope] = application.registry.storage.scopes()
    application.registry.storage.raise_horizon(*scope, new.timestamp)
    transaction.commit()

    list(found)
    assert mushrooms.horizon == new.timestamp


def test_a_poll_that_is_refused_for_it_tells_as_much(
    mushrooms, application, monkeypatch
):
    monkeypatch.setitem(application.registry.settings, "expired_since", "gone")
    known = mushrooms.create({"name": "Morel"})
    [scope] = application.registry.storage.scopes()
    application.registry.storage.raise_horizon(*scope, known.timestamp + 1)
    transaction.commit()

    with pytest.raises(HistoryForgotten) as told:
        list(mushrooms.list(since=known))
    assert told.value.status == 410
    assert told.value.horizon == known.timestamp + 1


@pytest.mark.parametrize(
    ("wait", "asked"), [(0.25, ""), (20, "_wait=20"), (90, "_wait=25")]
)
def test_a_server_with_live_changes_is_not_asked_over_and_over(
    mushrooms, network, wait, asked
):
    known = mushrooms.create({"name": "before"})
    hello = mushrooms._client.info()
    mushrooms._client.session._hello = {**hello, "capabilities": {"stream": {}}}
    follower = Follower(
        mushrooms._client.session, mushrooms.path, known["last_modified"], wait, None
    )

    # It has no streams.
    mushrooms._client.run(follower.look())
    look = mushrooms._client.run(follower.look())

    assert look.records == []
    assert ("_wait" in network.sent[-1]) == bool(asked)
    assert asked in network.sent[-1]
    # Either the server waits, or the client does.
    assert look.pause == (0 if asked else wait)


# --- Answers that do not come --------------------------------------------------------


def test_a_request_that_did_not_arrive_is_sent_again(mushrooms, network, waits):
    network.fate = Cuts(["unsent", "unsent", None])

    mushrooms.create({"name": "Morel"})

    assert len(list(mushrooms.list())) == 1
    assert waits == pytest.approx([0.2, 0.4])


def test_a_creation_whose_answer_was_lost_is_not_repeated_blindly(mushrooms, network):
    network.fate = Cuts(["lost"])

    with pytest.raises(UnreachableError, match="POST"):
        mushrooms.create({"name": "Morel"})

    assert len(list(mushrooms.list())) == 1


@pytest.mark.parametrize("method", ["replace", "delete", "get"])
def test_what_may_be_done_twice_is_sent_again(mushrooms, network, method):
    created = mushrooms.create({"name": "Morel"})
    network.fate = Cuts(["lost", None])

    if method == "replace":
        record = mushrooms.replace(created["id"], {"name": "Cep"}, if_match=created)
        assert record == mushrooms.get(created["id"])
        assert record["name"] == "Cep"
    elif method == "delete":
        assert mushrooms.delete(created["id"], if_match=created).deleted
    else:
        assert mushrooms.get(created["id"]) == created


def test_patience_ends(mushrooms, network, waits):
    network.fate = lambda _: "unsent"

    with pytest.raises(UnreachableError):
        mushrooms.get("a")

    assert len(waits) == 4


def test_what_caches_may_answer_is_asked_for_without_credentials(make_client, network):
    client = make_client(headers={"X-API-Key": "k", "Cookie": "a=b", "X-Tenant": "t"})

    with pytest.raises(ProtocolError) as refused:
        client.run(calls.read_snapshot("/mushrooms", 5))

    sent = network.requests[-1]
    assert sent.url.raw_path == b"/v0/mushrooms/__snapshot__?_expected=5"
    assert {*sent.headers}.isdisjoint({"authorization", "x-api-key", "cookie"})
    assert sent.headers["X-Tenant"] == "t"
    assert refused.value.status == 404
    client.info()
    assert "Authorization" in network.requests[-1].headers


def test_a_busy_server_is_left_alone_as_long_as_it_asks(mushrooms, network, waits):
    busy = httpx.Response(503, headers={"Retry-After": "30"}, json={"errno": 201})
    network.fate = Cuts([busy, None])

    assert list(mushrooms.list()) == []

    assert waits == pytest.approx([30.2])


def test_whoever_asks_for_too_much_is_told_to_the_caller(mushrooms, network, waits):
    busy = httpx.Response(503, headers={"Retry-After": "3600"}, text="<p>Busy</p>")
    network.fate = Cuts([busy])

    with pytest.raises(ProtocolError) as refused:
        mushrooms.get("a")

    assert refused.value.headers["retry-after"] == "3600"
    assert refused.value.errno is None
    assert waits == []


def test_backoff_delays_the_next_request(mushrooms, network, waits):
    loaded = httpx.Response(
        200, headers={"Backoff": "10", "ETag": '"1"'}, json={"data": []}
    )
    network.fate = Cuts([loaded, None])

    list(mushrooms.list())
    assert waits == []
    list(mushrooms.list())
    assert waits == [10]


def test_an_alert_is_logged_once(client, mushrooms, network, caplog):
    alert = '{"code": "soft-eol", "message": "Soon", "url": "http://x"}'
    headers = {"Alert": alert, "ETag": '"1"'}
    network.fate = lambda _: httpx.Response(200, headers=headers, json={"data": []})

    list(mushrooms.list())
    list(mushrooms.list())

    assert client.session.alert["message"] == "Soon"
    assert [r.name for r in caplog.records if "Soon" in r.getMessage()] == [
        "cliquet.client"
    ]
