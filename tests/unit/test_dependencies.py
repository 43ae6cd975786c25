"""The least versions that are allowed: beyond known faults, and they serve."""

import configparser
import subprocess
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
#: By library: below, what is known.
SAFE = {
    "gunicorn": ("23.0", "CVE-2024-6827"),
    "joserfc": ("1.8", "an `exp` of NaN never expires"),
    "requests": ("2.32.4", "CVE-2024-47081"),
    "sentry-sdk": ("2.8", "CVE-2024-40647"),
    "setuptools": ("78.1.1", "CVE-2025-47273"),
    "waitress": ("3.0.1", "CVE-2024-49768, CVE-2024-49769"),
    "webob": ("1.8.8", "CVE-2024-42353"),
    "werkzeug": ("3.0.6", "CVE-2024-49767"),
}
#: Types of others, for checks of the code alone.
UNBOUND = {"types-python-dateutil", "types-setuptools"}


def _read():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return {
        "": parser["options"]["install_requires"],
        **parser["options.extras_require"],
    }


def requirements(*extras):
    """Return what is required at all, and by some extras; by all when none is named."""
    found = _read()
    lines = "\n".join(found[name] for name in extras or found).splitlines()
    return [
        Requirement(line)
        for line in lines
        if line and not line.startswith(("#", "cliquet["))
    ]


def floor(requirement):
    """Return the least version that a requirement allows."""
    (found,) = [each for each in requirement.specifier if each.operator == ">="]
    return Version(found.version)


def test_each_library_has_a_least_version():
    unbound = {each.name for each in requirements() if ">=" not in str(each.specifier)}

    assert unbound == UNBOUND


@pytest.mark.parametrize("name", SAFE)
def test_no_version_with_a_known_fault_is_allowed(name):
    least, fault = SAFE[name]
    floors = [floor(each) for each in requirements() if each.name.lower() == name]

    assert floors
    assert min(floors) >= Version(least), fault


SMOKE = """
import warnings
warnings.simplefilter("ignore")
from pyramid.config import Configurator
from webtest import TestApp
from cliquet.scripts import cliquet
from cliquet.tests.testapp import main

url = "sqlite:///smoke.db"
settings = {"project_name": "smoke", "userid_hmac_secret": "81bd0a3bbaf64b7cb1ab25bd"}
for kind in ("storage", "cache", "permission"):
    settings[f"{kind}_backend"] = f"cliquet.{kind}.sqlite"
    settings[f"{kind}_url"] = url
config = Configurator(settings=settings)
app = main(config=config)
for kind in ("storage", "cache", "permission"):
    getattr(config.registry, kind).initialize_schema()
app = TestApp(app)
alice = {"Authorization": "Basic YWxpY2U6"}
made = app.post_json("/v0/mushrooms", {"data": {"name": "a"}}, headers=alice).json["data"]
path = "/v0/mushrooms/" + made["id"]
etag = app.get(path, headers=alice).headers["ETag"]
app.get(path, headers={**alice, "If-None-Match": etag}, status=304)
app.patch_json(path, {"data": {"name": "b"}}, headers=alice)
app.put_json(path, {"data": {"name": "c"}}, headers={**alice, "If-Match": etag}, status=412)
app.post_json("/v0/mushrooms", {"data": {"name": 1}}, headers=alice, status=400)
entries = [{"path": path}, {"method": "DELETE", "path": path}, {"path": "/v0/nowhere"}]
answer = app.post_json("/v0/batch", {"requests": entries}, headers=alice).json
print([each["status"] for each in answer["responses"]])
app.get("/v0/__heartbeat__")
app.get("/v0/__api__")
app.get("/v0/nowhere", status=404)
"""


@pytest.mark.long
def test_the_least_versions_serve(tmp_path):
    """As installed: an environment with each library as old as it may be."""
    extras = ("sqlite", "openapi")
    asked = requirements("", *extras)
    # What the sample imports besides.
    asked += [each for each in requirements("tests") if each.name == "requests"]
    asked += [each for each in requirements("testing") if each.name == "webtest"]
    wanted = [
        f"{each.name}=={floor(each)}"
        for each in asked
        if each.marker is None or each.marker.evaluate()
    ]
    venv.create(tmp_path / "old", with_pip=True)
    python = tmp_path / "old" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *wanted], check=True)

    done = subprocess.run(
        [python, "-c", SMOKE], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[200, 200, 404]"
