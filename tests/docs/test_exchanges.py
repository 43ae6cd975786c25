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
from tests.docs.placeholders import Bound

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "cliquet" / "conformance" / "sample"
STORIES = [
    pytest.param(story, id=f"{page.stem}: {story.title}")
    for page in sorted(SPECIFICATION.glob("*.rst"))
    for story in read_stories(page.read_text())
]

#: Headers whose names have no order.
SETS = {"vary", "access-control-expose-headers", "access-control-allow-headers"}


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
