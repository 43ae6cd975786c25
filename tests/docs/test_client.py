"""The page of the client: its examples print what is shown."""

import doctest

from tests.docs.test_frontend import SHOWN, serve
from tests.docs.test_readme import ROOT

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
