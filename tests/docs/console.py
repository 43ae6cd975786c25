"""Run the commands of a page: `curl`, `cliquet`, `pytest`, without shell or network.

What a command prints is below it: of `curl` the JSON of the answer, after its status
and some of its headers with ``-i``. `jq` shows a part. Nothing below means anything
that is no error.
"""

import contextlib
import io
import json
import logging
import os
import re
import shlex
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

from webtest import TestApp

from cliquet.scripts.cliquet import main
from cliquet.types import reify
from tests.docs.placeholders import Bound
from tests.docs.tutorial import matches

ROOT = Path(__file__).parents[2]
URL = "http://127.0.0.1:8888"
WITH_VALUE = {"-u", "-X", "-H", "-d", "--json"}


class Console:
    """Commands that follow one another, and what placeholders stand for.

    Args:
        folder: Where commands run.
        build: Makes the application, when it is first asked.
        monkeypatch: That of pytest.
    """

    def __init__(self, folder, build, monkeypatch):
        self.folder, self.build, self.monkeypatch = folder, build, monkeypatch
        self.bound = Bound()
        self.ran = False

    @reify
    def application(self):
        return self.build()

    def run(self, text):
        """Run the commands of a block, and compare what they print."""
        self.ran = True
        joined = text.replace("\\\n", " ")
        for each in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
            command, shown = _split_command(each)
            words = shlex.split(self.bound.fill_in(command))
            try:
                getattr(self, f"run_{words[0]}")(words[1:], shown.strip("\n"))
            except AssertionError as error:
                raise AssertionError(f"{command}\n{error}") from error

    def run_cliquet(self, arguments, shown):
        """Run our command, and compare what it prints."""
        out = io.StringIO()
        self.monkeypatch.setattr("sys.argv", ["cliquet", *arguments])
        handlers, level = logging.root.handlers[:], logging.root.level
        try:
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                main()
        except SystemExit as stopped:
            assert not stopped.code, stopped.code
        finally:
            logging.root.handlers[:] = handlers
            logging.root.setLevel(level)
        if shown:
            self.bound.expect(shown, out.getvalue().rstrip("\n"))

    def run_pytest(self, arguments, shown):
        """Run the tests of the page in a process of their own."""
        plugins = ["-p", "pytest_cliquet", "-p", "no:xdist", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *plugins, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert matches(shown, done.stdout), done.stdout + done.stderr

    def run_curl(self, arguments, shown):
        """Send a request, and compare its answer."""
        arguments, path = _split_at(arguments, "|")
        response = send(self.application, self.read_files(arguments))
        head, _, body = (
            shown.partition("\n\n") if "-i" in arguments else ("", "", shown)
        )
        if head:
            self.expect_head(head, response)
        assert shown or response.status_int < 400, response.text
        if body:
            assert response.body, f"{response.status}, without a body"
            self.bound.expect_json(json.loads(body), _select(response.json, path))

    def expect_head(self, shown, response):
        """Compare a status, and those headers that are shown."""
        status, *headers = shown.splitlines()
        assert status == f"HTTP/1.1 {response.status}", response.text
        for line in headers:
            name, _, value = line.partition(": ")
            assert name in response.headers, f"{name} is absent"
            self.bound.expect(value, response.headers[name])

    def read_files(self, arguments):
        """Return the arguments with what is in files that they name: `@data.json`."""
        return [
            self.bound.fill_in((self.folder / each[1:]).read_text())
            if each.startswith("@")
            else each
            for each in arguments
        ]


def send(application, arguments):
    """Send what the arguments of `curl` say to an application."""
    words = iter(arguments)
    options, headers, url = {}, {"Host": URL.removeprefix("http://")}, ""
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(":")
            headers[name] = value.strip()
        elif word in WITH_VALUE:
            options[word] = next(words)
        elif word not in ("-i", "-s"):
            assert not url, f"{word} is no option that is known"
            url = word
    assert url.startswith(URL), url
    body = options.get("--json", options.get("-d"))
    if "-u" in options:
        pair = b64encode(options["-u"].encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    if "--json" in options:
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    return TestApp(application).request(
        url.removeprefix(URL),
        method=options.get("-X", "GET" if body is None else "POST"),
        headers=headers,
        body=(body or "").encode(),
        expect_errors=True,
    )


def _split_command(text):
    """Return a command, whose quotes may go over several lines, and what is below."""
    lines = text.splitlines(keepends=True)
    for end in range(1, len(lines) + 1):
        command = "".join(lines[:end]).rstrip("\n")
        with contextlib.suppress(ValueError):
            shlex.split(command)
            return command, "".join(lines[end:])
    raise AssertionError(f"a quote is not closed: {text}")


def _split_at(words, mark):
    """Return the arguments before a pipe, and what `jq` behind it is asked for."""
    if mark not in words:
        return words, ""
    index = words.index(mark)
    jq, compact, path = words[index + 1 :]
    assert (jq, compact) == ("jq", "-c"), "nothing else is behind a pipe"
    return words[:index], path


def _select(value, path):
    """Return what `jq` answers to a path such as `.user.id` or `[.data[].name]`."""
    inside, each, rest = path.removeprefix("[").partition("[]")
    for name in filter(None, inside.split(".")):
        value = value[name]
    if each:
        return [_select(one, rest.removesuffix("]")) for one in value]
    return value
