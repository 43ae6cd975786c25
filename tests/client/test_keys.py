"""A client gives a key to what cannot be done twice, where the service keeps answers."""

import httpx
import pytest

from cliquet.client import Client, Conflict, Patience
from cliquet.tests import testapp as sample
from cliquet.tests.support import DEFAULT_SETTINGS
from tests.client.network import Cuts, Network, Waits

RUNNING = {"code": 409, "errno": 120, "error": "Conflict"}
TAKEN = {"code": 409, "errno": 122, "error": "Conflict", "details": {}}


@pytest.fixture(scope="module")
def application():
    memory = {
        f"{kind}_backend": f"cliquet.{kind}.memory"
        for kind in ("storage", "permission", "cache")
    }
    return sample.main(
        {
            **DEFAULT_SETTINGS,
            **memory,
            "project_name": "keys",
            "announce_capabilities": "true",
        }
    )


@pytest.fixture
def network(application):
    application.registry.storage.flush()
    return Network(application)


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def client(network, waits):
    patience = Patience(clock=lambda: waits.now, chance=lambda: 1.0)
    with Client(
        "http://localhost/v0",
        ("alice", "secret"),
        transport=network,
        patience=patience,
        sleep=waits,
    ) as client:
        yield client


@pytest.fixture
def mushrooms(client):
    return client.collection("mushrooms")


def test_a_creation_whose_answer_was_lost_is_done_once(mushrooms, network):
    network.fate = Cuts(["lost"])

    created = mushrooms.create({"name": "Morel"})

    assert list(mushrooms.list()) == [created]


def test_a_change_whose_answer_was_lost_is_done_once(mushrooms, network):
    created = mushrooms.create({"name": "Morel"})
    network.fate = Cuts(["lost"])

    changed = mushrooms.update(created["id"], {"name": "Cep"})

    assert mushrooms.get(created["id"]) == changed


def test_a_batch_whose_answer_was_lost_is_done_once(client, mushrooms, network):
    network.fate = Cuts([None, "lost"])
    client.info()

    with client.batch() as batch:
        for name in ("Morel", "Cep"):
            batch.collection("mushrooms").create({"name": name})

    assert len(list(mushrooms.list())) == 2


def test_what_is_still_running_is_asked_for_again(mushrooms, network, waits):
    running = httpx.Response(409, json=RUNNING, headers={"Retry-After": "1"})
    network.fate = Cuts(["lost", None, running, None])

    created = mushrooms.create({"name": "Morel"})

    assert list(mushrooms.list()) == [created]
    assert waits[-1] >= 1


def test_other_conflicts_are_told_at_once(mushrooms, network, waits):
    network.fate = Cuts([httpx.Response(409, json=TAKEN)])

    with pytest.raises(Conflict):
        mushrooms.create({"name": "Morel"})

    assert list(waits) == []
