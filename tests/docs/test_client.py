"""The page of the client: its examples print what is shown."""

import doctest
import re
import subprocess

import pytest

from tests.docs.test_frontend import SHOWN, node, serve
from tests.docs.test_readme import ROOT, code_blocks

PATH = ROOT / "docs" / "client.rst"


def test_the_examples_print_what_is_shown(load, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with serve(PATH, load) as url:
        text = PATH.read_text().replace(SHOWN, url)
        examples = doctest.DocTestParser().get_doctest(text, {}, PATH.name, None, 0)
        failures = doctest.DocTestRunner(verbose=False).run(examples)
        for close in ("client", "phone", "laptop"):
            examples.globs[close].close() if close in examples.globs else None

    assert failures.attempted > 30
    assert failures.failed == 0


JAVASCRIPT = [
    ROOT / "docs" / f"{name}.rst" for name in ("client-javascript", "offline-first")
]
PACKAGE = ROOT / "clients" / "javascript"


def run_module(text, url, folder):
    """Run a module of JavaScript against a server; what it printed."""
    source = (PACKAGE / "src" / "index.js").as_uri()
    program = folder / "program.mjs"
    program.write_text(text.replace(SHOWN, url).replace("cliquet-client", source))
    done = subprocess.run(
        [*node(), program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("path", JAVASCRIPT, ids=lambda path: path.stem)
def test_javascript_prints_what_is_shown(path, load, tmp_path):
    page = path.read_text()
    with serve(path, load) as url:
        told = run_module("\n".join(code_blocks(page, "javascript")), url, tmp_path)

    assert told == "".join(code_blocks(page, "text"))


def test_the_readme_of_the_javascript_client_runs(load, tmp_path):
    readme = (PACKAGE / "README.md").read_text()
    program = "\n".join(re.findall(r"```js\n(.*?)```", readme, re.DOTALL))
    with serve(JAVASCRIPT[0], load) as url:
        told = run_module(program, url, tmp_path)

    assert told == "somebody was first, the rank is 1\nBuy milk\n"
