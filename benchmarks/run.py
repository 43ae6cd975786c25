"""How fast, next to what else? ``python -m benchmarks.run --help``

Applications are measured in turn, request by request (A B C A B C …), in one process:
what slows the machine down slows all of them. CPU is that of this process, not of the
database. Each figure is a median.
"""

import argparse
import datetime as dt
import json
import logging
import platform
import statistics
import sys
import time
import uuid
import warnings
from pathlib import Path

import psycopg2
from webob import Request

warnings.simplefilter("ignore")

from benchmarks.apps import bare, floor, handbuilt, ours  # noqa: E402
from benchmarks.plots import bars, curves  # noqa: E402
from tests.services import Services  # noqa: E402

AUTH = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}
RECORD = {"data": {"name": "something to remember"}}
HERE = Path(__file__).parent


class Application:
    """An application, and the record that requests are about."""

    def __init__(self, name, wsgi, items="/v1/items"):
        self.name, self.wsgi, self.items = name, wsgi, items
        self.record = self.etag = None

    def send(self, method, path, body=None, headers=None):
        request = Request.blank(
            path, method=method, headers={**AUTH, **(headers or {})}
        )
        if body is not None:
            request.body = json.dumps(body).encode()
            request.content_type = "application/json"
        answer = []
        chunks = self.wsgi(request.environ, lambda *args: answer.append(args))
        text = b"".join(chunks)
        if not answer[0][0].startswith(("2", "304")):
            raise RuntimeError(f"{self.name}: {method} {path}: {answer[0][0]} {text!r}")
        return dict(answer[0][1]), text

    def fill(self, count):
        for _ in range(count):
            _, text = self.send("POST", self.items, self.body)
        self.record = f"{self.items}/{json.loads(text)['data']['id']}"
        self.etag = self.send("GET", self.record)[0].get("ETag")

    @property
    def body(self):
        if self.items.endswith("notes"):
            return {**RECORD, "permissions": {"read": ["system.Authenticated"]}}
        return RECORD


def workloads():
    """Requests by name; each is prepared, then measured."""

    def batch(method, path):
        entry = {"method": method, "path": path.removeprefix("/v1")}
        if method == "POST":
            entry["body"] = RECORD
        return {"requests": [entry] * 25}

    return {
        "hello": lambda app: ("GET", "/v1/"),
        "get": lambda app: ("GET", app.record),
        "get 304": lambda app: ("GET", app.record, None, {"If-None-Match": app.etag}),
        "list 100": lambda app: ("GET", f"{app.items}?_limit=100"),
        "since, no change": lambda app: ("GET", f"{app.items}?_since=99999999999999"),
        "post": lambda app: ("POST", app.items, app.body),
        "put": lambda app: ("PUT", app.record, RECORD),
        "patch": lambda app: (
            "PATCH",
            app.record,
            {"data": {"name": uuid.uuid4().hex}},
        ),
        "delete": lambda app: ("DELETE", app.record),
        "batch of 25 get": lambda app: ("POST", "/v1/batch", batch("GET", app.record)),
        "batch of 25 post": lambda app: ("POST", "/v1/batch", batch("POST", app.items)),
    }


def measure(apps, name, make, rounds):
    """Run a workload on each application in turn; medians of CPU and wall, ms."""
    times = {app.name: ([], []) for app in apps}
    for _ in range(rounds):
        for app in apps:
            if name in ("delete", "get 304", "batch of 25 get"):
                app.fill(1)
            requests = [make(app)]
            if name.startswith("batch") and not app.name.startswith("cliquet"):
                # Without batches, the same is 25 requests.
                single = (
                    ("GET", app.record)
                    if "get" in name
                    else ("POST", app.items, RECORD)
                )
                requests = [single] * 25
            cpu, wall = time.process_time(), time.perf_counter()
            for request in requests:
                app.send(*request)
            times[app.name][0].append((time.process_time() - cpu) * 1000)
            times[app.name][1].append((time.perf_counter() - wall) * 1000)
    return {
        app: {"cpu": statistics.median(cpu), "wall": statistics.median(wall)}
        for app, (cpu, wall) in times.items()
    }


