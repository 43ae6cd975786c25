"""Servers of the recipes, in processes of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cliquet.testing.servers import free_port, wait_for_port

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def prepare(directory):
    """Copy the sample on SQLite, and the recipes; the directory, environment, port."""
    for name in ("wsgi.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / "config" / "production" / name, directory)
    ini = directory / "service.ini"
    shutil.copy(ROOT / "config" / "example.ini", ini)
    port = free_port()
    environment = {
        **os.environ,
        "CLIQUET_INI": str(ini),
        "PYTHONPATH": str(ROOT),
        "BIND": f"127.0.0.1:{port}",
        "WORKERS": "2",
    }
    subprocess.run(
        [BIN / "cliquet", "--ini", ini, "migrate"], cwd=ROOT, env=environment,
        check=True, capture_output=True,
    )  # fmt: skip
    return directory, environment, port


def start(command, service, **options):
    """Start a server of the service, whose port is PORT; the process, and a URL."""
    directory, environment, port = service
    process = subprocess.Popen(
        [str(port) if part == "PORT" else str(part) for part in command], cwd=directory, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options,
    )  # fmt: skip
    wait_for_port(port, process)
    return process, f"http://127.0.0.1:{port}/v1/mushrooms"
