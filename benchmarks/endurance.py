"""Does anything grow while a service runs for an hour? What is watched from outside.

The recipes of `config/production` run it: gunicorn, PostgreSQL, Redis. Clients send mixed
requests at a steady pace; records that are made are deleted again, and the tombstones
are purged once a minute, so that what still grows is a leak.

    python -m benchmarks.endurance --minutes 60 --rate 40 --output docs/performance
"""

import argparse
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg2
import requests

from benchmarks.drawing import BLUE, GREY, Drawing, ticks
from cliquet.testing.servers import Services, free_port, wait_for_port

ROOT = Path(__file__).parents[1]
PRODUCTION = ROOT / "config" / "production"
#: Of the service: what is watched, and in which unit it is told.
WATCHED = {
    "memory": "MB of memory, all workers (proportional set size)",
    "descriptors": "open file descriptors, all workers",
    "threads": "threads, all workers",
    "connections": "connections to PostgreSQL",
    "log": "bytes of log for each request",
    "latency": "milliseconds for a request, 95 %",
}
USERS = [(f"user{number}", "secret") for number in range(50)]
CLIENTS = 4


class Service:
    """The service as the recipes have it, on private servers."""

    def __init__(self):
        self.services = Services()
        self.directory = Path(tempfile.mkdtemp(prefix="cliquet-endurance-"))
        self.port = free_port()
        self.database = self.services.postgresql_url()
        self.environment = {
            **os.environ,
            "CLIQUET_INI": str(PRODUCTION / "production.ini"),
            "CLIQUET_STORAGE_URL": self.database,
            "CLIQUET_PERMISSION_URL": self.database,
            "CLIQUET_CACHE_URL": self.services.redis_url(),
            "CLIQUET_USERID_HMAC_SECRET": "k3y" * 12,
            "BIND": f"127.0.0.1:{self.port}",
            "WORKERS": "2",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{PRODUCTION}",
        }
        self.run("migrate")
        self.log = self.directory / "service.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", PRODUCTION / "gunicorn.conf.py",
                 "wsgi:application"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for_port(self.port, self.process)

    def run(self, *arguments):
        """Run a command of `cliquet`."""
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet",
             "--ini", PRODUCTION / "production.ini", *arguments],
            cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def workers(self):
        """Return the processes that serve; the first one only watches them."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return path.read_text().split()

    def sample(self):
        """Measure, from outside, what the workers hold."""
        workers = self.workers()
        with psycopg2.connect(self.database) as connection:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                (connections,) = cursor.fetchone()
        connection.close()
        return {
            "memory": sum(map(_memory, workers)) / 1024,
            "descriptors": sum(_count(pid, "fd") for pid in workers),
            "threads": sum(_count(pid, "task") for pid in workers),
            "connections": connections,
        }

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.services.close()
        shutil.rmtree(self.directory)


def _count(pid, what):
    return len(list(Path(f"/proc/{pid}/{what}").iterdir()))


def _memory(pid):
    """Return the proportional set size of a process, in kB: shared pages count once."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


