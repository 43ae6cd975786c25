"""The mode without triggers: the statements of the storage do what triggers did.

The suites of contracts run in this mode by `make tests-without-triggers`.
"""

import logging
import subprocess
import sys
import threading

import psycopg2
import pytest
from hypothesis import settings as examples
from hypothesis.stateful import run_state_machine_as_test
from pyramid.exceptions import ConfigurationError
from webtest import TestApp

from cliquet.scripts import importing
from cliquet.storage import Filter
from cliquet.storage.exceptions import UnicityError
from cliquet.storage.postgresql import triggers
from cliquet.storage.query import COMPARISON
from tests.contract.storage.test_lockstep import in_lockstep
from tests.declarations.test_tables import start
from tests.postgresql.conftest import ENGINE, build_sharing_app
from tests.postgresql.test_migrate_command import begin, write
from tests.sync.proof import prove, settings_for

pytestmark = pytest.mark.long

HEADERS = {"Authorization": "Basic bWF0OjE="}
TRIGGERS = """SELECT tgname FROM pg_trigger
WHERE tgrelid IN ('records'::regclass, 'deleted'::regclass) ORDER BY 1"""
FUNCTIONS = """SELECT proname FROM pg_proc
WHERE proname IN ('bump_timestamp', 'count_records') ORDER BY 1"""
NAMES = [(name,) for name in sorted(triggers._NAMES)]

#: Collections whose number of records is wrong, or that are older than what they hold.
WRONG = """SELECT parent_id, collection_id, pair.records, stored.records
FROM timestamps AS pair FULL JOIN (
    SELECT parent_id, collection_id, count(*) FILTER (WHERE live) AS records,
        max(last_modified) AS newest
    FROM (SELECT parent_id, collection_id, last_modified, true AS live FROM records
        UNION ALL
        SELECT parent_id, collection_id, last_modified, false FROM deleted) AS each
    GROUP BY parent_id, collection_id) AS stored
USING (parent_id, collection_id)
WHERE pair.records IS DISTINCT FROM COALESCE(stored.records, 0)
OR stored.newest > pair.last_modified"""


@pytest.fixture
def storage(make_storage):
    """A storage without triggers, whose tables are there."""
    found = make_storage(postgresql_triggers="false")
    found.initialize_schema()
    return found


def states(run):
    return run(TRIGGERS), run(FUNCTIONS)


GONE = ([], [])
THERE = (NAMES, [("bump_timestamp",), ("count_records",)])


# --- tables ---


def test_new_tables_have_no_triggers(storage, run):
    assert states(run) == GONE


@pytest.mark.parametrize("version", [1, 11, 12])
def test_tables_of_an_earlier_version_lose_them(make_storage, install, run, version):
    install(version)

    make_storage(postgresql_triggers="false").initialize_schema()

    assert states(run) == GONE
    assert run(WRONG) == []


def test_migrating_takes_them_away_and_brings_them_back(make_storage, run, caplog):
    with_triggers, without = make_storage(), make_storage(postgresql_triggers=False)
    with_triggers.initialize_schema()
    with_triggers.create("c", "p", {})
    assert states(run) == THERE

    with caplog.at_level(logging.INFO):
        without.initialize_schema(dry_run=True)
    assert "Would drop the triggers" in caplog.text
    assert states(run) == THERE

    without.initialize_schema()
    assert states(run) == GONE
    without.create("c", "p", {})
    assert without.get_all("c", "p")[1] == 2

    with caplog.at_level(logging.INFO):
        with_triggers.initialize_schema(dry_run=True)
    assert "Would create the triggers" in caplog.text

    with_triggers.initialize_schema()
    assert states(run) == THERE
    with_triggers.create("c", "p", {})
    assert with_triggers.get_all("c", "p")[1] == 3


