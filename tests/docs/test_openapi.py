"""The programs of the page on the description: tests of a service, a Python client."""

import shutil
import subprocess
import sys

import pytest

from config import mushrooms
from tests.docs.test_frontend import SHOWN
from tests.docs.test_readme import ROOT, code_blocks
from tests.http.test_description import SETTINGS
from tests.intermediaries.origin import Served

PAGE = (ROOT / "docs" / "openapi.rst").read_text()
CODE = ROOT / "docs" / "openapi"

pytestmark = pytest.mark.long


def run(folder, *command):
    """Run a module of Python in a folder, which has to succeed; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_service_is_tested_against_its_description(tmp_path):
    shutil.copy(ROOT / "config" / "mushrooms.py", tmp_path)
    shutil.copy(CODE / "test_described.py", tmp_path)

    told = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "test_described.py")

    assert " passed" in told


@pytest.fixture
def served():
    server = Served(mushrooms.main({}, **SETTINGS))
    yield server
    server.close()


def test_a_python_client_is_generated(served, tmp_path):
    (tmp_path / "api.json").write_text(served.get("/v1/__api__").text)
    shutil.copy(CODE / "generator.yaml", tmp_path)
    text = (CODE / "round.py").read_text().replace(SHOWN, served.url)
    (tmp_path / "round.py").write_text(text)
    (line,) = commands_of("openapi-python-client")

    run(tmp_path, "openapi_python_client", *line[1:])

    shown = code_blocks(PAGE, "text")[1]
    assert run(tmp_path, "round") == shown
    run(tmp_path, "mypy", "--strict", "--follow-imports=silent", "round.py")


def commands_of(program):
    """Return the commands of the page that a program is run by, as words."""
    lines = (line.strip() for line in PAGE.splitlines())
    return [
        line.removeprefix("$ ").split()
        for line in lines
        if line.startswith(f"$ {program} ")
    ]
