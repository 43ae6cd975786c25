"""The sync proof: a client that polls with its last ETag never misses a change.

Writers in threads and processes create, replace, modify and delete the records
of one collection over HTTP, alone and in batches, some of which fail and roll
back. Meanwhile pollers keep a copy from ``_since`` and ``If-None-Match`` alone.
In the end each copy must equal the server's records.

``python -m tests.sync.proof --help`` tells how to run it at length.
"""

import argparse
import http.client
import json
import multiprocessing
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from tests.contract.backends import APP_ENGINES

HEADERS = {"Authorization": "Basic bWF0OjE=", "Content-Type": "application/json"}
COLLECTION = "/v0/mushrooms"


class ProofError(AssertionError):
    """The promise was broken: the message says which part, where."""


def settings_for(engine: str, url: str) -> dict[str, Any]:
    """Settings of one application on an engine; `url` is '' for memory."""
    settings: dict[str, Any] = {
        "project_name": "sync",
        "project_version": "0.0.1",
        "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy",
    }
    for kind in ("storage", "cache", "permission"):
        settings[f"{kind}_backend"] = f"cliquet.{kind}.{engine}"
        settings[f"{kind}_url"] = url
    return settings


@contextmanager
def servers(settings: dict[str, Any], count: int) -> Iterator[list[int]]:
    """Start `count` server processes and give their ports; kill them at the end."""
    command = [sys.executable, "-m", "tests.sync.server", json.dumps(settings)]
    processes = []
    try:
        ports = []
        for _ in range(count):
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            processes.append(process)
            assert process.stdout is not None
            ports.append(int(process.stdout.readline()))
        yield ports
    finally:
        for process in processes:
            process.kill()
            process.communicate()


