"""The tutorial is followed in a new folder, word for word."""

import os
import shutil
import signal
import sys

import pytest

from cliquet.testing.servers import free_port
from tests.docs.tutorial import PAGES, Command, File, Shell, matches, steps_of
from tests.scripts.projects import ROOT, Project, borrow_environment
from tests.waiting import eventually

#: The environment has it already.
PREPARED = ("python3 -m venv", ". ~/", "pip install", ".venv/bin/pip install")
SERVERS = ("make serve", ".venv/bin/gunicorn")
PORT = "8888"
SHOP = PAGES[0].parent / "shop"


class Reader:
    """Somebody who does what the pages say.

    Attributes:
        project: The folder that the tutorial makes.
    """

    def __init__(self, folder, services):
        server = services.postgresql
        self.port = free_port()
        self.folder, self.project = folder, folder / "shop"
        programs = folder / "bin"
        programs.mkdir()
        cliquet = programs / "cliquet"
        cliquet.write_text(
            f"#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -W ignore"
            ' -m cliquet.scripts.cliquet "$@"\n'
        )
        cliquet.chmod(0o755)
        self.log = folder / "server.log"
        self.log.touch()
        self.shell = Shell(
            folder,
            {
                "PATH": f"{programs}:{os.environ['PATH']}:{server.binaries}",
                "HOME": str(folder),
                "BIND": f"127.0.0.1:{self.port}",
                "PGHOST": "127.0.0.1",
                "PGPORT": str(server.port),
                "PGUSER": "postgres",
            },
        )
        self._server = None
        self._is_stale = False

    def follow(self, step):
        if isinstance(step, File):
            path = self.project / step.path
            path.write_text(step.text)
            self._is_stale = True
            return
        line = step.line.replace(f":{PORT}", f":{self.port}")
        shown = step.shown.replace(f":{PORT}", f":{self.port}")
        if line.startswith(PREPARED):
            return
        if line.startswith(SERVERS):
            self.serve(line, shown)
            return
        if "curl" in line and self._is_stale:
            # It starts anew by itself, some time after the files were written.
            self.serve("make serve", "Serving on")
        printed = self.shell.paste(line)
        assert not shown or matches(shown, printed), (
            f"{line}\n{printed}\n{self.log.read_text()}"
        )
        if line.startswith("cliquet init shop"):
            borrow_environment(self.project)
            ini = self.project / "shop.ini"
            ini.write_text(ini.read_text().replace(f":{PORT}", f":{self.port}"))
        if self.project.exists():
            (self.project / ".venv" / ".ready").touch()

    def serve(self, line, shown):
        self.stop()
        self.log.write_text("")
        (pid,) = self.shell.paste(f"setsid {line} > {self.log} 2>&1 & echo $!").split()
        self._server, self._is_stale = int(pid), False
        awaited = shown.replace("…", "").strip()
        assert eventually(lambda: awaited in self.log.read_text()), self.log.read_text()

    def stop(self):
        if self._server is None:
            return
        # The server, its reloader, and what make has started: a session of ours.
        os.killpg(self._server, signal.SIGTERM)
        self.shell.paste(f"wait {self._server} || true")
        self._server = None

    def close(self):
        self.stop()
        self.shell.close()


@pytest.fixture
def reader(tmp_path, services):
    made = Reader(tmp_path, services)
    yield made
    made.close()


@pytest.mark.long
def test_the_tutorial_does_what_it_says(reader):
    for page in PAGES:
        for step in steps_of(page):
            reader.follow(step)


def test_the_project_of_the_tutorial_passes_its_tests(tmp_path):
    made = Project(tmp_path)
    made.borrow_environment()
    for example in (
        "shop/resources.py",
        "shop/views.py",
        "shop/events.py",
        "tests/test_service.py",
    ):
        (made.path / example).unlink()
    shutil.copytree(SHOP, made.path, dirs_exist_ok=True)

    tested = made.run("make", "tests", "lint")

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_file_of_the_project_is_in_the_tutorial():
    shown = {
        step.path for page in PAGES for step in steps_of(page) if isinstance(step, File)
    }
    files = {
        str(path.relative_to(SHOP))
        for path in SHOP.rglob("*.py")
        if "__pycache__" not in path.parts
    }

    assert shown == files
    lines = [
        step.line
        for page in PAGES
        for step in steps_of(page)
        if isinstance(step, Command)
    ]
    assert len(lines) > 40
