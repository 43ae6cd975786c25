"""What is in a project that ``cliquet init`` makes: names of files, and their texts.

Pure: the templates, filled in with the choices; `project` writes them.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple

_TEMPLATES = resources.files(__package__).joinpath("templates")

#: The files of every project, by their templates.
_FILES = {
    "README.rst": "README.rst",
    "Makefile": "Makefile",
    "pyproject.toml": "pyproject.toml",
    "gitignore": ".gitignore",
    "service.ini": "{name}.ini",
    "package.py": "{name}/__init__.py",
    "resources.py": "{name}/resources.py",
    "views.py": "{name}/views.py",
    "events.py": "{name}/events.py",
    "test_service.txt": "tests/test_service.py",
}
#: Those of a project that is deployed in containers, besides.
_DOCKER_FILES = {
    "docker/Dockerfile": "Dockerfile",
    "docker/compose.{compose}.yaml": "compose.yaml",
    "docker/dockerignore": ".dockerignore",
    "docker/env": ".env",
    "docker/gunicorn.conf.py": "gunicorn.conf.py",
    "docker/production.ini": "production.ini",
    "docker/wsgi.py": "wsgi.py",
}
#: Those that hold keys.
_PRIVATE = frozenset({"service.ini", "docker/env"})
_BLANK_LINES = re.compile(r"\n{3,}")
_KINDS = ("storage", "permission", "cache")


class File(NamedTuple):
    """A file of a project.

    Attributes:
        text: What is in it.
        is_private: Whether it is for its owner alone.
    """

    text: str
    is_private: bool


class Choices(NamedTuple):
    """What a project is to be.

    Attributes:
        name: Of its package.
        engine: One of `ENGINES`.
        auth: One of `AUTHS`, the ways in which users are known.
        docker: Whether it is deployed in containers.
        origin: What pip installs this very Cliquet from, nothing for an index.
        python: An interpreter to take if the shell finds none.
    """

    name: str
    engine: str
    auth: str
    docker: bool
    origin: str
    python: str


def _read_table(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads(_TEMPLATES.joinpath(name).read_text(encoding="utf-8"))


ENGINES = _read_table("engines.toml")
AUTHS = _read_table("auth.toml")


def render(choices: Choices, secrets: Mapping[str, str]) -> dict[str, File]:
    """Return the files of a project, by their paths.

    Args:
        choices: What it is to be.
        secrets: Random texts: `secret` and `token_secret` for development,
            `production_secret` and `password` for containers.
    """
    engine, auth = ENGINES[choices.engine], AUTHS[choices.auth]
    slots = {**secrets, **_slots(choices, engine, auth)}
    files = _FILES | (_DOCKER_FILES if choices.docker else {})
    names = {"name": choices.name, "compose": engine["compose"]}
    return {
        path.format(**names): File(
            _fill(_read(source.format(**names)), slots, code=path.endswith(".py")),
            source in _PRIVATE,
        )
        for source, path in files.items()
    }


def _read(name: str) -> str:
    return _TEMPLATES.joinpath(name).read_text(encoding="utf-8")


def _fill(text: str, slots: Mapping[str, str], *, code: bool) -> str:
    """Replace `{{slot}}` by its text, which may have slots itself."""
    known = re.compile(r"\{\{(" + "|".join(map(re.escape, slots)) + r")\}\}")
    while known.search(text):
        text = known.sub(lambda found: slots[found[1]], text)
    # Of slots that are empty; Python has two blank lines between functions.
    tidy = text if code else _BLANK_LINES.sub("\n\n", text)
    return tidy.strip("\n") + "\n"


def _slots(
    choices: Choices, engine: Mapping[str, Any], auth: Mapping[str, Any]
) -> dict[str, str]:
    """Return what the places in the templates are filled with."""
    extras = ",".join(sorted(engine["extras"] + auth["extras"]))
    backends = _lines(
        f"cliquet.{kind}_backend = cliquet.{kind}.{choices.engine}" for kind in _KINDS
    )
    urls = _lines(
        f"cliquet.{kind}_url = {url}" for kind, url in _by_kind(engine["urls"])
    )
    variables = {
        f"CLIQUET_{kind.upper()}_URL": url
        for kind, url in _by_kind(engine.get("urls_in_container", []))
    }
    texts = {
        "name": choices.name,
        "underline": "=" * len(choices.name),
        "origin": choices.origin,
        "python": choices.python,
        "cliquet": f"cliquet[{extras}]" if extras else "cliquet",
        "engine_settings": _lines([engine.get("note", ""), backends, urls]),
        "engine_production": backends,
        "engine": choices.engine,
        "of_tests": engine["of_tests"],
        "engine_start": engine["start"],
        "auth_settings": auth["settings"],
        "auth_production": auth["production"],
        "auth_start": auth["start"],
        "auth_target": auth.get("target", ""),
        "alice": auth["alice"],
        "bob": auth["bob"],
        "workers": engine["workers"],
        "database": engine.get("database", ""),
        "variables": _lines(f"#   {name}" for name in variables),
        "environment": _lines(
            [engine.get("environment", "")]
            + [f"{name}={url}" for name, url in variables.items()]
            + [auth.get("environment", "")]
        ),
        **{
            f"docker_{name}": _read(f"docker/{name}") if choices.docker else ""
            for name in ("README.rst", "Makefile", "pyproject.toml")
        },
    }
    return {name: text.strip("\n") for name, text in texts.items()}


def _lines(texts: Iterable[str]) -> str:
    """Return texts below one another, without those that are empty."""
    return "\n".join(text.strip("\n") for text in texts if text)


def _by_kind(urls: Sequence[str]) -> list[tuple[str, str]]:
    """Return the URL of each kind of backend, of those of records and of the cache."""
    return [(kind, urls[kind == "cache"]) for kind in _KINDS if urls]
