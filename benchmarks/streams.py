"""Measure idle streams: memory, CPU, latency of wake-ups.

    ulimit -n 20000
    python -m benchmarks.streams URL_OF_STREAM URL_OF_SERVICE PID_OF_STREAM [--clients COUNT]
    python -m benchmarks.streams --peer sse-starlette [--clients COUNT]
    python -m benchmarks.streams --peer nchan [--clients COUNT]

Each stream is of another user. A record is written for one of them, and the time until
its event is read is taken; then the next. With `--together` all are of one user, and
one record is written. `{user}` in URLs is replaced by the name of
each. A peer is started, and has no records, users, permissions or filters: it tells
whoever follows a channel what is sent to it.
"""

import argparse
import asyncio
import base64
import os
import resource
import statistics
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks import stream_peers

_ASKED = 200
_AT_ONCE = 50
_IDLE_SECONDS = 60
_Task = asyncio.Future
_Written = tuple[float, float]
_TICKS = os.sysconf("SC_CLK_TCK")


def used(pid: int) -> tuple[float, float]:
    """Return the memory of a process in MiB, and its CPU time in seconds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return pages * resource.getpagesize() / 2**20, ticks / _TICKS


class Client:
    """A user who follows a stream.

    Attributes:
        begun: Done once the stream has begun.
        seen: When an event was read.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        token = base64.b64encode(f"{self.name}:x".encode()).decode()
        self.header = f"Basic {token}"
        loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[None] = loop.create_future()
        self.seen: asyncio.Future[float] = loop.create_future()

    async def follow(self, url: str) -> None:
        """Open a stream; note when it has begun, and when it has an event."""
        try:
            await self._follow(url.replace("{user}", self.name))
        except (OSError, EOFError) as error:
            for future in (self.begun, self.seen):
                if not future.done():
                    future.set_exception(error)

    async def _follow(self, url: str) -> None:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        head = [
            f"GET {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Accept: text/event-stream",
            f"Authorization: {self.header}",
        ]
        writer.write("\r\n".join([*head, "", ""]).encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise EOFError(f"stream of {self.name}: {status.decode()}")
        while line := await reader.readline():
            # The first one says from where, or nothing.
            if line.startswith((b"id:", b":")) and not self.begun.done():
                self.begun.set_result(None)
            if line.startswith(b"data:"):
                self.seen.set_result(time.perf_counter())
                await asyncio.Event().wait()
        raise EOFError(f"stream of {self.name} was cut")


async def measure(
    stream: str, service: str, pid: int, count: int, together: bool
) -> None:
    """Print what was measured."""
    clients = [Client("all" if together else f"u{n}") for n in range(count)]
    print(f"load average {os.getloadavg()[0]:.1f} before")
    tasks = await follow_idly(clients, stream, pid)
    await (tell_all if together else tell_each)(clients, service)
    print(f"load average {os.getloadavg()[0]:.1f} after")
    for task in tasks:
        task.cancel()


async def follow_idly(clients: list[Client], stream: str, pid: int) -> list[_Task]:
    """Open the streams, and print what they take while nothing happens."""
    count = len(clients)
    before, _ = used(pid)
    started = time.perf_counter()
    tasks = []
    for first in range(0, count, _AT_ONCE):
        batch = clients[first : first + _AT_ONCE]
        tasks += [asyncio.ensure_future(each.follow(stream)) for each in batch]
        await asyncio.gather(*(each.begun for each in batch))
    print(f"{count} streams opened in {time.perf_counter() - started:.1f} s")
    _, cpu = used(pid)
    await asyncio.sleep(_IDLE_SECONDS)
    after, later = used(pid)
    share = 100 * (later - cpu) / _IDLE_SECONDS
    each = (after - before) * 1024 / count
    print(
        f"memory {before:.0f} MiB before, {after:.0f} MiB after, {each:.1f} KiB each; "
        f"CPU {share:.1f} %"
    )
    return tasks


async def write(http: httpx.AsyncClient, client: Client, service: str) -> _Written:
    """Write a record; return when it was sent, and when it was answered."""
    sent = time.perf_counter()
    answer = await http.post(
        service.replace("{user}", client.name),
        json={"data": {"n": 1}},
        headers={"Authorization": client.header},
    )
    answer.raise_for_status()
    return sent, time.perf_counter()


async def tell_each(clients: list[Client], service: str) -> None:
    """Print how long it takes to tell one after the other."""
    after_answer, after_sending = [], []
    async with httpx.AsyncClient(timeout=60) as http:
        for client in clients[:: max(1, len(clients) // _ASKED)]:
            sent, written = await write(http, client, service)
            seen = await client.seen
            after_answer.append(max(0.0, seen - written) * 1000)
            after_sending.append((seen - sent) * 1000)
    for since, times in (("answer to", after_answer), ("sending of", after_sending)):
        parts = statistics.quantiles(times, n=100)
        print(
            f"event after the {since} a write: p50 {parts[49]:.1f} ms, "
            f"p99 {parts[98]:.1f} ms, max {max(times):.1f} ms"
        )


async def tell_all(clients: list[Client], service: str) -> None:
    """Print how long it takes to tell all of one change."""
    async with httpx.AsyncClient(timeout=60) as http:
        sent, _ = await write(http, clients[0], service)
        seen = sorted([await client.seen - sent for client in clients])
    print(
        f"events of one change, after it was sent: first {seen[0] * 1000:.0f} ms, "
        f"half {seen[len(seen) // 2] * 1000:.0f} ms, last {seen[-1] * 1000:.0f} ms"
    )


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("place", nargs="*", metavar="URL", help="two URLs and a PID")
    parser.add_argument("--peer", choices=stream_peers.PEERS, help="measured instead")
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--together", action="store_true", help="all of one user")
    options = parser.parse_args()
    if options.peer:
        with stream_peers.started(options.peer) as (url, pid):
            asyncio.run(measure(url, url, pid, options.clients, options.together))
    else:
        stream, service, pid = options.place
        asyncio.run(
            measure(stream, service, int(pid), options.clients, options.together)
        )


if __name__ == "__main__":
    main()