def side_by_side(services, rounds):
    url = services.postgresql_url()
    apps = [
        Application("floor", floor.build(url)),
        Application("hand-built", handbuilt.build(url)),
        Application("cliquet", ours.build(url)),
        Application("cliquet, shared", ours.build(url), "/v1/notes"),
    ]
    for app in apps:
        app.fill(300)
    results = {}
    for name, make in workloads().items():
        taking = (
            [*apps, Application("bare Pyramid", bare.build(url))]
            if name == "hello"
            else apps
        )
        count = max(rounds // 5, 5) if name.startswith("batch") else rounds
        measure(taking, name, make, 3)
        results[name] = measure(taking, name, make, count)
        print(row(name, results[name]), flush=True)
    return results


def row(name, result):
    cells = [
        f"{app} {value['cpu']:.2f}/{value['wall']:.2f}" for app, value in result.items()
    ]
    ratio = result["cliquet"]["cpu"] / result["hand-built"]["cpu"]
    return f"{name:18} {ratio:5.2f}x  " + "  ".join(cells)


FILL = """INSERT INTO records (id, parent_id, collection_id, last_modified, data)
SELECT 'r' || n, %s, 'item', from_epoch(1500000000000 + n),
jsonb_build_object('name', 'n' || n, 'kind', n / 50)
FROM generate_series(%s, %s) AS n"""


def growth(services, sizes, rounds):
    """Time requests on one collection as it grows."""
    url = services.postgresql_url()
    app = Application("cliquet", ours.build(url))
    app.fill(1)
    connection = psycopg2.connect(url)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SELECT parent_id FROM records")
    (parent,) = cursor.fetchone()
    cursor.execute(
        "CREATE INDEX ON records (parent_id, collection_id, (data -> 'kind'))"
    )
    size, found = 0, {}
    for wanted in sizes:
        cursor.execute(FILL, (parent, size + 1, wanted))
        cursor.execute("VACUUM ANALYZE records")
        size = wanted
        middle = 1500000000000 + size // 2
        headers, _ = app.send("GET", f"{app.items}?_limit=100&_before={middle}")
        # The place in the middle, of the whole collection.
        deep = headers["Next-Page"].partition("http://localhost")[2]
        deep = deep.replace(f"_before={middle}", "")
        requests = {
            "get": ("GET", app.record),
            "put": ("PUT", app.record, RECORD),
            "since, 10 changes": (
                "GET",
                f"{app.items}?_since={1500000000000 + size - 10}",
            ),
            "list 100": ("GET", f"{app.items}?_limit=100"),
            "list 100, deep page": ("GET", deep),
            "list, filter by index": ("GET", f"{app.items}?kind=3&_limit=100"),
        }
        for name, request in requests.items():
            walls = []
            for _ in range(rounds):
                started = time.perf_counter()
                app.send(*request)
                walls.append((time.perf_counter() - started) * 1000)
            found.setdefault(name, {})[size] = statistics.median(walls)
        print(
            size,
            {name: round(points[size], 2) for name, points in found.items()},
            flush=True,
        )
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="of each request (100)")
    parser.add_argument(
        "--largest", type=int, default=1_000_000, help="collection (10^6)"
    )
    parser.add_argument("--output", type=Path, default=HERE / "results")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    services = Services()
    try:
        compared = side_by_side(services, options.rounds)
        sizes = [
            size
            for size in (1000, 10_000, 100_000, 1_000_000)
            if size <= options.largest
        ]
        grown = growth(services, sizes, max(options.rounds // 4, 10))
    finally:
        services.close()
    options.output.mkdir(parents=True, exist_ok=True)
    result = {
        "date": dt.date.today().isoformat(),  # noqa: DTZ011
        "machine": f"{platform.machine()}, {platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "milliseconds": compared,
        "growth_milliseconds": grown,
    }
    (options.output / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    (options.output / "ratios.svg").write_text(bars(compared))
    (options.output / "growth.svg").write_text(curves(grown))
    print(f"See {options.output}: results.json, ratios.svg, growth.svg")


if __name__ == "__main__":
    main()
