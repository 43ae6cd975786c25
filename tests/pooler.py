"""PgBouncer in front of a private PostgreSQL, as `make tests-hostile` and clusters have it."""

import os
import pwd
import shutil
import subprocess

from cliquet.testing.servers import PostgreSQLServer, free_port, wait_for_port


def find_pgbouncer() -> str | None:
    """Return the path of PgBouncer, if it is installed."""
    return shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


class PgBouncer:
    """A pooler in transaction mode, on loopback and a free port.

    Args:
        server: What it connects to; its directory has the files of the pooler, too.
    """

    def __init__(self, server: PostgreSQLServer) -> None:
        self._server = server
        self.port = free_port()
        found = find_pgbouncer()
        if found is None:
            raise RuntimeError("PgBouncer is missing: apt-get install pgbouncer")
        users = server.directory / "users.txt"
        users.write_text('"postgres" ""\n')
        ini = server.directory / "pgbouncer.ini"
        ini.write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
            f"unix_socket_dir =\nauth_type = trust\nauth_file = {users}\n"
            "pool_mode = transaction\ndefault_pool_size = 20\nmax_client_conn = 500\n"
        )
        user = _unprivileged()
        for path in (users, ini):
            shutil.chown(path, user)
        self.process = subprocess.Popen(
            [found, "-q", str(ini)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **server.run_as,
        )  # fmt: skip
        wait_for_port(self.port, self.process)

    def through(self, url: str) -> str:
        """Return the URL of a database of the server, by the pooler."""
        return url.replace(f":{self._server.port}/", f":{self.port}/")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def _unprivileged() -> str:
    """Return the user that servers run as."""
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
