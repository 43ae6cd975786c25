"""Databases of versions 1 to 12 open, and lose nothing."""

import logging
import threading
from unittest import mock

import pytest

from cliquet.storage import Filter, Sort, exceptions
from cliquet.storage.query import COMPARISON

SNAPSHOT = """SELECT id, parent_id, collection_id, last_modified, as_epoch(last_modified),
    data FROM records ORDER BY 1, 2, 3"""


def test_a_fresh_database_gets_the_current_version(storage, run):
    assert storage._get_installed_version() is None

    storage.initialize_schema()

    assert storage._get_installed_version() == storage.schema_version == 16
    assert run("SELECT name, value FROM metadata WHERE value = '16'") == [
        ("storage_schema_version", "16")
    ]


def test_initializing_twice_does_nothing_more(storage):
    storage.initialize_schema()

    with mock.patch.object(storage, "_execute_sql_file") as execute:
        storage.initialize_schema()

    assert not execute.called


def test_flush_keeps_the_version(storage):
    storage.initialize_schema()

    storage.flush()

    assert storage._get_installed_version() == storage.schema_version


def test_a_schema_of_version_11_is_upgraded_without_changing_a_record(
    storage, install, run
):
    install(11)
    before = run(SNAPSHOT)

    storage.initialize_schema()

    assert run(SNAPSHOT) == before
    assert storage._get_installed_version() == 16
    listed, total = storage.get_all("c", "p", include_deleted=True)
    assert total == 5
    assert [record["id"] for record in listed] == [
        "é/\"'%_", "back", "gone", "one", "two", "past",
    ]  # fmt: skip
    found = {record["id"]: record for record in listed}
    assert found["one"] == {"id": "one", "n": 1, "last_modified": 1433160000000}
    assert found["two"] == {"id": "two", "n": "1", "last_modified": 1433160000000}
    assert found["past"]["id"] == "past"
    assert found["gone"] == {
        "id": "gone", "last_modified": 1433167200000, "deleted": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("collection", "parent", "newest"),
    [("c", "p", "é/\"'%_"), ("future", "p", "late"), ("c", "orphan", "alone")],
)
def test_writes_after_an_upgrade_are_newer_than_all_that_is_there(
    storage, install, collection, parent, newest
):
    install(11)
    storage.initialize_schema()
    timestamp = storage.collection_timestamp(collection, parent)
    existing = storage.get(collection, parent, newest)["last_modified"]

    created = storage.create(collection, parent, {"n": 2})

    assert timestamp >= existing
    assert created["last_modified"] > timestamp
    assert created["last_modified"] == storage.collection_timestamp(collection, parent)


def test_a_collection_known_by_its_timestamp_alone_keeps_it(storage, install):
    install(11)
    storage.initialize_schema()

    assert storage.collection_timestamp("only", "p") == 1433462400000
    assert storage.get_all("only", "p") == ([], 0)


def test_old_documents_of_mixed_types_are_filtered_and_sorted(storage, install):
    install(11)
    storage.initialize_schema()

    listed, total = storage.get_all(
        "c", "p", filters=[Filter("n", 0, COMPARISON.GT)], sorting=[Sort("n", 1)]
    )

    assert [record["id"] for record in listed] == ["one"]
    assert total == 1


def test_rows_of_a_schema_of_version_11_can_be_updated_and_deleted(storage, install):
    install(11)
    storage.initialize_schema()

    updated = storage.update("c", "p", "two", {"n": 3})
    storage.delete("c", "p", "back")

    assert storage.get("c", "p", "two") == updated
    with pytest.raises(exceptions.RecordNotFoundError):
        storage.get("c", "p", "back")
    assert storage.get_all("c", "p")[1] == 4


def test_a_database_flushed_by_an_earlier_version_is_taken_for_11(
    storage, install, run, caplog
):
    install(11)
    run("DELETE FROM metadata")
    before = run(SNAPSHOT)

    with caplog.at_level(logging.WARNING):
        assert storage._get_installed_version() == 11
    storage.initialize_schema()
    run("DELETE FROM metadata")
    storage.initialize_schema()

    assert "flushed" in caplog.text
    assert storage._get_installed_version() == 16
    assert run(SNAPSHOT) == before


def test_a_database_of_version_10_without_triggers_takes_records(storage, install, run):
    install(11)
    run("""DROP TRIGGER tgr_records_last_modified ON records;
        DROP TRIGGER tgr_deleted_last_modified ON deleted;
        UPDATE metadata SET value = '10' WHERE name = 'storage_schema_version'""")

    storage.initialize_schema()

    storage.create("c", "p", {"id": "new"})
    run("""INSERT INTO records (id, parent_id, collection_id)
        VALUES ('sql', 'p', 'c')""")
    assert storage.get("c", "p", "sql")["last_modified"] > storage.get(
        "c", "p", "new"
    )["last_modified"]  # fmt: skip
    assert storage.get_all("c", "p")[1] == 7


