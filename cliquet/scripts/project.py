"""What does a new project look like? (``cliquet init DIR``)"""

import keyword
import re
import secrets
from importlib import resources
from pathlib import Path

_TEMPLATES = {
    "README.rst": "README.rst",
    "Makefile": "Makefile",
    "pyproject.toml": "pyproject.toml",
    "gitignore": ".gitignore",
    "service.ini": "{name}.ini",
    "package.py": "{name}/__init__.py",
    "resources.py": "{name}/resources.py",
    "test_items.py": "tests/test_items.py",
}


def run(directory: str) -> int:
    """Make a project in a new directory; 0 if it was made."""
    target = Path(directory)
    name = re.sub(r"\W+", "_", target.name.lower()).strip("_")
    if not name.isidentifier() or keyword.iskeyword(name):
        print(f"{target.name!r} makes no name of a Python package.")
        return 2
    if target.exists() and any(target.iterdir()):
        print(f"{directory} is not empty: nothing was written.")
        return 2
    templates = resources.files(__package__).joinpath("templates")
    for source, place in _TEMPLATES.items():
        text = templates.joinpath(source).read_text(encoding="utf-8")
        text = text.replace("{{name}}", name)
        text = text.replace("{{secret}}", secrets.token_hex(32))
        path = target / place.format(name=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(
        f"{directory} is ready:\n\n"
        f"  cd {directory}\n"
        "  make tests    run its tests\n"
        "  make serve    serve it on http://127.0.0.1:8888/v1/\n"
    )
    return 0
