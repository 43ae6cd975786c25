"""`cliquet migrate` in several pods at once, and before the database is there."""

import subprocess
import sys
import threading

import psycopg2
import pytest

from cliquet.testing.servers import PostgreSQLServer
from tests.postgresql.conftest import ENGINE
from tests.waiting import eventually

LOCK = "SELECT pg_advisory_xact_lock(1668049265, 1)"
WAITING = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
INI = """[app:main]
use = call:config.mushrooms:main
cliquet.project_name = mushrooms
cliquet.userid_hmac_secret = k3yk3yk3yk3yk3yk3yk3yk3yk3yk3y
"""


@pytest.fixture
def hold(url):
    """Hold the lock of who creates tables; what lets go of it."""
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    yield connection.rollback
    connection.close()


@pytest.fixture
def ini(url, tmp_path):
    return write(tmp_path, url)


def write(directory, url):
    settings = ENGINE.settings(url)
    lines = (f"cliquet.{name} = {value}\n" for name, value in settings.items())
    file = directory / "service.ini"
    file.write_text(INI + "".join(lines))
    return file


def begin(ini, *options):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet", "--ini", ini,
         "migrate", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["storage", "permission", "cache"])
def test_who_creates_tables_waits_for_who_does(url, hold, run, kind):
    thread = threading.Thread(target=ENGINE.load, args=(kind, url))

    thread.start()
    waited = eventually(lambda: run(WAITING) == [(1,)])
    hold()
    thread.join()

    assert waited
    assert ENGINE.load(kind, url)


@pytest.mark.long
@pytest.mark.parametrize("version", [None, 11])
def test_four_at_once_are_four_that_succeed(ini, hold, run, install, version):
    if version:
        install(version)

    processes = [begin(ini) for _ in range(4)]
    waited = eventually(lambda: run(WAITING) == [(4,)], 60)
    hold()
    told = [process.communicate() for process in processes]

    assert waited
    assert [process.returncode for process in processes] == [0] * 4, told
    assert not any("Traceback" in text for pair in told for text in pair)


@pytest.mark.long
def test_a_database_that_comes_late_is_waited_for(tmp_path):
    server = PostgreSQLServer()
    try:
        ini = write(tmp_path, server.create_database())
        server.stop()
        impatient = begin(ini)
        _, told = impatient.communicate()
        patient = begin(ini, "--wait", "120")
        server.start()
        _, said = patient.communicate()
    finally:
        server.close()

    assert impatient.returncode == 1
    assert "Traceback" not in told
    assert "could not be done" in told
    assert patient.returncode == 0, said
