"""What the server, the role and the environment have by default changes nothing.

The suites of contracts run on a server that has all of it wrong: see `tests.hostile`.
"""

import base64
import threading

import pytest
import webtest
from pyramid.config import Configurator

from cliquet.cache import postgresql as cache_module
from cliquet.engines.sql import postgresql as engine
from cliquet.storage import postgresql as storage_module
from cliquet.tests.testapp import main as build_app
from cliquet.timestamps import msec_time
from tests.postgresql.conftest import ENGINE, build_sharing_app
from tests.sync.proof import settings_for
from tests.waiting import eventually

pytestmark = pytest.mark.long

TEXT = "日本語"
DRIVERS = ["psycopg2", pytest.param("psycopg", marks=pytest.mark.long)]
HOURS = 3600 * 1000


@pytest.fixture(params=DRIVERS)
def driver_url(request, url):
    return url.replace("://", f"+{request.param}://")


@pytest.fixture
def set_default(run, url):
    """Set a default of the database."""
    name = url.rpartition("/")[2]
    return lambda setting, value: run(f"ALTER DATABASE {name} SET {setting} = {value}")


def load(module, url):
    engine._CLIENTS.clear()
    backend = module.load_from_config(Configurator(settings=ENGINE.settings(url)))
    backend.initialize_schema()
    return backend


def user(name):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:x".encode()).decode()}


# --- texts -----------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
@pytest.mark.parametrize("way", ["database", "environment", "url"])
def test_texts_are_kept_whatever_the_encoding_of_clients(
    driver_url, set_default, monkeypatch, encoding, way
):
    if way == "database":
        set_default("client_encoding", encoding)
    elif way == "environment":
        monkeypatch.setenv("PGCLIENTENCODING", encoding)
    else:
        driver_url += f"?client_encoding={encoding}"
    app = webtest.TestApp(build_sharing_app(driver_url))
    alice = user("alice")
    body = {
        "data": {"name": TEXT},
        "permissions": {"read": [TEXT, "system.Authenticated"]},
    }

    made = app.post_json("/v0/toadstools", body, headers=alice).json
    app.post_json("/v0/mushrooms", {"data": {"name": TEXT}}, headers=alice)
    one = app.get(f"/v0/toadstools/{made['data']['id']}", headers=alice).json
    found = app.get("/v0/mushrooms", {"name": TEXT}, headers=alice).json["data"]

    assert one["data"]["name"] == TEXT
    assert TEXT in one["permissions"]["read"]
    assert [each["name"] for each in found] == [TEXT]
    cache = app.app.registry.cache
    cache.set(TEXT, TEXT)
    assert cache.get(TEXT) == TEXT


def test_another_encoding_of_the_database_is_refused(run, url):
    place, _, name = url.rpartition("/")
    storage = storage_module.load_from_config(
        Configurator(settings=ENGINE.settings(f"{place}/{name}_latin"))
    )
    create_database(
        url,
        f"CREATE DATABASE {name}_latin TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'",
    )

    with pytest.raises(AssertionError, match="latin1"):
        storage.initialize_schema()


def create_database(url, statement):
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


# --- clocks ----------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_timestamps_are_those_of_utc_in_every_zone(driver_url, set_default, zone):
    set_default("TimeZone", f"'{zone}'")
    storage = load(storage_module, driver_url)

    before = msec_time()
    seen = [storage.create("c", "p", {})["last_modified"],
            storage.collection_timestamp("unused", "p")]  # fmt: skip
    with storage.client.connect(force_commit=True) as connection:
        connection.run("INSERT INTO records VALUES ('sql', 'other', 'c', NULL, '{}')")
    seen.append(storage.get("c", "other", "sql")["last_modified"])
    after = msec_time()

    assert all(before - 2 <= timestamp <= after + 2 for timestamp in seen), seen


def test_what_is_cached_expires_in_time_in_every_zone(driver_url, set_default):
    zones = ["America/New_York", "Asia/Kolkata", "UTC"]
    for zone in zones:
        set_default("TimeZone", f"'{zone}'")
        cache = load(cache_module, driver_url)
        cache.set(f"{zone} later", 1, ttl=1000.5)
        cache.set(f"{zone} now", 1, ttl=0.001)
    for zone in zones:
        assert 990 < cache.ttl(f"{zone} later") < 1000.5
        assert cache.get(f"{zone} later") == 1
        assert cache.get(f"{zone} now") is None


def test_what_an_earlier_version_cached_expires_in_time(set_default, run, url):
    set_default("TimeZone", "'Asia/Kolkata'")
    run("""CREATE TABLE cache (key VARCHAR(256) PRIMARY KEY, value TEXT NOT NULL,
            ttl TIMESTAMP DEFAULT NULL);
        CREATE FUNCTION sec2ttl(seconds FLOAT) RETURNS TIMESTAMP AS $$
        BEGIN RETURN now() + (seconds || ' SECOND')::INTERVAL; END;
        $$ LANGUAGE plpgsql;
        INSERT INTO cache VALUES ('kept', '1', sec2ttl(1000)), ('ever', '2', NULL)""")

    for _ in range(2):
        cache = load(cache_module, url)

    assert 990 < cache.ttl("kept") <= 1000
    assert cache.get("ever") == 2
    ((later,),) = run("SELECT sec2ttl(60) - now() AT TIME ZONE 'UTC'")
    assert later.total_seconds() == 60


