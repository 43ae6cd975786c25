"""What is measured, seen by those who look at it."""

import contextlib
import inspect
import json
import os
import re
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
import sentry_sdk
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from pyramid.authentication import CallbackAuthenticationPolicy
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from sentry_sdk.transport import Transport
from webtest import TestApp

import cliquet
from cliquet.cache import CacheBase
from cliquet.monitoring import instruments
from cliquet.monitoring.instruments import Instrument
from cliquet.permission import PermissionBase
from cliquet.storage import StorageBase
from tests.contract.backends import APP_ENGINES

RECORD = {"data": {"name": "a"}}
BATCH = {"requests": [{"path": "/mushrooms"}, {"path": "/nowhere"}]}


def metrics(app):
    text = app.app and app.get("http://localhost/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def scraped(make_app):
    # One that no other file of tests has: what it counts is asserted.
    app = make_app(metrics_backend="prometheus", project_docs="https://counted.example")
    app.extra_environ = {}
    return app


def unprefixed(app):
    """The application without the shortcut to its version."""
    return TestApp(app.app)


def test_requests_and_calls_are_timed(scraped, alice):
    scraped.post_json("/mushrooms", RECORD, headers=alice)
    scraped.get(f"/mushrooms/{uuid.uuid4()}", headers=alice, status=404)
    scraped.get("/who-knows/what", status=404)
    scraped.post_json("/batch", BATCH, headers=alice)

    found = metrics(unprefixed(scraped))

    name = "cliquet_request_duration_seconds_count"
    labels = {key[1] for key in found if key[0] == name}
    assert (("method", "POST"), ("service", "mushroom-collection"),
            ("status", "201")) in labels  # fmt: skip
    assert (("method", "GET"), ("service", "mushroom-record"),
            ("status", "404")) in labels  # fmt: skip
    assert not [label for label in labels if "who-knows" in str(label)]
    create = ("cliquet_backend_duration_seconds_count",
              (("backend", "storage"), ("method", "create")))  # fmt: skip
    assert found[create] == 1
    assert found["cliquet_batch_entries_sum", ()] == 2
    entries = {
        tuple(dict(key[1]).values()): value
        for key, value in found.items()
        if key[0] == "cliquet_batch_entry_responses_total"
    }
    assert entries == {
        ("GET", "mushroom-collection", "200"): 1,
        ("GET", "none", "404"): 1,
    }


def test_what_is_busy_is_counted(scraped, make_app):
    """The scrape itself is a request that is being answered."""
    registry = scraped.app.registry
    idle = metrics(unprefixed(scraped))
    pooled = getattr(registry.storage, "client", None)
    connection = pooled.engine.connect() if hasattr(pooled, "engine") else None
    name = "cliquet_pool_connections_in_use", (("backend", "storage"),)

    assert idle["cliquet_requests_in_progress", ()] == 1
    assert idle.get(name, 0) == 0
    if connection is not None:
        assert metrics(unprefixed(scraped))[name] == 1
        connection.close()
        assert metrics(unprefixed(scraped))[name] == 0


def test_versions_and_the_process_are_told(scraped):
    found = metrics(unprefixed(scraped))

    (labels,) = [dict(key[1]) for key in found if key[0] == "cliquet_build_info"]
    assert labels == {"cliquet": cliquet.__version__, "project": "0.0.1"}
    assert found["process_open_fds", ()] > 0


def test_methods_that_clients_invent_make_no_label(scraped, alice):
    raw = TestApp(scraped.app, lint=False)
    for number in range(3):
        raw.request("/v0/mushrooms", method=f"M{number}", headers=alice, status="*")

    found = metrics(unprefixed(scraped))

    methods = {dict(key[1]).get("method") for key in found if "request_dur" in key[0]}
    assert methods <= {"other", "GET", "POST", None}


def test_nothing_is_scraped_unless_asked(make_app):
    app = unprefixed(make_app())

    assert app.get("http://localhost/metrics", status="*").status_int in (307, 404)
    assert app.app.registry.instruments == []


def test_workers_answer_for_all(tmp_path):
    """Two processes write, a third one is asked."""
    program = """
import json, sys
from pyramid.config import Configurator
from webtest import TestApp
from cliquet.tests.testapp import main
settings = {"project_name": "p", "metrics_backend": "prometheus",
    "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy"}
settings |= {f"{k}_backend": f"cliquet.{k}.memory" for k in ("storage", "cache", "permission")}
app = TestApp(main(config=Configurator(settings=settings)))
if sys.argv[1] == "write":
    app.get("/v0/")
else:
    print(app.get("/metrics").text)
"""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    answers = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, what], env=environment,
            cwd=Path(__file__).parents[2], check=True, capture_output=True, text=True,
        ).stdout
        for what in ("write", "write", "read")
    ]  # fmt: skip

    line = re.search(r'_count\{.*service="hello".*\} (\S+)', answers[-1])
    assert line is not None
    assert float(line.group(1)) == 2
    # The reader's own scrape; the writers are idle.
    assert "\ncliquet_requests_in_progress 1.0\n" in answers[-1]
    assert "cliquet_build_info" in answers[-1]


