"""How is an application served over HTTP, and loaded? In processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.application import authorization
from cliquet.testing.servers import free_port, wait_for_port

SERVERS = ("waitress", "gunicorn")
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server of one application.

    Args:
        kind: `waitress` or `gunicorn`.
        application: Name, engine and URL, as `serve` takes them.
        workers: Processes, of gunicorn only.
        threads: In each process.
    """

    def __init__(self, kind, application, workers=1, threads=4):
        self.port = free_port()
        command = {
            "waitress": ["benchmarks.serve", str(self.port), str(threads)],
            "gunicorn": [
                "gunicorn", "benchmarks.serve:application", "--worker-class=gthread",
                f"--bind=127.0.0.1:{self.port}", f"--workers={workers}",
                f"--threads={threads}", "--log-level=critical", "--keep-alive=30",
            ],
        }[kind]  # fmt: skip
        environment = {**os.environ, "BENCH_APPLICATION": json.dumps(application)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command], env=environment
        )
        wait_for_port(self.port, self.process)
        # A worker of gunicorn answers once it has imported the application.
        self.load([["GET", "/v1/"]], clients=workers * threads, seconds=1)

    def load(self, requests, clients, seconds):
        """Let clients send requests, and tell what the server did.

        Of `requests` (method, path, body), each client repeats its own.
        """
        headers = {"Authorization": authorization("alice")}
        encoded = [
            [method, path, headers, body[0] if body else None]
            for method, path, *body in requests
        ]
        work = {"port": self.port, "clients": clients, "seconds": seconds}
        cpu = self.cpu_seconds()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.client"],
            check=True,
            input=json.dumps({**work, "requests": encoded}).encode(),
            stdout=subprocess.PIPE,
        )
        result = json.loads(done.stdout)
        result["cpu_s"] = self.cpu_seconds() - cpu
        return result

    def cpu_seconds(self):
        """Return the CPU of the server and of its workers, 0 where it is not known."""
        pids = [self.process.pid, *_children(self.process.pid)]
        return sum(_cpu_ticks(pid) for pid in pids) / _TICKS

    def close(self):
        self.process.terminate()
        self.process.wait()


def _children(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def _cpu_ticks(pid):
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # Fields after the name, which may hold anything: utime and stime are 14 and 15.
    fields = text.rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])
