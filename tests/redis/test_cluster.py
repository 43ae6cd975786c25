"""A cluster: a node fails, slots move while they are written."""

import threading

import pytest
from redis.cluster import RedisCluster

from cliquet.engines.joint import JointWrite
from cliquet.permission_cache import PermissionCache
from cliquet.scripts import exporting, importing
from cliquet.storage.exceptions import ModifiedMeanwhileError
from cliquet.storage.query import Condition
from cliquet.testing.contracts.cascades import below
from tests.contract.backends import APP_ENGINES
from tests.redis.service import (
    BODY,
    LIST,
    Load,
    check_that_it_went_on,
    key_of_records,
    serve,
    stored,
)
from tests.redundant import Cluster
from tests.scripts.registries import Registry, everything, fill
from tests.sync.proof import HEADERS, Poller, read_collection, servers, settings_for

pytestmark = pytest.mark.long

ENGINE = next(each for each in APP_ENGINES if each.id == "redis")


@pytest.fixture(scope="module")
def cluster():
    found = Cluster()
    yield found
    found.close()


@pytest.fixture
def app(cluster):
    ENGINE.prepare(settings_for("redis", cluster.url))
    return serve(cluster.url)


def read(app):
    return app.get(LIST, headers=HEADERS, status="*")


def create(app):
    return app.post_json(LIST, BODY, headers=HEADERS, status="*")


def others(cluster, node):
    return [
        each for each in cluster.nodes if each is not node and cluster.is_primary(each)
    ]


def test_no_keys_of_requests_are_announced(app):
    capabilities = app.get("/v0/").json["capabilities"]

    assert not app.app.registry.storage.keeps_answers
    assert "idempotency" not in capabilities


def test_data_are_on_all_nodes(cluster, app):
    storage = ENGINE.load("storage", cluster.url)
    cache = ENGINE.load("cache", cluster.url)
    permission = ENGINE.load("permission", cluster.url)
    for number in range(30):
        storage.create("notes", f"/projects/{number}", {"number": number})
        cache.set(f"key {number}", number)
        permission.add_principal_to_ace(f"/projects/{number}/notes/1", "read", "bob")

    for kind in ("notes", "cliquet:cache", "permission:"):
        for node in others(cluster, None):
            assert node.client().keys(f"*{kind}*")
    assert len(storage.scopes()) == 30
    assert len(permission.all_permissions()) == 30
    found = permission.principals_accessible_objects({"bob"}, "read", "/projects/*")
    assert len(found) == 30

    for backend in (storage, cache, permission):
        backend.flush()
    assert not any(node.client().keys() for node in cluster.nodes)


@pytest.mark.parametrize("other", ["redis", "postgresql"])
def test_a_single_server_moves_to_a_cluster_and_back(
    cluster, app, other, services, tmp_path
):
    [engine] = [each for each in APP_ENGINES if each.id == other]
    single = Registry(engine, engine.url(services, tmp_path))
    clustered = Registry(ENGINE, cluster.url)
    fill(single)
    before = everything(single)
    file = str(tmp_path / "all.jsonl")

    exporting.export_to(single, file)
    importing.import_from(clustered, file, resume=False)
    moved = everything(clustered)
    for backend in (single.storage, single.permission):
        backend.flush()
    exporting.export_to(clustered, file)
    importing.import_from(single, file, resume=False)

    assert moved == before == everything(single)
    for registry in (single, clustered):
        registry.storage.flush()
        registry.permission.flush()


def test_a_record_and_its_permissions_are_on_one_node(cluster):
    keys = [
        "{/projects/1}task./projects/1.timestamp",
        "{/projects/1}permission:/projects/1/tasks/2:read",
    ]
    storage = ENGINE.load("storage", cluster.url)
    permission = ENGINE.load("permission", cluster.url)
    storage.create("task", "/projects/1", {})
    permission.add_principal_to_ace("/projects/1/tasks/2", "read", "bob")

    nodes = {cluster.node_of(key) for key in keys}

    assert len(nodes) == 1
    assert all(nodes.copy().pop().client().exists(key) for key in keys)
    storage.flush()
    permission.flush()


class Kept(JointWrite):
    """Permissions that notice whether the storage wrote them."""

    def run(self, record_ids):
        raise AssertionError("written apart from the record")


