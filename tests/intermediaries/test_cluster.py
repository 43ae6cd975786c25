"""No request depends on the machine that it reaches, nor on one that is restarted."""

import json
import re
import subprocess
import sys
import threading
from http.client import HTTPConnection

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.fuzzed import bodies, headers, methods, paths, queries
from tests.http.wsgi import percent_encode
from tests.intermediaries.cluster import Cluster
from tests.intermediaries.origin import ALICE
from tests.sync.proof import prove_on

LIST = "/v0/mushrooms"


@pytest.fixture(scope="module")
def cluster():
    started = Cluster()
    yield started
    started.close()


pytestmark = pytest.mark.intermediaries("haproxy", "pgbouncer")


def requests_of(cluster, machine):
    return int(cluster.balancer.column("stot", machine))


def test_what_was_written_by_one_is_read_by_the_other(cluster):
    path = f"{LIST}/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
    for number in range(10):
        written = cluster.send(
            "PUT", path, json={"data": {"name": f"a{number}"}}, auth=ALICE
        )
        # The replica may be behind, and who knows of a version says so.
        known = {"Cliquet-Min-Timestamp": written.headers["ETag"]}
        seen = [cluster.get(path, auth=ALICE, headers=known) for _ in range(4)]

        assert written.status_code in {200, 201}
        assert {each.status_code for each in seen} == {200}, [
            each.text for each in seen
        ]
        assert {each.headers["ETag"] for each in seen} == {written.headers["ETag"]}
        assert {each.json()["data"]["name"] for each in seen} == {f"a{number}"}
    assert all(requests_of(cluster, each) for each in cluster.machines)


def test_nothing_is_missed_across_machines(cluster, request):
    figures = prove_on([cluster.port] * 2, request.config.getoption("--ops") // 2)

    assert figures.polls > 0
    assert figures.records > 0


#: What makes a server wait for more. What is no HTTP, as control characters in headers
#: are not, is refused by servers and proxies in words of their own.
FRAMING = {"Content-Length", "Transfer-Encoding", "Expect"}


def send(port, method, path, query, sent_headers, body):
    """Send what a hostile client may, over a connection of its own."""
    pairs = "&".join(f"{percent_encode(a)}={percent_encode(b)}" for a, b, _ in query)
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest(
            method, f"/{percent_encode(path.lstrip('/'))}?{pairs}",
            skip_host="Host" in sent_headers, skip_accept_encoding=True,
        )  # fmt: skip
        for name, value in sent_headers.items():
            if name not in FRAMING:
                written = re.sub(r"[\x00-\x1f\x7f]", "", value)
                connection.putheader(name, written.encode("utf-8", "surrogatepass"))
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        with connection.getresponse() as response:
            return response.status, response.read()
    finally:
        connection.close()


def test_no_request_gives_a_server_error(cluster, request):
    @settings(
        max_examples=request.config.getoption("--fuzz-examples"),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(methods, paths, queries, headers, bodies))
    def fuzz(sent):
        status, content = send(cluster.port, *sent)

        assert status < 500, (status, content)
        if status >= 400 and sent[0] != "HEAD":
            assert json.loads(content)["code"] == status

    fuzz()


def test_two_machines_do_what_the_specification_says():
    cluster = Cluster("conformance")
    try:
        answer = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet",
             "conformance", f"{cluster.url}/v1/"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        cluster.close()

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_rolling_restart_loses_no_request(cluster, request):
    found = []
    proof = threading.Thread(
        target=lambda: found.append(
            # An answer that is not the service's own fails it; so does a lost one.
            prove_on([cluster.port] * 2, request.config.getoption("--ops"), seed=7)
        )
    )
    proof.start()
    for machine in cluster.machines:
        # As in an upgrade: the tables first, then the servers.
        cluster.restart(machine, before=lambda each=machine: each.run("migrate"))
    proof.join()

    assert len(found) == 1
