"""The command ``cliquet init DIR``: make a project that runs."""

import json
import keyword
import re
import secrets
import sys
from importlib import resources
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from cliquet.scripts.files import write_private

_TEMPLATES = {
    "README.rst": "README.rst",
    "Makefile": "Makefile",
    "pyproject.toml": "pyproject.toml",
    "gitignore": ".gitignore",
    "service.ini": "{name}.ini",
    "package.py": "{name}/__init__.py",
    "resources.py": "{name}/resources.py",
    "test_items.txt": "tests/test_items.py",
}


#: What holds a key is for its owner.
_SECRET = frozenset({"service.ini"})


def run(directory: str) -> int:
    """Write a project to a new directory; return the exit code."""
    target = Path(directory)
    name = re.sub(r"\W+", "_", target.name.lower()).strip("_")
    if not name.isidentifier() or keyword.iskeyword(name):
        print(f"{target.name!r} makes no name of a Python package.")
        return 2
    if name in sys.stdlib_module_names or name in packages_distributions():
        print(f"A package {name!r} would hide the one that Python has already.")
        return 2
    if target.exists() and any(target.iterdir()):
        print(f"{directory} is not empty: nothing was written.")
        return 2
    values = {
        "name": name,
        "underline": "=" * len(name),
        "secret": secrets.token_hex(32),
        "origin": _origin(),
    }
    templates = resources.files(__package__).joinpath("templates")
    for source, place in _TEMPLATES.items():
        text = templates.joinpath(source).read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"{{{{{key}}}}}", value)
        path = target / place.format(name=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if source in _SECRET:
            write_private(path, text)
        else:
            path.write_text(text, encoding="utf-8")
    print(
        f"{directory} is ready:\n\n"
        f"  cd {directory}\n"
        "  make tests    run its tests\n"
        "  make serve    serve it, and print where\n"
    )
    return 0


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
