"""Wake-ups, on every engine: after the commit, in this process and from others."""

import threading

import pytest
import transaction
from pyramid.exceptions import ConfigurationError

from cliquet.live.hub import Flag, Hub, place_of
from cliquet.live.post import Post, connect
from tests.contract.backends import APP_ENGINES
from tests.contract.history import Service

PLACE = place_of("memo", "here")
OTHER = place_of("memo", "there")
TENANT = {"X-Tenant": "here"}


class Seat(Flag):
    """Somebody who waits, and notes what is there for others when they are woken."""

    def __init__(self, storage) -> None:
        self.seen = []
        self._storage = storage

    def set(self) -> None:
        reader = threading.Thread(target=self._look)
        reader.start()
        reader.join()

    def _look(self) -> None:
        found, _ = self._storage.get_all("memo", "here", include_deleted=True)
        self.seen.append(sorted(str(each.get("n", "gone")) for each in found))


@pytest.fixture(scope="module")
def waking(engine, engine_url):
    """A service that lets clients wait, with one transaction for each request."""
    settings = {"stream_max_clients": 5, "transaction_per_request": True}
    return Service(engine, engine_url, [], **settings)


@pytest.fixture
def live(waking):
    waking.flush()
    yield waking
    waking.flush()


@pytest.fixture
def seat(live):
    hub, seat = live.registry.live, Seat(live.registry.storage)
    assert hub.take(PLACE, seat)
    yield seat
    hub.leave(PLACE, seat)
    assert hub.clients == 0


def send(live, method, path, n=None, **headers):
    body = None if n is None else {"data": {"n": n}}
    headers = {**TENANT, **headers}
    return live.send(method, path, body=body, headers=headers)


def test_every_change_wakes_once_it_can_be_read(live, seat):
    made = send(live, "POST", "/memos", 1).json["data"]
    url = f"/memos/{made['id']}"
    send(live, "PUT", url, 2)
    send(live, "PATCH", url, 3)
    send(live, "GET", url)
    send(live, "DELETE", url)
    send(live, "PUT", url, 4)
    send(live, "DELETE", "/memos")

    assert seat.seen == [["1"], ["2"], ["3"], ["gone"], ["4"], ["gone"]]


def test_a_batch_wakes_once(live, seat):
    live.batch(
        *[("POST", "/memos", "alice", {"data": {"n": n}}, TENANT) for n in (1, 2)]
    )

    joins = live.registry.storage.joins_transaction
    assert seat.seen == ([["1", "2"]] if joins else [["1"], ["1", "2"]])


def test_what_is_undone_wakes_nobody(live, seat):
    hub, place = live.registry.live, place_of("task", "/projects/a")
    hub.take(place, seat)
    refused = {"headers": {"X-Refuse": "1"}, "status": 403}
    live.send("POST", "/projects/a/tasks", body={"data": {"n": 1}}, **refused)
    hub.leave(place, seat)

    undone = live.registry.storage.joins_transaction
    assert len(seat.seen) == (0 if undone else 1)


def test_others_are_not_woken(live, seat):
    send(live, "POST", "/memos", 1, **{"X-Tenant": "there"})
    live.send("POST", "/notes", body={"data": {"n": 1}})

    assert seat.seen == []


def test_code_that_writes_wakes_as_well(live, seat):
    storage = live.registry.storage

    storage.create("memo", "here", {"n": 1})
    transaction.commit()
    storage.delete_all(collection_id="memo", parent_id="here")
    transaction.commit()
    storage.create("memo", "here", {"n": 2})
    transaction.abort()

    undone = [] if storage.joins_transaction else [["2", "gone"]]
    assert seat.seen == [["1"], ["gone"], *undone]


def test_what_is_deleted_with_others_wakes(live, seat):
    storage = live.registry.storage
    storage.create("memo", "here", {"n": 1})
    transaction.commit()
    seat.seen.clear()

    storage.delete_of_parents("memo", ["here", "there"])
    transaction.commit()

    assert {*map(tuple, seat.seen)} == {("gone",)}


# --- Other processes -------------------------------------------------------------


class Woken(Flag):
    """A flag that a test waits for: it is set by the thread that listens."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def expect(self) -> None:
        assert self._event.wait(60), "nobody woke it"
        self._event.clear()


@pytest.mark.parametrize(
    "engine",
    # One in memory is of one process alone.
    [each for each in APP_ENGINES if each.processes > 1],
    ids=lambda engine: engine.id,
)
def test_other_processes_are_woken(engine, services, tmp_path):
    url = engine.url(services, tmp_path)
    writer, reader, storage = Hub(0), Hub(1), engine.load("storage", url)
    connect(writer, url)
    connect(reader, url)
    flag = Woken()
    reader.take(PLACE, flag)
    try:
        # Once it listens: something may have been missed before.
        flag.expect()
        if engine.id == "sqlite":
            storage.create("memo", "here", {"n": 1})
        else:
            writer.changed([OTHER, PLACE])
        flag.expect()
    finally:
        reader.leave(PLACE, flag)


@pytest.mark.parametrize("url", [
    "nowhere", "mysql://localhost/a", "http://a:secret@b/", "redis://:secret@a/0?b=c",
    "redis+sentinel://:secret@a:1/",
])  # fmt: skip
def test_urls_of_others_are_refused(url):
    with pytest.raises(ConfigurationError, match="stream_wakeups_url") as refused:
        connect(Hub(1), url)

    assert "secret" not in str(refused.value)


class Nothing:
    """A carrier that brings nothing."""


def test_a_process_does_not_hear_itself():
    hub = Hub(1)
    post, other = Post(Nothing(), hub), Post(Nothing(), hub)
    woken = []
    hub.wake = woken.append

    for text in [*post.texts([PLACE]), *other.texts([OTHER])]:
        post.hear(text)

    assert woken == [[OTHER]]


def test_many_places_are_told_in_parts():
    names = [place_of("memo", str(number)) for number in range(500)]

    texts = list(Post(Nothing(), Hub(1)).texts(names))

    # PostgreSQL takes less than 8,000 bytes.
    assert max(map(len, texts)) < 8000
    assert [name for text in texts for name in text.split(" ")[1:]] == names
