"""The examples of the API reference do what is shown below them.

An example begins with Python, the module of an application; settings (``ini``) and
sessions (``pycon``) that follow are its own. ``app`` sends requests of Alice there,
``bob`` those of Bob, and whoever has no name is ``anonymous``.
"""

import doctest
import re
import sys
from base64 import b64encode
from importlib import import_module
from pathlib import Path

import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet

DOCS = Path(__file__).parents[2] / "docs" / "api"
PAGES = sorted(DOCS.glob("*.rst"))
BLOCK = re.compile(
    r"^( *)\.\. code-block:: (python|ini|pycon)\n\n((?:\1    .*\n|\n)+)", re.MULTILINE
)
MEMORY = {
    "project_name": "example",
    "userid_hmac_secret": "3f0c9bb0a35c4f8e9d1e2f6a7b8c9d0e",
    **{
        f"{kind}_backend": f"cliquet.{kind}.memory"
        for kind in ("storage", "permission", "cache")
    },
}


def blocks_of(page):
    """Yield the line, the language and the text of each block."""
    text = page.read_text()
    for match in BLOCK.finditer(text):
        margin = f"{match[1]}    "
        lines = [line.removeprefix(margin) for line in match[3].rstrip().splitlines()]
        line = text.count("\n", 0, match.start(3)) + 1
        yield line, match[2], "\n".join(lines) + "\n"


def examples():
    for page in PAGES:
        example = None
        for line, language, text in blocks_of(page):
            if language == "python" or example is None:
                example = []
                yield pytest.param(example, id=f"{page.stem}:{line}")
            example.append((line, language, text))


def client(application, name):
    headers = {"Accept": "application/json"}
    if name:
        token = b64encode(f"{name}:secret".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    made = TestApp(application)
    made.extra_environ = {
        f"HTTP_{key.upper().replace('-', '_')}": value for key, value in headers.items()
    }
    return made


def build(module, settings):
    config = Configurator(settings={**MEMORY, **settings})
    cliquet.initialize(config, version="1.0")
    if hasattr(module, "includeme"):
        config.include(module)
    config.scan(module)
    return config.make_wsgi_app()


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Import a text as the module `example`."""

    def write(text):
        (tmp_path / "example.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return import_module("example")

    yield write
    sys.modules.pop("example", None)


@pytest.mark.parametrize("example", list(examples()))
def test_examples_do_what_is_shown(example, load):
    texts = {"python": "", "ini": ""}
    for _, language, text in example:
        if language in texts:
            texts[language] += text
    module = load(texts["python"])
    lines = filter(None, texts["ini"].splitlines())
    application = build(module, dict(line.split(" = ", 1) for line in lines))
    names = {"app": "alice", "bob": "bob", "anonymous": None}
    known = {each: client(application, name) for each, name in names.items()}

    runner = doctest.DocTestRunner(
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    scope = {**vars(module), **known}
    told = []
    for line, language, text in example:
        if language == "pycon":
            session = doctest.DocTestParser().get_doctest(
                text, scope, "example", None, line
            )
            runner.run(session, out=told.append, clear_globs=False)
            scope = session.globs
    if told:
        pytest.fail("".join(told), pytrace=False)


def test_every_page_of_hooks_has_examples():
    assert {page.stem for page in PAGES if any(blocks_of(page))} >= {
        "resources", "models", "schemas", "events", "errors", "storage", "permissions",
        "authentication",
    }  # fmt: skip
