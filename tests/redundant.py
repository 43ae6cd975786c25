"""Several Redis servers that stand for one: replicas and Sentinels, a cluster.

The suites of contracts run on them: `make tests-redis`, or

    python -m pytest tests/contract tests/sync --backends=redis --redis=sentinel
"""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot
from redis.sentinel import Sentinel

from cliquet.testing.servers import (
    RedisServer,
    find_redis,
    free_port,
    wait_for_port,
)
from tests.programs import find_program

SERVICE = "records"
_MANY_DATABASES = 500
SLOTS = 16384
_WATCH = (
    f"sentinel down-after-milliseconds {SERVICE} 500",
    f"sentinel failover-timeout {SERVICE} 3000",
    f"sentinel parallel-syncs {SERVICE} 2",
)


@dataclass(frozen=True)
class Security:
    """How servers want to be asked, each part in the form that somebody reads.

    Attributes:
        options: Of servers.
        lines: Of the configuration of Sentinels.
        client: Options of a client of redis-py.
        scheme: Of URLs.
        user: Of URLs, with a password and an at sign.
        query: Of URLs.
    """

    options: Sequence[str] = ()
    lines: Sequence[str] = ()
    client: Mapping[str, Any] = field(default_factory=dict)
    scheme: str = "redis"
    user: str = ""
    query: str = ""

    def url(self, kind: str, hosts: str, path: str) -> str:
        """Return the URL of servers."""
        return f"{self.scheme}{kind}://{self.user}{hosts}/{path}{self.query}"


