"""Replicas that replay: paused, resumed, killed, and left behind by their primary."""

import uuid

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.testing.servers import PostgreSQLServer
from cliquet.tests.testapp import main as build_app
from tests.pooler import PgBouncer, find_pgbouncer
from tests.postgresql.conftest import build_sharing_app
from tests.replication import Standby, kill
from tests.sync.proof import HEADERS as MAT
from tests.sync.proof import settings_for
from tests.waiting import Clock, eventually

LIST = "/v0/mushrooms"

pytestmark = pytest.mark.long


class Service:
    """An application on a primary and a standby."""

    def __init__(self, through=lambda url: url, pool=lambda server, url: url):
        self.primary = PostgreSQLServer()
        self.url = self.primary.create_database()
        build_sharing_app(through(self.url))
        self.standby = Standby(self.primary)
        self.standby.catch_up()
        there = pool(self.standby, self.standby.of(self.url))
        self.app = self.build(
            through(self.url),
            storage_read_url=through(there),
            permission_read_url=through(there),
        )

    def build(self, url, **settings):
        settings = {**settings_for("postgresql", url), **settings}
        return TestApp(build_app(config=Configurator(settings=settings)))

    def write(self, path, name):
        """Write, and return the entity tag."""
        body = {"data": {"name": name}}
        return self.app.put_json(path, body, headers=MAT).headers["ETag"]

    def read(self, path, tag=None, status=None):
        headers = {**MAT, **({"Cliquet-Min-Timestamp": tag} if tag else {})}
        return self.app.get(path, headers=headers, status=status)

    def name(self, path, tag=None):
        return self.read(path, tag).json["data"]["name"]

    def close(self):
        self.standby.close()
        self.primary.close()


@pytest.fixture(params=["psycopg2", "psycopg", "pgbouncer"])
def service(request):
    poolers = []

    def pool(server, url):
        poolers.append(PgBouncer(server))
        return poolers[-1].through(url)

    if request.param == "pgbouncer" and find_pgbouncer() is None:
        pytest.fail("PgBouncer is missing: apt-get install pgbouncer")
    options = {
        "psycopg2": {},
        "psycopg": {"through": lambda url: url.replace("://", "+psycopg://")},
        "pgbouncer": {"pool": pool},
    }
    started = Service(**options[request.param])
    yield started
    for each in poolers:
        each.close()
    started.close()


@pytest.fixture
def path():
    return f"{LIST}/{uuid.uuid4()}"


def test_clients_read_their_writes_however_far_a_replica_is(service, path):
    old = service.write(path, "old")
    service.standby.catch_up()
    service.standby.pause()
    new = service.write(path, "new")

    assert service.name(path) == "old"
    assert service.name(path, old) == "old"
    assert service.name(path, new) == "new"
    assert service.read(f"{LIST}?_since={old}").json["data"] == []
    polled = service.read(f"{LIST}?_since={old}", new)
    assert [each["name"] for each in polled.json["data"]] == ["new"]
    service.write(path, "newer")
    # Time goes by, while nothing is replayed.
    assert eventually(lambda: _lag(service) > 0)

    service.standby.resume()
    service.standby.catch_up()
    assert service.name(path) == "newer"
    # The heartbeat writes, too.
    assert eventually(lambda: _lag(service) == 0)


def _lag(service):
    told = service.app.get("/v0/__heartbeat__").json["storage_replicas"]
    return told[0]["lag_seconds"]


def test_a_replica_that_dies_is_missed_by_nobody(service, path):
    tag = service.write(path, "old")
    service.standby.catch_up()
    replica = service.app.app.registry.storage.replicas.members[0]
    clock = replica._clock = Clock()
    assert service.name(path) == "old"

    kill(service.standby)
    service.write(path, "new")
    assert service.name(path) == "new"
    assert service.name(path, tag) == "new"
    assert service.read("/v0/__heartbeat__").json["storage_replicas"] == [
        {"lag_seconds": None}
    ]

    service.standby.start()
    service.standby.catch_up()
    service.standby.pause()
    service.write(path, "newer")

    def is_asked_again():
        # A pooler in between takes its time to connect again, too.
        clock.now += 10
        return service.name(path) == "new"

    assert eventually(is_asked_again)


def test_reads_go_on_without_the_primary(service, path):
    old = service.write(path, "old")
    service.standby.catch_up()
    service.standby.pause()
    new = service.write(path, "new")
    kill(service.primary)

    assert service.name(path) == "old"
    assert service.name(path, old) == "old"
    refused = service.read(path, new, status=503)
    # Nobody has it: that is no news, and nothing older is.
    assert int(refused.headers["Retry-After"]) > 0
    assert "ETag" not in refused.headers


def test_what_only_reads_on_a_replica_says_that_it_lags(service, path):
    old = service.write(path, "old")
    service.standby.catch_up()
    service.standby.pause()
    new = service.write(path, "new")
    there = service.standby.of(service.url)
    service.app = service.build(there, readonly="true")

    assert service.name(path, old) == "old"
    assert service.read(path).status_int == 200
    service.app.get(LIST, headers={**MAT, "If-None-Match": old}, status=304)
    for where in (path, LIST):
        refused = service.read(where, new, status=503)
        assert refused.headers["Retry-After"] == "3"
        known = {**MAT, "If-None-Match": new}
        assert "ETag" not in service.app.get(where, headers=known, status=503).headers

    service.standby.resume()
    service.standby.catch_up()
    assert service.name(path, new) == "new"
    service.app.get(LIST, headers={**MAT, "If-None-Match": new}, status=304)


def test_what_only_reads_on_a_primary_has_all_there_is(service, path):
    service.write(path, "old")
    service.app = service.build(service.url, readonly="true")

    assert service.name(path, "9" * 18) == "old"