def test_what_was_written_past_the_storage_is_counted_when_they_come_back(
    storage, make_storage, run
):
    run("""INSERT INTO records (id, parent_id, collection_id, last_modified)
        VALUES ('a', 'p', 'c', from_epoch(9876543210123))""")
    assert storage.get_all("c", "p")[1] == 0

    make_storage().initialize_schema()

    assert storage.get_all("c", "p")[1] == 1
    assert storage.collection_timestamp("c", "p") == 9876543210123


def test_rows_without_timestamp_are_refused(storage, run):
    with pytest.raises(psycopg2.IntegrityError, match="last_modified"):
        run("INSERT INTO records (id, parent_id, collection_id) VALUES ('a', 'p', 'c')")


@pytest.mark.parametrize("version", [None, 11, 16])
def test_several_may_migrate_at_once(make_storage, install, run, version):
    if version == 16:
        make_storage().initialize_schema()
    elif version:
        install(version)
    storages = [make_storage(postgresql_triggers=False) for _ in range(4)]
    failures = in_threads([each.initialize_schema for each in storages])

    assert failures == []
    assert states(run) == GONE


# --- start ---


@pytest.mark.parametrize("wanted", [True, False])
def test_a_start_that_does_not_fit_the_tables_is_refused(url, wanted):
    wrong = ENGINE.settings(url, postgresql_triggers=not wanted)
    ENGINE.prepare({**wrong, "postgresql_triggers": wanted})

    assert start({**wrong, "postgresql_triggers": wanted})[1] == []
    with pytest.raises(ConfigurationError) as refused:
        start(wrong)

    assert "Setting 'postgresql_triggers' is" in str(refused.value)
    assert "run cliquet migrate" in str(refused.value)


def test_nothing_is_imported_where_it_would_be_counted_twice(
    url, tmp_path, make_storage
):
    make_storage().initialize_schema()
    file = tmp_path / "records.jsonl"
    file.write_text("")
    registry = type("Registry", (), {})()
    registry.storage = make_storage(postgresql_triggers=False)

    with pytest.raises(SystemExit, match="'postgresql_triggers' is false"):
        importing.import_from(registry, str(file), resume=False)


def test_the_command_drops_them_and_check_tells_of_them(url, tmp_path, run):
    ENGINE.prepare(ENGINE.settings(url))
    ini = write(tmp_path, url)
    ini.write_text(ini.read_text() + "cliquet.postgresql_triggers = false\n")

    assert "'postgresql_triggers' is false" in check(ini, 1)
    migrating = begin(ini)
    _, errors = migrating.communicate()
    assert migrating.returncode == 0, errors

    assert states(run) == GONE


def check(ini, status):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet", "--ini", ini,
         "check"], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


# --- writes ---


def test_both_modes_answer_the_same(services, request, run, storage):
    other = ENGINE.load("storage", services.postgresql_url())
    assert other.has_triggers
    counted = []
    machine = in_lockstep([other, storage])
    step = machine.get

    def get_and_count(self, **drawn):
        step(self, **drawn)
        counted.append(run(WRONG))

    machine.teardown, teardown = (
        lambda self: (counted.append(run(WRONG)), teardown(self)),
        machine.teardown,
    )
    programs = request.config.getoption("--programs") // 2
    run_state_machine_as_test(
        machine, settings=examples(max_examples=programs, stateful_step_count=15)
    )

    assert len(counted) >= programs
    assert not any(counted)


