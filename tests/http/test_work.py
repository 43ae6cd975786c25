"""No input costs more than its size: work is counted for inputs that grow."""

import json
import sys
import tracemalloc
from dataclasses import astuple, dataclass

import pytest
from webtest import TestApp

from cliquet.engines.sql.driver import DriverConnection, _compile_once
from cliquet.storage.memory import Storage
from cliquet.tests import testapp as sample
from cliquet.tests.support import DEFAULT_SETTINGS, get_request_class
from tests.contract.backends import APP_ENGINES
from tests.http.wsgi import build_environ, send

SQL = "sqlite"
RECORD = "/spores/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
JSON = {"Authorization": "Basic bWF0OjE=", "Content-Type": "application/json"}
GROWTH = (1, 2, 4, 8)


@dataclass
class Work:
    """What a request took.

    Below its `FLOOR` a difference says nothing.
    """

    calls: int = 0
    statements: int = 0
    characters: int = 0
    allocated: int = 0
    answered: int = 0


FLOOR = Work(400, 4, 4_000, 200_000, 4_000)
SEND = DriverConnection.send.__code__


def measure(send_it):
    """Count the work of a request: once by its calls, once by its memory."""
    work = Work()

    def count(frame, event, argument):
        if event in ("call", "c_call"):
            work.calls += 1
            if event == "call" and frame.f_code is SEND:
                work.statements += 1
                work.characters += len(frame.f_locals["statement"])

    # Short statements are remembered: they would seem to cost nothing.
    _compile_once.cache_clear()
    sys.setprofile(count)
    try:
        send_it()
    finally:
        sys.setprofile(None)
    status, _, body = send_it()
    assert status < 500, status
    work.answered = len(body)
    tracemalloc.start()
    try:
        send_it()
        work.allocated = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return work


def too_much(works):
    """Return the counts that grow faster than the input, whose size doubles.

    Of what is linear the difference doubles each time; of what is a square it is four
    times as large.
    """
    found = {}
    for name, floor, counts in zip(
        vars(FLOOR), astuple(FLOOR), zip(*map(astuple, works), strict=True), strict=True
    ):
        _, second, third, last = counts
        if last - third > 3 * max(third - second, 0) + floor:
            found[name] = counts
    return found


@pytest.fixture(scope="module")
def built():
    """Applications by their engine."""
    return {}


@pytest.fixture
def application(engine_id, built, services, tmp_path_factory):
    if engine_id not in built:
        built[engine_id] = build(engine_id, services, tmp_path_factory)
    return built[engine_id]


def build(engine_id, services, tmp_path_factory):
    """Build the sample application, with some records."""
    engine = next(each for each in APP_ENGINES if each.id == engine_id)
    url = engine.url(services, tmp_path_factory.mktemp(engine.id))
    settings = engine.settings(
        url,
        project_name="work",
        project_version="0.1",
        batch_max_requests=None,
        spore_create_principals="system.Authenticated",
        toadstool_create_principals="system.Authenticated",
        toadstool_write_principals="system.Authenticated",
        spore_read_principals="system.Authenticated",
    )
    del settings["transaction_per_request"]
    engine.prepare(settings)
    app = TestApp(sample.main({**DEFAULT_SETTINGS, **settings}))
    app.RequestClass = get_request_class("v0")
    for n in range(20):
        data = {"name": str(n), "n": n, "in": {"a": {"b": n}}}
        app.post_json("/toadstools", {"data": data}, headers=JSON)
        app.post_json("/mushrooms", {"data": data}, headers=JSON)
    app.put_json(RECORD, {"data": {}}, headers=JSON)
    return app


def joined(text, count, separator=","):
    return separator.join([text] * count)


def numbered(count, value=1):
    return {f"k{n}": value for n in range(count)}


def nested(depth):
    return "[" * depth + "]" * depth


