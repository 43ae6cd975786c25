"""Clients of a server that listens."""

import threading
import uuid

import pytest

from cliquet.client import Client

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")


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
