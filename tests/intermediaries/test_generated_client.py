"""A TypeScript client that is generated from the description of the sample."""

import subprocess

import pytest

from config import mushrooms
from tests.docs.test_frontend import SHOWN, node
from tests.docs.test_openapi import CODE, PAGE, commands_of
from tests.docs.test_readme import code_blocks
from tests.http.test_description import SETTINGS
from tests.intermediaries.origin import Served
from tests.programs import NODE_MODULES

pytestmark = pytest.mark.intermediaries("openapi-typescript")


@pytest.fixture
def run(tmp_path):
    """Run a program of Node; what it prints."""
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / "package.json").write_text('{"type": "module"}')

    def run_program(*command):
        done = subprocess.run(
            [*node(), *command],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_program


def test_it_compiles_and_meets_a_conflict(started, run, tmp_path):
    served = started(Served(mushrooms.main({}, **SETTINGS)))
    text = (CODE / "round.ts").read_text().replace(SHOWN, served.url)
    (tmp_path / "round.ts").write_text(text)
    generate, compile_ = (words[1:] for words in commands_of("npx"))
    generate = [word.replace(SHOWN, served.url) for word in generate]

    run(NODE_MODULES / "openapi-typescript" / "bin" / "cli.js", *generate[1:])
    run(NODE_MODULES / "typescript" / "bin" / "tsc", *compile_[1:])

    assert run("round.js") == code_blocks(PAGE, "text")[0]
