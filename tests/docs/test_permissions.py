"""The example of the page on permissions is answered as printed."""

import json
import re
import shlex
from base64 import b64encode
from string import Template

import pytest

from tests.docs.console import send
from tests.docs.test_readme import ROOT, code_blocks

PAGE = (ROOT / "docs" / "permissions.rst").read_text()
EXAMPLE = PAGE[PAGE.index(".. _permissions-example:") :]


@pytest.fixture
def app(serve):
    """The application of the example, with the settings beside it."""
    return serve(code_blocks(EXAMPLE, "python")[:1], code_blocks(EXAMPLE, "ini")[:1])


def calls():
    """The commands of the example, each with the answer below it."""
    for block in code_blocks(EXAMPLE, "console"):
        lines = block.splitlines()
        yield from zip(lines[::2], lines[1::2], strict=True)


def headers_of(user):
    return {"Authorization": f"Basic {b64encode(user.encode()).decode()}"}


def call(app, command, variables):
    """Do what a command says, and return the answer."""
    line = Template(command.removeprefix("$ ")).substitute(variables)
    curl, *arguments = shlex.split(line)
    assert curl == "curl"
    return send(app.app, arguments).json


def normalized(answer):
    text = json.dumps(answer, ensure_ascii=False)
    text = re.sub(r'"id": "[^"]+"', '"id": "…"', text)
    text = re.sub(r'"last_modified": [0-9]+', '"last_modified": 0', text)
    return json.loads(re.sub("basicauth:[0-9a-f]{64}", "basicauth:…", text))


def test_each_call_is_answered_as_printed(app):
    variables = {
        user.upper(): app.get("/v1/", headers=headers_of(f"{user}:")).json["user"]["id"]
        for user in ("bob", "carol")
    }
    made = list(calls())
    assert len(made) > 12

    for command, shown in made:
        answer = call(app, command, {"PROJECT": "unknown", **variables})
        assert normalized(answer) == json.loads(shown), command
        if command.endswith("/v1/projects") and "--json" in command:
            variables["PROJECT"] = answer["data"]["id"]
