"""Bodies that do not come whole, come slowly, in chunks or without end.

On each server, alone and behind proxies that pass on what comes as it comes. Nothing is
required of the records, so that a part of a body, or none, could be taken for one.
"""

import itertools
import json
import resource
import socket
import threading
import time

import pytest
import requests

from tests.failures.servers import BIN, prepare, start
from tests.intermediaries.proxies import BUFFERED, HAProxy, Nginx

pytestmark = pytest.mark.intermediaries

COMMANDS = {
    "waitress": [BIN / "pserve", "service.ini"],
    "gunicorn": [BIN / "gunicorn", "-c", "gunicorn.conf.py", "wsgi:application"],
    "granian": [BIN / "granian", "--interface", "wsgi", "--host", "127.0.0.1",
                "--port", "PORT", "wsgi:application"],
}  # fmt: skip
#: What stands between clients and the server.
FRONTS = {
    "alone": None,
    "nginx": Nginx,
    "nginx unbuffered": lambda port: Nginx(
        port, directives="proxy_request_buffering off; client_max_body_size 0;"
    ),
    "haproxy": HAProxy,
    "haproxy buffered": lambda port: HAProxy(port, recipe=BUFFERED),
}
#: Those that wait for whole bodies.
WAITING = ("nginx", "haproxy buffered")
LIST = "/v0/spores"
PATH = f"{LIST}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
MAX_SIZE = 2**20
ALICE = ("alice", "x")


@pytest.fixture(scope="module", params=COMMANDS)
def server(request, tmp_path_factory):
    """Name and port of a server that may not write files larger than some bodies."""
    service = prepare(tmp_path_factory.mktemp(request.param))
    directory, environment, port = service
    ini = directory / "service.ini"
    text = ini.read_text().replace(":8888", f":{port}")
    text = text.replace("11534336", str(2 * MAX_SIZE))
    ini.write_text(text.replace("config.mushrooms:main", "cliquet.tests.testapp:main"))
    environment["CLIQUET_MAX_BODY_SIZE"] = str(MAX_SIZE)
    environment["CLIQUET_SPORE_CREATE_PRINCIPALS"] = "system.Authenticated"
    environment["CLIQUET_SPORE_READ_PRINCIPALS"] = "system.Authenticated"
    most = (4 * MAX_SIZE, 4 * MAX_SIZE)
    process, _ = start(
        COMMANDS[request.param],
        service,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, most),
    )
    yield request.param, port
    assert process.poll() is None
    process.terminate()
    process.wait()


@pytest.fixture
def served(server):
    return server[1]


@pytest.fixture(
    params=[
        "alone",
        pytest.param("nginx", marks=pytest.mark.intermediaries("nginx")),
        pytest.param("nginx unbuffered", marks=pytest.mark.intermediaries("nginx")),
        pytest.param("haproxy", marks=pytest.mark.intermediaries("haproxy")),
        pytest.param("haproxy buffered", marks=pytest.mark.intermediaries("haproxy")),
    ]
)
def front(request, served, started):
    """Name and port of what clients connect to."""
    make = FRONTS[request.param]
    return request.param, started(make(served)).port if make else served


def connect(port, *headers, method="PUT", path=PATH):
    """Begin a request; the socket that is to have the body."""
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Authorization: Basic YWxpY2U6eA==",
        "Content-Type: application/json",
        "Connection: close",
        *headers,
    ]
    try:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
    except OSError:
        client.close()
        raise
    return client


def answer(client):
    """Read the response; its status and body, None if there is none."""
    received = b""
    try:
        while part := client.recv(65536):
            received += part
    except ConnectionError:
        pass
    client.close()
    head, _, body = received.partition(b"\r\n\r\n")
    return (int(head.split()[1]), body) if head else (None, b"")


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def stored(port):
    response = requests.get(f"http://127.0.0.1:{port}{PATH}", auth=ALICE, timeout=60)
    assert response.status_code == 200
    return response.json()["data"]["name"]


def everything(port):
    """Return all records, with their timestamps, and that of the list."""
    response = requests.get(f"http://127.0.0.1:{port}{LIST}", auth=ALICE, timeout=60)
    assert response.status_code == 200
    return response.json()["data"], response.headers["ETag"]


