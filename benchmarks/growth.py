"""How do requests slow down as a collection grows?

Each size has a database of its own, on the same server, with an application of its
own; they take turns, request by request, so that what slows the machine slows all
sizes. Times are those of the wall: the database does the work.
"""

import gc
import statistics
import time

import psycopg2

from benchmarks import workloads
from benchmarks.application import Application
from benchmarks.apps import ours
from benchmarks.filling import fill

SIZES = (1_000, 10_000, 100_000, 1_000_000)
#: Where filters read the whole collection, filling and waiting would take an hour.
LARGEST = {
    "postgresql": 1_000_000,
    "sqlite": 100_000,
    "redis": 100_000,
    "memory": 100_000,
}
#: Of a workload; engines that read the whole collection would take hours.
_SECONDS = 25
_AT_LEAST = 3


def run(engine, new_url, sizes, rounds):
    """Measure all the workloads on collections of some sizes; medians of milliseconds.

    `new_url` gives the URL of an empty database of an engine each time.
    """
    apps = {}
    for size in sizes:
        started = time.perf_counter()
        apps[size] = _prepare(engine, new_url(engine), size)
        print(f"  {engine}: {size:,} records in {time.perf_counter() - started:.0f} s", flush=True)  # fmt: skip
    gc.collect()
    gc.freeze()
    results = {}
    for workload in workloads.GROWING:
        results[workload.name] = _measure(apps, workload, rounds)
        cells = "  ".join(
            f"{size:,}: {value:.2f}" for size, value in results[workload.name].items()
        )
        print(f"  {engine:10} {workload.name:18} {cells} ms", flush=True)
    gc.unfreeze()
    return results


def _prepare(engine, url, size):
    app = Application("cliquet", ours.build(url, engine), batches=True)
    if engine == "postgresql":
        # As the documentation advises for fields that lists are filtered by.
        connection = psycopg2.connect(url)
        connection.autocommit = True
        connection.cursor().execute(
            "CREATE INDEX ON records (parent_id, collection_id, (data -> 'kind'))"
        )
        connection.close()
    fill(app, engine, url, size)
    return app


def _measure(apps, workload, rounds):
    known = {size: workload.prepare(app) for size, app in apps.items()}
    walls = {size: [] for size in apps}
    deadline = time.perf_counter() + _SECONDS
    for number in range(rounds + 1):
        if number > _AT_LEAST and time.perf_counter() > deadline:
            break
        for size, app in apps.items():
            if workload.every_time:
                known[size] = workload.prepare(app)
            requests = workload.make(app, known[size])
            result = app.perform(requests)
            app.check(requests, result.answers)
            # The first one warms up.
            if number:
                walls[size].append(result.wall)
    return {size: statistics.median(found) for size, found in walls.items()}
