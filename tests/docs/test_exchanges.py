"""The conversations of the specification happen as they are printed."""

import configparser
import importlib.util
import json
import re
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from webtest import TestApp

from docs.clauses import SPECIFICATION
from docs.exchanges import read_stories

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "cliquet" / "conformance" / "sample"
STORIES = [
    pytest.param(story, id=f"{page.stem}: {story.title}")
    for page in sorted(SPECIFICATION.glob("*.rst"))
    for story in read_stories(page.read_text())
]

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIMESTAMP = r"18000000\d{5}"
TOKEN = r"(?<=_token=)[A-Za-z0-9+/=%_-]+"
#: What stands for whatever the server gives, and what the server may give.
PLACEHOLDERS = [
    (UUID, UUID),
    (TIMESTAMP, r"[1-9]\d{12}"),
    (TOKEN, r"[A-Za-z0-9+/=%_-]+"),
]
ANY = re.compile("|".join(f"({shown})" for shown, _ in PLACEHOLDERS))

#: Headers whose names have no order.
SETS = {"vary", "access-control-expose-headers", "access-control-allow-headers"}


class Bound:
    """What the placeholders of a story stand for."""

    def __init__(self):
        self.values = {}

    def fill_in(self, text):
        """Return a request as it is sent; what was never answered stands for itself."""
        return ANY.sub(lambda found: self.values.setdefault(found[0], found[0]), text)

    def expect(self, shown, given):
        """Compare a text with what is shown, and remember what placeholders stand for."""
        pattern, end, names = "", 0, []
        for found in ANY.finditer(shown):
            pattern += re.escape(shown[end : found.start()])
            pattern += f"({PLACEHOLDERS[found.lastindex - 1][1]})"
            end = found.end()
            names.append(found[0])
        matched = re.fullmatch(pattern + re.escape(shown[end:]), given)
        assert matched, f"{shown!r} is shown, {given!r} was answered"
        for name, value in zip(names, matched.groups(), strict=True):
            assert self.values.setdefault(name, value) == value

    def expect_json(self, shown, given, key=None):
        if isinstance(shown, dict) and isinstance(given, dict):
            some = given.keys() & shown.keys() if key == "headers" else given.keys()
            assert shown.keys() == some
            for name, value in shown.items():
                self.expect_json(value, given[name], name)
        elif isinstance(shown, list) and isinstance(given, list):
            assert len(shown) == len(given)
            if key in ("read", "write"):
                shown, given = sorted(shown), sorted(given)
            for left, right in zip(shown, given, strict=True):
                self.expect_json(left, right)
        else:
            self.expect(json.dumps(shown), json.dumps(given))

    def check_timestamps(self):
        """A greater one was given later."""
        told = sorted(name for name in self.values if re.fullmatch(TIMESTAMP, name))
        given = [int(self.values[name]) for name in told]
        assert given == sorted(set(given))


@pytest.fixture(scope="module")
def serve():
    """Build applications of the sample, by settings."""
    name = "sample_of_exchanges"
    spec = importlib.util.spec_from_file_location(name, SAMPLE / "service.py")
    sample = importlib.util.module_from_spec(spec)
    # Its resources are found by name.
    sys.modules[name] = sample
    spec.loader.exec_module(sample)
    ini = configparser.ConfigParser({"here": str(SAMPLE)})
    ini.read(SAMPLE / "service.ini")
    pairs = {name: value for name, value in ini["app:main"].items() if "." in name}

    def build(settings):
        own = {f"cliquet.{name}": value for name, value in settings.items()}
        app = TestApp(sample.main({}, **{**pairs, **own}))
        app.app.registry.storage.flush()
        app.app.registry.permission.flush()
        return app

    yield build
    del sys.modules[name]


def send(app, bound, request):
    method, target, _ = bound.fill_in(request.start).split(" ")
    headers = [(name, bound.fill_in(value)) for name, value in request.headers]
    built = app.RequestClass.blank(
        target,
        method=method,
        headers=headers,
        body=bound.fill_in(request.body).encode(),
    )
    return app.do_request(built, expect_errors=True)


def check_headers(bound, shown, response):
    for name, value in shown:
        given = response.headers.get(name)
        assert given is not None, f"{name} is absent"
        if name == "Last-Modified":
            assert value == "Fri, 15 Jan 2027 08:00:00 GMT"
            assert parsedate_to_datetime(given)
        elif name.lower() in SETS:
            assert set(re.split(", *", given)) == set(re.split(", *", value)), name
        elif value.startswith("{"):
            bound.expect_json(json.loads(value), json.loads(given))
        else:
            bound.expect(value, given)


@pytest.mark.parametrize("story", STORIES)
def test_servers_answer_as_printed(story, serve):
    app = serve(story.settings)
    bound = Bound()

    for exchange in story.exchanges:
        response = send(app, bound, exchange.request)
        shown = exchange.response
        assert shown.start == f"HTTP/1.1 {response.status}", response.text
        check_headers(bound, shown.headers, response)
        assert not set(exchange.absent) & set(response.headers)
        if shown.body:
            bound.expect_json(json.loads(shown.body), response.json)
        else:
            assert not response.body
    bound.check_timestamps()


def test_requests_that_are_printed_are_whole():
    for parameter in STORIES:
        (story,) = parameter.values
        for exchange in story.exchanges:
            names = [name for name, _ in exchange.request.headers]
            assert names[0] == "Host"
            assert ("Content-Type" in names) == bool(exchange.request.body)
