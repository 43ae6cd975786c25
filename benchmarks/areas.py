"""Where does the time of a request go, and how many statements does it send?

Own time of functions, as cProfile tells, put together by the package they are in. The
profiler slows Python down, not what waits: areas are compared with each other and
with what they were, not with the clock. Calls of the driver are counted on the way.
"""

import cProfile
import pstats
import statistics
from pathlib import Path

import cliquet
from benchmarks import workloads
from benchmarks.application import Application
from benchmarks.apps import ours
from benchmarks.filling import fill

RECORDS = 10_000
FRAMEWORK, DRIVER, OURS = "Pyramid, Cornice, WebOb", "driver", "Cliquet"
PYTHON, DATABASE, JSON = "Python", "SQLAlchemy, transactions", "JSON"
#: Columns, in this order.
AREAS = (FRAMEWORK, DRIVER, OURS, PYTHON, DATABASE, JSON)
_PACKAGES = {
    "sqlalchemy": DATABASE,
    "transaction": DATABASE,
    "psycopg2": DRIVER,
    "json": JSON,
    **dict.fromkeys(
        (
            # And what they are made of.
            "pyramid", "pyramid_multiauth", "pyramid_retry", "pyramid_tm", "cornice",
            "webob", "colander", "iso8601", "translationstring", "venusian", "zope",
        ),
        FRAMEWORK,
    ),
}  # fmt: skip
#: What compiled functions are named after.
_COMPILED = {
    "_json": JSON,
    "_zope_interface_coptimizations": FRAMEWORK,
    **_PACKAGES,
}
_OURS = (Path(cliquet.__file__).parent, Path(ours.__file__))
_HARNESS = Path(__file__).parent
_EXECUTE = {
    f"<method '{name}' of 'psycopg2.extensions.cursor' objects>"
    for name in ("execute", "executemany")
}
_COMMIT = {"<method 'commit' of 'psycopg2.extensions.connection' objects>"}


def area_of(file, function):
    """Return the area of a function, as cProfile names it; None for the benchmark's."""
    if file == "~":
        return _area_of_builtin(function)
    path = Path(file)
    if any(path.is_relative_to(each) for each in _OURS):
        return OURS
    if path.is_relative_to(_HARNESS):
        return None
    if "zope" in path.parts and "sqlalchemy" in path.parts:
        return DATABASE
    _, _, inside = file.rpartition("site-packages/")
    for part in Path(inside).parts:
        if part in _PACKAGES:
            return _PACKAGES[part]
    return PYTHON


def _area_of_builtin(function):
    found = (area for name, area in _COMPILED.items() if f"{name}." in function)
    return next(found, PYTHON)


class Profiled:
    """A WSGI application, profiled while it is asked to be."""

    def __init__(self, wsgi):
        self.wsgi, self.profile = wsgi, None

    def __call__(self, environ, start_response):
        if self.profile is None:
            return self.wsgi(environ, start_response)
        self.profile.enable()
        try:
            return self.wsgi(environ, start_response)
        finally:
            self.profile.disable()


def run(url, turns):
    """Profile all the workloads; percent by area, statements and commits."""
    wsgi = Profiled(ours.build(url))
    mine = Application("cliquet", wsgi, batches=True)
    shareable = Application("shareable", wsgi, "/v1/notes", batches=True)
    fill(mine, "postgresql", url, RECORDS)
    fill(shareable, "postgresql", url, RECORDS, "note")
    results = {}
    for workload in workloads.ALL:
        count = max(turns // 4, 3) if workload.name.startswith("batch") else turns
        found = _profile(mine, workload, count)
        found["shareable"] = _profile(shareable, workload, count)
        results[workload.name] = found
        print(f"  {workload.name:18} {row(found)}", flush=True)
    return results


def _profile(app, workload, count):
    known = workload.prepare(app)
    found = []
    for number in range(count + 1):
        if workload.every_time:
            known = workload.prepare(app)
        requests = workload.make(app, known)
        profile = app.wsgi.profile = cProfile.Profile()
        result = app.perform(requests)
        app.wsgi.profile = None
        app.check(requests, result.answers)
        # The first one warms up.
        if number:
            found.append(_measures(pstats.Stats(profile).stats))
    return _summary(found)


def _measures(stats):
    """Return the seconds by area, and the calls of the driver, of one request."""
    measures = dict.fromkeys((*AREAS, "statements", "commits"), 0.0)
    for (file, _, function), (_, called, own, *_) in stats.items():
        area = area_of(file, function)
        if area:
            measures[area] += own
        measures["statements"] += called * (function in _EXECUTE)
        measures["commits"] += called * (function in _COMMIT)
    return measures


def _summary(found):
    # Medians: what else the machine does falls upon some area of some request.
    middle = {
        name: statistics.median(measures[name] for measures in found)
        for name in found[0]
    }
    total = sum(middle[area] for area in AREAS)
    return {
        "areas": {area: middle[area] / total * 100 for area in AREAS},
        "statements": middle["statements"],
        "commits": middle["commits"],
    }


def row(found):
    areas = "  ".join(f"{area} {share:.0f}" for area, share in found["areas"].items())
    told = [
        f"{each['statements']:g} statements, {each['commits']:g} commits"
        for each in (found, found["shareable"])
    ]
    return f"{areas} %  {told[0]}; shareable {told[1]}"
