"""Replicas answer what only reads, and nothing that the client knows to be older.

The replica is here a copy of the database that was made at some time: it lags for ever.
Those that replay are in `test_replication.py`.
"""

import base64
import json
import uuid

import psycopg2
import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.request import Request
from sqlalchemy import event
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.protocol.replicas import find_minimum
from cliquet.testing.servers import free_port
from cliquet.tests.testapp import main as build_app
from cliquet.tests.testapp.views import MushroomSchema
from tests.postgresql.conftest import build_sharing_app
from tests.sync.proof import HEADERS as MAT
from tests.sync.proof import settings_for
from tests.waiting import Clock

OTHER = {**MAT, "Authorization": "Basic YWxpY2U6MQ=="}
LIST = "/v0/mushrooms"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


class Pair:
    """An application on a primary, and a copy of what its users wrote at first."""

    def __init__(self, url):
        self.url = url
        writer = TestApp(build_sharing_app(url))
        self.paths = {}
        for name in ("kept", "deleted", "visited"):
            created = writer.post_json(LIST, {"data": {"name": "old"}}, headers=MAT)
            self.paths[name] = f"{LIST}/{created.json['data']['id']}"
        self.path, self.old = self.paths["kept"], created.headers["ETag"]
        for name, readers in (("granted", []), ("revoked", ["system.Authenticated"])):
            body = {"data": {"name": "old"}, "permissions": {"read": readers}}
            self.paths[name] = f"/v0/toadstools/{uuid.uuid4()}"
            writer.put_json(self.paths[name], body, headers=MAT)
        self.copy = copy_of(url)
        self.app = self.build()

    def build(self, **settings):
        """Build another application like it."""
        there = {"storage_read_url": self.copy, "permission_read_url": self.copy}
        settings = {**settings_for("postgresql", self.url), **there, **settings}
        return TestApp(build_app(config=Configurator(settings=settings)))

    @property
    def replica(self):
        return self.app.app.registry.storage.replicas.members[0]

    def get(self, path, auth=MAT, **kwargs):
        headers = {**auth, **kwargs.pop("headers", {})}
        return self.app.get(path, headers=headers, **kwargs)

    def rename(self, name="new"):
        """Write what the copy has not; its entity tag."""
        body = {"data": {"name": name}}
        return self.app.put_json(self.path, body, headers=MAT).headers["ETag"]

    def watch(self):
        """Note the statements that are sent to the copy, and to the primary."""
        registry = self.app.app.registry
        seen = [], []
        engines = self.replica.client.engine, registry.storage.client.engine
        for engine, noted in zip(engines, seen, strict=True):
            event.listen(
                engine,
                "before_cursor_execute",
                lambda *args, noted=noted: noted.append(args[2]),
            )
        return seen


