"""What do peers cost, which have environments of their own? Processes measure them.

Each has a virtual environment, made by the first run that asks for peers and kept in
`benchmarks/.peers`. Turns are sent through a pipe, so that a peer takes its turn like
the applications of this process, and waits while it is not its turn.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks import workloads
from benchmarks.application import Answer, Application, Measure

HERE = Path(__file__).parent
FOLDER = HERE / ".peers"


class Kind(NamedTuple):
    name: str
    """In tables and plots."""

    module: str
    """Of `benchmarks.apps`; it has an `application`."""

    interface: str
    table: str
    """Which `filling` fills."""

    packages: tuple


KINDS = (
    Kind("Django REST", "drf", "wsgi", "peer_django",
         ("Django", "djangorestframework", "psycopg2-binary")),
    Kind("FastAPI", "fastapi_app", "asgi", "peer_fastapi",
         ("fastapi", "pydantic", "SQLAlchemy", "psycopg2-binary", "uvloop")),
)  # fmt: skip


class Peer(Application):
    """An application that another process calls and measures."""

    def __init__(self, kind, url):
        super().__init__(kind.name, wsgi=None, takes=workloads.OF_PEERS)
        self.process = subprocess.Popen(
            [python_of(kind), "-m", "benchmarks.peer_process",
             kind.module, kind.interface, *kind.packages],
            cwd=HERE.parent,
            env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(HERE.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        versions = ", ".join(map(" ".join, self._read().items()))
        self.versions = f"{kind.name} ({versions})"

    def perform(self, requests):
        (measure,) = self.perform_turn([requests])
        return measure

    def perform_turn(self, turn):
        print(json.dumps({"user": self.user, "requests": turn}),
              file=self.process.stdin, flush=True)  # fmt: skip
        return [
            Measure(cpu, wall, [Answer(*answer) for answer in answers])
            for cpu, wall, answers in self._read()
        ]

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with {self.process.wait()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def start(url):
    """Start the peers that can be; the others are told and left out."""
    started = []
    for kind in KINDS:
        try:
            make_environment(kind)
            peer = Peer(kind, url)
        except (OSError, subprocess.CalledProcessError, RuntimeError) as error:
            print(f"  {kind.name} is left out: {error}", flush=True)
            continue
        print(f"  {peer.versions}", flush=True)
        started.append((peer, kind.table))
    return started


def python_of(kind):
    return str(FOLDER / kind.module / "bin" / "python")


def make_environment(kind):
    """Create the environment of a peer, unless it is there with the same packages."""
    folder = FOLDER / kind.module
    ready = folder / "ready.txt"
    wanted = "\n".join([sys.version, *kind.packages])
    if ready.exists() and ready.read_text() == wanted:
        return
    print(f"  {kind.name}: making its environment in {folder}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [python_of(kind), *install, *kind.packages],
        check=False,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2])
    ready.write_text(wanted)