class Load:
    """Clients that send mixed requests at a steady pace, until they are stopped."""

    def __init__(self, port, rate):
        self.url = f"http://127.0.0.1:{port}/v1"
        self.pause = CLIENTS / rate
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.seconds, self.statuses = [], Counter()
        self.threads = [
            threading.Thread(target=self.send_for_ever, args=(number,))
            for number in range(CLIENTS)
        ]
        for thread in self.threads:
            thread.start()

    def send_for_ever(self, number):
        chance, session, mine = random.Random(number), requests.Session(), []
        session.trust_env = False
        due = time.monotonic()
        while not self.stopped.wait(max(0, due - time.monotonic())):
            due += self.pause
            started = time.monotonic()
            try:
                status = self.send(chance, session, mine)
            except requests.RequestException as error:
                status = type(error).__name__
            with self.lock:
                self.seconds.append(time.monotonic() - started)
                self.statuses[status] += 1

    def send(self, chance, session, mine):
        """Send a request of a random kind; return its status."""
        name = chance.choice(("mushrooms", "bookmarks"))
        session.auth = chance.choice(USERS)
        body = {"data": {"name": "x" * 20, "url": "https://example.com/"}}
        collection = f"{self.url}/{name}"
        kind = chance.random()
        if kind < 0.25:
            answer = session.post(collection, json=body)
            mine.append((session.auth, f"{collection}/{answer.json()['data']['id']}"))
        elif kind < 0.45 and mine:
            session.auth, record = mine.pop(chance.randrange(len(mine)))
            answer = session.delete(record)
        elif kind < 0.6 and mine:
            session.auth, record = chance.choice(mine)
            answer = session.patch(record, json={"data": {"rating": 5, "name": "y"}})
        elif kind < 0.7:
            entry = {"path": f"/{name}?_limit=5"}
            answer = session.post(f"{self.url}/batch", json={"requests": [entry] * 5})
        elif kind < 0.75:
            answer = session.get(f"{self.url}/{name}?nothing={chance.random()}")
        elif kind < 0.8:
            answer = session.post(
                collection, data=b"{", headers={"Content-Type": "application/json"}
            )
        elif kind < 0.82:
            answer = session.get(f"{self.url}/__heartbeat__")
        else:
            answer = session.get(f"{collection}?_since={chance.randrange(10**9)}")
        # No more records at the end than in the beginning.
        while len(mine) > 100:
            session.auth, record = mine.pop()
            session.delete(record)
        return answer.status_code

    def take(self):
        """Return durations and statuses since the last time."""
        with self.lock:
            seconds, self.seconds = self.seconds, []
        return sorted(seconds)

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def watch(service, load, minutes, every):
    """Sample until the time is over; print each one."""
    rows, began, purged, logged = [], time.monotonic(), 0.0, 0
    while (now := time.monotonic() - began) < minutes * 60:
        time.sleep(every)
        if now - purged > 60:
            service.run("purge", "--older-than", "0")
            purged = now
        seconds = load.take()
        size = service.log.stat().st_size
        row = {"minute": (time.monotonic() - began) / 60, **service.sample()}
        row["log"] = (size - logged) / max(1, len(seconds))
        row["latency"] = seconds[len(seconds) * 95 // 100] * 1000 if seconds else 0
        logged = size
        rows.append(row)
        print("  ".join(f"{key} {value:.1f}" for key, value in row.items()), flush=True)
    return rows


def draw(rows, note):
    """Draw each value over time, from zero: flat is good."""
    drawing = Drawing("An hour of mixed load", note)
    top, tall, left, right = 84, 90, 90, 830
    last = rows[-1]["minute"]
    for name, title in WATCHED.items():
        values = [row[name] for row in rows]
        marks = ticks(max(*values, 1) * 1.1)
        most = max(marks[-1], *values)
        drawing.text(20, top, title, weight="bold")

        def up(value, top=top, most=most):
            return top + 14 + tall * (1 - value / most)

        for mark in marks:
            drawing.line([(left, up(mark)), (right, up(mark))])
            drawing.text(left - 8, up(mark) + 4, f"{mark:g}", "end", 11, GREY)
        drawing.line(
            [(left + row["minute"] / last * (right - left), up(row[name])) for row in rows],
            BLUE, 2,
        )  # fmt: skip
        top += tall + 44
    drawing.text(right, top - 10, f"{last:.0f} minutes", "end", 11, GREY)
    return drawing.svg(top + 6)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=40, help="requests a second")
    parser.add_argument("--every", type=float, default=15, help="seconds of a sample")
    parser.add_argument("--output", type=Path, default=Path("results"))
    options = parser.parse_args()
    service = Service()
    try:
        load = Load(service.port, options.rate)
        try:
            rows = watch(service, load, options.minutes, options.every)
        finally:
            load.stop()
    finally:
        service.close()
    total = sum(load.statuses.values())
    print(f"{total} requests: {dict(load.statuses)}")
    options.output.mkdir(parents=True, exist_ok=True)
    with (options.output / "endurance.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: round(value, 1) for key, value in row.items()} for row in rows
        )
    note = f"{total:,} requests, {options.rate:g} a second; two workers. Flat is good."
    (options.output / "endurance.svg").write_text(draw(rows, note))


if __name__ == "__main__":
    main()
