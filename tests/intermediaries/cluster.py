"""Several machines on this one: what `docs/cluster.rst` describes, on loopback.

    HAProxy ── one, two: gunicorn, each with a directory and an environment of its own
                 ├── PgBouncer ── PostgreSQL ── its replica, which answers reads
                 └── three Sentinels ── Redis (cache) and two replicas

``make cluster`` starts it and tells where it listens, until Ctrl-C.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from cliquet.testing.servers import PostgreSQLServer, free_port, wait_for_port
from tests.intermediaries.origin import SETTINGS, Client
from tests.intermediaries.proxies import Proxy
from tests.intermediaries.recipes import PRODUCTION, adapt_haproxy
from tests.pooler import PgBouncer
from tests.programs import find_program
from tests.redundant import Sentinels
from tests.replication import Standby, ask
from tests.sync.server import build_application
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
CONFORMANCE = ROOT / "cliquet" / "conformance" / "sample"
MACHINES = ("one", "two")
#: The services that it can be: what their file says first, where their modules are, and
#: the version of their API.
APPLICATIONS = {
    "sample": (
        "use = call:tests.intermediaries.cluster:make_application\n"
        + "\n".join(f"cliquet.{name} = {value}" for name, value in SETTINGS.items()),
        ROOT,
        "v0",
    ),
    "conformance": (f"use = config:{CONFORMANCE / 'service.ini'}", CONFORMANCE, "v1"),
}
_INI = """\
[app:main]
{application}
cliquet.project_name = cluster
cliquet.storage_backend = cliquet.storage.postgresql
cliquet.permission_backend = cliquet.permission.postgresql
cliquet.cache_backend = cliquet.cache.redis
cliquet.logging_renderer = cliquet.logs.JsonLogRenderer
cliquet.metrics_backend = prometheus
cliquet.multiauth.authorization_policy = cliquet.authorization.AuthorizationPolicy

[loggers]
keys = root, cliquet
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = console
[logger_cliquet]
level = INFO
handlers =
qualname = cliquet
[handler_console]
class = StreamHandler
args = (sys.stdout,)
formatter = plain
[formatter_plain]
format = %(message)s
"""


def make_application(global_config, **settings):
    """Return the application that each worker serves."""
    return build_application(settings)


class Machine:
    """Workers of gunicorn, with a directory, an environment and a log of their own."""

    def __init__(self, name, urls, application):
        self.name, self.port = name, free_port()
        self.directory = Path(tempfile.mkdtemp(prefix=f"cliquet-machine-{name}-"))
        for each in ("gunicorn.conf.py", "wsgi.py"):
            shutil.copy(PRODUCTION / each, self.directory)
        written, modules, _ = APPLICATIONS[application]
        self.ini = self.directory / "service.ini"
        self.ini.write_text(_INI.format(application=written))
        self.log = self.directory / "service.log"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}{os.pathsep}{modules}",
            "CLIQUET_INI": str(self.ini),
            "CLIQUET_USERID_HMAC_SECRET": "k3y" * 12,
            **urls,
            "BIND": f"127.0.0.1:{self.port}",
            "WORKERS": "2",
            "TMPDIR": str(self.directory),
        }

    def run(self, *arguments):
        """Run a command of `cliquet` on it."""
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet",
             "--ini", self.ini, *arguments],
            cwd=self.directory, env=self.environment, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "gunicorn", "-c",
                 "gunicorn.conf.py", "wsgi:application"],
                cwd=self.directory, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for_port(self.port, self.process)

    def stop(self):
        """Stop it as systemd does; it ends what it has begun."""
        self.process.terminate()
        return self.process.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.directory)


class Balancer(Proxy):
    """The recipe of HAProxy, in front of several machines, with its socket for operators."""

    def command(self, origin, machines=(), version="v0"):
        recipe = adapt_haproxy(timeout="60s", version=version)
        line = "    server one 127.0.0.1:{origin}"
        # Those who start a cluster are its operators.
        recipe = recipe.replace("src 10.0.0.0/8", "src 127.0.0.0/8")
        assert recipe.count(line) == 1
        servers = "\n".join(
            f"    server {each.name} 127.0.0.1:{each.port}" for each in machines
        )
        self.socket = self.directory / "admin"
        file = self.directory / "haproxy.cfg"
        file.write_text(
            f"global\n    stats socket {self.socket} level admin\n"
            + recipe.replace(line, servers).format(port=self.port)
        )
        return [find_program("haproxy"), "-db", "-f", str(file)]

    def tell(self, command):
        """Send a command to HAProxy; what it answers."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    def column(self, name, machine):
        """Return a column of what HAProxy counts for a machine."""
        head, *rows = self.tell("show stat").strip().splitlines()
        place = head.lstrip("# ").split(",").index(name)
        return next(
            each.split(",")[place]
            for each in rows
            if each.startswith(f"service,{machine.name},")
        )

    def is_up(self, machine):
        return self.column("status", machine) == "UP"

    def drain(self, machine):
        """Send no more requests to a machine, and wait for those that it has."""
        self.tell(f"set server service/{machine.name} state drain")
        assert eventually(lambda: self.column("scur", machine) == "0")

    def undrain(self, machine):
        """Send requests to a machine again, once it answers."""
        self.tell(f"set server service/{machine.name} state ready")
        assert eventually(lambda: self.is_up(machine))


