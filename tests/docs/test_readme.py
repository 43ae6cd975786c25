"""What the README and the quickstart show is true."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cliquet.testing.servers import free_port, wait_for_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.rst").read_text()
SAMPLE = (ROOT / "config" / "mushrooms.py").read_text()
VOLATILE = [
    (re.compile(r'"id":"[0-9a-f-]{36}"'), '"id":"…"'),
    (re.compile(r'"last_modified":[0-9]+'), '"last_modified":0'),
    (re.compile(r"basicauth:[0-9a-f]{64}"), "basicauth:…"),
]


def code_blocks(text, language):
    """The literal blocks of a reStructuredText document, in one language."""
    pattern = rf"\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)"
    return [
        "\n".join(line.removeprefix("    ") for line in block.rstrip().splitlines())
        + "\n"
        for block in re.findall(pattern, text)
    ]


def normalized(text):
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The sample, served as `make serve` does, on another port."""
    port = free_port()
    ini = tmp_path_factory.mktemp("served") / "example.ini"
    text = (ROOT / "config" / "example.ini").read_text()
    ini.write_text(text.replace("127.0.0.1:8888", f"127.0.0.1:{port}"))
    pserve = Path(sys.executable).with_name("pserve")
    cliquet = Path(sys.executable).with_name("cliquet")
    subprocess.run([cliquet, "--ini", ini, "migrate"], cwd=ROOT, check=True)
    with ini.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen([pserve, ini], cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for_port(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def test_the_sample_is_shown_as_it_is():
    (shown,) = code_blocks(README, "python")

    assert shown == SAMPLE
    assert len(SAMPLE.splitlines()) < 40


def test_curl_answers_as_printed(port):
    blocks = code_blocks(README, "console")
    calls = [block.split("\n", 1) for block in blocks if block.startswith("$ curl")]
    assert len(calls) == 5

    for command, expected in calls:
        shell = command.removeprefix("$ ").replace(
            "127.0.0.1:8888", f"127.0.0.1:{port}"
        )
        answer = subprocess.run(
            ["bash", "-c", shell], check=True, capture_output=True, text=True
        ).stdout
        assert normalized(answer) == normalized(expected.strip())


def test_the_commands_are_targets():
    makefile = (ROOT / "Makefile").read_text()

    for target in re.findall(r"\$ make (\w+)", README):
        assert f"\n{target}:" in makefile


@pytest.mark.parametrize(
    "page",
    ["quickstart", "resources", "extending", "permissions", "CONTRIBUTING"],
    ids=lambda page: page,
)
def test_python_of_the_documentation_runs(page):
    blocks = code_blocks((ROOT / "docs" / f"{page}.rst").read_text(), "python")
    assert blocks

    for block in blocks:
        exec(compile(block, page, "exec"), {"__name__": "__main__"})


def test_json_of_the_documentation_is_json():
    blocks = [
        block
        for page in (ROOT / "docs").rglob("*.rst")
        for block in code_blocks(page.read_text(), "json")
    ]
    assert blocks

    for block in blocks:
        json.loads(block)
