"""What another transaction undoes is run again, a bounded number of times."""

import threading
import uuid

import psycopg2
import pytest
import sqlalchemy.exc
import transaction
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.engines.exceptions import TransientError
from cliquet.tests.testapp import main as build_app
from tests.postgresql.conftest import ENGINE
from tests.sync.proof import settings_for
from tests.waiting import eventually

HEADERS = {"Authorization": "Basic bWF0OjE="}


@pytest.fixture
def application(url):
    settings = {
        # It looks for deadlocks when there is one: before, it would not look again.
        **settings_for("postgresql", f"{url}?options=-cdeadlock_timeout%3D3s"),
        "toadstool_create_principals": "system.Authenticated",
        "retry_after_seconds": 7,
    }
    ENGINE.prepare(settings)
    return build_app(config=Configurator(settings=settings))


@pytest.fixture
def app(application):
    return TestApp(application)


def failing(storage, method, times):
    """Make a method fail that often, as the victim of a deadlock does."""
    original = getattr(storage, method)
    calls = []

    def replaced(*args, **kwargs):
        calls.append(args)
        if len(calls) <= times:
            original(*args, **kwargs)
            raise TransientError(original=sqlalchemy.exc.OperationalError("", {}, None))
        return original(*args, **kwargs)

    setattr(storage, method, replaced)
    return calls


def test_a_transaction_that_was_undone_is_run_again(app, application):
    calls = failing(application.registry.storage, "create", 2)

    app.post_json("/v0/mushrooms", {"data": {"name": "a"}}, headers=HEADERS)

    assert len(calls) == 3
    listed = app.get("/v0/mushrooms", headers=HEADERS)
    assert len(listed.json["data"]) == 1


def test_a_batch_is_run_again_as_a_whole(app, application):
    calls = failing(application.registry.storage, "create", 1)
    entry = {"method": "POST", "path": "/v0/mushrooms", "body": {"data": {"name": "a"}}}

    answer = app.post_json("/v0/batch", {"requests": [entry] * 3}, headers=HEADERS)

    assert [each["status"] for each in answer.json["responses"]] == [201] * 3
    assert len(calls) == 4
    assert len(app.get("/v0/mushrooms", headers=HEADERS).json["data"]) == 3


def test_in_the_end_it_is_a_503(app, application):
    calls = failing(application.registry.storage, "create", 100)

    answer = app.post_json(
        "/v0/mushrooms", {"data": {"name": "a"}}, headers=HEADERS, status=503
    )

    assert len(calls) == 3
    assert answer.headers["Retry-After"] == "7"
    assert answer.json["errno"] == 201
    assert app.get("/v0/mushrooms", headers=HEADERS).json["data"] == []


def test_a_real_deadlock_is_survived(app, run, url):
    """Our request holds the collection and wants what the other one holds."""
    created = app.post_json("/v0/mushrooms", {"data": {"name": "a"}}, headers=HEADERS)
    path = "/v0/mushrooms/" + created.json["data"]["id"]
    run("CREATE TABLE elsewhere (id INT PRIMARY KEY); INSERT INTO elsewhere VALUES (1)")
    run("""CREATE FUNCTION touch() RETURNS trigger AS $$
        BEGIN UPDATE elsewhere SET id = 1; RETURN NULL; END; $$ LANGUAGE plpgsql;
        CREATE TRIGGER touch AFTER UPDATE ON records
        FOR EACH STATEMENT EXECUTE PROCEDURE touch()""")
    other = psycopg2.connect(url)
    with other.cursor() as cursor:
        # The other waits longer before it looks for deadlocks: we are the victim.
        cursor.execute("SET deadlock_timeout = '60s'")
        cursor.execute("UPDATE elsewhere SET id = 1")
        answers = []
        ours = threading.Thread(
            target=lambda: answers.append(
                app.patch_json(path, {"data": {"name": "b"}}, headers=HEADERS)
            )
        )
        ours.start()
        waiting = """SELECT count(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()"""
        assert eventually(lambda: run(waiting) == [(1,)])
        cursor.execute("SELECT 1 FROM timestamps FOR UPDATE")
    other.commit()
    ours.join()
    other.close()

    assert answers[0].json["data"]["name"] == "b"


def test_batches_on_two_collections_do_not_wait_for_each_other_for_ever(application):
    def entries(*collections):
        return {
            "defaults": {"method": "POST", "body": {"data": {"name": "a"}}},
            "requests": [{"path": f"/v0/{name}"} for name in collections * 3],
        }

    failures = []
    retried = []

    def send(*collections):
        app = TestApp(application)
        try:
            for _ in range(20):
                answer = app.post_json(
                    "/v0/batch", entries(*collections), headers=HEADERS
                )
                retried.append(answer.request.environ.get("retry.attempt"))
                for each in answer.json["responses"]:
                    assert each["status"] == 201, each
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=send, args=order)
        for order in [("mushrooms", "toadstools"), ("toadstools", "mushrooms")] * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    registry = application.registry
    assert registry.storage.get_all("toadstool", "")[1] == 240


def test_a_role_that_may_only_read_reads(run, url, services):
    settings = settings_for("postgresql", url)
    ENGINE.prepare(settings)
    writer = TestApp(build_app(config=Configurator(settings=settings)))
    writer.post_json("/v0/mushrooms", {"data": {"name": "a"}}, headers=HEADERS)
    role = f"reader_{uuid.uuid4().hex}"
    run(f"""CREATE ROLE {role} LOGIN PASSWORD 'reader';
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
        ALTER ROLE {role} SET default_transaction_read_only = on""")
    host = url.partition("@")[2]
    limited = settings_for("postgresql", f"postgresql://{role}:reader@{host}")
    app = TestApp(
        build_app(config=Configurator(settings={**limited, "readonly": True}))
    )

    listed = app.get("/v0/mushrooms", headers=HEADERS)
    unknown = app.get("/v0/mushrooms", headers={"Authorization": "Basic Ym9iOg=="})
    health = app.get("/v0/__heartbeat__", status="*")

    assert [record["name"] for record in listed.json["data"]] == ["a"]
    assert unknown.json["data"] == []
    assert health.json["storage"] is True
    assert health.json["permission"] is True


def test_a_flush_is_kept_whatever_becomes_of_the_transaction(app, application):
    storage = application.registry.storage
    app.post_json("/v0/mushrooms", {"data": {"name": "a"}}, headers=HEADERS)

    storage.flush()
    transaction.abort()

    assert app.get("/v0/mushrooms", headers=HEADERS).json["data"] == []
