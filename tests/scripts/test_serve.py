"""`cliquet serve`: the first minute with a service, on real sockets."""

import contextlib
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from cliquet.scripts.serve import at_port
from cliquet.testing.servers import free_port
from tests.docs.examples import blocks_of
from tests.waiting import eventually

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
SERVICE = """\
import cliquet
from pyramid.config import Configurator

def main(global_config, **settings):
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="1.0")
    return config.make_wsgi_app()
"""


@pytest.fixture
def ini(tmp_path):
    (tmp_path / "served.py").write_text(SERVICE)
    path = tmp_path / "served.ini"
    text = (ROOT / "config" / "example.ini").read_text()
    path.write_text(
        text.replace("call:config.mushrooms:main", "call:served:main").replace(
            ":8888", f":{free_port()}"
        )
    )
    return path


def command(ini, *arguments):
    return [sys.executable, "-m", "cliquet.scripts.cliquet", "--ini", str(ini), *arguments]  # fmt: skip


def environment(ini):
    # No option that hides warnings: what is printed is what people see.
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": f"{ini.parent}{os.pathsep}{ROOT}"}


@contextlib.contextmanager
def serving(ini, *arguments):
    """Serve meanwhile; a function that returns what is printed so far."""
    with running(ini, command(ini, "serve", *arguments)) as printed:
        yield printed


@contextlib.contextmanager
def running(ini, program):
    """Run a program meanwhile, likewise."""
    log = ini.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            program, env=environment(ini), cwd=ini.parent, stdout=out, stderr=out
        )
    try:
        yield log.read_text
    finally:
        process.terminate()
        process.wait()


def url_of(printed):
    return re.search(r"^Serving on (\S+)$", printed(), re.MULTILINE)


def page_of(printed):
    return re.search(r"^To read and try: (\S+)$", printed(), re.MULTILINE)


@pytest.mark.parametrize("named", [True, False])
def test_the_url_that_is_printed_answers(ini, named):
    subprocess.run(command(ini, "migrate"), env=environment(ini), check=True)
    port = free_port()

    with serving(ini, *(["--port", str(port)] if named else [])) as printed:
        eventually(lambda: url_of(printed))
        url = url_of(printed)[1]
        answer = requests.get(url, allow_redirects=False, timeout=60)
        eventually(lambda: page_of(printed))
        page = requests.get(page_of(printed)[1], allow_redirects=False, timeout=60)

    assert answer.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert answer.json()["url"] == url
    # The port that was asked for, though the file names another one.
    assert (f":{port}/v1/" in url) is named
    assert "Warning" not in printed()
    assert "missing" not in printed()


def sample(folder):
    text = (ROOT / "config" / "example.ini").read_text()
    (folder / "service.ini").write_text(text)
    return "mushrooms"


def is_listened_to(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def recipe(folder):
    for block in [
        *blocks_of(ROOT / "docs" / "howto" / "index.rst"),
        *blocks_of(ROOT / "docs" / "howto" / "unique-fields.rst"),
    ]:
        if block.file:
            (folder / block.file).write_text(block.text)
    return "howto"


@pytest.mark.parametrize(
    ("write", "program"),
    [(sample, "cliquet"), (recipe, "cliquet"), (recipe, "pserve")],
)
def test_the_first_minute_has_no_warning(tmp_path, write, program):
    """What is documented for development starts without a word too many."""
    name, ini = write(tmp_path), tmp_path / "service.ini"
    port = free_port()
    ini.write_text(ini.read_text().replace(":8888", f":{port}"))
    subprocess.run(command(ini, "migrate"), env=environment(ini), check=True,
                   capture_output=True)  # fmt: skip
    pserve = [sys.executable, "-m", "pyramid.scripts.pserve", str(ini)]
    served = command(ini, "serve") if program == "cliquet" else pserve

    with running(ini, served) as printed:
        assert eventually(lambda: is_listened_to(port)), printed()

    expected = (
        r"(Starting server in PID \d+\.|(Serving on|To read and try:) http://\S+"
        r"|%s 1\.0 starting\. ?)"
    )
    told = [each for each in printed().splitlines()
            if each and not re.fullmatch(expected % name, each)]  # fmt: skip
    assert told == []


def test_no_page_is_printed_where_there_is_none(ini):
    text = ini.read_text()
    off = "cliquet.api_description_enabled = false\n\n[server:main]"
    ini.write_text(text.replace("[server:main]", off))

    with serving(ini) as printed:
        eventually(lambda: url_of(printed))
        requests.get(url_of(printed)[1], timeout=60)

    assert page_of(printed) is None


@pytest.mark.long
def test_a_change_of_the_code_is_served(ini):
    code = ini.with_suffix(".py")

    with serving(ini, "--reload") as printed:
        eventually(lambda: url_of(printed))
        url = url_of(printed)[1]
        for version in range(10, 20):
            # A change before the first look of the monitor is none.
            code.write_text(SERVICE.replace("1.0", f"{version}.0"))
            if eventually(lambda: re.search("/v1[0-9]/", printed()), seconds=20):
                break
        url = re.findall(r"^Serving on (\S+)$", printed(), re.MULTILINE)[-1]

        assert "/v1/" not in url
        assert requests.get(url, timeout=60).ok


@pytest.mark.parametrize("options", [[], ["--reload"]])
def test_a_port_that_is_taken_is_one_line_with_a_remedy(ini, options):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = subprocess.run(
            command(ini, "serve", "--port", str(port), *options), env=environment(ini),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "make serve PORT=" in line


def test_another_server_is_for_pserve(ini):
    ini.write_text(ini.read_text().replace("egg:waitress#main", "egg:pyramid#wsgiref"))

    done = subprocess.run(
        command(ini, "serve"), env=environment(ini), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert f"pserve {ini}" in done.stdout


@pytest.mark.parametrize("port", ["none", "0", "65536", "-1"])
def test_what_is_no_port_is_wrong_usage(ini, port):
    done = subprocess.run(
        command(ini, "serve", "--port", port), env=environment(ini),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("options", "listen"),
    [
        ({"listen": "0.0.0.0:8888", "threads": "4"}, "0.0.0.0:9000"),
        ({"listen": "[::1]:8888 127.0.0.1:8888"}, "[::1]:9000"),
        ({"listen": "*:80"}, "*:9000"),
        ({"host": "10.0.0.1", "port": "6543"}, "10.0.0.1:9000"),
        # waitress's own would be every address.
        ({"port": "6543"}, "127.0.0.1:9000"),
        ({}, "127.0.0.1:9000"),
    ],
)
def test_another_port_is_that_of_the_same_host(options, listen):
    kept = {name: options[name] for name in options if name == "threads"}

    assert at_port(options, 9000) == {**kept, "listen": listen}


def test_migrate_prints_what_it_did_once(ini):
    first, second = (
        subprocess.run(
            command(ini, "migrate"), env=environment(ini), capture_output=True,
            text=True, check=True,
        ).stderr.splitlines()
        for _ in range(2)
    )  # fmt: skip

    for lines in first, second:
        assert len(lines) == len(set(lines)) == 3
        assert all("SQLite" in line and "tables" in line for line in lines)
    assert all("Created" in line for line in first)


def test_make_serve_hands_on_its_port():
    done = subprocess.run(
        ["make", "--dry-run", "serve", "PORT=8890"], cwd=ROOT, capture_output=True,
        text=True, check=True,
    )  # fmt: skip

    (line,) = [line for line in done.stdout.splitlines() if " serve" in line]
    assert line.endswith("serve --reload --port 8890")