class Client:
    """A connection that is kept open, and opened again when the server closed it."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self.headers = {**HEADERS, **(headers or {})}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.connection.close()

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], Any]:
        content = None if body is None else json.dumps(body)
        self.connection.request(
            method, path, content, {**self.headers, **(headers or {})}
        )
        with self.connection.getresponse() as response:
            text = response.read()
            answered = {name.lower(): value for name, value in response.getheaders()}
        return response.status, answered, json.loads(text) if text else None


def random_entry(chooser: random.Random, ids: list[str]) -> dict[str, Any]:
    """One write, as an entry of a batch: method, path, body."""
    method = chooser.choice(["POST", "PUT", "PUT", "PATCH", "PATCH", "DELETE"])
    path = COLLECTION if method == "POST" else f"{COLLECTION}/{chooser.choice(ids)}"
    entry: dict[str, Any] = {"method": method, "path": path}
    if method != "DELETE":
        entry["body"] = {"data": {"name": uuid.UUID(int=chooser.getrandbits(128)).hex}}
    return entry


def write(port: int, operations: int, ids: list[str], seed: int) -> None:
    """Send `operations` writes; an answer that is no answer of ours is an error.

    Raises:
        ProofError: for a 5xx that nobody asked for.
    """
    chooser = random.Random(seed)
    with Client(port) as client:
        write_with(client, chooser, operations, ids)


def write_with(
    client: Client, chooser: random.Random, operations: int, ids: list[str]
) -> None:
    """Send writes over one connection.

    Raises:
        ProofError: for a 5xx that nobody asked for.
    """
    done = 0
    while done < operations:
        if chooser.random() < 0.2:
            entries = [random_entry(chooser, ids) for _ in range(chooser.randint(2, 6))]
            fails = chooser.random() < 0.3
            if fails:
                position = chooser.randint(0, len(entries))
                entries.insert(position, {"method": "GET", "path": "/fail"})
            status, _, body = client.send("POST", "/v0/batch", {"requests": entries})
            if status != (500 if fails else 200):
                raise ProofError(f"batch answered {status}: {body}")
            done += len(entries)
        else:
            entry = random_entry(chooser, ids)
            status, _, body = client.send(
                entry["method"], entry["path"], entry.get("body")
            )
            if status not in (200, 201, 404):
                raise ProofError(f"{entry} answered {status}: {body}")
            done += 1


def write_in_threads(
    port: int, threads: int, operations: int, ids: list[str], seed: int
) -> None:
    """Run writers in threads of this process.

    Raises:
        ProofError: the first error of any of them.
    """
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            write(port, operations // threads, ids, seed * 1000 + number)
        except BaseException as error:
            errors.append(error)

    workers = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]


def run_writers(ports: list[int], operations: int, threads: int, seed: int) -> None:
    """Run a process of writers for each port, to its end.

    Raises:
        ProofError: a writer failed.
    """
    ids = [str(uuid.UUID(int=number)) for number in range(1, 41)]
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(
            target=write_in_threads,
            args=(port, threads, operations // len(ports), ids, seed + number),
        )
        for number, port in enumerate(ports)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    if any(writer.exitcode for writer in writers):
        raise ProofError("a writer failed: its traceback is above")


@dataclass
class Poller:
    """A client that knows of the collection only what polling told it."""

    port: int
    conditional: bool
    copy: dict[str, dict[str, Any]] = field(default_factory=dict)
    owner_of: dict[int, str] = field(default_factory=dict)
    etag: int | None = None
    polls: int = 0

    def __post_init__(self) -> None:
        self.client = Client(self.port)

    def poll(self) -> None:
        """Take the changes since the last poll.

        Raises:
            ProofError: when a timestamp decreases, or belongs to two records.
        """
        self.polls += 1
        headers = {}
        path = COLLECTION
        if self.etag is not None:
            path += f"?_since={self.etag}"
            if self.conditional:
                headers["If-None-Match"] = f'"{self.etag}"'
        status, answered, body = self.client.send("GET", path, headers=headers)
        if status == 304:
            return
        if status != 200:
            raise ProofError(f"poll answered {status}: {body}")
        etag = int(answered["etag"].strip('"'))
        if self.etag is not None and etag < self.etag:
            raise ProofError(f"the collection went back from {self.etag} to {etag}")
        for record in self._walk(answered, body):
            self._take(record)
        self.etag = etag

    def _walk(self, answered: dict[str, str], body: Any) -> Iterator[dict[str, Any]]:
        while True:
            yield from body["data"]
            if "next-page" not in answered:
                return
            url = answered["next-page"]
            path = url[url.index("/v0/") :]
            status, answered, body = self.client.send("GET", path)
            if status != 200:
                raise ProofError(f"page answered {status}: {body}")

    def _take(self, record: dict[str, Any]) -> None:
        known = self.copy.get(record["id"])
        if known is not None and record["last_modified"] < known["last_modified"]:
            raise ProofError(f"{known} came back as the older {record}")
        if (
            self.owner_of.setdefault(record["last_modified"], record["id"])
            != record["id"]
        ):
            raise ProofError(f"timestamp of {record} was seen on another record")
        self.copy[record["id"]] = record

    @property
    def live(self) -> dict[str, dict[str, Any]]:
        return {
            key: record for key, record in self.copy.items() if "deleted" not in record
        }


def poll_until(
    stopped: threading.Event, poller: Poller, errors: list[BaseException]
) -> None:
    try:
        while not stopped.is_set():
            poller.poll()
            time.sleep(0.002)
    except BaseException as error:
        errors.append(error)


def read_collection(port: int) -> dict[str, dict[str, Any]]:
    """What the server holds, read page after page from the start."""
    reader = Poller(port, conditional=False)
    with reader.client:
        reader.poll()
    return reader.live


@dataclass(frozen=True)
class Figures:
    """What one run of the proof did."""

    operations: int
    seconds: float
    polls: int
    records: int


def prove(
    settings: dict[str, Any],
    operations: int,
    *,
    processes: int = 2,
    seed: int = 0,
) -> Figures:
    """Start servers, each with writers of its own, and prove that nothing is missed.

    One server for engines that one process owns.

    Raises:
        ProofError: the promise was broken.
    """
    with servers(settings, processes) as ports:
        return prove_on(ports, operations, seed=seed)


def prove_on(
    ports: list[int],
    operations: int,
    *,
    threads: int = 4,
    pollers: int = 4,
    seed: int = 0,
) -> Figures:
    """Run writers against pollers and compare.

    Args:
        ports: Of the servers, or of what is in front of them; each has a process
            of writers.

    Raises:
        ProofError: the promise was broken.
    """
    watchers = [
        Poller(ports[number % len(ports)], conditional=number % 2 == 0)
        for number in range(pollers)
    ]
    stopped = threading.Event()
    errors: list[BaseException] = []
    watching = [
        threading.Thread(target=poll_until, args=(stopped, watcher, errors))
        for watcher in watchers
    ]
    for thread in watching:
        thread.start()
    started = time.monotonic()
    try:
        run_writers(ports, operations, threads, seed)
    finally:
        stopped.set()
        for thread in watching:
            thread.join()
    seconds = time.monotonic() - started
    if errors:
        raise errors[0]
    expected = read_collection(ports[0])
    for number, watcher in enumerate(watchers):
        compare(watcher, expected, f"poller {number}")
    polls = sum(watcher.polls for watcher in watchers)
    return Figures(operations, seconds, polls, len(expected))


def compare(watcher: Poller, expected: dict[str, dict[str, Any]], name: str) -> None:
    """Let a poller poll once more, and compare its copy with what there is.

    Raises:
        ProofError: they differ.
    """
    watcher.poll()
    if watcher.live != expected:
        missed = [key for key in expected if watcher.live.get(key) != expected[key]]
        kept = [key for key in watcher.live if key not in expected]
        raise ProofError(f"{name} missed {missed} and kept {kept}")
    watcher.client.connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--engine", default="memory", help="memory, sqlite, postgresql, redis"
    )
    parser.add_argument("--url", default="", help="where the engine keeps its data")
    parser.add_argument("--ops", type=int, default=2000, help="number of writes")
    parser.add_argument(
        "--processes", type=int, default=2, help="number of server processes"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    engine = next(found for found in APP_ENGINES if found.id == options.engine)
    settings = settings_for(options.engine, options.url)
    engine.prepare(settings)
    processes = min(engine.processes, options.processes)
    figures = prove(
        settings,
        options.ops,
        processes=processes,
        seed=options.seed,
    )
    print(
        f"{options.engine}: {figures.operations} operations in {figures.seconds:.1f} s, "
        f"{figures.polls} polls, {figures.records} records in the end: every copy is equal"
    )


if __name__ == "__main__":
    main()
