"""Make a mistake, and find out what it prints.

`python -m tests.declarations.run` writes the page `docs/mistakes.rst`.
"""

import importlib
import re
import sys
import textwrap
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from webtest import TestApp

import cliquet
from cliquet.logs import logger
from tests.declarations.mistakes import FAILED, PRELUDE, REFUSED, SECTIONS, WARNED

PAGE = Path(__file__).parents[2] / "docs" / "mistakes.rst"
ALICE = {"Authorization": "Basic YWxpY2U6eA=="}
SETTINGS = {
    # Of a developer, who knows that any name and password is a user.
    "pyramid.debug_all": "true",
    "userid_hmac_secret": "of these tests",
    **{
        f"{kind}_backend": f"cliquet.{kind}.memory"
        for kind in ("storage", "permission", "cache")
    },
}
JSON = {"Content-Type": "application/json"}
_ADDRESS = re.compile(r"0x[0-9a-f]+")
HEAD = """\
.. _mistakes:

Mistakes, and what they print
=============================

What you declare is looked at when you declare it.
What cannot work is refused with one sentence: which class or setting, what is wrong with it, and what to write instead.
What release 3.1 let pass is a warning, in the log of each start, and in ``cliquet check``.

This page is made by the tests that make each of these mistakes: the messages are what was printed.
The module of the application is called ``shop``; it begins like this:

.. code-block:: python

"""


@cache
def tell(mistake):
    """Return what becomes of a service with a mistake, and what it prints."""
    settings = {
        name: value for name, value in SETTINGS.items() if name not in mistake.without
    }
    settings.update(line.split(" = ") for line in mistake.ini.splitlines())
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        warning = stack.enter_context(mock.patch.object(logger, "warning"))
        error = stack.enter_context(mock.patch.object(logger, "error"))
        stack.callback(forget)
        stack.enter_context(mock.patch.object(sys, "path", [folder, *sys.path]))
        write(Path(folder) / "shop", mistake)
        try:
            app = make_app(settings)
        except ConfigurationError as refused:
            # Where in Pyramid it was noticed helps nobody.
            told = str(refused).replace(f"{folder}/", "").partition("\n  in:\n")[0]
            return REFUSED, _ADDRESS.sub("0x…", told)
        for method, path, record in mistake.requests:
            app.request(
                path, method=method, headers={**ALICE, **JSON}, expect_errors=True,
                body=cliquet.utils.json.dumps({"data": record}).encode(),
            )  # fmt: skip
        if error.called:
            return FAILED, str(error.call_args.args[0])
        return WARNED, "\n".join(str(call.args[0]) for call in warning.call_args_list)


def forget():
    for name in [each for each in sys.modules if each.partition(".")[0] == "shop"]:
        del sys.modules[name]


def write(package, mistake):
    package.mkdir()
    source = [PRELUDE, mistake.python, mistake.more]
    (package / "__init__.py").write_text("\n\n".join(filter(None, source)))
    (package / "broken.py").write_text("import nosuchlibrary\n")
    importlib.invalidate_caches()


def make_app(settings):
    config = Configurator(settings=settings)
    cliquet.initialize(config, "1.0", "shop")
    config.scan("shop", ignore="shop.broken")
    return TestApp(config.make_wsgi_app())


# --- The page --------------------------------------------------------------------


def make_page():
    parts = [HEAD + textwrap.indent(PRELUDE, "    ")]
    for title, mistakes in SECTIONS.items():
        parts.append(f"{title}\n{'-' * len(title)}")
        parts += map(describe, mistakes)
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def describe(mistake):
    outcome, told = tell(mistake)
    language, written = (
        ("python", mistake.python) if mistake.python else ("ini", mistake.ini)
    )
    title = f"{mistake.title}\n{'~' * len(mistake.title)}"
    code = f".. code-block:: {language}\n\n{textwrap.indent(written.rstrip(), '    ')}"
    wrapped = "\n".join(
        textwrap.fill(line, 88, break_long_words=False, break_on_hyphens=False,
                      subsequent_indent=" " * (len(line) - len(line.lstrip())))
        for line in told.splitlines()
    )  # fmt: skip
    message = f".. code-block:: text\n\n{textwrap.indent(wrapped, '    ')}"
    return f"{title}\n\n{code}\n\n{outcome}\n\n{message}"


if __name__ == "__main__":
    PAGE.write_text(make_page())
