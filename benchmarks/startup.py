"""What does it cost to start, and how much memory does it take to serve?

Each application starts in a process of its own, in turn, several times. CPU is that of
the whole process until the application is ready, interpreter included; the peak of
memory is read after it served.
"""

import json
import logging
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

from benchmarks.application import Application

SERVED = 50
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def peak_mib():
    """Return the most memory that this process ever had, in MiB.

    `ru_maxrss` would be that of the process which started it, if that was larger.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("This system does not tell the peak of memory.")


def child(kind, engine, url, install=""):
    """Start one application, serve, and print what it took."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    app = build(kind, engine, url, bool(install))
    ready = time.process_time()
    body = {"data": {"name": "something to remember"}}
    for _ in range(SERVED):
        created = app.send("POST", app.items, body).body["data"]
        path = f"{app.items}/{created['id']}"
        app.send("GET", path)
        app.send("PUT", path, body)
        app.send("GET", f"{app.items}?_limit=100")
        app.send("DELETE", path)
    print(json.dumps({"cpu_s": ready, "peak_mib": peak_mib()}))


def build(kind, engine, url, install=True):
    """Build an application by its name, importing no other."""
    if kind == "hand-built":
        from benchmarks.apps import handbuilt  # noqa: PLC0415

        return Application(kind, handbuilt.build(url, install))
    from benchmarks.apps import ours  # noqa: PLC0415

    return Application("cliquet", ours.build(url, engine, install), batches=True)


def run(urls, times):
    """Start each application several times, in turn; medians."""
    if not Path("/proc/self/status").exists():
        print("  skipped: this system does not tell the peak of memory")
        return {}
    wanted = [("cliquet", engine, url) for engine, url in urls.items()]
    if "postgresql" in urls:
        wanted.insert(0, ("hand-built", "postgresql", urls["postgresql"]))
    # Once for nothing: modules are compiled, tables are made.
    for each in wanted:
        _start(*each, "install")
    found = {each[:2]: [] for each in wanted}
    for _ in range(times):
        for each in wanted:
            found[each[:2]].append(_start(*each))
    results = {
        f"{kind}, {engine}": {
            name: statistics.median(result[name] for result in all_results)
            for name in ("cpu_s", "peak_mib")
        }
        for (kind, engine), all_results in found.items()
    }
    for name, result in results.items():
        print(f"  {name:22} {result['cpu_s']:.2f} s CPU  {result['peak_mib']:.0f} MiB")
    return results


def _start(*arguments):
    command = [sys.executable, "-m", "benchmarks.startup", *arguments]
    # Or modules would be compiled each time.
    env = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=env)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    child(*sys.argv[1:])
