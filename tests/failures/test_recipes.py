"""The recipes for servers: connections that are kept, and what proxies let through."""

import configparser
import http.client
import socket
import uuid

import pytest
import requests

from cliquet.settings import SETTINGS
from tests.failures.servers import BIN, ROOT, prepare, start

pytestmark = pytest.mark.long

WAITRESS = [BIN / "pserve", "service.ini"]
GUNICORN = [BIN / "gunicorn", "-c", "gunicorn.conf.py", "wsgi:application"]
ALICE = ("alice", "x")


@pytest.fixture
def serve(tmp_path):
    """Start a server of the recipes; its port."""
    started = []

    def run(command):
        service = prepare(tmp_path)
        directory, _, port = service
        ini = directory / "service.ini"
        ini.write_text(ini.read_text().replace(":8888", f":{port}"))
        process, _ = start(command, service)
        started.append(process)
        return port

    yield run
    for process in started:
        assert process.poll() is None
        process.terminate()
        process.wait()


def test_waitress_answers_while_others_keep_their_connections(serve):
    port = serve(WAITRESS)
    kept = [
        http.client.HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(150)
    ]

    for connection in kept:
        connection.request("GET", "/v1/__lbheartbeat__")
        assert connection.getresponse().read() == b"{}"

    # Each of them is still open.
    for connection in kept:
        descriptor = connection.sock.fileno()
        connection.request("GET", "/v1/__lbheartbeat__")
        assert connection.getresponse().read() == b"{}"
        assert connection.sock.fileno() == descriptor
        connection.close()


def test_waitress_does_not_read_a_body_that_is_announced_too_large(serve):
    port = serve(WAITRESS)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(
            b"POST /v1/mushrooms HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: %d\r\n\r\n" % (12 * 2**20)
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_what_is_a_little_too_large_is_refused_in_words_of_the_protocol(serve):
    port = serve(WAITRESS)

    response = requests.post(
        f"http://127.0.0.1:{port}/v1/mushrooms", data=b" " * (10 * 2**20 + 1), auth=ALICE, timeout=60
    )  # fmt: skip

    assert response.status_code == 413
    assert response.json()["errno"] == 113


def test_gunicorn_accepts_the_next_page_of_a_long_query(serve):
    url = f"http://127.0.0.1:{serve(GUNICORN)}/v1/mushrooms"
    names = [f"{uuid.uuid4()}" for _ in range(155)]
    for name in names[:3]:
        requests.post(url, json={"data": {"name": name}}, auth=ALICE, timeout=60)

    first = requests.get(
        f"{url}?_limit=2&in_name={','.join(names)}", auth=ALICE, timeout=60
    )
    following = first.headers["Next-Page"]
    second = requests.get(following, auth=ALICE, timeout=60)

    assert len(following) > 6000
    assert first.links["next"]["url"] == following
    assert second.status_code == 200
    listed = [
        record["name"] for page in (first, second) for record in page.json()["data"]
    ]
    assert sorted(listed) == sorted(names[:3])


def test_gunicorn_accepts_what_nginx_lets_through(serve):
    url = f"http://127.0.0.1:{serve(GUNICORN)}/v1/mushrooms"

    # `large_client_header_buffers` is 8 kB, for the request line and for each field.
    header = requests.get(url, auth=ALICE, headers={"X-Long": "x" * 8000}, timeout=60)
    line = requests.get(f"{url}?_limit=1&in_name={'x' * 8000}", auth=ALICE, timeout=60)

    assert header.status_code == line.status_code == 200


def read_server(path):
    # Templates have places for whole lines.
    ini = configparser.RawConfigParser(allow_no_value=True)
    ini.read(path)
    return {
        name: value for name, value in ini["server:main"].items() if name != "listen"
    }


def test_all_recipes_of_waitress_are_one():
    paths = [
        "config/example.ini",
        "config/production/production.ini",
        "cliquet/scripts/templates/service.ini",
    ]

    first, *others = [read_server(ROOT / path) for path in paths]

    assert others == [first, first]
    beyond = int(first["max_request_body_size"]) - SETTINGS["max_body_size"].default
    assert 0 < beyond <= 2**20
    assert int(first["connection_limit"]) >= 1000
    # select() ends with the descriptor 1,023.
    assert first["asyncore_use_poll"] == "true"
