"""Patroni decides who is the primary: one dies under load, comes back, is promoted again."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest
import requests

from cliquet.testing.servers import PostgreSQLServer, free_port, wait_for_port
from tests.docs.test_readme import code_blocks
from tests.failures.test_failover import under_load
from tests.failures.test_failures import ENGINES
from tests.intermediaries.proxies import DATABASES, HAProxy
from tests.programs import find_program
from tests.sync.proof import settings_for
from tests.waiting import eventually

PAGE = Path(__file__).parents[2] / "docs" / "replicas.rst"
OK = 200
#: Of Patroni: it may notice and decide for twice as long as a lock is valid.
PATIENCE = 120
#: What is of this machine; the rest is what the page recommends.
CONFIGURATION = """
scope: shop
name: {name}
restapi: {{listen: "127.0.0.1:{api}", connect_address: "127.0.0.1:{api}"}}
etcd3: {{hosts: "127.0.0.1:{etcd}"}}
{recommended}
  initdb: [{{encoding: UTF8}}, {{locale: C.UTF-8}}]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: {directory}/data
  bin_dir: {binaries}
  pgpass: {directory}/pgpass
  parameters: {{unix_socket_directories: "{directory}"}}
  pg_hba: [host all all 127.0.0.1/32 trust, host replication all 127.0.0.1/32 trust,
           local all all trust]
  authentication:
    replication: {{username: replicator, password: unused}}
    superuser: {{username: postgres, password: unused}}
    rewind: {{username: rewinder, password: unused}}
"""


class Node:
    """A PostgreSQL of which Patroni takes care."""

    def __init__(self, name, directory, tools, etcd):
        self.port, self.api = free_port(), free_port()
        self.directory, self.run_as = directory / name, tools.run_as
        self.directory.mkdir()
        if "user" in self.run_as:
            shutil.chown(self.directory, self.run_as["user"])
        (recommended,) = code_blocks(PAGE.read_text(), "yaml")
        self.file = self.directory / "patroni.yml"
        self.file.write_text(
            CONFIGURATION.format(
                **vars(self), name=name, etcd=etcd, binaries=tools.binaries,
                recommended=recommended.rstrip(),
            )
        )  # fmt: skip
        self.process = None

    def start(self):
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [find_program("patroni"), self.file], stdout=log, stderr=log,
                **{**self.run_as, "cwd": self.directory},
            )  # fmt: skip

    def has_role(self, role):
        with suppress(requests.ConnectionError, requests.Timeout):
            url = f"http://127.0.0.1:{self.api}/{role}"
            return requests.get(url, timeout=60).status_code == OK
        return False

    def switch_over(self, leader, candidate):
        answer = requests.post(
            f"http://127.0.0.1:{self.api}/switchover",
            json={"leader": leader, "candidate": candidate}, timeout=60,
        )  # fmt: skip
        assert answer.status_code == OK, answer.text

    def kill(self):
        """Kill the server and who takes care of it, without a word."""
        pid = (self.directory / "data" / "postmaster.pid").read_text().split()[0]
        self.process.kill()
        self.process.wait()
        os.kill(int(pid), signal.SIGQUIT)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


@pytest.fixture
def etcd(tmp_path):
    """Where the decision is kept; its port."""
    port, peer = free_port(), free_port()
    of_clients, of_peers = (f"http://127.0.0.1:{each}" for each in (port, peer))
    process = subprocess.Popen(
        [find_program("etcd"), "--data-dir", tmp_path / "etcd",
         "--listen-client-urls", of_clients, "--advertise-client-urls", of_clients,
         "--listen-peer-urls", of_peers, "--initial-advertise-peer-urls", of_peers,
         "--initial-cluster", f"default={of_peers}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_port(port, process)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture
def nodes(etcd):
    """The primary and its synchronous replica."""
    # For its programs, and a directory that another user may read.
    tools = PostgreSQLServer()
    tools.stop()
    tools.directory.chmod(0o755)
    found = [Node(name, tools.directory, tools, etcd) for name in ("one", "two")]
    one, two = found
    try:
        one.start()
        assert eventually(lambda: one.has_role("primary"), PATIENCE)
        two.start()
        assert eventually(lambda: two.has_role("synchronous"), PATIENCE)
        subprocess.run(
            [tools.binaries / "createdb", "-h", "127.0.0.1", "-p", str(one.port),
             "-U", "postgres", "shop"], check=True, **tools.run_as,
        )  # fmt: skip
        yield found
    finally:
        for each in found:
            each.stop()
        shutil.rmtree(tools.directory, ignore_errors=True)


def is_reached(url):
    """Return whether there is a server that takes writes."""
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True


@pytest.fixture(params=["its hosts", "a balancer"])
def database(request, nodes):
    """What leads a service to the primary: its URL."""
    if request.param == "its hosts":
        hosts = "&".join(f"host=127.0.0.1:{each.port}" for each in nodes)
        yield f"postgresql://postgres@/shop?{hosts}&target_session_attrs=read-write"
        return
    recipes = code_blocks(PAGE.read_text(), "text")
    (recipe,) = [each for each in recipes if each.startswith("backend primary")]
    for number, node in enumerate(nodes, start=21):
        told = f"10.0.0.{number}:5432 check port 8008"
        assert told in recipe
        recipe = recipe.replace(told, f"127.0.0.1:{node.port} check port {node.api}")
    with closing(HAProxy(recipe=DATABASES + recipe)) as proxy:
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/shop"
        assert eventually(lambda: is_reached(url), PATIENCE)
        yield url


@pytest.mark.intermediaries("patroni", "etcd", "haproxy")
def test_nothing_is_lost_whoever_is_the_primary(nodes, database):
    one, two = nodes
    settings = settings_for("postgresql", database)
    ENGINES["postgresql"].prepare(settings)
    with under_load(settings) as (load, other):
        began = time.monotonic()
        one.kill()
        assert eventually(load.is_refused)
        assert eventually(lambda: two.has_role("primary"), PATIENCE)
        load.wait_for_more(1)
        print(f"without writes {time.monotonic() - began:.1f} s")
        other.wait_for_more()

        one.start()
        assert eventually(lambda: one.has_role("synchronous"), PATIENCE)
        load.wait_for_more()

        began = time.monotonic()
        two.switch_over("two", "one")
        assert eventually(lambda: one.has_role("primary"), PATIENCE)
        load.wait_for_more(1)
        print(f"switch-over {time.monotonic() - began:.1f} s")
        other.wait_for_more()
