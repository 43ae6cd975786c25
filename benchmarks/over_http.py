"""How many requests a second over HTTP, and how long does one wait?

Cliquet and the hand-built application are both served, and loaded in turn by a process
of its own: a slice of time each, again and again. Servers, clients and database share
the machine: compare the applications, do not take the figures for a capacity.
"""

import statistics

from benchmarks.application import record_id
from benchmarks.filling import fill, fill_reference
from benchmarks.servers import SERVERS, Server
from benchmarks.startup import build

CLIENTS = 4
RECORDS = 10_000
_BODY = {"data": {"name": "something to remember", "kind": 4}}
_PATHS = [f"/v1/items/{record_id(number)}" for number in range(0, RECORDS, 97)]

REQUESTS = {
    "hello": [("GET", "/v1/")] * CLIENTS,
    "get": [("GET", path) for path in _PATHS],
    "list 100": [("GET", "/v1/items?_limit=100")] * CLIENTS,
    "put": [("PUT", path, _BODY) for path in _PATHS],
    "post": [("POST", "/v1/items", _BODY)] * CLIENTS,
}


def summary(slices):
    """Put slices of the same load together."""
    latencies = sorted(each for result in slices for each in result["latencies"])
    failed = sum(
        count
        for result in slices
        for status, count in result["statuses"].items()
        if not status.startswith("2")
    )
    cpu = sum(result["cpu_s"] for result in slices)
    return {
        "requests_per_s": statistics.median(
            len(result["latencies"]) / result["seconds"] for result in slices
        ),
        "cpu": cpu / len(latencies) * 1000,
        "p50": latencies[len(latencies) // 2],
        "p95": latencies[len(latencies) * 95 // 100],
        "failed": failed,
    }


def run(url, seconds, rounds):
    """Load both applications behind each server, in turn."""
    _prepare(url)
    kinds = ("hand-built", "cliquet")
    results = {}
    for server in SERVERS:
        served = {
            kind: Server(server, (kind, "postgresql", url), threads=CLIENTS)
            for kind in kinds
        }
        try:
            for name, requests in REQUESTS.items():
                slices = {kind: [] for kind in kinds}
                for _ in range(rounds):
                    for kind in kinds:
                        result = served[kind].load(requests, CLIENTS, seconds)
                        slices[kind].append(result)
                found = {kind: summary(each) for kind, each in slices.items()}
                results.setdefault(server, {})[name] = found
                print(f"  {server:9} {name:9} {row(found)}", flush=True)
        finally:
            for each in served.values():
                each.close()
    return results


def _prepare(url):
    apps = {kind: build(kind, "postgresql", url) for kind in ("hand-built", "cliquet")}
    fill(apps["cliquet"], "postgresql", url, RECORDS)
    fill_reference(apps["hand-built"], url, "handbuilt", RECORDS)


def row(found):
    return "   ".join(
        f"{kind} {each['requests_per_s']:.0f}/s, {each['cpu']:.2f} ms CPU,"
        f" p50 {each['p50']:.1f}, p95 {each['p95']:.1f} ms, {each['failed']} failed"
        for kind, each in found.items()
    )
