"""A server that is stopped under load answers what it accepted (recipes of config/)."""

import signal
import threading

import pytest
import requests

from tests.failures.servers import BIN, start
from tests.waiting import eventually

pytestmark = pytest.mark.long


def test_gunicorn_answers_what_it_accepted(service):
    command = [BIN / "gunicorn", "-c", "gunicorn.conf.py", "wsgi:application"]
    process, url = start(command, service)
    kept, failed = [], []
    stopping = threading.Event()

    def write():
        while True:
            try:
                answer = requests.post(
                    url, json={"data": {"name": "a"}}, auth=("alice", "x"), timeout=60
                )
            except requests.ConnectionError as error:
                # Nobody listens any more: the request was never accepted.
                if not stopping.is_set() or "Connection refused" not in str(error):
                    failed.append(error)
                return
            if answer.status_code == 201:
                kept.append(answer.json()["data"]["id"])
            else:
                failed.append(answer.status_code)

    clients = [threading.Thread(target=write) for _ in range(10)]
    for client in clients:
        client.start()
    assert eventually(lambda: len(kept) >= 50)
    stopping.set()
    process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join()
    assert process.wait(120) == 0

    # What was reset by the kernel before it was accepted was not acknowledged either.
    assert [each for each in failed if isinstance(each, int)] == []
    process, url = start(command, service)
    try:
        listed = requests.get(f"{url}?_limit=5000", auth=("alice", "x"), timeout=60)
    finally:
        process.terminate()
        process.wait()
    found = {record["id"] for record in listed.json()["data"]}
    assert set(kept) <= found
    assert len(found - set(kept)) <= len(clients)


@pytest.mark.parametrize(
    "command",
    [
        [BIN / "pserve", "service.ini"],
        [BIN / "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "PORT",
         "wsgi:application"],
    ],
    ids=["pserve", "granian"],
)  # fmt: skip
def test_other_servers_serve(service, command):
    directory, _, port = service
    ini = directory / "service.ini"
    ini.write_text(ini.read_text().replace(":8888", f":{port}"))
    filled = [str(port) if part == "PORT" else part for part in command]

    process, url = start(filled, service)
    try:
        answer = requests.post(
            url, json={"data": {"name": "a"}}, auth=("alice", "x"), timeout=60
        )
    finally:
        process.terminate()
        process.wait()

    assert answer.status_code == 201


def test_a_proxy_may_tell_scheme_and_host(service):
    command = [BIN / "gunicorn", "-c", "gunicorn.conf.py", "wsgi:application"]
    process, url = start(command, service)
    told = {"Host": "service.example.com", "X-Forwarded-Proto": "https"}
    try:
        for _ in range(3):
            requests.post(
                url, json={"data": {"name": "a"}}, auth=("a", "x"), timeout=60
            )
        page = requests.get(
            f"{url}?_limit=1", headers=told, auth=("a", "x"), timeout=60
        )
        moved = requests.get(
            f"{url}/", headers=told, auth=("a", "x"), timeout=60, allow_redirects=False
        )
    finally:
        process.terminate()
        process.wait()

    expected = "https://service.example.com/v1/mushrooms"
    assert page.headers["Next-Page"].startswith(f"{expected}?")
    assert moved.headers["Location"] == expected
