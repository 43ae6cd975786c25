"""The primary and the standby that docs/replicas.rst tells to try."""

import os
import subprocess

import psycopg2
import pytest

from cliquet.testing.servers import PostgreSQLServer, free_port
from tests.docs.test_facts import PAGES
from tests.docs.test_readme import code_blocks


@pytest.fixture
def tools():
    """The programs of PostgreSQL, with a directory for what they make."""
    found = PostgreSQLServer()
    found.stop()
    yield found
    found.close()


@pytest.mark.long
def test_a_standby_can_be_tried_and_lags_when_told(tools):
    (block,) = [
        text
        for text in code_blocks(PAGES["replicas.rst"], "console")
        if "pg_wal_replay_pause" in text
    ]
    one, two = free_port(), free_port()
    for old, new in {
        "5001": one, "5002": two, "/tmp": tools.directory, "$ ": "",
    }.items():  # fmt: skip
        assert old in block
        block = block.replace(old, str(new))
    # Servers that are started keep what they write to.
    quiet = block.replace("pg_ctl ", "pg_ctl -l log ")
    path = f"{tools.binaries}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}

    def run(script):
        subprocess.run(
            ["bash", "-euc", script], env=environment, check=True,
            stdout=subprocess.DEVNULL, **tools.run_as,
        )  # fmt: skip

    try:
        run(quiet)
        connection = psycopg2.connect(
            host="127.0.0.1", port=two, user="postgres", dbname="shop"
        )
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery(), pg_is_wal_replay_paused()")
            assert cursor.fetchone() == (True, True)
        connection.close()
    finally:
        run("for each in two one; do pg_ctl -D $each -m immediate stop || true; done")
