"""Streams of collections whose deletions are not all known (docs: live)."""

import pytest
import transaction

from tests.http.conftest import ALICE_ID, SEATS
from tests.http.test_live import event, events, meanwhile, stream

__all__ = ["meanwhile"]


@pytest.fixture
def raise_horizon(live):
    def raise_horizon(horizon):
        live.app.registry.storage.raise_horizon("mushroom", ALICE_ID, horizon)
        transaction.commit()

    return raise_horizon


def test_streams_from_before_are_told_first(
    live, alice, create, raise_horizon, meanwhile
):
    known, new = create("morel"), create("cep")
    raise_horizon(new["last_modified"])

    since = str(known["last_modified"])
    with stream(live, alice, f"?_since={since}") as followed:
        assert followed.headers["Horizon"] == f'"{new["last_modified"]}"'
        assert followed.read() == f"id: {since}\n\n"
        assert followed.read() == f"event: horizon\ndata: {new['last_modified']}\n\n"
        assert events(followed.read()) == [event(new)]


def test_streams_from_after_are_not(live, alice, create, raise_horizon, meanwhile):
    known, new = create("morel"), create("cep")
    raise_horizon(known["last_modified"])

    with stream(live, alice, f"?_since={known['last_modified']}") as followed:
        assert "Horizon" not in followed.headers
        followed.read()
        assert events(followed.read()) == [event(new)]


def test_streams_that_are_overtaken_are_told_once(
    live, alice, create, raise_horizon, meanwhile
):
    create("morel")
    made = []

    def restore():
        made.append(create("cep"))
        raise_horizon(made[0]["last_modified"])

    meanwhile.then(restore, lambda: made.append(create("boletus")))

    with stream(live, alice) as followed:
        followed.read()
        assert followed.read().startswith("event: horizon\ndata: ")
        assert events(followed.read()) == [event(made[0])]
        assert events(followed.read()) == [event(made[1])]


def test_pages_of_a_stream_tell_it_once(
    live, alice, create, raise_horizon, meanwhile, monkeypatch
):
    monkeypatch.setattr("cliquet.live.asked.PAGE", 1)
    known, *new = (create(name) for name in "abc")
    raise_horizon(new[-1]["last_modified"])

    with stream(live, alice, f"?_since={known['last_modified']}") as followed:
        followed.read()
        assert followed.read().startswith("event: horizon\n")
        assert events(followed.read()) == [event(new[0])]
        assert events(followed.read()) == [event(new[1])]


def test_where_polls_are_refused_streams_end(make_app, alice):
    app = make_app(**SEATS, expired_since="gone")
    sent = {"data": {"name": "morel"}}
    known = app.post_json("/mushrooms", sent, headers=alice).json["data"]
    horizon = known["last_modified"] + 1
    app.app.registry.storage.raise_horizon("mushroom", ALICE_ID, horizon)
    transaction.commit()

    refused = app.get(
        f"/mushrooms?_since={known['last_modified']}",
        headers={**alice, "Accept": "text/event-stream"},
        status=410,
    )

    assert refused.json["errno"] == 123
