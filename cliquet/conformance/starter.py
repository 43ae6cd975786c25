"""A server that is started for the time of a run, on a free port of this machine."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from importlib import resources
from pathlib import Path
from typing import Any

#: Servers that can be started.
SERVERS = ("waitress", "gunicorn", "granian")
#: Seconds that a server has to listen.
PATIENCE = 60

_INI = """\
[app:main]
use = config:{base}
{settings}

[server:main]
use = egg:waitress#main
listen = 127.0.0.1:{port}
# More than the sample has places for those who wait.
threads = 16

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = ERROR
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain

[formatter_plain]
format = %(message)s
"""
_WSGI = """\
from pyramid.paster import get_app

application = get_app({ini!r})
"""


class NotStartedError(Exception):
    """A server did not start."""


@contextlib.contextmanager
def started(ini: str | None, server: str, settings: Mapping[str, str]) -> Iterator[str]:
    """Start a service, the sample if `ini` is None; its URL.

    Args:
        ini: File of an application.
        server: One of `SERVERS`.
        settings: Added to those of the file.

    Raises:
        NotStartedError: it does not listen, or its backends cannot be prepared.
    """
    with tempfile.TemporaryDirectory(prefix="cliquet-conformance-") as name:
        directory = Path(name)
        base = Path(ini).resolve() if ini else _copy_sample(directory)
        port = _free_port()
        file = directory / "started.ini"
        lines = "\n".join(_spell(settings, base))
        file.write_text(_INI.format(base=base, settings=lines, port=port))
        (directory / "served.py").write_text(_WSGI.format(ini=str(file)))
        where: dict[str, Any] = {"cwd": directory, "env": _environment(base)}
        _run_to_end(["cliquet.scripts.cliquet", "--ini", str(file), "migrate"], where)
        log = directory / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *_command(server, str(file), port)],
                stdout=output, stderr=output, **where,
            )  # fmt: skip
            try:
                _wait(process, port, log)
                yield f"http://127.0.0.1:{port}/"
            finally:
                _end(process)


def _copy_sample(directory: Path) -> Path:
    sample = resources.files(__package__).joinpath("sample")
    for name in ("service.py", "service.ini", "version.json"):
        with resources.as_file(sample.joinpath(name)) as file:
            shutil.copy(file, directory)
    return directory / "service.ini"


def _spell(settings: Mapping[str, str], base: Path) -> Iterator[str]:
    """Yield lines of settings, under the names that a file has for them already."""
    parser = RawConfigParser()
    parser.read(base, "utf-8")
    present = parser.options("app:main") if parser.has_section("app:main") else []
    for name, value in settings.items():
        named = (key for key in present if key.endswith(f".{name}"))
        # ConfigParser interpolates.
        yield f"{next(named, name)} = {value.replace('%', '%%')}"


def _environment(base: Path) -> dict[str, str]:
    """Return variables with which a module beside a file can be imported."""
    path = os.environ.get("PYTHONPATH")
    joined = os.pathsep.join([str(base.parent), *([path] if path else [])])
    return {**os.environ, "PYTHONPATH": joined}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _command(server: str, ini: str, port: int) -> list[str]:
    """Return module and arguments of a server: one process, several threads."""
    return {
        "waitress": ["pyramid.scripts.pserve", ini],
        "gunicorn": [
            "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1",
            "--threads", "8", "--limit-request-line", "8190", "served:application",
        ],
        "granian": [
            "granian", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(port), "--blocking-threads", "8", "served:application",
        ],
    }[server]  # fmt: skip


def _run_to_end(arguments: list[str], where: Mapping[str, Any]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True,
        check=False, **where,
    )  # fmt: skip
    if result.returncode:
        raise NotStartedError(_why(result.stderr))


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise NotStartedError(
        log.read_text(errors="replace").strip() or "no server listens"
    )


def _why(text: str) -> str:
    """Return what a program says last: of a traceback, the error."""
    lines = text.strip().splitlines() or ["nothing listens on its port"]
    return lines[-1]


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
