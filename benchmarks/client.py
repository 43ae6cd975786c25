"""Who sends the requests over HTTP? A process of its own: some clients, some seconds.

Each client keeps one connection and waits for each answer before it sends the next
request: the load is bounded. Bytes are written and read on plain sockets, so that
clients take as little of the machine as they can from the servers.

``python -m benchmarks.client`` reads what to do from its standard input, as JSON.
"""

import json
import socket
import sys
import threading
import time


def encode(method, path, headers, body):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
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

    Each client has its own requests, and repeats them.
    """
    statuses, latencies = {}, []
    lock = threading.Lock()
    begin = threading.Barrier(clients + 1)

    def work(number):
        mine = [encode(*request) for request in requests[number::clients]]
        client = Client(port)
        begin.wait()
        own, times = {}, []
        deadline = time.perf_counter() + seconds
        while (started := time.perf_counter()) < deadline:
            try:
                status = client.send(mine[len(times) % len(mine)])
            except OSError:
                status = "broken"
                client.open()
            own[status] = own.get(status, 0) + 1
            times.append((time.perf_counter() - started) * 1000)
        with lock:
            latencies.extend(times)
            for status, count in own.items():
                statuses[status] = statuses.get(status, 0) + count

    threads = [threading.Thread(target=work, args=(each,)) for each in range(clients)]
    for thread in threads:
        thread.start()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return {
        "seconds": time.perf_counter() - started,
        "statuses": statuses,
        "latencies": latencies,
    }


if __name__ == "__main__":
    print(json.dumps(load(**json.load(sys.stdin))))
