"""Standbys of a private PostgreSQL, by streaming replication on loopback."""

import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

import psycopg2

from cliquet.testing.servers import PostgreSQLServer, free_port
from tests.waiting import eventually


class Standby(PostgreSQLServer):
    """A replica of a server, which replays what it is sent.

    Args:
        primary: Whose data it copies.
        name: By which the primary knows it (`synchronous_standby_names`).
    """

    def __init__(self, primary: PostgreSQLServer, name: str = "standby") -> None:
        self.primary, self.binaries = primary, primary.binaries
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="cliquet-standby-"))
        self.run_as = {**primary.run_as, "cwd": self.directory}
        if "user" in self.run_as:
            shutil.chown(self.directory, self.run_as["user"])
        self.data = self.directory / "data"
        self._run("pg_basebackup", "-D", str(self.data), "-R", "-X", "stream",
                  "--checkpoint=fast", "--no-sync", "-d",
                  f"host=127.0.0.1 port={primary.port} user=postgres"
                  f" application_name={name}")  # fmt: skip
        self.start()

    def of(self, url: str) -> str:
        """Return the URL of a database of the primary, here."""
        return url.replace(f":{self.primary.port}/", f":{self.port}/")

    def pause(self) -> None:
        """Replay nothing more; what is sent is kept."""
        ask(self, "SELECT pg_wal_replay_pause()")
        assert eventually(
            lambda: ask(self, "SELECT pg_get_wal_replay_pause_state()") == "paused"
        )

    def resume(self) -> None:
        """Replay what was kept."""
        ask(self, "SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Wait until it has all that the primary has."""
        sent = ask(self.primary, "SELECT pg_current_wal_lsn()")
        assert eventually(
            lambda: ask(self, "SELECT pg_last_wal_replay_lsn() >= %s", sent)
        )

    def promote(self) -> None:
        """Make it a primary."""
        self._run("pg_ctl", "promote", "-D", str(self.data))


def kill(server: PostgreSQLServer) -> None:
    """Kill a server without a word, and all of its processes."""
    server.process.send_signal(signal.SIGQUIT)
    server.process.wait()


def ask(server: PostgreSQLServer, sql: str, *values: Any) -> Any:
    """Return the first value of what a server answers, if it does."""
    connection = psycopg2.connect(
        host="127.0.0.1", port=server.port, user="postgres", dbname="postgres"
    )
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()