def write(port, name):
    body = {"data": {"name": name}}
    url = f"http://127.0.0.1:{port}{PATH}"
    assert requests.put(url, json=body, auth=ALICE, timeout=60).ok


WHOLE = json.dumps({"data": {"name": "after"}}).encode()
TARGETS = [("PUT", PATH), ("PATCH", PATH), ("POST", LIST), ("POST", "/v0/batch")]
#: Announced longer than they are.
BEGUN = {"nothing": b"", "half": WHOLE[:10], "what is JSON by itself": WHOLE}
#: Without the last chunk.
CHUNKED = {"no chunk": b"", "a part": chunk(WHOLE[:10]), "no end": chunk(WHOLE)}


def send_cut(port, target, header, sent, *, gone):
    """Send a part of a body, and leave: for good, or to hear what is answered."""
    method, path = target
    client = connect(port, header, method=method, path=path)
    try:
        client.sendall(sent)
        if not gone:
            client.shutdown(socket.SHUT_WR)
            return answer(client)[0]
    except ConnectionError:
        # It did not wait for the rest.
        pass
    finally:
        client.close()
    return None


def test_bodies_that_end_early_write_nothing(served, front):
    write(served, "before")
    before = everything(served)
    header = f"Content-Length: {len(WHOLE) + 10}"

    statuses = {
        (target, name): send_cut(front[1], target, header, sent, gone=gone)
        for gone in (True, False)
        for target, (name, sent) in itertools.product(TARGETS, BEGUN.items())
    }

    # Some servers and proxies hang up without a word.
    wrong = {key: each for key, each in statuses.items() if each and each < 400}
    assert wrong == {}
    assert everything(served) == before


def test_chunked_bodies_that_end_early_write_nothing(server, served, front):
    write(served, "before")
    before = everything(served)
    cut = dict(CHUNKED)
    if server[0] == "granian" and front[0] not in WAITING:
        # It does not tell applications that the last chunk is missing: the recipe has
        # it behind a proxy that waits for whole bodies.
        del cut["no end"], cut["no chunk"]
        if front[0] != "alone":
            # Nor do proxies that pass on what came, which may be nothing.
            del cut["a part"]

    statuses = {
        (target, name): send_cut(
            front[1], target, "Transfer-Encoding: chunked", sent, gone=gone
        )
        for gone in (True, False)
        for target, (name, sent) in itertools.product(TARGETS, cut.items())
    }

    wrong = {key: each for key, each in statuses.items() if each and each < 400}
    assert wrong == {}
    assert everything(served) == before


def test_chunked_bodies_are_read(served, front):
    write(served, "before")
    whole = json.dumps({"data": {"name": "\xe9" * 1000}}).encode()

    client = connect(front[1], "Transfer-Encoding: chunked")
    for place in range(0, len(whole), 100):
        client.sendall(chunk(whole[place : place + 100]))
    client.sendall(b"0\r\n\r\n")
    status, _ = answer(client)

    assert status == 200
    assert stored(served) == "\xe9" * 1000


#: Far more than what buffers of sockets hold beyond the bound.
OFFERED = 64 * MAX_SIZE


def test_chunked_bodies_without_end_are_refused(served):
    write(served, "before")
    client = connect(served, "Transfer-Encoding: chunked")
    part = chunk(b" " * 65536)
    taken = []

    def send():
        try:
            while len(taken) * 65536 < OFFERED:
                client.sendall(part)
                taken.append(part)
            client.sendall(b"0\r\n\r\n")
        except OSError:
            # The server does not want more.
            return

    sender = threading.Thread(target=send)
    sender.start()
    status, body = answer(client)
    sender.join()

    # waitress has words of its own.
    assert status in (413, None)
    assert status is None or b'"errno":113' in body or b"waitress" in body
    assert len(taken) * 65536 < OFFERED
    assert stored(served) == "before"


def test_slow_bodies_are_waited_for(served, front):
    whole = json.dumps({"data": {"name": "slow"}}).encode()
    client = connect(front[1], f"Content-Length: {len(whole)}")
    for byte in whole:
        client.sendall(bytes([byte]))
        time.sleep(0.01)

    status, _ = answer(client)

    assert status in (200, 201)
    assert stored(served) == "slow"