#: The query string of a list, of some size; the sizes end at bounds, or beyond.
QUERIES = {
    "filters": (12, lambda n: joined("name=a", n, "&")),
    "filters beyond": (1_000, lambda n: joined("name=a", n, "&")),
    "ranges": (12, lambda n: joined("min_last_modified=1", n, "&")),
    "since": (12, lambda n: joined("_since=1", n, "&")),
    "values": (600, lambda n: "in_name=" + ",".join(map(str, range(n)))),
    "ids": (600, lambda n: "in_id=" + ",".join(f"a{x}" for x in range(n))),
    "times": (600, lambda n: "in_last_modified=" + ",".join(map(str, range(n)))),
    "excluded": (600, lambda n: "exclude_name=" + ",".join(f"a{x}" for x in range(n))),
    "decimals": (600, lambda n: "in_name=" + ",".join(f"{x}.5" for x in range(n))),
    "values beyond": (3_000, lambda n: "in_name=" + joined("a", n)),
    "fields": (12, lambda n: "_fields=name," + ",".join(f"id.{x}" for x in range(n - 1))),
    "dots": (3_000, lambda n: f"_fields=name.{joined('a', n, '.')}"),
    "fields beyond": (3_000, lambda n: "_fields=" + joined("name", n)),
    "sort": (12, lambda n: "_sort=" + joined("name", n)),
    "sort beyond": (3_000, lambda n: "_sort=" + joined("name", n)),
    "other parameters": (1_000, lambda n: joined("_x=1", n, "&")),
    "different parameters": (
        1_000, lambda n: "&".join(f"_{x:x}" for x in range(n))),
    "names": (7_000, lambda n: "a" * n + "=1"),
    "percent signs": (2_000, lambda n: "name=" + "%41" * n),
    "percent signs beyond": (30_000, lambda n: "name=" + "%41" * n),
    "digits": (7_000, lambda n: "name=" + "9" * n),
    "brackets": (7_000, lambda n: "name=" + "[" * n),
    "signs": (7_000, lambda n: "name=" + "-" * n),
    "quoted": (3_000, lambda n: f"name='{'%5Cx' * n}'"),
    "token": (7_000, lambda n: "_token=" + "e" * n),
}  # fmt: skip

#: Bodies of records, likewise.
BODIES = {
    "unknown keys": (1_000, lambda n: {"data": {}, **numbered(n)}),
    "fields of records": (400, lambda n: {"data": numbered(n)}),
    "long text": (20_000, lambda n: {"data": {"name": "\xe9" * n}}),
    "long key": (20_000, lambda n: {"data": {"\xe9" * n: 1}}),
    "text for a record": (20_000, lambda n: {"data": "a" * n}),
    "list": (8_000, lambda n: [1] * n),
    "items": (600, lambda n: {"data": {"name": [{}] * n}}),
    "principals": (120, lambda n: {"data": {}, "permissions": {"read": [*map(str, range(n))]}}),
    "bad principals": (120, lambda n: {"data": {}, "permissions": {"read": [{}] * n}}),
    "principals beyond": (1_100, lambda n: {"data": {}, "permissions": {"read": [{}] * n}}),
    "permissions beyond": (300, lambda n: {"data": {}, "permissions": numbered(n, [])}),
    "integers": (20, lambda n: {"data": {"a": "e+", "b": [10**4_000] * n}}),
    "exponents": (400, lambda n: {"data": {"b": [1e300] * n}}),
    "nesting": (15, lambda n: f'{{"data": {{"a": {nested(n)}}}}}'),
    "nesting beyond": (2_000, nested),
    "backslashes": (20_000, lambda n: '{"data": {"a": "' + "\\\\" * n + '\\u0000"}}'),
    "no JSON": (10_000, lambda n: '{"' * n),
}  # fmt: skip


def entry(**members):
    return {"path": "/", **members}


BATCHES = {
    "entries": (10, lambda n: {"requests": [entry()] * n}),
    "entries that write": (5, lambda n: {"requests": [entry(
        method="POST", path="/mushrooms", body={"data": {"name": "a"}})] * n}),
    "bad entries": (300, lambda n: {"requests": [1] * n}),
    "entries beyond": (5_100, lambda n: {"requests": [1] * n}),
    "completed": (10, lambda n: {
        "defaults": {"path": "/", "body": numbered(10, {})}, "requests": [{}] * n}),
    "defaults": (1_000, lambda n: {
        "defaults": {"path": "/", "body": numbered(n, {})}, "requests": [{}] * 5}),
    "merged": (1_000, lambda n: {
        "defaults": {"path": "/", "body": numbered(n, {})},
        "requests": [entry(body={"k0": {"a": 1}, "x": x}) for x in range(5)]}),
    "both beyond": (2_000, lambda n: {
        "defaults": {"path": "/", "body": numbered(n, {})}, "requests": [{}] * min(n, 5_000)}),
    "unknown defaults": (1_000, lambda n: {
        "defaults": {"path": "/", **numbered(n)}, "requests": [{}] * 5}),
    "headers": (200, lambda n: {"requests": [entry(headers=numbered(n, "a"))] * 2}),
    "bad headers": (500, lambda n: {"requests": [entry(headers=numbered(n))] * 5}),
    "path": (7_000, lambda n: {"requests": [entry(path="/?" + "a" * n)]}),
    "percent signs": (2_000, lambda n: {"requests": [entry(path="/?" + "%41" * n)]}),
    "percent signs beyond": (30_000, lambda n: {"requests": [entry(path="/?" + "%41" * n)]}),
    "unknown members": (1_000, lambda n: {"requests": [entry(**numbered(n))]}),
}  # fmt: skip


