"""Run what pages show: the modules of an application, its settings, and sessions.

Blocks follow one another, and make up an example:

``python``
    A module: the one that `:caption:` names, else that of the application. The
    application is scanned.
``ini``
    Settings of the application, or `pytest.ini`.
``pycon``
    A session of Python. ``app`` sends requests of Alice, ``bob`` those of Bob, and
    whoever has no name is ``anonymous``.
``json``
    A file, if it has a caption.
``console``
    Commands after ``$``, each with what it answers: `tests.docs.console`.
"""

import doctest
import re
import sys
from base64 import b64encode
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from pathlib import Path

from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet.types import reify
from docs.clauses import block_below, split_options
from tests.docs.console import Console

BLOCK = re.compile(r"^ *\.\. code-block:: (python|ini|json|pycon|console)$")
MEMORY = {
    "project_name": "example",
    "userid_hmac_secret": "3f0c9bb0a35c4f8e9d1e2f6a7b8c9d0e",
    **{
        f"{kind}_backend": f"cliquet.{kind}.memory"
        for kind in ("storage", "permission", "cache")
    },
}
OF_DOCTEST = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """Code of a page, the line where it begins, and the file that it is named after."""

    line: int
    language: str
    text: str
    file: str


def blocks_of(page):
    """Yield the blocks of a page that an example may be made of."""
    lines = page.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if found := BLOCK.match(line):
            options, content = split_options(list(block_below(lines[number:])))
            text = "\n".join(content).strip("\n") + "\n"
            yield Block(number, found[1], text, options.get("caption", ""))


def client(application, name):
    """Return what sends requests of a user, or of nobody."""
    headers = {"Accept": "application/json"}
    if name:
        token = b64encode(f"{name}:secret".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    made = TestApp(application)
    made.extra_environ = {
        f"HTTP_{key.upper().replace('-', '_')}": value for key, value in headers.items()
    }
    return made


class Client:
    """The client of a user; the application is made when it is first used."""

    def __init__(self, console, name):
        self._console, self._name = console, name

    @reify
    def _client(self):
        return client(self._console.application, self._name)

    def __getattr__(self, name):
        return getattr(self._client, name)


class Example:
    """An application of a page, in a folder of its own.

    Args:
        blocks: Those of the page that belong together.
        folder: Where its files are written; on the path of Python.
        services: Texts of settings, with what replaces them: URLs of servers.
    """

    def __init__(self, blocks, folder, services=None):
        self.blocks, self.folder = blocks, folder
        self.modules = {}
        settings = ""
        for block in blocks:
            if block.language == "python":
                name = Path(block.file or "example.py").stem
                text = self.modules.get(name, "") + block.text
                (folder / f"{name}.py").write_text(text)
                self.modules[name] = text
            elif block.file == "pytest.ini" or (
                block.language == "json" and block.file
            ):
                (folder / block.file).write_text(block.text)
            elif block.language == "ini":
                settings += block.text
        left = [name for name in self.modules if not _is_free(name, folder)]
        assert left == [], f"Modules that other tests left are in the way: {left}"
        self.name = next(iter(self.modules), "example")
        for shown, real in (services or {}).items():
            settings = settings.replace(shown, real)
        self.settings = {**MEMORY, **_read(settings)}
        self.write_ini()

    def write_ini(self):
        """Write what `cliquet --ini service.ini` and `pserve` read."""
        lines = [
            "[app:main]",
            "use = call:tests.docs.examples:main",
            f"example = {self.name if self.modules else ''}",
            *(f"{name} = {value}" for name, value in self.settings.items()),
        ]
        (self.folder / "service.ini").write_text("\n".join(lines) + "\n")

    def run(self, monkeypatch):
        """Run its sessions; return what was not as shown."""
        console = Console(self.folder, self.build, monkeypatch)
        told, scope = [], {}
        for block in self.blocks:
            if block.language == "console":
                console.run(block.text)
            elif block.language == "pycon":
                scope = scope or self.names(console)
                scope = _run_session(block, scope, told)
        console.bound.check_timestamps()
        if not console.ran and not scope:
            console.application  # noqa: B018 It can be built, at least.
        return "".join(told)

    def names(self, console):
        """Return what sessions know."""
        users = {"app": "alice", "bob": "bob", "anonymous": None}
        clients = {each: Client(console, name) for each, name in users.items()}
        invalidate_caches()
        module = import_module(self.name) if self.modules else None
        return {**(vars(module) if module else {}), **clients}

    def build(self):
        """Make the application."""
        name = self.name if self.modules else ""
        return main({}, example=name, **self.settings)


def _is_free(name, folder):
    """Return whether a module of this name would be imported from a folder."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return name not in sys.modules or Path(str(file)).is_relative_to(folder)


def _run_session(block, scope, told):
    session = doctest.DocTestParser().get_doctest(
        block.text, scope, "example", None, block.line
    )
    runner = doctest.DocTestRunner(optionflags=OF_DOCTEST)
    runner.run(session, out=told.append, clear_globs=False)
    return session.globs


def _read(text):
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def main(global_config, example="", **settings):
    """Make the application of a module, as that of a service would."""
    invalidate_caches()
    module = import_module(example) if example else None
    if hasattr(module, "main"):
        return module.main(global_config, **settings)
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="1.0")
    if module:
        if hasattr(module, "includeme"):
            config.include(module)
        config.scan(module)
    return config.make_wsgi_app()