def test_unknown_metrics_are_refused(make_app):
    with pytest.raises(ConfigurationError, match="metrics_backend"):
        make_app(metrics_backend="abacus")


def test_a_missing_library_is_named(make_app, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "cliquet.monitoring.prometheus", raising=False)

    with pytest.raises(ConfigurationError, match=r"pip install 'cliquet\[monitoring"):
        make_app(metrics_backend="prometheus", metrics_path="/other")


def test_server_timing_tells_where_time_went(make_app, alice):
    app = make_app(server_timing=True)

    header = app.post_json("/mushrooms", RECORD, headers=alice).headers["Server-Timing"]

    assert re.search(r'storage;dur=[0-9.]+;desc="1 calls"', header)
    assert re.search(r"total;dur=[0-9.]+$", header)
    assert "Server-Timing" not in make_app().get("/").headers


@pytest.fixture(scope="module")
def spans():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


def test_spans_of_requests_hold_those_of_backends_and_entries(make_app, alice, spans):
    app = make_app(opentelemetry_enabled=True)
    spans.clear()
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    app.post_json("/batch", BATCH, headers={**alice, "traceparent": parent})

    found = spans.get_finished_spans()
    (batch,) = [span for span in found if span.name == "POST batch"]
    entries = [span for span in found if span.name == "batch entry GET"]
    (listed,) = [span for span in found if span.name == "storage.get_all"]
    assert f"{batch.context.trace_id:032x}" == parent.split("-")[1]
    assert [each.attributes["url.path"] for each in entries] == [
        "/v0/mushrooms", "/v0/nowhere",
    ]  # fmt: skip
    assert {each.parent.span_id for each in entries} == {batch.context.span_id}
    assert listed.parent.span_id == entries[0].context.span_id
    assert batch.attributes["http.response.status_code"] == 200


def test_spans_are_named_by_no_client(make_app, alice, spans):
    app = make_app(opentelemetry_enabled=True)
    spans.clear()
    raw = TestApp(app.app, lint=False)
    entries = [{"path": "/no-such-place"}, {"method": "MADEUP", "path": "/"}]

    for method in ("MADEUP", "B c", "POST"):
        raw.request("/v0/", method=method, status="*")
    app.get("/no-such-place", headers=alice, status=404)
    app.get("/mushrooms/no-such-record", headers=alice, status="*")
    for entry in entries:
        app.post_json("/batch", {"requests": [entry]}, headers=alice, status="*")

    names = {span.name for span in spans.get_finished_spans()}
    assert {name.partition(" ")[0] for name in names if "." not in name} <= {
        "GET", "POST", "other", "batch",
    }  # fmt: skip
    assert not [name for name in names if "MADEUP" in name or "no-such" in name]


class Kept(Transport):
    """Keeps what would be sent."""

    envelopes: list = []  # noqa: RUF012

    def capture_envelope(self, envelope):
        self.envelopes.append(envelope)


