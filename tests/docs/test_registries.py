"""The registries of the specification have what the code has."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet.errors import ERRORS
from cliquet.framework.cors import EXPOSED_HEADERS
from cliquet.protocol import announcements
from cliquet.resource.querystring import filters
from cliquet.resource.viewset import ViewSet
from cliquet.settings import SETTINGS
from docs.clauses import SPECIFICATION
from tests.docs.examples import MEMORY

ROOT = Path(__file__).parents[2]
REGISTRIES = (SPECIFICATION / "registries.rst").read_text()
SOURCES = [
    path
    for path in sorted((ROOT / "cliquet").rglob("*.py"))
    if not {"templates", "tests", "conformance", "client"} & set(path.parts)
]
#: They are written to logs, and mean nothing to the protocol.
LOGGED = {"User-Agent", "Accept-Language"}

HEADER = re.compile(r"[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+")


def section(label):
    return REGISTRIES.partition(f".. _registry-{label}:")[2].partition("\n.. _regi")[0]


def listed(label):
    """Return the names in the first column of the table of a registry."""
    return re.findall(r"^``(\S+?)``(?:  |,)", section(label), re.MULTILINE)


@cache
def nodes():
    return [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text()))]


def is_headers(node):
    return "headers" in ast.unparse(node).lower()


def names_of_headers():
    """Yield what the code takes from, or gives to, headers by name."""
    for node in nodes():
        if isinstance(node, ast.Constant) and HEADER.fullmatch(str(node.value)):
            yield node.value
        elif isinstance(node, ast.Subscript) and is_headers(node.value):
            yield getattr(node.slice, "value", None)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("get", "setdefault", "pop", "add")
            and is_headers(node.func.value)
            and node.args
        ):
            yield getattr(node.args[0], "value", None)


def test_every_header_of_the_code_is_listed():
    used = {name for name in names_of_headers() if isinstance(name, str)}

    assert {"Alert", "ETag", "Response-Behavior"} <= used
    unknown = used - LOGGED - set(listed("headers"))
    assert {name for name in unknown if not name.startswith("Access-Control-")} == set()


def test_every_header_that_pages_may_read_is_listed():
    exposed = {
        *EXPOSED_HEADERS,
        *ViewSet().get_service_arguments().get("cors_headers", ()),
    }

    assert exposed <= set(listed("headers"))


def test_headers_are_listed_once_and_in_order():
    names = listed("headers")

    assert sorted(set(names)) == names


def test_every_query_parameter_is_listed():
    folder = Path(filters.__file__).parent
    used = {
        node.value
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and re.fullmatch(r"_[a-z]+", str(node.value))
    }

    assert used == {name for name in listed("parameters") if name.startswith("_")}


def test_every_prefix_of_fields_is_listed():
    line = re.search(r"^Prefixes of fields: (.*)\.$", REGISTRIES, re.MULTILINE)

    prefixes = {*filters.OPERATORS, *filters.SEARCHES}
    assert set(re.findall(r"``(\w+)``", line[1])) == prefixes


def capabilities():
    """Yield the capabilities that the package announces by itself."""
    for node in nodes():
        if isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            if called == "add_api_capability":
                yield getattr(node.args[0], "value", None)


def test_every_capability_is_listed():
    announced = {name for name in capabilities() if isinstance(name, str)}

    assert announced | set(announcements.ANNOUNCED) == set(listed("capabilities"))


#: The only one that a number switches on.
LIVE = {"stream_max_clients": 1}


def test_whoever_switches_all_on_announces_what_is_listed():
    settings = {name for name, _, _ in announcements.ANNOUNCED.values()}
    opened = {"spore_read_principals": "system.Everyone"}
    switched = dict.fromkeys(settings, "true")
    config = Configurator(settings={**MEMORY, **opened, **switched, **LIVE})
    cliquet.initialize(config, "1.0")
    # A collection that is open to everybody has snapshots.
    config.include("cliquet.tests.testapp")
    app = TestApp(config.make_wsgi_app())

    assert app.get("/v1/").json["capabilities"].keys() == set(listed("capabilities"))


def test_settings_that_clients_notice_exist():
    names = listed("settings")

    assert len(names) > 20
    assert [n for n in names if "<" not in n and n not in SETTINGS] == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.name)
def test_every_errno_has_a_place_of_its_own(error):
    assert f".. _errno-{error.value}:\n" in section("errno")
