"""The unit of systemd as it is, in a copy of the places and the environment that it names."""

import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cliquet.testing.servers import PostgreSQLServer, free_port
from cliquet.timestamps import msec_time
from tests.contract.backends import APP_ENGINES
from tests.intermediaries.origin import ALICE, Client
from tests.programs import find_program
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "config" / "production" / "cliquet.service"
#: What systemd gives to any unit.
DEFAULT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


class Machine:
    """A directory in which everything that the unit names is where it says."""

    def __init__(self, directory, unit=UNIT):
        self.directory = directory
        checkout = directory / "srv" / "cliquet"
        shutil.copytree(ROOT / "config", checkout / "config")
        (checkout / "cliquet").symlink_to(ROOT / "cliquet")
        (checkout / "venv").mkdir()
        (checkout / "venv" / "bin").symlink_to(Path(sys.executable).parent)
        for name in ("etc", "run"):
            (directory / name / "cliquet").mkdir(parents=True)
        shutil.copy(UNIT.with_name("production.ini"), directory / "etc" / "cliquet")
        self.text = unit.read_text()
        for name in ("srv", "etc", "run"):
            self.text = self.text.replace(
                f"/{name}/cliquet", f"{directory}/{name}/cliquet"
            )
        self.unit = directory / unit.name
        self.unit.write_text(self.text)

    def values(self, key):
        """Return what the unit says for a key, once or many times."""
        lines = (line.partition("=") for line in self.text.splitlines())
        return [value for name, _, value in lines if name == key]

    def environment(self, **secrets):
        """Return that of the unit, with a file of secrets."""
        told = dict(
            each.split("=", 1)
            for value in self.values("Environment")
            for each in shlex.split(value)
        )
        return {**DEFAULT, **told, **secrets}


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def database():
    server = PostgreSQLServer()
    yield server
    server.close()


@pytest.mark.intermediaries("systemd-analyze")
def test_systemd_finds_nothing_wrong(machine):
    # The user is made by who installs it.
    machine.unit.write_text(machine.text.replace("User=cliquet", "User=root"))

    answer = subprocess.run(
        [find_program("systemd-analyze"), "verify", machine.unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.intermediaries("systemd-analyze")
def test_systemd_finds_it_hardened(machine):
    answer = subprocess.run(
        [find_program("systemd-analyze"), "security", "--offline=true",
         "--threshold=20", machine.unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert answer.returncode == 0, answer.stdout


@pytest.fixture
def purge(tmp_path):
    directory = tmp_path / "purge"
    directory.mkdir()
    shutil.copy(UNIT.with_name("cliquet-purge.timer"), directory)
    return Machine(directory, UNIT.with_name("cliquet-purge.service"))


@pytest.mark.intermediaries("systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_purge(purge):
    purge.unit.write_text(purge.text.replace("User=cliquet", "User=root"))
    timer = purge.unit.with_suffix(".timer")

    answer = subprocess.run(
        [find_program("systemd-analyze"), "verify", purge.unit, timer],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (when,) = [
        line.partition("=")[2]
        for line in timer.read_text().splitlines()
        if line.startswith("OnCalendar=")
    ]
    calendar = subprocess.run(
        [find_program("systemd-analyze"), "calendar", when],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert calendar.returncode == 0, calendar.stderr


def test_the_purge_is_as_hardened_as_the_service(machine, purge):
    def hardening(text):
        lines = text.partition("UMask=")[2].partition("[Install]")[0]
        return lines.split()

    assert hardening(purge.text) == hardening(machine.text)


@pytest.mark.intermediaries
def test_the_timer_starts_a_purge_that_forgets(purge, database, services):
    url = database.create_database()
    engine = next(each for each in APP_ENGINES if each.id == "postgresql")
    storage = engine.load("storage", url)
    permission = engine.load("permission", url)
    for name, at in (("old", 1000), ("new", msec_time())):
        storage.create("c", "p", {"id": name, "last_modified": at - 1})
        storage.delete("c", "p", name, last_modified=at)
    for backend in (storage, permission):
        backend.client.engine.dispose()
    environment = purge.environment(
        CLIQUET_STORAGE_URL=url, CLIQUET_PERMISSION_URL=url,
        CLIQUET_CACHE_URL=services.redis_url(), CLIQUET_USERID_HMAC_SECRET="k3y" * 12,
    )  # fmt: skip
    (command,) = purge.values("ExecStart")
    (directory,) = purge.values("WorkingDirectory")

    done = subprocess.run(
        shlex.split(command), env=environment, cwd=directory,
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "Purged: 1 " in done.stderr
    listed, _ = storage.get_all("c", "p", include_deleted=True)
    assert [record["id"] for record in listed] == ["new"]
    storage.client.engine.dispose()


def test_no_number_of_failures_is_the_last_one(machine):
    assert machine.values("StartLimitIntervalSec") == ["0"]
    assert machine.values("Restart") == ["always"]
    # What a database that is away makes fail must not be asked before.
    assert machine.values("ExecStartPre") == []


@pytest.mark.intermediaries
def test_a_service_that_starts_before_its_database_recovers(
    machine, database, services
):
    url = database.create_database()
    engine = next(each for each in APP_ENGINES if each.id == "postgresql")
    for kind in ("storage", "permission"):
        engine.load(kind, url).client.engine.dispose()
    database.stop()
    port, notified = free_port(), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notified.bind(str(machine.directory / "notify"))
    notified.settimeout(60)
    environment = machine.environment(
        CLIQUET_STORAGE_URL=url, CLIQUET_PERMISSION_URL=url,
        CLIQUET_CACHE_URL=services.redis_url(), CLIQUET_USERID_HMAC_SECRET="k3y" * 12,
        BIND=f"127.0.0.1:{port}", WORKERS="2",
        NOTIFY_SOCKET=str(machine.directory / "notify"),
    )  # fmt: skip
    (command,) = machine.values("ExecStart")
    (directory,) = machine.values("WorkingDirectory")

    process = subprocess.Popen(
        shlex.split(command), env=environment, cwd=directory,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        # What Type=notify waits for.
        assert b"READY=1" in notified.recv(4096)
        client = Client(port)
        alive = client.get("/v1/__lbheartbeat__")
        ill = client.get("/v1/__heartbeat__")
        refused = client.get("/v1/mushrooms", auth=ALICE)
        database.start()
        recovered = eventually(
            lambda: client.get("/v1/mushrooms", auth=ALICE).status_code == 200
        )
        scraped = [_count(client) for _ in range(8)]
        client.close()
    finally:
        process.terminate()
        process.wait()
        notified.close()

    assert alive.status_code == 200
    assert (ill.status_code, ill.json()["storage"]) == (503, False)
    assert refused.status_code == 503
    assert "Retry-After" in refused.headers
    assert recovered
    # Whichever worker is asked, it tells of all.
    assert scraped == [scraped[0]] * 8
    assert scraped[0] >= 2
    assert Path(environment["PROMETHEUS_MULTIPROC_DIR"]).is_dir()


def _count(client):
    """Return how many requests of lists the metrics tell."""
    lines = client.get("/metrics").text.splitlines()
    start = "cliquet_request_duration_seconds_count"
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith(start) and 'service="mushroom' in line
    )
