"""The page of the client: its examples print what is shown."""

import doctest
import subprocess

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


def test_javascript_prints_what_is_shown(load, tmp_path):
    (program,) = code_blocks(PATH.read_text(), "javascript")
    (shown,) = code_blocks(PATH.read_text(), "text")
    package = ROOT / "clients" / "javascript" / "src" / "index.js"
    with serve(PATH, load) as url:
        text = program.replace(SHOWN, url).replace("cliquet-client", package.as_uri())
        (tmp_path / "program.mjs").write_text(text)
        done = subprocess.run(
            [*node(), tmp_path / "program.mjs"],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    assert (done.stdout, done.stderr) == (shown, "")
