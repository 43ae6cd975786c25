"""The client for event loops does what the one for threads does."""

import asyncio
import inspect

import httpx
import pytest

from cliquet import client as package
from cliquet.client import (
    AsyncClient,
    Conflict,
    Patience,
    ProtocolError,
    UnreachableError,
)
from cliquet.client.calls import read_snapshot
from tests.client.network import Network

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")

PAIRS = [
    (package.Client, package.AsyncClient),
    (package.Collection, package.AsyncCollection),
    (package.LocalCollection, package.AsyncLocalCollection),
]


class AsyncNetwork(httpx.AsyncBaseTransport):
    """The network of the other tests, for event loops."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = self._network.handle_request(request)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            content=response.read(),
            request=request,
        )


@pytest.fixture
def run(network, waits):
    """Run a scenario with a client."""

    async def sleep(seconds):
        waits(seconds)

    async def start(scenario):
        async with AsyncClient(
            "http://localhost/v0",
            ("alice", "secret"),
            transport=AsyncNetwork(network),
            patience=Patience(clock=lambda: waits.now),
            sleep=sleep,
        ) as client:
            await scenario(client)

    return lambda scenario: asyncio.run(start(scenario))


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda each: each.__name__)
def test_both_have_the_same_calls(one, other):
    def calls(cls):
        return {
            name: [
                (each.name, each.kind, each.default)
                for each in inspect.signature(found).parameters.values()
                if each.name not in ("transport", "sleep", "blocks")
            ]
            for name, found in inspect.getmembers(cls, inspect.isfunction)
            if not name.startswith("_")
        }

    assert calls(one) == calls(other)


def test_what_caches_may_answer_is_asked_for_without_credentials(run, network):
    async def scenario(client):
        with pytest.raises(ProtocolError):
            await client.run(read_snapshot("/mushrooms"))

    run(scenario)

    sent = network.requests[-1]
    assert sent.url.raw_path == b"/v0/mushrooms/__snapshot__"
    assert "Authorization" not in sent.headers


def test_records(run):
    async def scenario(client):
        assert (await client.info())["project_name"] == "myapp"
        mushrooms = client.collection("mushrooms")
        created = await mushrooms.create({"name": "Morel"})
        updated = await mushrooms.update(created["id"], {"name": "Cep"})
        assert await mushrooms.get(created["id"]) == updated
        with pytest.raises(Conflict):
            await mushrooms.replace(created["id"], {"name": "x"}, if_match=created)
        replaced = await mushrooms.replace(created["id"], {"name": "x"})
        assert [each async for each in mushrooms.list()] == [replaced]
        assert (await mushrooms.delete(created["id"])).deleted
        assert await mushrooms.delete_all() == []

    run(scenario)


def test_batches_and_pages(run):
    async def scenario(client):
        async with client.batch() as batch:
            mushrooms = batch.collection("mushrooms")
            created = [mushrooms.create({"name": f"{n}"}) for n in range(7)]
        listed = [each async for each in client.collection("mushrooms").list()]
        assert {e["id"] for e in listed} == {e.result()["id"] for e in created}

    run(scenario)


def test_changes(run, waits):
    async def scenario(client):
        mushrooms = client.collection("mushrooms")
        created = [await mushrooms.create({"name": f"{n}"}) for n in range(5)]
        changes = mushrooms.changes(since=created[0])
        assert [await anext(changes) for _ in range(4)] == created[1:]

    run(scenario)


def test_a_request_that_did_not_arrive_is_sent_again(run, network, waits):
    async def scenario(client):
        network.fate = lambda _: "unsent"
        with pytest.raises(UnreachableError):
            await client.info()
        assert len(waits) == 4

    run(scenario)


def test_copies(run, tmp_path):
    async def scenario(client):
        mushrooms = client.collection("mushrooms")
        phone = mushrooms.local(tmp_path / "phone.sqlite")
        async with phone, mushrooms.local(tmp_path / "laptop.sqlite") as laptop:
            kept = await phone.put({"name": "Morel"})
            assert await phone.pending() == 1
            assert (await phone.sync()).pushed == 1
            await laptop.sync()
            assert await laptop.list() == await phone.list()
            assert await laptop.get(kept["id"]) == await phone.get(kept["id"])
            await laptop.delete(kept["id"])
            await laptop.sync()
            await phone.sync()
            assert await phone.list() == []

    run(scenario)
