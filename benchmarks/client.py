"""Who sends the requests over HTTP? A process of its own: some clients, some seconds.

Each client keeps one connection and waits for each answer before it sends the next
request: the load is bounded. Bytes are written and read on plain sockets, so that
clients take as little of the machine as they can from the servers.

``python -m benchmarks.client`` reads what to do from its standard input, as JSON.
"""

import json
import socket
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from benchmarks.application import CLIENT_HEADERS


def encode(method, path, headers, body):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [
        f"{name}: {value}" for name, value in {**CLIENT_HEADERS, **headers}.items()
    ]
    content = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Client:
    """One connection."""

    def __init__(self, port):
        self.port = port
        self.open()

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request):
        """Send a request, and wait for the status of its answer."""
        self.socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, content = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        missing = int(headers.get("content-length", 0)) - len(content)
        while missing > 0:
            missing -= len(self._receive())
        if headers.get("connection") == "close":
            self.socket.close()
            self.open()
        return int(status.split()[1])

    def _receive(self):
        found = self.socket.recv(262_144)
        if not found:
            raise ConnectionError("The server closed the connection.")
        return found


def load(port, clients, seconds, requests):
    """Send requests for some seconds; statuses, and milliseconds of each request.

    Each client has its own requests, and repeats them; all are for all if they are few.
    """
    if not requests:
        raise ValueError("There is nothing to send.")

    def work(number):
        mine = [encode(*each) for each in requests[number::clients] or requests]
        client = Client(port)
        found = []
        deadline = time.perf_counter() + seconds
        while (started := time.perf_counter()) < deadline:
            try:
                status = client.send(mine[len(found) % len(mine)])
            except OSError:
                status = "broken"
                client.open()
            found.append((str(status), (time.perf_counter() - started) * 1000))
        return found

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = [each for mine in pool.map(work, range(clients)) for each in mine]
    return {
        "seconds": time.perf_counter() - started,
        "statuses": Counter(status for status, _ in found),
        "latencies": [latency for _, latency in found],
    }


if __name__ == "__main__":
    print(json.dumps(load(**json.load(sys.stdin))))