def test_floats_of_the_session_are_as_short_as_can_be(driver_url, set_default):
    set_default("extra_float_digits", "-15")
    cache = load(cache_module, driver_url)

    cache.set("key", 1, ttl=1234.5)

    assert 1230 < cache.ttl("key") <= 1234.5


# --- transactions ----------------------------------------------------------------


def run_in_threads(count, work):
    failures = []

    def keep_failures(number):
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=keep_failures, args=(number,))
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


STRICTER = ["repeatable read", "serializable"]


@pytest.mark.parametrize("level", STRICTER)
def test_writers_wait_for_one_another_whatever_the_isolation(
    driver_url, set_default, level
):
    set_default("default_transaction_isolation", f"'{level}'")
    wsgi = build_sharing_app(driver_url)

    def write(number):
        app = webtest.TestApp(wsgi)
        for _ in range(12):
            app.post_json(
                "/v0/mushrooms", {"data": {"name": "a"}}, headers=user("alice"),
                status=201,
            )  # fmt: skip

    run_in_threads(6, write)

    app = webtest.TestApp(wsgi)
    listed = app.get("/v0/mushrooms", headers=user("alice")).json["data"]
    assert len({record["last_modified"] for record in listed}) == 72


@pytest.mark.parametrize("level", STRICTER)
def test_the_cache_waits_whatever_the_isolation(driver_url, set_default, level):
    set_default("default_transaction_isolation", f"'{level}'")
    cache = load(cache_module, driver_url)

    def use(number):
        for turn in range(30):
            cache.set("key", number, ttl=60)
            cache.expire("key", 60 + turn)
            assert cache.get("key") in {*range(8), None}
            cache.set(f"{number}", turn, ttl=0.001)
            cache.delete("key")

    run_in_threads(8, use)


def test_reads_send_their_statement_and_no_more(driver_url, set_default, run):
    set_default("default_transaction_isolation", "'serializable'")
    storage = load(storage_module, driver_url)
    storage.client.limits = ()
    with storage.client.connect() as connection:
        level = connection.row("SHOW transaction_isolation")[0]

    with storage.client.connect(readonly=True) as connection:
        pid = connection.row("SELECT pg_backend_pid()")[0]
        outside = connection.row("SHOW transaction_isolation")[0]
        connection.row("SELECT 'the last one'")

    assert (level, outside) == ("read committed", "serializable")
    ((last,),) = run("SELECT query FROM pg_stat_activity WHERE pid = %s", pid)
    assert last == "SELECT 'the last one'"
    with storage.client.connect() as connection:
        assert connection.row("SHOW transaction_isolation")[0] == "read committed"


def test_sessions_of_applications_begin_alike(driver_url, set_default):
    set_default("default_transaction_isolation", "'serializable'")
    storage = load(storage_module, driver_url)
    storage.get_all("c", "p")

    with storage.client.session_factory() as session:
        found = session.connection().exec_driver_sql("SHOW transaction_isolation")

        assert found.scalar() == "read committed"


def test_an_isolation_that_the_operator_asks_for_is_kept(url):
    engine._CLIENTS.clear()
    settings = ENGINE.settings(url, storage_isolation_level="SERIALIZABLE")
    storage = storage_module.load_from_config(Configurator(settings=settings))

    with storage.client.connect() as connection:
        assert connection.row("SHOW transaction_isolation")[0] == "serializable"


# --- schemas ---------------------------------------------------------------------


def test_options_of_the_url_are_kept(driver_url, run):
    run("CREATE SCHEMA one; CREATE SCHEMA two")
    for name in ("one", "two"):
        url = f"{driver_url}?options=-csearch_path%3D{name}%20-cgeqo%3Doff"
        storage = load(storage_module, url)
        load(cache_module, url).set("key", name)

        assert storage.create("c", "p", {"id": name})["id"] == name
        assert storage.get_all("c", "p")[1] == 1
        with storage.client.connect() as connection:
            assert connection.row("SHOW geqo")[0] == "off"
    assert run(
        "SELECT one.records.id, two.records.id FROM one.records, two.records"
    ) == [("one", "two")]


# --- what is the operator's ------------------------------------------------------


def test_connections_that_the_server_drops_when_they_idle_are_opened_again(
    driver_url, set_default, run
):
    # A request takes less, however busy the machine is.
    set_default("idle_session_timeout", "'2s'")
    app = webtest.TestApp(build_sharing_app(driver_url))
    body = {"data": {"name": "a"}}

    def is_alone():
        return run("""SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database()""") == [(1,)]

    app.post_json("/v0/mushrooms", body, headers=user("alice"), status=201)
    assert eventually(is_alone)
    app.get("/v0/mushrooms", headers=user("alice"), status=200)
    assert eventually(is_alone)
    app.post_json("/v0/mushrooms", body, headers=user("alice"), status=201)


def test_a_database_that_is_read_only_is_read(driver_url, set_default):
    build_sharing_app(driver_url)
    set_default("default_transaction_read_only", "on")
    engine._CLIENTS.clear()
    settings = ENGINE.settings(driver_url, transaction_per_request=True)
    app = webtest.TestApp(build_app(config=Configurator(settings={
        **settings_for("postgresql", driver_url), **settings})))  # fmt: skip

    app.get("/v0/mushrooms", headers=user("alice"), status=200)
    refused = app.post_json(
        "/v0/mushrooms", {"data": {"name": "a"}}, headers=user("alice"), status=503
    )

    assert "Retry-After" in refused.headers