class Node:
    """A Redis process of several, which can be killed and started again.

    Args:
        directory: Where it has its files.
        program: Path of the server.
        options: Of its configuration, besides where it listens.
        security: What it wants of clients.
        port: Where it listens; by default, where nobody does.
    """

    def __init__(
        self,
        directory: Path,
        program: str,
        options: Sequence[str],
        security: Security = Security(),
        port: int = 0,
    ) -> None:
        self.port = port or free_port()
        self._security = security
        self.directory = directory / str(self.port)
        self.directory.mkdir()
        self.options = options
        self._command = [program, *self.arguments()]
        self.start()

    def arguments(self) -> list[str]:
        """Return those of the program that say where it listens."""
        return [
            *(f"--{self.port_option}", str(self.port), "--bind", "127.0.0.1"),
            *("--dir", str(self.directory), "--daemonize", "no"),
            *self.options,
            *self._security.options,
        ]

    @property
    def port_option(self) -> str:
        """The name of the option that has its port."""
        return "tls-port" if self._security.scheme == "rediss" else "port"

    def start(self) -> None:
        """Start it, with the data that it had."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)

    def client(self, **options: Any) -> redis.Redis:
        """Return a client of this one."""
        options = {**self._security.client, **options}
        return redis.Redis("127.0.0.1", self.port, **options)

    def kill(self) -> None:
        """End it at once, as a machine that fails."""
        self.process.kill()
        self.process.wait()


class _SentinelNode(Node):
    """A Sentinel: it keeps what it knows in its configuration."""

    def arguments(self) -> list[str]:
        file = self.directory / "sentinel.conf"
        lines = [
            f"{self.port_option} {self.port}",
            "bind 127.0.0.1",
            f"dir {self.directory}",
        ]
        file.write_text("\n".join([*lines, *self.options, *self._security.lines, ""]))
        return [str(file), "--sentinel"]


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds; servers that do not answer yet are asked again.

    Raises:
        AssertionError: it did not in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except redis.RedisError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


class Sentinels:
    """A primary, two replicas, and three Sentinels that watch them.

    Args:
        program: Path of the server.
        options: Of the configuration of the three servers.
        databases: How many they have.
        security: What all of them want of clients.
        watch: Lines of the configuration of Sentinels.
    """

    def __init__(
        self,
        program: str | None = None,
        options: Sequence[str] = (),
        databases: int = _MANY_DATABASES,
        security: Security = Security(),
        watch: Sequence[str] = _WATCH,
    ) -> None:
        program = program or find_redis()
        self.security = security
        self.directory = Path(tempfile.mkdtemp(prefix="cliquet-sentinels-"))
        common = ["--save", "", "--databases", str(databases)]
        common += ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"]
        common += options
        primary = Node(self.directory, program, common, security)
        follow = ["--replicaof", "127.0.0.1", str(primary.port)]
        self.servers = [
            primary,
            *(
                Node(self.directory, program, [*common, *follow], security)
                for _ in range(2)
            ),
        ]
        self.sentinels = [
            _SentinelNode(
                self.directory,
                program,
                [f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} 2", *watch],
                security,
            )
            for _ in range(3)
        ]
        self.url = self._url(0)
        self._databases = iter(range(1, databases))
        self.wait()

    def wait(self) -> None:
        """Wait until replicas follow, and all Sentinels know of one another."""
        wait_until(lambda: self.primary().client().info()["connected_slaves"] == 2)
        for each in self.sentinels:
            wait_until(lambda each=each: self._is_aware(each))

    @staticmethod
    def _is_aware(sentinel: Node) -> bool:
        found = sentinel.client().sentinel_master(SERVICE)
        return bool(found["num-other-sentinels"] == 2 and found["num-slaves"] == 2)

    def primary(self) -> Node:
        """Return the server that Sentinels tell of."""
        asked = Sentinel(
            [("127.0.0.1", each.port) for each in self.sentinels],
            sentinel_kwargs=dict(self.security.client),
        )
        _, port = asked.discover_master(SERVICE)
        return next(each for each in self.servers if each.port == port)

    def create_database(self) -> str:
        """Take a database that nobody uses; its URL."""
        return self._url(next(self._databases))

    def _url(self, database: int) -> str:
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)
        return self.security.url("+sentinel", hosts, f"{SERVICE}/{database}")

    def close(self) -> None:
        """Stop them, and remove their data."""
        for each in (*self.sentinels, *self.servers):
            each.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


#: Nodes talk to one another there.
_BUS = 10_000
#: Where systems take the ports of clients from.
_EPHEMERAL = 32_768


def _free_ports(count: int) -> set[int]:
    """Find ports for nodes of a cluster, of which each needs another one."""
    found: set[int] = set()
    while len(found) < count:
        port = free_port()
        with socket.socket() as probe, contextlib.suppress(OSError):
            if port + _BUS < _EPHEMERAL:
                probe.bind(("127.0.0.1", port + _BUS))
                found.add(port)
    return found


class Cluster:
    """Three primaries with a third of the slots each, and a replica of each.

    Args:
        program: Path of the server.
        options: Of the configuration of all nodes.
        security: What all of them want of clients.
        timeout: Milliseconds after which a node that does not answer has failed.
    """

    def __init__(
        self,
        program: str | None = None,
        options: Sequence[str] = (),
        security: Security = Security(),
        timeout: int = 1000,
    ) -> None:
        program = program or find_redis()
        self.security = security
        self.directory = Path(tempfile.mkdtemp(prefix="cliquet-cluster-"))
        common = ["--save", "", "--cluster-enabled", "yes"]
        common += ["--cluster-node-timeout", str(timeout)]
        common += ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"]
        common += options
        self.nodes = [
            Node(self.directory, program, common, security, port)
            for port in _free_ports(6)
        ]
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.nodes[:3])
        self.url = security.url("+cluster", hosts, "")
        self._form()

    def _form(self) -> None:
        first = self.nodes[0]
        for number, node in enumerate(self.nodes[:3]):
            slots = range(*(SLOTS * each // 3 for each in (number, number + 1)))
            node.client().execute_command("CLUSTER ADDSLOTS", *slots)
            node.client().execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            node.client().execute_command("CLUSTER MEET", "127.0.0.1", first.port)
        wait_until(lambda: all(len(self.known_by(each)) == 6 for each in self.nodes))
        for number, node in enumerate(self.nodes[3:]):
            primary = self.id_of(self.nodes[number])
            node.client().execute_command("CLUSTER REPLICATE", primary)
        self.wait()

    def wait(self) -> None:
        """Wait until all nodes agree that all slots are served, and replicas follow."""
        for each in self.nodes:
            wait_until(lambda each=each: self._is_well(each))

    def _is_well(self, node: Node) -> bool:
        client = node.client()
        state = client.execute_command("CLUSTER INFO")["cluster_state"]
        info = client.info("replication")
        follows = info["role"] == "master" or info["master_link_status"] == "up"
        replicas = [each for each in self.known_by(node) if "slave" in each]
        return bool(state == "ok" and follows and len(replicas) == 3)

    def is_primary(self, node: Node) -> bool:
        """Return whether a node serves slots."""
        return bool(node.client().role()[0] == b"master")

    def node_of(self, key: str) -> Node:
        """Return the node that serves a key."""
        slot = self._slot(key)
        alive = [each for each in self.nodes if each.process.poll() is None]
        known = alive[0].client().execute_command("CLUSTER SLOTS")
        for first, last, (_, port, *_), *_ in known:
            if first <= slot <= last:
                return next(each for each in self.nodes if each.port == port)
        raise LookupError(key)

    @staticmethod
    def _slot(key: str) -> int:
        return key_slot(key.encode())

    def move(self, key: str, target: Node) -> None:
        """Move the slot of a key to another node."""
        with self.moving(key, target):
            pass

    @contextlib.contextmanager
    def moving(self, key: str, target: Node) -> Iterator[Callable[[int], int]]:
        """Move the slot of a key, the whole of it in the end.

        What is given moves so many keys, and returns how many there were.
        """
        slot, source = self._slot(key), self.node_of(key)
        set_slot, given = f"CLUSTER SETSLOT {slot}", target.client()
        taken = source.client()
        given.execute_command(f"{set_slot} IMPORTING", self.id_of(source))
        taken.execute_command(f"{set_slot} MIGRATING", self.id_of(target))

        def move(count: int) -> int:
            keys = taken.execute_command("CLUSTER GETKEYSINSLOT", slot, count)
            if keys:
                taken.migrate("127.0.0.1", target.port, keys, 0, 5000)
            return len(keys)

        yield move
        while move(20):
            pass
        for each in (given, taken):
            each.execute_command(f"{set_slot} NODE", self.id_of(target))

    @staticmethod
    def known_by(node: Node) -> list[str]:
        """Return the flags of the nodes that one knows of and reaches."""
        found = node.client().execute_command("CLUSTER NODES")
        return [each["flags"] for each in found.values() if each["connected"]]

    @staticmethod
    def id_of(node: Node) -> str:
        """Return what others call a node."""
        return str(node.client().execute_command("CLUSTER MYID"), "ascii")

    def create_database(self) -> str:
        """Return the URL: a cluster is one database."""
        return self.url

    def close(self) -> None:
        """Stop them, and remove their data."""
        for each in self.nodes:
            each.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def server_of_debian(directory: Path) -> str:
    """Return the path of Debian's server, which knows TLS, unlike that of the wheel.

    It comes with the tools, whose installation starts none.
    """
    link = directory / "redis-server"
    link.symlink_to(find_program("redis-check-rdb") or "missing")
    return str(link)


#: What tests may run on, by the name that `--redis` has for it.
REDIS: dict[str, Callable[[], Any]] = {
    "plain": RedisServer,
    "sentinel": Sentinels,
    # No node fails, however busy the machine is.
    "cluster": partial(Cluster, timeout=30_000),
}