def test_a_database_of_version_1_goes_through_all_versions(storage, install, run):
    install(1)
    ((object_id, timestamp),) = run(
        """INSERT INTO records (user_id, resource_name, data)
        VALUES ('jean-louis', 'test', '{"drink": "mate", "n": 1e2}')
        RETURNING id::text, as_epoch(last_modified)"""
    )
    run("""INSERT INTO deleted (id, user_id, resource_name)
        VALUES (gen_random_uuid(), 'jean-louis', 'test')""")
    assert storage._get_installed_version() == 1

    storage.initialize_schema()

    assert storage._get_installed_version() == storage.schema_version
    (record,), total = storage.get_all("test", "jean-louis")
    expected = {"drink": "mate", "n": 100, "id": object_id}
    assert record == {**expected, "last_modified": timestamp}
    assert total == 1
    assert len(storage.get_all("test", "jean-louis", include_deleted=True)[0]) == 2
    created = storage.create("test", ",jean-louis", {"id": "x"})
    storage.delete("test", ",jean-louis", "x")
    assert created["last_modified"] > 0


def test_each_missing_migration_runs_once(storage):
    storage.initialize_schema()
    versions = [3, 3, 4, 5, 6]

    with (
        mock.patch.object(type(storage), "schema_version", 6),
        mock.patch.object(storage, "_get_installed_version", side_effect=versions),
        mock.patch.object(storage, "_execute_sql_file") as execute,
    ):
        storage.initialize_schema()

    assert [call.args for call in execute.call_args_list] == [
        ("migrations/migration_003_004.sql",),
        ("migrations/migration_004_005.sql",),
        ("migrations/migration_005_006.sql",),
    ]


def test_a_version_that_does_not_move_is_an_error(storage):
    with (
        mock.patch.object(storage, "_get_installed_version", return_value=-1),
        mock.patch.object(storage, "_execute_sql_file"),
        pytest.raises(AssertionError, match="version"),
    ):
        storage.initialize_schema()


def test_a_newer_version_is_left_alone(storage, run):
    storage.initialize_schema()
    run("INSERT INTO metadata VALUES ('storage_schema_version', '99')")

    storage.initialize_schema()

    assert storage._get_installed_version() == 99


def test_other_metadata_without_version_means_version_1(storage, run):
    storage.initialize_schema()
    run("DELETE FROM metadata WHERE name = 'storage_schema_version'")

    assert storage._get_installed_version() == 1


def test_tables_dropped_by_hand_are_created_again(storage, run):
    storage.initialize_schema()
    storage.create("c", "p", {})
    run("""DROP TABLE records CASCADE; DROP TABLE deleted CASCADE;
        DROP TABLE metadata CASCADE;
        DROP FUNCTION IF EXISTS resource_timestamp(VARCHAR, VARCHAR);
        DROP FUNCTION IF EXISTS collection_timestamp(VARCHAR, VARCHAR);
        DROP FUNCTION IF EXISTS bump_timestamp();""")

    storage.initialize_schema()

    assert storage._get_installed_version() == 16
    assert storage.get_all("c", "p") == ([], 0)
    storage.create("c", "p", {})
    assert storage.get_all("c", "p")[1] == 1


@pytest.mark.parametrize("version", [None, 1, 11, 12])
def test_two_processes_may_migrate_at_once(make_storage, install, run, version):
    if version:
        install(version)
    storages = [make_storage() for _ in range(4)]
    failures = []

    def migrate(storage):
        try:
            storage.initialize_schema()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(each,)) for each in storages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    steps = run("SELECT value::int FROM metadata WHERE name = 'storage_schema_version'")
    assert len(steps) == len(set(steps))
    assert max(steps) == (16,)


def test_a_dry_run_tells_the_steps_and_changes_nothing(storage, install, run, caplog):
    install(11)

    with caplog.at_level(logging.INFO):
        storage.initialize_schema(dry_run=True)

    assert "migration_011_012.sql" in caplog.text
    assert storage._get_installed_version() == 11


def test_an_earlier_server_may_go_on_with_an_upgraded_database(storage, install, run):
    """What its statements do."""
    install(11)
    storage.initialize_schema()
    before = storage.collection_timestamp("c", "p")

    run("""WITH forget AS (DELETE FROM deleted WHERE id = 'x')
        INSERT INTO records (id, parent_id, collection_id, data, last_modified)
        VALUES ('x', 'p', 'c', '{"id": "x"}', from_epoch(NULL))""")
    created = storage.get("c", "p", "x")["last_modified"]
    assert created > before
    assert storage.collection_timestamp("c", "p") == created
    assert storage.get_all("c", "p")[1] == 6

    run("""UPDATE records SET data = '{"n": 1}', last_modified = from_epoch(NULL)
        WHERE id = 'x'""")
    updated = storage.get("c", "p", "x")["last_modified"]
    assert updated > created

    run("""WITH gone AS (DELETE FROM records WHERE id = 'x'
            RETURNING id, parent_id, collection_id)
        INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT id, parent_id, collection_id, from_epoch(NULL) FROM gone""")
    assert storage.get_all("c", "p")[1] == 5
    assert storage.collection_timestamp("c", "p") > updated

    run("""INSERT INTO records (id, parent_id, collection_id, last_modified)
        VALUES ('y', 'p', 'c', from_epoch(9876543210123))""")
    assert storage.collection_timestamp("c", "p") == 9876543210123
    run("DELETE FROM deleted; DELETE FROM records; DELETE FROM timestamps")
    assert storage.get_all("c", "p") == ([], 0)
