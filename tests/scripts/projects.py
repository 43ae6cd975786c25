"""Projects that `cliquet init` makes, without the minute that their `.venv` would take."""

import contextlib
import copy
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from cliquet.scripts import project
from cliquet.testing.servers import free_port
from tests.docs.test_readme import code_blocks

ROOT = Path(__file__).parents[2]


def borrow_environment(path):
    """Have a `.venv` with what is installed here, and with the tree that is tested."""
    venv = path / ".venv"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True
    )
    (packages,) = venv.glob("lib/python*/site-packages")
    ours = [each for each in sys.path if each.endswith("site-packages")]
    (packages / "ours.pth").write_text("\n".join([str(path), str(ROOT), *ours]))
    here = Path(sys.executable).parent
    for program in ("ruff", "pyright", "gunicorn"):
        (venv / "bin" / program).symlink_to(here / program)
    # By the Python of the project: they read what is installed there.
    for program, module in (("mypy", "mypy"), ("cliquet", "cliquet.scripts.cliquet")):
        script = venv / "bin" / program
        script.write_text(f'#!/bin/sh\nexec {venv}/bin/python -m {module} "$@"\n')
        script.chmod(0o755)
    (venv / ".ready").touch()


class Project:
    """A new project, on a port of its own.

    Attributes:
        path: Its directory.
        port: Where its README says that it is served.
        environment: Of its commands.
    """

    def __init__(self, path, *, name="shop", **options):
        self.path, self.name = path / name, name
        assert project.run(str(self.path), **options) == 0
        self.port = free_port()
        self.environment = {
            name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ
        }
        self.replace(f"{name}.ini", "127.0.0.1:8888", f"127.0.0.1:{self.port}")
        self.replace("README.rst", "127.0.0.1:8888", f"127.0.0.1:{self.port}")

    def read(self, name):
        return (self.path / name).read_text()

    def replace(self, name, old, new):
        text = self.read(name)
        assert old in text, (name, old)
        (self.path / name).write_text(text.replace(old, new))

    def borrow_environment(self):
        borrow_environment(self.path)

    def run(self, *command, **options):
        return subprocess.run(
            command, cwd=self.path, env=self.environment, capture_output=True,
            text=True, timeout=600, check=False, **options,
        )  # fmt: skip

    def commands(self):
        """Return the commands of the README, in the order in which they are pasted."""
        blocks = code_blocks(self.read("README.rst"), "console")
        lines = [line for block in blocks for line in block.splitlines()]
        assert all(line.startswith("$ ") for line in lines)
        return [line.removeprefix("$ ") for line in lines]

    def paste(self, commands):
        """Paste commands into one shell, which stops at the first that fails.

        Returns:
            What the shell printed, and what each command did besides.
        """
        # Whoever pastes looks at the answer; here, curl does.
        lines = ["set -eo pipefail", 'curl() { command curl --fail-with-body "$@"; }']
        for command in commands:
            lines += [f"echo {shlex.quote('$ ' + command)}", command, "echo"]
        return self.run("bash", "-c", "\n".join(lines))

    def compose(self):
        return yaml.safe_load(self.read("compose.yaml"))

    def variables(self):
        """Return what `.env` sets, as Compose reads it."""
        lines = self.read(".env").splitlines()
        return dict(line.split("=", 1) for line in lines if line and line[0] != "#")

    def image(self):
        """Return the steps of the Dockerfile: pairs of an instruction and its text."""
        lines = self.read("Dockerfile").splitlines()
        return [tuple(line.split(" ", 1)) for line in lines if line and line[0] != "#"]

    def build_image(self, path):
        """Do what the Dockerfile does, in a virtual environment instead of a container."""
        ignored = [
            each.removeprefix("**/") for each in self.read(".dockerignore").split()
        ]
        shutil.copytree(self.path, path, ignore=shutil.ignore_patterns(*ignored))
        image = copy.copy(self)
        image.path = path
        subprocess.run([sys.executable, "-m", "venv", str(path / "python")], check=True)
        programs = f"{path / 'python' / 'bin'}:{self.environment['PATH']}"
        image.environment = {**self.environment, "PATH": programs}
        for step, text in self.image():
            if step == "ENV":
                image.environment |= dict(
                    each.split("=", 1) for each in shlex.split(text)
                )
            if step == "RUN" and "pip install" in text:
                done = image.run("sh", "-c", text)
                assert done.returncode == 0, done.stdout + done.stderr
        return image

    @contextlib.contextmanager
    def serving(self, *command):
        """Serve meanwhile; yield a function that returns what was printed so far."""
        log = self.path.with_suffix(".log")
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=self.path, env=self.environment, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        try:
            yield log.read_text
        finally:
            # make, the reloader and the server, all of which are ours.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait()