#: Values of `If-Match` and `If-None-Match`, likewise.
CONDITIONS = {
    "tags": (1_000, lambda n: joined('"1"', n)),
    "weak tags": (1_000, lambda n: joined('W/"1"', n, " ,\t")),
    "foreign tags": (1_000, lambda n: joined('"a,1"', n)),
    "no tag at last": (1_000, lambda n: joined('"1"', n) + ',"'),
    "quotes": (1_000, lambda n: '"' * n),
    "commas": (7_000, lambda n: "," * n),
    "blanks": (7_000, lambda n: " " * n + "x"),
    "blanks after a tag": (7_000, lambda n: '"1"' + " " * n + "x"),
    "digits": (7_000, lambda n: '"' + "9" * n + '"'),
    "long timestamps": (12, lambda n: joined('"' + "9" * 1_000 + '"', n)),
    "letters": (7_000, lambda n: "a" * n),
    "backslashes": (7_000, lambda n: '"' + "\\" * n + '"'),
}


def check(application, method, path, size, make):
    """Send a request of four sizes; `make` makes its query, body or headers."""
    application.put_json(
        RECORD, {"data": {}, "permissions": {"read": []}}, headers=JSON
    )

    def sender(made):
        headers = made if isinstance(made, dict) else {}
        query = made if isinstance(made, str) else ""
        body = made[0].encode() if isinstance(made, tuple) else b""
        if method in ("PUT", "PATCH") and not body:
            body = b'{"data": {}}'

        def send_it():
            environ = build_environ(method, f"/v0{path}", [], headers, body)
            return send(application.app, {**environ, "QUERY_STRING": query})

        return send_it

    senders = [sender(make(size * times)) for times in GROWTH]
    # What is there for the first time, or collected meanwhile, counts once.
    found = too_much(map(measure, senders)) and too_much(map(measure, senders))
    assert found == {}


LIST, DELETE = ("GET", "/mushrooms"), ("DELETE", "/toadstools")
CREATE, REPLACE, CHANGE = ("POST", "/spores"), ("PUT", RECORD), ("PATCH", RECORD)
HELLO, HEARTBEAT, BATCH = ("GET", "/"), ("GET", "/__heartbeat__"), ("POST", "/batch")


def endpoints(in_memory, in_sql=()):
    """Run a test on endpoints, some of them on an engine that sends statements, too.

    All but the first are for the long run.
    """
    rows = [("memory", *each) for each in in_memory] + [(SQL, *each) for each in in_sql]
    return pytest.mark.parametrize(("engine_id", "method", "path"), [
        pytest.param(
            *row, id="-".join(row).replace("/", ""),
            marks=[pytest.mark.long] if number else [],
        )
        for number, row in enumerate(rows)
    ])  # fmt: skip


@pytest.mark.parametrize("dimension", QUERIES)
@endpoints([LIST, REPLACE], [LIST, DELETE])
def test_query_strings(application, method, path, dimension):
    check(application, method, path, *QUERIES[dimension])


def as_text(body):
    return (body if isinstance(body, str) else json.dumps(body),)


@pytest.mark.parametrize("dimension", BODIES)
@endpoints([CREATE, CHANGE], [CREATE])
def test_bodies(application, method, path, dimension):
    size, make = BODIES[dimension]

    check(application, method, path, size, lambda n: as_text(make(n)))


@pytest.mark.parametrize("dimension", BATCHES)
@endpoints([BATCH])
def test_batches(application, method, path, dimension):
    size, make = BATCHES[dimension]

    check(application, method, path, size, lambda n: as_text(make(n)))


@pytest.mark.parametrize("strict", [
    pytest.param(False, marks=pytest.mark.long), True,
])  # fmt: skip
@pytest.mark.parametrize("dimension", CONDITIONS)
@endpoints([LIST, REPLACE])
def test_preconditions(application, method, path, dimension, strict, monkeypatch):
    settings = application.app.registry.settings
    monkeypatch.setitem(settings, "strict_preconditions", strict)
    name = "If-None-Match" if method == "GET" else "If-Match"
    size, make = CONDITIONS[dimension]

    check(application, method, path, size, lambda n: {name: make(n)})


class Locking(Storage):
    """A storage where two writers might wait for each other."""

    joins_transaction = True

    def lock_collections(self, scopes):
        pass


@pytest.mark.long
@endpoints([BATCH])
def test_batches_that_lock(application, method, path, monkeypatch):
    monkeypatch.setattr(application.app.registry, "storage", Locking())

    def make(n):
        refused = [f"/spores/{RECORD[8:-3]}{number}" for number in range(n)]
        paths = ["/toadstools/a", *refused]
        return as_text({"requests": [entry(method="DELETE", path=x) for x in paths]})

    check(application, method, path, 40, make)


@endpoints([HELLO, HEARTBEAT, ("GET", RECORD)])
def test_bodies_that_nobody_reads(application, method, path):
    check(application, method, path, 50_000, lambda n: as_text({"a": "b" * n}))


def test_what_grows_faster_is_found():
    linear = [Work(calls=100 + 1_000 * n) for n in GROWTH]
    square = [Work(calls=100_000 + 100 * n * n) for n in GROWTH]

    assert too_much(linear) == {}
    assert set(too_much(square)) == {"calls"}
