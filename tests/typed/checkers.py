"""Type checkers, strict and without anything else in their configuration."""

import json
import re
import subprocess
from pathlib import Path

from tests.scripts.projects import borrow_environment

CONFIGURATION = {"typeCheckingMode": "strict", "venvPath": ".", "venv": ".venv"}


class Checkers:
    """mypy and pyright, on packages in a directory.

    Attributes:
        path: The directory; it has a virtual environment, where cliquet is installed.
    """

    def __init__(self, path):
        self.path = path
        if not (path / ".venv").exists():
            borrow_environment(path)
        (path / "bare.ini").write_text("[mypy]\n")

    def run_mypy(self, *packages):
        """Return what it finds: pairs of a place and what is wrong there."""
        done = self._run(
            "mypy", "--strict", "--config-file=bare.ini", "--no-error-summary",
            "--python-executable=.venv/bin/python", *packages,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stdout + done.stderr
        found = re.findall(r"^(\S+?:\d+): error: (.*)$", done.stdout, re.MULTILINE)
        assert bool(found) is bool(done.returncode), done.stdout + done.stderr
        return found

    def run_pyright(self, *packages):
        """Return what it finds, warnings included."""
        configuration = self.path / "bare.json"
        included = {"include": [*packages]}
        configuration.write_text(json.dumps({**CONFIGURATION, **included}))
        done = self._run("pyright", "--project", "bare.json", "--outputjson")
        told = json.loads(done.stdout)
        assert told["summary"]["filesAnalyzed"] > 0, done.stdout + done.stderr
        return [
            (self._place(each), each["message"]) for each in told["generalDiagnostics"]
        ]

    def _place(self, diagnostic):
        path = Path(diagnostic["file"]).relative_to(self.path.resolve())
        return f"{path}:{diagnostic['range']['start']['line'] + 1}"

    def _run(self, program, *arguments):
        return subprocess.run(
            [self.path / ".venv" / "bin" / program, *arguments], cwd=self.path,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