def copy_of(url):
    """Return the URL of a copy of a database, whose connections are cut."""
    place, _, name = url.rpartition("/")
    copy = f"test_{uuid.uuid4().hex}"
    connection = psycopg2.connect(f"{place}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(CUT, [name])
        cursor.execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
    connection.close()
    return f"{place}/{copy}"


@pytest.fixture(scope="module")
def pair(services):
    return Pair(services.postgresql_url())


@pytest.fixture(autouse=True)
def all_are_there(pair):
    yield
    pair.replica._note_here()


def name_of(response):
    return response.json["data"]["name"]


def token_of(timestamp):
    position = {"last_record": {"last_modified": int(timestamp.strip('"'))}}
    return base64.b64encode(json.dumps({**position, "offset": 1}).encode()).decode()


def test_what_only_reads_is_answered_by_a_replica(pair):
    pair.rename()

    assert name_of(pair.get(pair.path)) == "old"
    assert pair.get(LIST).json["data"][0]["name"] == "old"
    assert pair.app.head(LIST, headers=MAT).headers["ETag"] == pair.old


def test_what_writes_reads_from_the_primary(pair):
    new = pair.rename()

    known = {**MAT, "If-Match": new}
    changed = pair.app.patch_json(pair.path, {"data": {"name": "newer"}}, headers=known)

    assert name_of(changed) == "newer"


def test_a_client_reads_what_it_knows_of(pair):
    new = pair.rename()

    assert name_of(pair.get(pair.path, headers={"Cliquet-Min-Timestamp": new})) == "new"
    assert name_of(pair.get(pair.path, headers={"If-Match": new})) == "new"
    assert pair.get(pair.path, headers={"If-None-Match": new}).status_int == 304
    # As it is sent back, where a proxy has compressed what had it.
    weak = pair.get(pair.path, headers={"Cliquet-Min-Timestamp": f"W/{new}"})
    assert name_of(weak) == "new"
    listed = pair.get(LIST, headers={"Cliquet-Min-Timestamp": new.strip('"')})
    assert listed.headers["ETag"] == new
    for query in (f"_since={new}", f"%5Fsince={new}", f"_token={token_of(new)}"):
        assert pair.get(f"{LIST}?{query}").headers["ETag"] == new


def test_a_poll_is_answered_with_no_older_tag_than_it_has(pair):
    new = pair.rename()

    polled = pair.get(LIST, headers={"If-None-Match": new}, status=304)

    assert polled.headers["ETag"] == new


def test_a_deletion_that_the_client_knows_of_is_one(pair):
    path = pair.paths["deleted"]
    deleted = pair.app.delete(path, headers=MAT).headers["ETag"]

    assert pair.get(path).status_int == 200
    pair.get(path, headers={"Cliquet-Min-Timestamp": deleted}, status=404)


def test_a_read_costs_one_statement_and_two_if_the_replica_lags(pair):
    new = pair.rename()
    there, here = pair.watch()

    pair.get(pair.path)
    pair.get(pair.path, headers={"Cliquet-Min-Timestamp": pair.old})
    assert (len(there), len(here)) == (2, 0)

    pair.get(pair.path, headers={"Cliquet-Min-Timestamp": new})
    assert (len(there), len(here)) == (3, 1)


def test_a_poll_costs_one_statement(pair):
    there, here = pair.watch()

    pair.get(LIST, headers={"If-None-Match": pair.old}, status=304)
    pair.get(f"{LIST}?_since={pair.old}")

    # That of the collection, and that and its records.
    assert (len(there), len(here)) == (1 + 2, 0)


def test_a_snapshot_that_a_replica_has_not_reached_is_that_of_the_primary(pair):
    opened = {"spore_read_principals": "system.Everyone",
              "spore_create_principals": "system.Authenticated"}  # fmt: skip
    app, snapshot = pair.build(**opened), "/v0/spores/__snapshot__"
    created = app.post_json("/v0/spores", {"data": {"name": "new"}}, headers=MAT)
    timestamp = created.json["data"]["last_modified"]

    assert app.get(snapshot).json["data"] == []
    answer = app.get(f"{snapshot}?_since=0&_expected={timestamp}").json
    assert [each["name"] for each in answer["data"]] == ["new"]
    assert answer["timestamp"] == timestamp
    app.get(f"{snapshot}?_expected={timestamp + 1}", status=503)


def test_what_was_granted_is_seen_by_whom_it_was_told(pair):
    path, everybody = pair.paths["granted"], {"read": ["system.Authenticated"]}
    granted = pair.app.patch_json(path, {"permissions": everybody}, headers=MAT)
    told = {"Cliquet-Min-Timestamp": granted.headers["ETag"]}

    pair.get(path, OTHER, status=403)
    assert name_of(pair.get(path, OTHER, headers=told)) == "old"
    # Those who want no permission to lag read them from the primary.
    apart = pair.build(permission_read_url="")
    assert name_of(apart.get(path, headers=OTHER)) == "old"


def test_what_was_revoked_is_not_shown_to_whom_it_was_told(pair):
    path = pair.paths["revoked"]
    body = {"data": {"name": "secret"}, "permissions": {"read": []}}
    revoked = pair.app.put_json(path, body, headers=MAT).headers["ETag"]

    assert name_of(pair.get(path, OTHER)) == "old"
    pair.get(path, OTHER, headers={"If-None-Match": revoked}, status=403)


def batch(pair, *entries):
    answered = pair.app.post_json("/v0/batch", {"requests": entries}, headers=MAT)
    return answered.json["responses"]


def test_a_batch_that_only_reads_is_answered_by_a_replica(pair):
    new = pair.rename()
    entry = {"path": pair.path}
    knowing = {**entry, "headers": {"Cliquet-Min-Timestamp": new}}

    assert batch(pair, entry, {"path": LIST})[0]["body"]["data"]["name"] == "old"
    found = [each["body"]["data"]["name"] for each in batch(pair, entry, knowing)]
    # As a whole: what comes first would be older than what follows.
    assert found == ["new", "new"]


def test_a_batch_that_writes_reads_from_the_primary(pair):
    pair.rename()
    write = {"method": "POST", "path": LIST, "body": {"data": {"name": "a"}}}

    read, _ = batch(pair, {"path": pair.path}, write)

    assert read["body"]["data"]["name"] == "new"


def test_a_replica_that_does_not_answer_is_done_without(pair, caplog):
    gone = f"postgresql://postgres@127.0.0.1:{free_port()}/gone"
    app = pair.build(storage_read_url=gone, permission_read_url=gone)
    replica = app.app.registry.storage.replicas.members[0]
    clock = replica._clock = Clock()
    pair.rename()

    for _ in range(3):
        assert name_of(app.get(pair.path, headers=MAT)) == "new"
    told = [each for each in caplog.records if "does not answer" in each.getMessage()]
    assert len(told) == 1
    assert not replica.is_asked()
    clock.now += 10
    # By one request, and not again by the next ones.
    assert replica.is_asked()
    assert not replica.is_asked()


def test_a_replica_that_is_there_again_is_asked_again(pair):
    clock = pair.replica._clock = Clock()
    pair.replica._note_away(OSError("gone"))
    pair.rename()

    assert name_of(pair.get(pair.path)) == "new"
    clock.now += 10
    assert name_of(pair.get(pair.path)) == "old"
    assert name_of(pair.get(pair.path)) == "old"


def test_connections_that_were_cut_are_opened_again(pair):
    pair.get(pair.path)
    place, _, name = pair.copy.rpartition("/")
    connection = psycopg2.connect(f"{place}/postgres")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
    connection.close()
    pair.rename()

    assert name_of(pair.get(pair.path)) == "old"


def test_replicas_are_asked_in_turn(pair):
    gone = f"postgresql://postgres@127.0.0.1:{free_port()}/gone"
    both = f"{gone} {pair.copy}\n{pair.copy}"
    app = pair.build(storage_read_url=both, permission_read_url=both)
    pair.rename()
    seen = []
    for number, replica in enumerate(app.app.registry.storage.replicas.members):
        event.listen(
            replica.client.engine,
            "before_cursor_execute",
            lambda *args, number=number: seen.append(number),
        )

    for _ in range(6):
        # One that is gone keeps nobody from the others.
        assert name_of(app.get(pair.path, headers=MAT)) == "old"

    assert set(seen) == {1, 2}


RUNS = []


@resource.register(name="mushroom")
class Mushroom(resource.UserResource):
    """Records that are changed when they are read."""

    mapping = MushroomSchema()

    def postprocess(self, result, *args, **kwargs):
        if self.request.method == "GET":
            RUNS.append(result["name"])
            result = self.model.update_record({**result, "name": "visited"})
        return super().postprocess(result, *args, **kwargs)


def test_an_application_that_writes_when_it_reads_is_run_on_the_primary(pair):
    there = {"storage_read_url": pair.copy, "permission_read_url": pair.copy}
    config = Configurator(settings={**settings_for("postgresql", pair.url), **there})
    cliquet.initialize(config, version="0.1")
    config.scan(__name__)
    app = TestApp(config.make_wsgi_app())
    path = pair.paths["visited"]
    app.put_json(path, {"data": {"name": "new"}}, headers=MAT)

    assert name_of(app.get(path, headers=MAT)) == "visited"
    # What relied on the replica was undone.
    assert RUNS == ["old", "new"]


def test_replicas_are_told_of(pair):
    health = pair.app.get("/v0/__heartbeat__").json
    assert health["storage_replicas"] == [{"lag_seconds": 0.0}]
    assert health["permission_replicas"] == [{"lag_seconds": 0.0}]

    pair.replica._note_away(OSError("gone"))
    health = pair.app.get("/v0/__heartbeat__", status=200).json
    assert health["storage_replicas"] == [{"lag_seconds": None}]


def test_the_lag_is_a_metric(pair):
    scraped = pair.build(metrics_backend="prometheus").get("/metrics").text

    assert 'cliquet_replica_lag_seconds{backend="storage",replica="1"} 0.0' in scraped


@pytest.mark.parametrize("value", ["redis://localhost", "nonsense", "sqlite:///file"])
def test_other_databases_are_no_replicas(pair, value):
    with pytest.raises(ConfigurationError, match="storage_read_url"):
        pair.build(storage_read_url=value)


def test_other_engines_have_no_replicas():
    settings = {**settings_for("memory", ""), "storage_read_url": "postgresql://a/b"}
    with pytest.raises(ConfigurationError, match="storage_read_url"):
        cliquet.initialize(Configurator(settings=settings), version="0.1")


@pytest.mark.parametrize("value", ["", "a", "-1", "1.5", '"1', "1" * 19, "1, 2"])
def test_a_minimum_that_is_no_timestamp_is_refused(pair, value):
    refused = pair.get(LIST, headers={"Cliquet-Min-Timestamp": value}, status=400)

    assert refused.json["details"][0]["name"] == "Cliquet-Min-Timestamp"


@pytest.mark.parametrize(
    ("query", "headers", "known"),
    [
        ("", {}, 0),
        ("", {"If-None-Match": 'W/"12", "7"'}, 12),
        ("", {"If-None-Match": "*", "If-Match": '"3"'}, 3),
        ("", {"If-None-Match": '"abc", "1234567890123456789"'}, 0),
        ("_since=5&_since=9", {"Cliquet-Min-Timestamp": "7"}, 9),
        ("_since=%225%22", {}, 5),
        ("_since=5&_expected=8", {}, 8),
        ("_since=abc&_token=abc", {}, 0),
        (f"_token={token_of('8')}", {"If-None-Match": '"7"'}, 8),
        (f"_token={base64.b64encode(b'[]').decode()}", {}, 0),
    ],
)
def test_clients_say_in_many_ways_what_they_know(query, headers, known):
    assert find_minimum(Request.blank(f"/?{query}", headers=headers)) == known
