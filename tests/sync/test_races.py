"""Of any number of writers that hold the same ETag, one succeeds."""

import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from cliquet.testing.servers import Services
from tests.contract.backends import APP_ENGINES, AppEngine
from tests.sync.proof import COLLECTION, Client, servers, settings_for

CLIENTS = 16
RECORD = f"{COLLECTION}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"


@pytest.fixture(scope="module", params=APP_ENGINES, ids=lambda engine: engine.id)
def ports(
    request: pytest.FixtureRequest,
    services: Services,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """Ports of the server processes of one engine."""
    engine: AppEngine = request.param
    url = engine.url(services, tmp_path_factory.mktemp("races"))
    settings = settings_for(engine.id, url)
    engine.prepare(settings)
    with servers(settings, engine.processes) as found:
        yield found


@dataclass(frozen=True)
class User:
    """Somebody whose collection nobody saw."""

    ports: list[int]
    headers: dict[str, str]

    def client(self, number: int = 0) -> Client:
        return Client(self.ports[number % len(self.ports)], self.headers)

    def start(self, path: str) -> str:
        """Put a record there, and return the ETag of a path."""
        with self.client() as client:
            put(client, "start")
            etag: str = client.send("GET", path)[1]["etag"]
        return etag

    def race(self, send: Callable[[Client, int], int]) -> Counter[int]:
        """Let all clients send at the same moment; how often each status came."""
        barrier = threading.Barrier(CLIENTS)
        statuses: list[int] = []

        def run(number: int) -> None:
            with self.client(number) as client:
                client.send("GET", "/v0/__lbheartbeat__")
                barrier.wait(60)
                statuses.append(send(client, number))

        threads = [threading.Thread(target=run, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Counter(statuses)


@pytest.fixture
def user(ports: list[int]) -> User:
    credentials = b64encode(f"{uuid4().hex}:".encode()).decode()
    return User(ports, {"Authorization": f"Basic {credentials}"})


def put(client: Client, name: str, headers: dict[str, str] | None = None) -> int:
    return client.send("PUT", RECORD, {"data": {"name": name}}, headers)[0]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_one_writer_of_sixteen_with_the_same_etag_succeeds(
    user: User, method: str
) -> None:
    etag = user.start(RECORD)

    def send(client: Client, number: int) -> int:
        body = None if method == "DELETE" else {"data": {"name": str(number)}}
        return client.send(method, RECORD, body, {"If-Match": etag})[0]

    statuses = user.race(send)

    losers = statuses[412] + (statuses[404] if method == "DELETE" else 0)
    assert statuses[200] == 1
    assert losers == CLIENTS - 1


def test_one_creator_of_sixteen_with_if_none_match_star_succeeds(user: User) -> None:
    statuses = user.race(
        lambda client, number: put(client, str(number), {"If-None-Match": "*"})
    )

    assert statuses == {201: 1, 412: CLIENTS - 1}


def test_only_one_of_sixteen_plain_creators_is_told_so(user: User) -> None:
    statuses = user.race(lambda client, number: put(client, str(number)))

    assert statuses == {201: 1, 200: CLIENTS - 1}


def test_one_post_of_sixteen_with_the_collection_etag_succeeds(user: User) -> None:
    etag = user.start(COLLECTION)

    def post(client: Client, number: int) -> int:
        body = {"data": {"name": str(number)}}
        return client.send("POST", COLLECTION, body, {"If-Match": etag})[0]

    assert user.race(post) == {201: 1, 412: CLIENTS - 1}


def test_reads_and_writes_of_a_collection_nobody_saw_all_succeed(user: User) -> None:
    def read_or_write(client: Client, number: int) -> int:
        if number % 2:
            return client.send("GET", COLLECTION)[0]
        return client.send("POST", COLLECTION, {"data": {"name": str(number)}})[0]

    assert user.race(read_or_write) == {200: CLIENTS // 2, 201: CLIENTS // 2}
