"""What does a request cost, next to other applications? In this process.

Applications take turns (A B C A B C …): what slows the machine slows all of them, and
they are compared turn by turn. CPU is that of the Python process: the wall has the
database, too.
"""

import gc
import statistics

from benchmarks import peers, workloads
from benchmarks.application import Application
from benchmarks.apps import bare, floor, handbuilt, ours
from benchmarks.filling import fill, fill_reference, share

#: The collection that is listed.
RECORDS = 10_000
#: Of those, shared with a user who may see no other.
SHARED = 100
#: Requests that an application gets before it is the turn of the next one.
IN_A_TURN = 4
#: What an application is compared with, if not with the hand-built one.
BASES = {"shareable": "cliquet", "100 shared": "cliquet"}


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


def started_peers(url):
    """Start the peers, each with its records."""
    apps = []
    for peer, table in peers.start(url):
        fill_reference(peer, url, table, RECORDS)
        _check_total(peer, RECORDS)
        apps.append(peer)
    return apps


def _check_total(app, wanted):
    answer = app.send("GET", f"{app.items}?_limit=100")
    found = int(answer.headers["Total-Records"])
    if found != wanted or len(answer.body["data"]) != min(wanted, 100):
        raise RuntimeError(f"{app.name}: {found} records instead of {wanted}")


def measure(apps, workload, turns):
    """Run a workload on each application in turn; what each costs, in milliseconds.

    A turn is a few requests: an application that has just been called is what a server
    has, while after another one it would start with the caches of the processor cold.
    """
    known = {app.name: workload.prepare(app) for app in apps}
    found = {app.name: [] for app in apps}
    # The first turns warm up.
    for number in range(2 + turns):
        for app in apps:
            turn = _turn(app, workload, known)
            if number >= 2:
                cpu = statistics.median(result.cpu for result in turn)
                wall = statistics.median(result.wall for result in turn)
                found[app.name].append((cpu, wall))
    return {name: _summary(name, found) for name in found}


def _turn(app, workload, known):
    turn = []
    for _ in range(IN_A_TURN):
        if workload.every_time:
            known[app.name] = workload.prepare(app)
        turn.append(workload.make(app, known[app.name]))
    results = app.perform_turn(turn)
    for requests, result in zip(turn, results, strict=True):
        app.check(requests, result.answers)
    return results


def _summary(name, found):
    """Return medians, and the ratio of CPU to that of the base, turn by turn."""
    cpu, wall = zip(*found[name], strict=True)
    result = {"cpu": statistics.median(cpu), "wall": statistics.median(wall)}
    base = BASES.get(name, "hand-built")
    if base != name and base in found:
        ratios = [own / other for own, (other, _) in zip(cpu, found[base], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        result |= {"ratio": middle, "quartiles": [low, high]}
    return result


def run(engine, apps, turns):
    """Measure all the workloads on applications that are ready."""
    results = {}
    # So that no application pays for the memory of the others.
    gc.collect()
    gc.freeze()
    for workload in workloads.ALL:
        taking = [app for app in apps if not app.takes or workload.name in app.takes]
        count = max(turns // 4, 3) if workload.name.startswith("batch") else turns
        results[workload.name] = measure(taking, workload, count)
        print(f"  {engine:10} {row(workload.name, results[workload.name])}", flush=True)
    gc.unfreeze()
    return results


def row(name, result):
    cells = []
    for app, value in result.items():
        ratio = f" {value['ratio']:.2f}x" if "ratio" in value else ""
        cells.append(f"{app}{ratio} {value['cpu']:.2f}/{value['wall']:.2f}")
    return f"{name:18} " + "  ".join(cells)
