"""What is kept of a run? Its figures as JSON, tables as CSV, a picture for each question.

``python -m benchmarks.report FOLDER`` draws all of it again from `results.json`. What is
in `before.json`, results of an earlier version, is told beside it.
"""

import csv
import datetime as dt
import json
import os
import platform
import sys
from pathlib import Path

from benchmarks import plots, tables


def about(versions, note):
    """Return when and where a question was answered."""
    return {
        "date": dt.date.today().isoformat(),  # noqa: DTZ011 -- that of the reader
        "machine": f"{os.cpu_count()} cores, {platform.machine()},"
        f" {platform.system()} {platform.release()}",
        "python": f"Python {platform.python_version()}",
        "versions": ", ".join(filter(None, versions.values())),
        "note": note,
    }


def read(folder):
    """Read what an earlier run left in a folder, if one did."""
    path = folder / "results.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write(folder, results):
    """Write all that was measured, by this run or by earlier ones."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1)
    (folder / "results.json").write_text(text + "\n")
    # As when they are read again: names are text.
    results = json.loads(text)
    before = folder / "before.json"
    if before.exists():
        results["before"] = json.loads(before.read_text())
        if _postgresql(results.get("cost", {})):
            _write_csv(folder / "before.csv", tables.before(results))
    for name, (question, has, rows, picture) in _FILES.items():
        found = results.get(question)
        if not found or (has and not has(found)):
            continue
        if rows:
            _write_csv(folder / f"{name}.csv", rows(results))
        if picture:
            (folder / f"{name}.svg").write_text(picture(results))
    (folder / "machine.txt").write_text(_machine(results))


def _postgresql(found):
    return "postgresql" in found


def _others(found):
    return set(found) - {"postgresql"}


def _growth(results):
    grown = {"postgresql": results["growth"]["postgresql"]}
    return plots.growth(grown, "Time of a request, as a collection grows")


def _growth_engines(results):
    grown = results["growth"]
    grown = {engine: grown[engine] for engine in grown if engine != "postgresql"}
    return plots.growth(grown, "The same on the other engines")


#: By name of file: the question, what must have been measured of it, the table and the
#: picture.
_FILES = {
    "table": ("cost", _postgresql, tables.cost, None),
    "cost": ("cost", _postgresql, None, plots.cost),
    "engines": ("cost", None, tables.engines, plots.engines),
    "growth": ("growth", _postgresql, tables.growth, _growth),
    "growth_engines": ("growth", _others, tables.growth_engines, _growth_engines),
    "http": ("http", None, tables.http, plots.http),
    "writers": ("writers", None, tables.writers, plots.writers),
    "startup": ("startup", None, tables.startup, plots.startup),
    "profile": ("profile", None, tables.profile, plots.profile),
}


def _write_csv(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _machine(results):
    """Return what is the same for several questions, once."""
    told = {}
    about = results.get("before", {}).get("about", {})
    for question, found in (results.get("about", {}) | about).items():
        where = [
            found[key] for key in ("date", "machine", "python", "versions", "note")
        ]
        told.setdefault("; ".join(filter(None, where)), []).append(question)
    lines = [f"* {', '.join(questions)}: {where}." for where, questions in told.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write(folder, read(folder))
