"""The steps of the image, in a fresh virtual environment; Compose's file."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from cliquet.testing.servers import free_port, wait_for_port
from tests.contract.backends import APP_ENGINES
from tests.intermediaries.origin import Client
from tests.programs import find_program

ROOT = Path(__file__).parents[2]
PRODUCTION = ROOT / "config" / "production"
SECRET = {"CLIQUET_USERID_HMAC_SECRET": "k3y" * 12}


def instructions():
    """Return the instructions of the Dockerfile: name and rest."""
    text = re.sub(
        r"^#.*\n", "", (PRODUCTION / "Dockerfile").read_text(), flags=re.MULTILINE
    )
    lines = text.replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def of(name):
    return [rest for each, rest in instructions() if each == name]


@pytest.fixture
def checkout(tmp_path):
    """What `COPY . .` copies."""
    patterns = (ROOT / ".dockerignore").read_text().splitlines()
    ignored = [each.removeprefix("**/") for each in patterns if each and each[0] != "#"]

    def leave_out(directory, names):
        here = Path(directory).relative_to(ROOT)
        return [
            name for name in names
            if any(fnmatch(name, each) or fnmatch(str(here / name), each) for each in ignored)
        ]  # fmt: skip

    target = tmp_path / "srv" / "cliquet"
    shutil.copytree(ROOT, target, ignore=leave_out)
    return target


@pytest.mark.long
@pytest.mark.intermediaries
def test_the_image_serves(checkout, services, tmp_path):
    engine = next(each for each in APP_ENGINES if each.id == "postgresql")
    url = services.postgresql_url()
    (install,) = (each for each in of("RUN") if each.startswith("pip"))
    *_, workdir = of("WORKDIR")
    (start,) = (json.loads(each) for each in of("CMD"))
    (check,) = (json.loads(each.partition(" CMD ")[2]) for each in of("HEALTHCHECK"))
    port = free_port()

    def inside(text):
        return text.replace("/srv/cliquet", str(checkout)).replace("8888", str(port))

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    path = f"{tmp_path / 'venv' / 'bin'}:{os.environ['PATH']}"
    environment = {
        "PATH": path, **SECRET,
        "CLIQUET_STORAGE_URL": url, "CLIQUET_PERMISSION_URL": url,
        "CLIQUET_CACHE_URL": services.redis_url(), "WORKERS": "1",
        **{name: os.environ[name] for name in os.environ if name.lower().endswith("_proxy") or name.startswith("PIP_")},
    }  # fmt: skip
    subprocess.run(shlex.split(install), cwd=checkout, env=environment, check=True,
                   capture_output=True)  # fmt: skip
    for line in of("ENV"):
        environment |= dict(each.split("=", 1) for each in shlex.split(inside(line)))
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(tmp_path / "metrics")
    environment["BIND"] = f"127.0.0.1:{port}"
    services_of = yaml.safe_load((PRODUCTION / "compose.yaml").read_text())["services"]
    migrate = services_of["migrate"]["command"]
    subprocess.run(
        shlex.split(migrate), cwd=inside(workdir), env=environment, check=True
    )
    process = subprocess.Popen(
        start, cwd=inside(workdir), env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_port(port, process)
        healthy = subprocess.run([inside(each) for each in check], env=environment,
                                 check=False).returncode  # fmt: skip
        client = Client(port)
        heartbeat = client.get("/v1/__heartbeat__").status_code
        client.close()
    finally:
        process.terminate()
        process.wait()

    assert engine.id == "postgresql"
    assert (healthy, heartbeat) == (0, 200)


@pytest.mark.long
def test_nothing_secret_or_large_is_copied(checkout):
    found = {path.name for path in checkout.iterdir()}

    assert {"setup.py", "cliquet", "config"} <= found
    assert not found & {".git", ".venv", "build", "dist", ".mypy_cache"}
    assert list(checkout.rglob("*.db")) == []


@pytest.mark.intermediaries("docker-compose")
def test_compose_understands_its_file():
    command = [
        find_program("docker-compose"),
        "-f",
        PRODUCTION / "compose.yaml",
        "config",
    ]
    environment = {"PATH": os.environ["PATH"]}

    answer = subprocess.run(
        command,
        env={**environment, **SECRET},
        capture_output=True,
        text=True,
        check=True,
    )
    without = subprocess.run(command, env=environment, capture_output=True, check=False)

    told = yaml.safe_load(answer.stdout)["services"]
    assert told["service"]["environment"].items() >= SECRET.items()
    assert without.returncode != 0
