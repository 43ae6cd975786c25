"""The sync proof by streams: followers whose streams are cut miss no change.

The writers are those of :mod:`tests.sync.proof`. Meanwhile clients, for threads and for
event loops, follow the collection behind proxies that cut connections at random. Each
must be told changes in order, none twice; what they were told must equal the server's
records in the end.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, aclosing, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cliquet.client import AsyncClient, Client, Patience, Record
from cliquet.testing.servers import free_port
from tests.sync import proof
from tests.sync.cutting import CuttingProxy
from tests.sync.proof import COLLECTION, ProofError
from tests.waiting import eventually

THREADS = 4
#: A name that no other record has: it is written last.
END = "the end"
#: Seconds for what takes a few: a change that is not told would be waited for, for ever.
_GUARD = 300
_AUTH = ("mat", "1")


def settings_for(engine: str, url: str) -> dict[str, Any]:
    """Settings of a service with streams; its processes wake one another."""
    settings = proof.settings_for(engine, url)
    settings["stream_max_clients"] = 30
    settings["stream_look_seconds"] = 5
    # A page is to fit into what many connections carry until they are cut.
    settings["paginate_by"] = 20
    if url:
        settings["stream_wakeups_url"] = url
    return settings


@contextmanager
def both(settings: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Start a server of both kinds in one process; the ports for writes and streams."""
    command = ["tests.sync.server", json.dumps(settings), "streams"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@contextmanager
def streaming(settings: dict[str, Any], folder: Path) -> Iterator[int]:
    """Run `cliquet stream`, and give its port; end it at the end."""
    lines = [
        f"{name} = {str(value).replace('%', '%%')}" for name, value in settings.items()
    ]
    ini, log = folder / "stream.ini", folder / "stream.log"
    ini.write_text(
        "\n".join(["[app:main]", "use = call:tests.sync.server:make", *lines, ""])
    )
    port = free_port()
    command = ["cliquet.scripts.cliquet", "--ini", str(ini)]
    command += ["stream", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=output, stderr=output
        )
    try:
        eventually(
            lambda: "Streaming on" in log.read_text() or process.poll() is not None
        )
        if process.poll() is not None:
            raise ProofError(f"cliquet stream does not start: {log.read_text()}")
        yield port
    finally:
        process.kill()
        process.wait()


def _briefly(_seconds: float) -> None:
    # They would rest for most of the proof.
    time.sleep(0.05)


def follow(port: int, since: int, told: list[Record]) -> None:
    """Follow the collection to the end, in this thread."""
    patience = Patience(retries=50)
    url = f"http://127.0.0.1:{port}/v0"
    with Client(url, _AUTH, patience=patience, sleep=_briefly) as client:
        with closing(client.collection("mushrooms").changes(since=since)) as changes:
            for record in changes:
                told.append(record)
                if record.get("name") == END:
                    return


def follow_awaiting(port: int, since: int, told: list[Record]) -> None:
    """Follow the collection to the end, in an event loop of this thread."""

    async def sleep(_seconds: float) -> None:
        await asyncio.sleep(0.05)

    async def run() -> None:
        patience = Patience(retries=50)
        url = f"http://127.0.0.1:{port}/v0"
        async with AsyncClient(url, _AUTH, patience=patience, sleep=sleep) as client:
            changes = client.collection("mushrooms").changes(since=since)
            async with aclosing(changes):
                async for record in changes:
                    told.append(record)
                    if record.get("name") == END:
                        return

    asyncio.run(run())


class Watcher:
    """A follower in a thread of its own, and what it was told."""

    def __init__(self, run: Callable[..., None], port: int, since: int) -> None:
        self.told: list[Record] = []
        self._run = run
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._follow, args=(port, since), daemon=True
        )
        self._thread.start()

    def _follow(self, port: int, since: int) -> None:
        try:
            self._run(port, since, self.told)
        except BaseException as error:
            self._error = error

    def compare(self, expected: dict[str, dict[str, Any]]) -> None:
        """Wait until everything is told, and compare it with what there is.

        Raises:
            ProofError: it differs.
        """
        name = self._run.__name__
        self._thread.join(_GUARD)
        if self._error is not None:
            raise self._error
        if self._thread.is_alive():
            raise ProofError(f"{name} was not told the end, but {self.told[-3:]}")
        timestamps = [record.timestamp for record in self.told]
        if timestamps != sorted(set(timestamps)):
            raise ProofError(
                f"{name} was told in another order, or twice: {timestamps}"
            )
        copy = {record["id"]: dict(record) for record in self.told}
        live = {key: each for key, each in copy.items() if "deleted" not in each}
        if live != expected:
            missed = [key for key in expected if live.get(key) != expected[key]]
            kept = [key for key in live if key not in expected]
            raise ProofError(f"{name} missed {missed} and kept {kept}")


@dataclass(frozen=True)
class Figures:
    """What one run of the proof did: changes were told, connections cut."""

    told: int
    cuts: int
    resumed: int


def prove(writing: list[int], told_by: list[int], operations: int) -> Figures:
    """Run writers against followers and compare.

    Args:
        writing: Ports of servers; each has a process of writers.
        told_by: Ports of servers of streams.

    Raises:
        ProofError: the promise was broken.
    """
    with proof.Client(writing[0]) as client, ExitStack() as stack:
        since = int(client.send("GET", COLLECTION)[1]["etag"].strip('"'))
        proxies, watchers = [], []
        for seed, run in enumerate((follow, follow_awaiting) * 2):
            port = told_by[seed % len(told_by)]
            proxies.append(stack.enter_context(CuttingProxy(port, seed)))
            watchers.append(Watcher(run, proxies[-1].port, since))
        proof.run_writers(writing, operations, THREADS, seed=0)
        client.send("POST", COLLECTION, {"data": {"name": END}})
        expected = proof.read_collection(writing[0])
        for watcher in watchers:
            watcher.compare(expected)
        return Figures(
            told=sum(len(watcher.told) for watcher in watchers),
            cuts=sum(proxy.cuts for proxy in proxies),
            resumed=sum(proxy.resumed for proxy in proxies),
        )