def test_a_record_and_its_permissions_are_one_step(cluster, app):
    storage = ENGINE.load("storage", cluster.url)
    permission = ENGINE.load("permission", cluster.url)
    cache = PermissionCache(permission)

    def joint(record_ids):
        return cache.joint_write(
            lambda record_id: f"/projects/1/tasks/{record_id}", {}, {"read": ["bob"]}
        ).script(record_ids)

    write = Kept(permission.database, None, joint)
    storage.create("task", "/projects/1", {"id": "2"}, condition=Condition(joint=write))

    assert write.finish(["2"]) == {"read": {"bob"}}
    assert permission.object_permissions("/projects/1/tasks/2") == {"read": {"bob"}}


def test_a_slot_moves_while_it_is_written(cluster, app):
    with Load(app, clients=4) as load:
        for _ in range(2):
            load.wait_for_more(50)
            key = key_of_records(app)
            cluster.move(key, others(cluster, cluster.node_of(key))[0])
        load.wait_for_more(50)

    assert set(load.acknowledged) == stored(app)
    for answer in load.refused:
        assert answer.status_int == 503


def test_a_client_that_polls_misses_nothing_while_a_slot_moves(cluster, app):
    settings = settings_for("redis", cluster.url)
    with servers(settings, 2) as ports, Load(app, clients=2) as load:
        poller = Poller(ports[1], conditional=True)
        for _ in range(2):
            load.wait_for_more(20)
            key = key_of_records(app)
            cluster.move(key, others(cluster, cluster.node_of(key))[0])
            poller.poll()
        load.wait_for_more(20)
        load.stop()
        poller.poll()

        assert poller.live == read_collection(ports[0])
        poller.client.connection.close()


def test_what_is_half_moved_is_waited_for(cluster, app):
    app.post_json(LIST, BODY, headers=HEADERS)
    before = stored(app)
    key = key_of_records(app)
    target = others(cluster, cluster.node_of(key))[0]
    answers = []

    with cluster.moving(key, target) as move:
        move(2)
        asked = [
            threading.Thread(target=lambda: answers.append(read(app))),
            threading.Thread(target=lambda: answers.append(create(app))),
        ]
        # They may come before or after the rest: right in both cases.
        for thread in asked:
            thread.start()
        impatient = serve(cluster.url, storage_answer_timeout=0.1)
        refused = create(impatient)
    for thread in asked:
        thread.join()

    assert refused.status_int == 503
    assert {each.status_int for each in answers} <= {200, 201, 503}
    created = sum(each.status_int == 201 for each in answers)
    for each in answers:
        if each.status_int == 200:
            assert before <= {record["id"] for record in each.json["data"]}
    assert before <= stored(app)
    assert len(stored(app)) == len(before) + created


def test_a_node_that_fails_is_replaced_by_its_replica(cluster, app):
    key = key_of_records(app)
    with Load(app, clients=4) as load:
        load.wait_for_more(100)
        replicated = set(load.acknowledged)
        failing = cluster.node_of(key)
        assert failing.client().wait(1, 0) == 1

        failing.kill()
        load.wait_for_more(100)

    found = check_that_it_went_on(app, load, replicated)

    failing.start()
    cluster.wait()
    assert stored(app) == found


def test_without_nodes_it_is_a_503_until_they_are_there():
    app = serve("redis+cluster://user:url-password@127.0.0.1:1,127.0.0.1:2/")

    refused = app.post_json(LIST, BODY, headers=HEADERS, status=503)

    assert "Retry-After" in refused.headers
    assert set(app.get("/v0/__heartbeat__", status=503).json.values()) == {False}


def test_what_is_not_one_step_is_said_at_start(caplog):
    serve("redis+cluster://127.0.0.1:1/")

    assert "In a Redis Cluster" in caplog.text


def test_a_map_that_changes_while_it_is_read_is_a_failure(app, monkeypatch):
    """Threads of the library take nodes out of it while others iterate over it."""

    def execute(*args, **options):
        raise RuntimeError("dictionary keys changed during iteration")

    monkeypatch.setattr(RedisCluster, "_internal_execute_command", execute)

    for refused in (read(app), create(app)):
        assert refused.status_int == 503
        assert "Retry-After" in refused.headers


def test_what_was_written_below_a_record_that_was_deleted_meanwhile_is_deleted(app):
    storage = app.app.registry.storage
    project = storage.create("project", "", {})["id"]
    written = storage._writes._scripts
    run = written.run

    def run_then_delete_above(*args):
        reply = run(*args)
        written.run = run
        storage.delete("project", "", project)
        return reply

    written.run = run_then_delete_above
    with pytest.raises(ModifiedMeanwhileError):
        storage.create("task", project, {"id": "a"}, condition=below(project))

    records, count = storage.get_all("task", project, include_deleted=True)
    assert (len(records), count) == (1, 0)
    assert records[0]["deleted"]
