"""Clients of a server that listens: `CLIQUET_TEST_URL` names one, else it is started.

It has the collections of the sample of the conformance kit.
"""

import os
import threading
import uuid

import pytest

from cliquet.client import Client
from cliquet.conformance.starter import started


@pytest.fixture(scope="module")
def url(services, tmp_path_factory):
    named = os.environ.get("CLIQUET_TEST_URL")
    if named:
        yield named.rstrip("/")
        return
    path = tmp_path_factory.mktemp("served") / "served.sqlite"
    settings = {}
    for kind in ("storage", "cache", "permission"):
        settings[f"{kind}_backend"] = f"cliquet.{kind}.sqlite"
        settings[f"{kind}_url"] = f"sqlite:///{path}"
    with started(None, "waitress", settings) as root:
        yield f"{root}v1"


@pytest.fixture
def auth():
    """A user whom nobody else is."""
    return f"user-{uuid.uuid4()}", "secret"


def test_two_devices(url, auth, tmp_path):
    with Client(url, auth) as client:
        notes = client.collection("notes")
        phone, laptop = (
            notes.local(tmp_path / "phone"),
            notes.local(tmp_path / "laptop"),
        )
        for number in range(40):
            phone.put({"title": f"Note {number}"})
        assert phone.sync().pushed == 40
        assert laptop.sync().pulled == 40

        edited = phone.list()[0]
        phone.put({**edited, "title": "of the phone"})
        laptop.put({**edited, "title": "of the laptop"})
        phone.sync()
        assert len(laptop.sync("client").conflicts) == 1
        phone.sync()

        assert phone.list() == laptop.list()
        assert phone.get(edited["id"])["title"] == "of the laptop"
        phone.close()
        laptop.close()


def test_one_client_serves_several_threads(url, auth):
    with Client(url, auth) as client:
        notes = client.collection("notes")
        created = []

        def create():
            created.extend(notes.create({"title": "x"})["id"] for _ in range(10))

        threads = [threading.Thread(target=create) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {each["id"] for each in notes.list()} == set(created)
        assert len(created) == 40
