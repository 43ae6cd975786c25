"""What does a request cost, next to other applications? In this process.

Applications take turns, request by request (A B C A B C …): what slows the machine
slows all of them. CPU is that of the Python process: the wall has the database, too.
"""

import gc
import statistics

from benchmarks import workloads
from benchmarks.application import Application
from benchmarks.apps import bare, floor, handbuilt, ours
from benchmarks.filling import fill, fill_reference, share

#: The collection that is listed.
RECORDS = 10_000
#: Of those, shared with a user who may see no other.
SHARED = 100


def ours_on(engine, url):
    """Cliquet thrice: records of a user, one's own shareable ones, and some of others."""
    wsgi = ours.build(url, engine)
    cliquet = Application("cliquet", wsgi, batches=True)
    shareable = Application("shareable", wsgi, "/v1/notes", batches=True)
    guest = Application("100 shared", wsgi, "/v1/notes", "bob")
    guest.takes = {"list 100", "list, filtered"}
    fill(cliquet, engine, url, RECORDS)
    fill(shareable, engine, url, RECORDS, "note")
    # Among them those of the kind that is asked for.
    wanted = workloads.KIND * SHARED
    numbers = range(wanted, wanted + SHARED)
    share(guest, engine, url, guest.user_id, "read", numbers)
    _check_total(cliquet, RECORDS)
    _check_total(shareable, RECORDS)
    _check_total(guest, SHARED)
    return [cliquet, shareable, guest]


def references(url):
    """Build what Cliquet is compared with."""
    pyramid = Application("bare Pyramid", bare.build())
    pyramid.takes = {"hello"}
    apps = [
        Application("floor", floor.build(url)),
        pyramid,
        Application("hand-built", handbuilt.build(url)),
    ]
    fill_reference(apps[0], url, "floor", RECORDS)
    fill_reference(apps[2], url, "handbuilt", RECORDS)
    _check_total(apps[2], RECORDS)
    return apps


def _check_total(app, wanted):
    answer = app.send("GET", f"{app.items}?_limit=100")
    found = int(answer.headers["Total-Records"])
    if found != wanted or len(answer.body["data"]) != min(wanted, 100):
        raise RuntimeError(f"{app.name}: {found} records instead of {wanted}")


def measure(apps, workload, rounds):
    """Run a workload on each application in turn; medians of milliseconds."""
    known = {app.name: workload.prepare(app) for app in apps}
    found = {app.name: [] for app in apps}
    for number in range(rounds + 3):
        for app in apps:
            if workload.every_round and number:
                known[app.name] = workload.prepare(app)
            requests = workload.make(app, known[app.name])
            result = app.perform(requests)
            app.check(requests, result.answers)
            # The first ones warm up.
            if number >= 3:
                found[app.name].append(result)
    return {
        name: {
            "cpu": statistics.median(result.cpu for result in results),
            "wall": statistics.median(result.wall for result in results),
        }
        for name, results in found.items()
    }


def run(engine, apps, rounds):
    """Measure all the workloads on applications that are ready."""
    results = {}
    # So that no application pays for the memory of the others.
    gc.collect()
    gc.freeze()
    for workload in workloads.ALL:
        taking = [app for app in apps if not app.takes or workload.name in app.takes]
        count = max(rounds // 5, 5) if workload.name.startswith("batch") else rounds
        results[workload.name] = measure(taking, workload, count)
        print(f"  {engine:10} {row(workload.name, results[workload.name])}", flush=True)
    gc.unfreeze()
    return results


def row(name, result):
    cells = [
        f"{app} {value['cpu']:.2f}/{value['wall']:.2f}" for app, value in result.items()
    ]
    return f"{name:18} " + "  ".join(cells)