WRITES = {
    "create": lambda s: s.create("c", "p", {"n": 1}),
    "forced create": lambda s: s.create("c", "p", {"id": "z", "last_modified": 42}),
    "create of an id": lambda s: s.update("c", "p", "b", {"n": 2}),
    "replace": lambda s: s.update("c", "p", "a", {"n": 3}),
    "forced replace": lambda s: s.update("c", "p", "a", {"last_modified": 2**50}),
    "delete": lambda s: s.delete("c", "p", "a"),
    "forced delete": lambda s: s.delete("c", "p", "a", last_modified=42),
    "delete without tombstone": lambda s: s.delete("c", "p", "a", with_deleted=False),
    "delete some": lambda s: s.delete_all("c", "p", filters=[
        Filter("n", 0, COMPARISON.EQ)]),
    "delete all": lambda s: s.delete_all("c", "p"),
    "delete none": lambda s: s.delete_all("c", "p", filters=[
        Filter("n", 9, COMPARISON.EQ)]),
    "delete all without tombstones": lambda s: s.delete_all(
        "c", "p", with_deleted=False),
    "delete of parents": lambda s: s.delete_of_parents("c", ["p", "q", "none"]),
    "purge": lambda s: s.purge_deleted("c", "p"),
    "flush": lambda s: s.flush(),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_each_write_counts_and_goes_forward(storage, run, name):
    storage.create("c", "q", {})
    for each in ("a", "y"):
        storage.create("c", "p", {"id": each, "n": 0})
    storage.delete("c", "p", "y")
    storage.create("c", "p", {"id": "y", "n": 0})
    before = storage.collection_timestamp("c", "p")

    WRITES[name](storage)

    assert run(WRONG) == []
    # A collection that was flushed begins anew.
    changes = name not in ("delete none", "purge", "flush")
    assert (storage.collection_timestamp("c", "p") > before) == changes or (
        name == "flush"
    )


def test_a_write_that_is_refused_counts_nothing(storage, run):
    storage.create("c", "p", {"id": "a", "n": 1})

    with pytest.raises(UnicityError):
        storage.create("c", "p", {"id": "a"})
    with pytest.raises(UnicityError):
        storage.create("c", "p", {"n": 1}, unique_fields=("n",))

    assert run(WRONG) == []
    assert storage.get_all("c", "p")[1] == 1


def test_entries_of_batches_that_are_undone_count_nothing(url, run):
    app = TestApp(build_sharing_app(url, postgresql_triggers=False))
    create = {"method": "POST", "path": "/toadstools", "body": {"data": {"name": "a"}}}
    wrong = {"method": "PUT", "path": "/toadstools/x", "body": {"data": {"name": 1}}}

    answers = app.post_json(
        "/v0/batch", {"requests": [create, wrong, create]}, headers=HEADERS
    ).json["responses"]

    assert [each["status"] for each in answers] == [201, 400, 201]
    assert run("SELECT sum(records) FROM timestamps") == [(2,)]
    assert states(run) == GONE
    assert run(WRONG) == []


def test_writers_at_the_same_time_count_each_record_once(make_storage, storage, run):
    storages = [make_storage(postgresql_triggers=False) for _ in range(4)]
    written = []

    def work(number):
        mine = storages[number % len(storages)]
        for turn in range(15):
            record = mine.create("c", "p", {"n": turn})
            shared = f"shared-{turn % 3}"
            updated = mine.update("c", "p", shared, {"n": number})
            written.extend([record["last_modified"], updated["last_modified"]])
            if turn % 2:
                gone = mine.delete("c", "p", record["id"])
                written.append(gone["last_modified"])
            if turn % 5 == number % 5:
                deleted = mine.delete_all(
                    "c", "p", filters=[Filter("id", shared, COMPARISON.EQ)]
                )
                written.extend(each["last_modified"] for each in deleted)

    failures = in_threads([lambda number=number: work(number) for number in range(8)])

    assert failures == []
    assert len(set(written)) == len(written)
    assert run(WRONG) == []


def in_threads(actions):
    """Run actions at the same time; what they raised."""
    failures = []

    def attempt(action):
        try:
            action()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=attempt, args=(each,)) for each in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_a_client_that_polls_never_misses_a_change(url, request, run):
    settings = {**settings_for("postgresql", url), "postgresql_triggers": False}
    ENGINE.prepare(settings)
    operations = request.config.getoption("--ops") // 3

    figures = prove(settings, operations, processes=2)

    assert figures.records > 0
    assert states(run) == GONE
    assert run(WRONG) == []