def test_sentry_is_told_of_errors_without_bodies(make_app, alice, monkeypatch):
    original = sentry_sdk.init
    monkeypatch.setattr(
        sentry_sdk, "init", lambda **options: original(**options, transport=Kept)
    )
    app = make_app(
        sentry_dsn="https://key@sentry.example/1",
        sentry_env="tests",
        userid_hmac_secret="5b1f",
    )
    storage = app.app.registry.storage
    monkeypatch.setattr(storage, "create", lambda **names: 1 / 0)

    # Put together here, as events show the lines of code around.
    note = " ".join(["my", "private", "note"])  # noqa: FLY002
    body = {"data": {"name": note}}
    app.post_json(
        "/mushrooms", body, headers={**alice, "X-Request-Id": "r1"}, status=500
    )

    sentry_sdk.flush()
    # No client any more. `init()` would switch on what Sentry patches by default, for all
    # the tests to come.
    sentry_sdk.get_global_scope().set_client(None)
    events = [item.payload.json for envelope in Kept.envelopes for item in envelope.items
              if item.type == "event"]  # fmt: skip
    (event,) = events
    text = json.dumps(event)
    assert event["tags"]["request_id"] == "r1"
    assert event["user"]["id"].startswith("basicauth:")
    assert event["environment"] == "tests"
    assert "ZeroDivisionError" in text
    assert note not in text
    assert alice["Authorization"] not in text


class Broken(Instrument):
    """Fails at one of the moments when it is called."""

    def __init__(self, moment):
        self.moment = moment

    @contextmanager
    def at(self, name, yielded=None):
        if self.moment == f"{name} enters":
            raise UnicodeError(self.moment)
        yield yielded
        if self.moment == f"{name} exits":
            raise UnicodeError(self.moment)

    def conclude(self, response):
        if self.moment == "concludes":
            raise UnicodeError(self.moment)

    def request(self, request):
        return self.at("request", self.conclude)

    def call(self, kind, method):
        return self.at("call")

    def entry(self, method, path):
        return self.at("entry")


@pytest.mark.parametrize(
    "moment",
    ["request enters", "request exits", "concludes", "call enters", "call exits",
     "entry enters", "entry exits"],
)  # fmt: skip
def test_an_instrument_cannot_fail_what_it_measures(
    make_app, alice, moment, monkeypatch
):
    monkeypatch.setattr(instruments, "ServerTiming", lambda: Broken(moment))
    app = make_app(server_timing=True)

    app.post_json("/mushrooms", RECORD, headers=alice, status=201)
    answer = app.post_json("/batch", BATCH, headers=alice)
    assert [each["status"] for each in answer.json["responses"]] == [200, 404]


PACKET = re.compile(rb"[\w.-]+:[\w%.-]+\|(?:c|s|ms)")


def test_packets_of_statsd_can_be_parsed_and_named_by_no_client(make_app):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        app = make_app(
            statsd_url=f"udp://127.0.0.1:{server.getsockname()[1]}",
            project_name="my: project",
            **{"multiauth.policies": "header", "multiauth.policy.header.use": f"{__name__}.ByHeader"},
        )  # fmt: skip
        raw = TestApp(app.app, lint=False)
        # As WSGI has it: UTF-8, read as Latin-1.
        for user in ("bob", "a:b|c", "\xc3\xa9", "x\ty"):
            app.get("/", extra_environ={"HTTP_X_USER": user}, status="*")
        for method in ("AAA", "B|c|@9"):
            raw.request("/v0/", method=method, status="*")
        packets = []
        # Whatever is sent to this machine is there at once.
        with contextlib.suppress(BlockingIOError):
            while True:
                packets.append(server.recv(999))

    assert [each for each in packets if not PACKET.fullmatch(each)] == []
    names = {each.partition(b":")[0].partition(b"view.")[2] for each in packets}
    assert names == {b"", b"hello.GET", b"hello.other"}
    users = {each.partition(b":")[2] for each in packets if b".users:" in each}
    assert len(users) >= 3


class ByHeader(CallbackAuthenticationPolicy):
    """Takes any text for a user id."""

    callback = None

    def unauthenticated_userid(self, request):
        return request.headers.get("X-User")

    def effective_principals(self, request):
        return []


@pytest.mark.parametrize("engine", APP_ENGINES, ids=lambda engine: engine.id)
def test_only_what_asks_an_engine_is_measured(engine):
    """Each public method of an engine is one of its interface, or a call of it."""
    for kind, base in (("storage", StorageBase), ("cache", CacheBase),
                       ("permission", PermissionBase)):  # fmt: skip
        module = Configurator().maybe_dotted(f"cliquet.{kind}.{engine.id}")
        backend = getattr(module, kind.title())
        own = {name for name, _ in inspect.getmembers(backend, inspect.isfunction)}
        known = {*dir(base), "probe"}
        assert {name for name in own - known if not name.startswith("_")} == set()
