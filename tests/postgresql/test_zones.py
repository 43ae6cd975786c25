"""What 3.1 wrote by the clock of another time zone is kept, and moved when asked."""

import logging

import pytest

from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.timestamps import msec_time
from tests.postgresql.test_migrations import SNAPSHOT

HOUR = 3600 * 1000
OFFSETS = {"Asia/Kolkata": 5.5 * HOUR, "America/Phoenix": -7 * HOUR}
NOTED = "SELECT value FROM metadata WHERE name = 'storage_time_zone'"


@pytest.fixture
def install_in(run, url, install):
    """Install an earlier version, on a database of a time zone."""

    def install_and_write(zone, version=11):
        name = url.rpartition("/")[2]
        run(f"ALTER DATABASE {name} SET TimeZone = '{zone}'")
        install(version)
        if version == 11:
            run("DELETE FROM records; DELETE FROM deleted; DELETE FROM timestamps")

    return install_and_write


def write(run, object_id, at="clock_timestamp()", table="records"):
    """Write as 3.1 does, by the clock of the session."""
    run(f"""INSERT INTO {table} (id, parent_id, collection_id, last_modified)
        VALUES ('{object_id}', 'p', 'c', {at});
        INSERT INTO timestamps (parent_id, collection_id, last_modified)
        SELECT 'p', 'c', {at} WHERE NOT EXISTS (SELECT FROM timestamps)""")


@pytest.mark.parametrize("version", [11, 12])
@pytest.mark.parametrize("zone", OFFSETS)
def test_old_timestamps_are_kept_and_new_ones_are_greater_and_right(
    storage, install_in, run, caplog, zone, version
):
    install_in(zone, version)
    write(run, "old")
    before = run(SNAPSHOT)
    now = msec_time()
    off = storage.get("c", "p", "old")["last_modified"] - now
    assert abs(off - OFFSETS[zone]) < 60_000

    storage.initialize_schema()

    assert run(SNAPSHOT) == before
    assert f"time zone {zone}, hours off" in caplog.text
    assert "--to-utc" in caplog.text
    timestamp = storage.collection_timestamp("c", "p")
    created = storage.create("c", "p", {})["last_modified"]
    assert created > timestamp >= now + off
    assert created - now < max(off, 0) + 60_000
    elsewhere = storage.create("c", "q", {})["last_modified"]
    assert abs(elsewhere - now) < 60_000


@pytest.mark.parametrize("zone", OFFSETS)
def test_old_timestamps_are_moved_once_when_asked(storage, install_in, run, zone):
    install_in(zone)
    write(run, "old")
    write(run, "gone", table="deleted")
    storage.initialize_schema()
    new = storage.create("c", "p", {"id": "new"})
    etag = storage.collection_timestamp("c", "p")
    before = {record["id"]: record["last_modified"]
              for record in storage.get_all("c", "p", include_deleted=True)[0]}  # fmt: skip

    storage.initialize_schema(to_utc=True)

    after = {record["id"]: record["last_modified"]
             for record in storage.get_all("c", "p", include_deleted=True)[0]}  # fmt: skip
    for name in ("old", "gone"):
        assert after[name] == before[name] - OFFSETS[zone]
    assert storage.get("c", "p", "new") == new
    assert storage.collection_timestamp("c", "p") >= etag
    assert storage.create("c", "p", {})["last_modified"] > etag
    assert run(NOTED) == []
    moved = run(SNAPSHOT)
    storage.initialize_schema(to_utc=True)
    assert run(SNAPSHOT) == moved


def test_times_that_become_one_are_moved_alike(storage, install_in, run):
    """An hour that summer skips; and rows that are the offset apart, to the digit."""
    install_in("Europe/Paris")
    places = ["2015-03-29 02:30", "2015-03-29 03:30", "2015-07-01 10:00",
              "2015-07-01 12:00", "2015-12-01 12:00"]  # fmt: skip
    for place in places:
        write(run, place, f"TIMESTAMP '{place}'")
    storage.initialize_schema(to_utc=True)

    found = run("SELECT id, last_modified::text FROM records ORDER BY 1")
    assert found == [
        ("2015-03-29 02:30", "2015-03-29 01:30:00"),
        ("2015-03-29 03:30", "2015-03-29 01:30:00"),
        ("2015-07-01 10:00", "2015-07-01 08:00:00"),
        ("2015-07-01 12:00", "2015-07-01 10:00:00"),
        ("2015-12-01 12:00", "2015-12-01 11:00:00"),
    ]


def test_databases_of_utc_are_told_nothing(storage, install_in, run, caplog):
    install_in("Etc/UTC")
    write(run, "old")
    before = run(SNAPSHOT)

    storage.initialize_schema(to_utc=True)

    assert "time zone" not in caplog.text
    assert run(NOTED) == []
    assert run(SNAPSHOT) == before


def test_new_databases_are_told_nothing(storage, install_in, run, url, caplog):
    name = url.rpartition("/")[2]
    run(f"ALTER DATABASE {name} SET TimeZone = 'Asia/Kolkata'")
    for _ in range(2):
        storage.initialize_schema()
    run("UPDATE metadata SET value = '13' WHERE name = 'storage_schema_version'")
    storage.initialize_schema(dry_run=True)

    assert "time zone" not in caplog.text


def test_a_dry_run_tells_and_moves_nothing(storage, install_in, run, caplog):
    install_in("Asia/Kolkata")
    write(run, "old")
    storage.initialize_schema(dry_run=True)
    assert "time zone Asia/Kolkata, hours off" in caplog.text
    storage.initialize_schema()
    before = run(SNAPSHOT)

    with caplog.at_level(logging.INFO):
        storage.initialize_schema(dry_run=True, to_utc=True)

    assert "Would move from Asia/Kolkata to UTC in records: 1." in caplog.text
    assert run(SNAPSHOT) == before
    assert run(NOTED) == [("Asia/Kolkata",)]


def test_nothing_is_noted_anew_after_an_earlier_server_flushed(
    storage, install_in, run
):
    install_in("Asia/Kolkata")
    write(run, "old")
    storage.initialize_schema()
    run("DELETE FROM deleted; DELETE FROM records; DELETE FROM timestamps;"
        "DELETE FROM metadata")  # fmt: skip
    created = storage.create("c", "p", {"id": "new"})

    storage.initialize_schema(to_utc=True)

    assert run(NOTED) == []
    assert storage.get("c", "p", "new") == created
    with pytest.raises(RecordNotFoundError):
        storage.get("c", "p", "old")
    now = msec_time()
    assert abs(storage.create("c", "p", {})["last_modified"] - now) < 60_000