class Cluster(Client):
    """All of it, from the database to the balancer; requests go to the balancer.

    Args:
        application: One of `APPLICATIONS`.
    """

    def __init__(self, application="sample"):
        with ExitStack() as stack:

            def keep(started):
                stack.callback(started.close)
                return started

            self.database = keep(PostgreSQLServer())
            self.redis = keep(Sentinels())
            self.pooler = keep(PgBouncer(self.database))
            self.standby = keep(Standby(self.database))
            if application == "conformance":
                # Its checks do not say what they know: what is written waits until the
                # replica has it.
                self._replicate_at_once()
            database = self.database.create_database()
            self.standby.catch_up()
            urls = {
                "CLIQUET_CACHE_URL": self.redis.url,
                **{
                    f"CLIQUET_{kind}_{name}": url
                    for kind in ("STORAGE", "PERMISSION")
                    for name, url in (
                        ("URL", self.pooler.through(database)),
                        ("READ_URL", self.standby.of(database)),
                    )
                },
            }
            self.machines = [Machine(name, urls, application) for name in MACHINES]
            self.machines[0].run("migrate")
            for machine in self.machines:
                machine.start()
                keep(machine)
            version = APPLICATIONS[application][-1]
            self.balancer = keep(Balancer(0, machines=self.machines, version=version))
            super().__init__(self.balancer.port)
            assert eventually(self._is_ready)
            self._stack = stack.pop_all()

    def _replicate_at_once(self):
        for setting, value in (
            ("synchronous_standby_names", "standby"),
            ("synchronous_commit", "remote_apply"),
        ):
            ask(self.database, f"ALTER SYSTEM SET {setting} = {value}")
        ask(self.database, "SELECT pg_reload_conf()")

    def _is_ready(self):
        # HAProxy makes its socket after it listens.
        with suppress(FileNotFoundError, ConnectionError):
            return all(map(self.balancer.is_up, self.machines))
        return False

    def restart(self, machine, before=lambda: None):
        """Restart a machine as operators do: drained, stopped, started, asked again.

        Args:
            before: What is done while it is down.
        """
        self.balancer.drain(machine)
        assert machine.stop() == 0
        before()
        machine.start()
        self.balancer.undrain(machine)

    def close(self):
        super().close()
        self._stack.close()


def main():
    # Whoever ends it otherwise ends what it has started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(
        "Starting two machines, PostgreSQL with a replica behind PgBouncer, "
        "Redis with Sentinels, and HAProxy…"
    )
    cluster = Cluster()
    try:
        print(f"The service: {cluster.url}/v0/ (any name and password is a user)")
        for machine in cluster.machines:
            print(f"Machine {machine.name}: port {machine.port}, {machine.directory}")
        print(f"HAProxy: socat - {cluster.balancer.socket}")
        print("Ctrl-C ends all of them.", flush=True)
        for machine in cluster.machines:
            machine.process.wait()
    except KeyboardInterrupt:
        print()
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
