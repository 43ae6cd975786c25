"""Clients of streams that read nothing: they are cut, and their place is given back.

Nothing is a matter of time but the option of the system, which is a second here.
"""

import base64
import contextlib
import json
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from pyramid.config import global_registries
from pyramid.paster import get_app

from cliquet.live.hub import Hub
from cliquet.scripts import serve, stream
from cliquet.testing.servers import free_port
from tests.failures.servers import BIN, prepare, start
from tests.waiting import eventually

SECONDS = 1.0
HEADERS = {
    "Authorization": "Basic " + base64.b64encode(b"alice:x").decode(),
    "Content-Type": "application/json",
}
GUNICORN = [BIN / "gunicorn", "-c", "gunicorn.conf.py", "wsgi:application"]
#: More than the client takes; what systems keep for it is less than all of them.
LARGE, COUNT = 200_000, 10

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system cuts nobody"
    ),
]


@pytest.fixture
def service(tmp_path) -> Any:
    """The sample on SQLite, which lets one client wait."""
    directory, environment, port = prepare(tmp_path)
    ini = directory / "service.ini"
    lines = "[app:main]\ncliquet.stream_max_clients = 1\n"
    ini.write_text(ini.read_text().replace("[app:main]\n", lines))
    environment.update(WORKERS="1", TAKES_NOTHING_SECONDS=str(SECONDS))
    return directory, environment, port


@contextlib.contextmanager
def waitress(service: Any) -> Iterator[tuple[int, int]]:
    directory, _, _ = service
    application = get_app(str(directory / "service.ini"))
    options = {"listen": f"127.0.0.1:{free_port()}", "threads": 4}
    server = serve.make_server(application, options, SECONDS)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield int(server.effective_port), int(server.effective_port)
    finally:
        server.close()
        thread.join()


@contextlib.contextmanager
def gunicorn(service: Any) -> Iterator[tuple[int, int]]:
    process, _ = start(GUNICORN, service)
    try:
        yield service[2], service[2]
    finally:
        # At once: streams that were left are noticed with their next comment.
        process.send_signal(signal.SIGQUIT)
        process.wait()


@contextlib.contextmanager
def event_loop(service: Any) -> Iterator[tuple[int, int]]:
    """`cliquet stream`; what writes is beside."""
    with waitress(service) as (port, _):
        hub = global_registries.last.live
        usual = sys.getswitchinterval()
        server = stream.make_server(hub, SECONDS)
        sys.setswitchinterval(usual)
        with stream.listen("127.0.0.1", 0, SECONDS) as listener:
            thread = threading.Thread(target=server.run, args=([listener],))
            thread.start()
            try:
                yield listener.getsockname()[1], port
            finally:
                server.should_exit = True
                thread.join()


def create(port: int, size: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"data": {"name": "a" * size}})
    connection.request("POST", "/v1/mushrooms", body, HEADERS)
    assert connection.getresponse().status == 201
    connection.close()


def ask(connection: socket.socket) -> str:
    """Ask for a stream; return the line of the status."""
    lines = [f"{name}: {value}" for name, value in HEADERS.items()]
    head = ["GET /v1/mushrooms HTTP/1.1", "Host: here", "Accept: text/event-stream"]
    connection.sendall("\r\n".join([*head, *lines, "", ""]).encode())
    return connection.recv(15).decode()


def connect(port: int) -> socket.socket:
    """Connect a client that the system keeps little for."""
    connection = socket.socket()
    connection.settimeout(60)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    return connection


def is_there_a_place(port: int) -> bool:
    with connect(port) as connection:
        return ask(connection) == "HTTP/1.1 200 OK"


def is_cut(connection: socket.socket) -> bool:
    """Return whether what was sent ends, once it is read."""
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    return True


@pytest.mark.parametrize(
    "server", [waitress, pytest.param(gunicorn, marks=pytest.mark.long), event_loop]
)
def test_a_client_that_takes_nothing_is_cut(service, server):
    with server(service) as (port, writes), connect(port) as connection:
        assert ask(connection) == "HTTP/1.1 200 OK"
        assert not is_there_a_place(port)

        for _ in range(COUNT):
            create(writes, LARGE)

        def has_gone() -> bool:
            # Somebody writes: what waits for changes has something to send.
            create(writes, 1)
            return is_there_a_place(port)

        assert eventually(has_gone)
        assert is_cut(connection)


def test_looks_that_compute_do_not_hold_back_what_is_sent():
    usual = sys.getswitchinterval()
    try:
        stream.make_server(Hub(1))
        # Each part that is sent waits for as long, if a look computes.
        assert sys.getswitchinterval() <= usual / 5
    finally:
        sys.setswitchinterval(usual)
