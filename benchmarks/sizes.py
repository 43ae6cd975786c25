"""What does a large database cost? Requests, and what operators do, on PostgreSQL.

Either one collection is large, or many users have one record each. A tenth of the
records have a tombstone besides, which the purge removes.

    python -m benchmarks.sizes --records 100000,1000000 --parents 100000,1000000
"""

import argparse
import csv
import statistics
import tempfile
import time
import uuid
from pathlib import Path

import psycopg2

from benchmarks.application import Application
from benchmarks.apps import ours
from benchmarks.databases import Databases
from cliquet.scripts import exporting, importing, purge

_TURNS = 15
_COLUMNS = {
    "records": "id, parent_id, collection_id, last_modified, data",
    "deleted": "id, parent_id, collection_id, last_modified",
}
_FILL = """
    INSERT INTO records (id, parent_id, collection_id, last_modified, data)
    SELECT CAST(md5(number::text) AS uuid)::text, {parent}, 'item',
        from_epoch(1500000000000 + number),
        jsonb_build_object('name', 'something to remember ' || number,
                           'kind', number / 100)
    FROM generate_series(1, {count}) AS number"""
_BURY = """
    INSERT INTO deleted (id, parent_id, collection_id, last_modified)
    SELECT 'gone-' || number, {parent}, 'item', from_epoch(1400000000000 + number)
    FROM generate_series(1, {count}, 10) AS number"""
_BEFORE_THE_NEWEST_STEP = """
    DROP TABLE horizons;
    DELETE FROM metadata WHERE name = 'storage_schema_version';
    INSERT INTO metadata VALUES ('storage_schema_version', '15')"""


class Measured:
    """Seconds by what took them."""

    def __init__(self, name):
        self.name, self.seconds = name, {}

    def time(self, what, do):
        started = time.perf_counter()
        answer = do()
        self.note(what, time.perf_counter() - started)
        return answer

    def note(self, what, seconds):
        self.seconds[what] = seconds
        print(f"  {self.name}: {what}: {seconds * 1000:,.1f} ms", flush=True)


def run(databases, count, many_parents, with_import=True):
    """Measure one size; milliseconds of requests, seconds of the rest."""
    kind = "parents" if many_parents else "records"
    measured = Measured(f"{count:,} {kind}")
    url, other_url = (databases.new_url("postgresql") for _ in range(2))
    app = Application("cliquet", ours.build(url), batches=True)
    other = Application("cliquet", ours.build(other_url), batches=True)
    _fill(url, app.user_id, count, many_parents)
    _measure_requests(measured, app)
    registry = app.wsgi.registry
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/all.jsonl"
        measured.time("export", lambda: exporting.export_to(registry, file))
        if with_import:
            measured.time("COPY, for comparison", _copying(url, other_url, folder))
            _run(other_url, "TRUNCATE records, deleted, timestamps")
            measured.time(
                "import",
                lambda: importing.import_from(other.wsgi.registry, file, resume=False),
            )
    options = {"older_than_days": 1, "keep": None, "batch": 1000}
    for what, dry_run in (("purge --dry-run", True), ("purge", False)):
        measured.time(what, lambda: purge.run(registry, **options, dry_run=dry_run))  # noqa: B023
    _run(url, _BEFORE_THE_NEWEST_STEP)
    measured.time("migrate, the newest step", registry.storage.initialize_schema)
    for each in (registry, other.wsgi.registry):
        each.storage.client.engine.dispose()
    return measured.seconds


def _fill(url, user, count, many_parents):
    parent = "'parent-' || number"
    # One of them is the user that sends requests.
    parent = f"CASE WHEN number > 1 THEN {parent} ELSE '{user}' END"
    if not many_parents:
        parent = f"'{user}'"
    _run(url, _FILL.format(parent=parent, count=count))
    _run(url, _BURY.format(parent=parent, count=count))
    _run(url, "VACUUM ANALYZE", "CHECKPOINT")


def _run(url, *statements):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    for statement in statements:
        connection.cursor().execute(statement)
    connection.close()


def _copying(source, target, folder):
    """Write the rows to files; return what reads them into empty tables."""
    connection = psycopg2.connect(source)
    for table, columns in _COLUMNS.items():
        with Path(folder, table).open("w") as file:
            connection.cursor().copy_expert(f"COPY {table} ({columns}) TO STDOUT", file)
    connection.close()

    def copy():
        connection = psycopg2.connect(target)
        for table, columns in _COLUMNS.items():
            with Path(folder, table).open() as file:
                connection.cursor().copy_expert(
                    f"COPY {table} ({columns}) FROM STDIN", file
                )
        connection.commit()
        connection.close()

    return copy


def _measure_requests(measured, app):
    listed = f"{app.items}?_limit=100"
    now = app.send("GET", listed).headers["ETag"].strip('"')
    body = {"data": {"name": "new"}}
    for what, perform in {
        "list, first page": lambda: app.send("GET", listed),
        "poll, nothing new": lambda: app.send("GET", f"{app.items}?_since={now}"),
        "PUT": lambda: app.send("PUT", f"{app.items}/{uuid.uuid4()}", body),
    }.items():
        walls = []
        for _ in range(_TURNS):
            started = time.perf_counter()
            perform()
            walls.append(time.perf_counter() - started)
        measured.note(what, statistics.median(walls))


#: Told in milliseconds.
_REQUESTS = ("list, first page", "poll, nothing new", "PUT")


def write(path, results):
    """Write a table: a column for each size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["", *results])
        for what in next(iter(results.values())):
            seconds = [found.get(what) for found in results.values()]
            cells = ["" if each is None else _told(what, each) for each in seconds]
            writer.writerow([what, *cells])


def _told(what, seconds):
    if what in _REQUESTS:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds:.2f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])

    def counts(text):
        return [int(each) for each in text.split(",") if each]

    parser.add_argument("--records", type=counts, default=[100_000, 1_000_000])
    parser.add_argument("--parents", type=counts, default=[100_000, 1_000_000])
    parser.add_argument("--without-import", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("results"))
    options = parser.parse_args()
    databases, results = Databases(), {}
    try:
        for many, sizes in ((False, options.records), (True, options.parents)):
            for count in sizes:
                name = f"{count:,} {'users' if many else 'records'}"
                results[name] = run(databases, count, many, not options.without_import)
                write(options.output / "sizes.csv", results)
    finally:
        databases.close()


if __name__ == "__main__":
    main()
