"""Storage and permissions in two places: what the set-up cannot promise."""

import threading
import uuid

import psycopg2
import pytest
import sqlalchemy
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.engines.exceptions import TransientError
from cliquet.tests.testapp import main as build_app
from tests.contract.backends import APP_ENGINES
from tests.sync.proof import settings_for
from tests.waiting import eventually

HEADERS = {"Authorization": "Basic bWF0OjE="}

#: They look for deadlocks when there is one: before, they would not look again.
LATER = "?options=-cdeadlock_timeout%3D3s"

PLACES = {
    "postgresql": lambda services, path: services.postgresql_url(),
    "other": lambda services, path: services.postgresql_url(),
    "later": lambda services, path: services.postgresql_url() + LATER,
    "sqlite": lambda services, path: f"sqlite:///{path}/one.db",
    "redis": lambda services, path: services.new_redis_url(),
    "memory": lambda services, path: "",
}


def mixed_app(services, path, storage, permission):
    """Build an application whose storage and permissions are in two places."""
    urls = {name: PLACES[name](services, path) for name in {storage, permission}}
    settings = {
        **settings_for("memory", ""),
        "toadstool_create_principals": "system.Authenticated",
    }
    for kind, name in (("storage", storage), ("permission", permission)):
        engine = "postgresql" if name in ("other", "later") else name
        settings[f"{kind}_backend"] = f"cliquet.{kind}.{engine}"
        settings[f"{kind}_url"] = urls[name]
        found = next(each for each in APP_ENGINES if each.id == engine)
        found.load(kind, urls[name])
    return TestApp(build_app(config=Configurator(settings=settings)))


@pytest.mark.parametrize(
    ("storage", "permission", "attempts", "warning"),
    [
        ("postgresql", "postgresql", 3, None),
        ("sqlite", "sqlite", 3, None),
        ("memory", "memory", 1, None),
        ("redis", "redis", 1, None),
        ("redis", "memory", 1, None),
        ("postgresql", "other", 3, "one after the other"),
        ("postgresql", "sqlite", 3, "one after the other"),
        ("postgresql", "redis", 1, "wrote to the permission backend stays"),
        ("redis", "postgresql", 1, "wrote to the storage backend stays"),
        ("memory", "sqlite", 1, "wrote to the storage backend stays"),
    ],
)
def test_only_what_was_undone_is_run_again(
    services, tmp_path, caplog, storage, permission, attempts, warning
):
    app = mixed_app(services, tmp_path, storage, permission)
    lines = [line for line in caplog.messages if "Keep storage and permissions" in line]
    runs = []
    original = app.app.registry.storage.create

    def fail(*args, **kwargs):
        runs.append(original(*args, **kwargs))
        raise TransientError(original=sqlalchemy.exc.OperationalError("", {}, None))

    app.app.registry.storage.create = fail
    app.post_json(
        "/v0/toadstools", {"data": {"name": "a"}}, headers=HEADERS, status=503
    )

    assert len(runs) == attempts
    assert len(lines) == (warning is not None)
    assert warning is None or warning in lines[0]


def test_what_was_not_undone_is_not_repeated(services, tmp_path):
    """A real deadlock at the permissions, records in Redis."""
    app = mixed_app(services, tmp_path, "redis", "later")
    registry = app.app.registry
    mine = app.get("/v0/", headers=HEADERS).json["user"]["id"]
    url = registry.settings["permission_url"]
    paths = [f"/toadstools/{uuid.uuid4()}" for _ in range(2)]

    def waiting():
        watcher.execute("""SELECT count(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()""")
        return watcher.fetchone()[0]

    grant = "INSERT INTO access_control_entries VALUES (%s, 'write', %s)"
    connection, watch = psycopg2.connect(url), psycopg2.connect(url)
    watch.autocommit = True
    with connection.cursor() as cursor, watch.cursor() as watcher:
        cursor.execute("SET deadlock_timeout = '60s'")
        cursor.execute(grant, (paths[1], mine))
        entries = [
            {"method": "POST", "path": "/toadstools", "body": {"data": {"name": "a"}}},
            *({"method": "PUT", "path": path, "body": {"data": {"name": "b"}}}
              for path in paths),
        ]  # fmt: skip
        answers = []
        ours = threading.Thread(
            target=lambda: answers.append(
                app.post_json(
                    "/v0/batch", {"requests": entries}, headers=HEADERS, status="*"
                )
            )
        )
        ours.start()
        assert eventually(lambda: waiting() == 1)
        cursor.execute(grant, (paths[0], mine))
        ours.join()
    connection.close()
    watch.close()

    assert answers[0].status_int == 503
    assert "Retry-After" in answers[0].headers
    stored = registry.storage.get_all("toadstool", "")[0]
    assert [record["name"] for record in stored].count("a") == 1


def test_a_body_without_length_is_read_by_the_only_attempt(services, tmp_path):
    app = mixed_app(services, tmp_path, "memory", "memory")
    body = b'{"data": {"name": "a"}}'

    created = app.post(
        "/v0/mushrooms",
        body,
        headers={**HEADERS, "Content-Type": "application/json"},
        extra_environ={"CONTENT_LENGTH": "", "wsgi.input_terminated": "1"},
    )

    assert created.json["data"]["name"] == "a"
