"""The least versions that are allowed are beyond known faults."""

import configparser
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
