"""A request that is sent again with its key is done once, on every engine that can."""

import threading
from concurrent.futures import ThreadPoolExecutor

import colander
import pytest
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPServiceUnavailable
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.engines.exceptions import TransientError
from cliquet.events import ResourceChanged
from cliquet.service import Service
from cliquet.testing.clock import frozen
from tests.contract.backends import APP_ENGINES
from tests.contract.served import engine_settings

ALICE = {"Authorization": "Basic YWxpY2U6", "Content-Type": "application/json"}
BOB = {"Authorization": "Basic Ym9iOg==", "Content-Type": "application/json"}

TRANSACTIONAL = ("sqlite", "postgresql")
REPLAYED = "Idempotency-Replayed"


class _Schema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String())


class Meanwhile:
    """What happens while a request runs: nothing, unless a test says so."""

    before = staticmethod(lambda name: None)
    at_commit = staticmethod(lambda: None)


class Note(resource.ShareableResource):
    """One that does meanwhile what the test wants."""

    mapping = _Schema()

    def process_record(self, new, old=None):
        Meanwhile.before(new["name"])
        return super().process_record(new, old)


tickets = Service(name="tickets", path="/tickets")


@tickets.post()
def post_ticket(request):
    Meanwhile.before("ticket")
    request.response.status = 201
    request.response.body = b"\xff\x00"
    request.response.content_type = "application/octet-stream"
    return request.response


class App(TestApp):
    """The service, and requests with keys."""

    def send(self, key, body, user=ALICE, method="POST", path="/v1/notes", **more):
        headers = {**user, **({"Idempotency-Key": key} if key else {})}
        return self.request(
            path,
            method=method,
            body=cliquet.serialization.dumps(body).encode(),
            headers={**headers, **more},
            expect_errors=True,
        )

    def create(self, key, name="a", **more):
        return self.send(key, {"data": {"name": name}}, **more)

    def names(self, user=ALICE):
        found = self.get("/v1/notes", headers=user).json["data"]
        return sorted(each["name"] for each in found)


def _build(engine, url, **more):
    settings = {
        **engine_settings(engine, url),
        "project_name": "notes",
        "project_version": "1.0",
        "note_create_principals": "system.Everyone",
        "note_read_principals": "system.Everyone",
        "note_write_principals": "system.Everyone",
        "announce_capabilities": True,
        "retry.attempts": 3,
        **more,
    }
    config = Configurator(settings=settings)
    cliquet.initialize(config, "1.0")
    callback = resource.register_resource(Note)
    callback(type("Scan", (), {"config": config}), "Note", Note)
    config.add_cornice_service(tickets)
    config.add_subscriber(lambda event: Meanwhile.at_commit(), ResourceChanged)
    return App(config.make_wsgi_app())


@pytest.fixture(
    scope="session",
    params=APP_ENGINES,
    ids=lambda engine: engine.id,
)
def engine(request):
    return request.param


@pytest.fixture(scope="session")
def built(engine, services, tmp_path_factory):
    return _build(engine, engine.url(services, tmp_path_factory.mktemp(engine.id)))


@pytest.fixture
def app(built):
    yield built
    for kind in ("storage", "permission", "cache"):
        getattr(built.app.registry, kind).flush()


@pytest.fixture
def meanwhile(monkeypatch):
    return lambda **does: [
        monkeypatch.setattr(Meanwhile, name, staticmethod(do))
        for name, do in does.items()
    ]


def test_it_is_announced(app):
    announced = app.get("/v1/").json["capabilities"]["idempotency"]

    assert set(announced) == {"description", "url"}


def _without_answers():
    for each in APP_ENGINES:
        if each.id in TRANSACTIONAL:
            apart = {"transaction_per_request": False}
            yield pytest.param(each, apart, id=f"{each.id} without transactions")


@pytest.mark.parametrize(("engine", "more"), [*_without_answers()])
def test_where_nothing_can_be_kept_keys_are_ignored(engine, more, services, tmp_path):
    app = _build(engine, engine.url(services, tmp_path), **more)

    assert "idempotency" not in app.get("/v1/").json["capabilities"]
    assert [app.create("k").status_code for _ in range(2)] == [201, 201]
    assert app.create('"').status_code == 201


# --- The first answer, again -----------------------------------------------------


def test_the_first_answer_is_told_again(app):
    first = app.create("k")
    again = app.create("k")

    assert first.status_code == again.status_code == 201
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert again.body == first.body
    told = {name: first.headers[name] for name in ("Content-Type", "ETag")}
    assert {name: again.headers[name] for name in told} == told
    assert app.names() == ["a"]


def test_without_keys_requests_are_others(app):
    assert app.create(None).status_code == app.create(None).status_code == 201
    assert app.names() == ["a", "a"]


def test_what_was_told_is_told_whatever_happened_since(app):
    url = f"/v1/notes/{app.create('k').json['data']['id']}"
    app.delete(url, headers=ALICE)

    again = app.create("k")

    assert again.status_code == 201
    assert app.names() == []


def test_a_patch_is_done_once(app):
    url = f"/v1/notes/{app.create(None).json['data']['id']}"
    patch = {"data": {"name": "b"}}
    first = app.send("k", patch, method="PATCH", path=url)
    app.send(None, {"data": {"name": "c"}}, method="PATCH", path=url)

    again = app.send("k", patch, method="PATCH", path=url)

    assert again.headers[REPLAYED] == "true"
    assert again.body == first.body
    assert app.names() == ["c"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_methods_that_need_no_key_ignore_it(app, method):
    url = f"/v1/notes/{app.create(None).json['data']['id']}"
    headers = {**ALICE, "Idempotency-Key": "k"}

    answers = [
        app.request(url, method=method, headers=headers, body=body, expect_errors=True)
        for body in (b'{"data": {"name": "b"}}', b'{"data": {"name": "c"}}')
    ]

    assert not any(REPLAYED in each.headers for each in answers)
    assert answers[0].status_code == 200


def test_services_of_applications_take_keys_and_any_bytes(app, meanwhile):
    called = []
    meanwhile(before=called.append)
    first = app.send("k", {}, path="/v1/tickets")

    again = app.send("k", {}, path="/v1/tickets")

    assert called == ["ticket"]
    assert first.body == again.body == b"\xff\x00"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers[REPLAYED] == "true"


def test_pages_of_other_origins_may_send_keys_and_see_that_it_was_told(app):
    origin = {"Origin": "https://shop.example"}
    app.create("k", **origin)
    again = app.create("k", **origin)
    other = app.create("other", **origin)
    preflight = app.options(
        "/v1/notes",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "idempotency-key",
        },
    )

    assert again.headers["Access-Control-Allow-Origin"] in ("*", origin["Origin"])
    exposed = again.headers["Access-Control-Expose-Headers"].split(", ")
    assert REPLAYED in exposed
    assert exposed == sorted(exposed)
    # As in 3.1, to the letter.
    assert REPLAYED not in other.headers["Access-Control-Expose-Headers"]
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert "idempotency-key" in allowed


# --- Another request -------------------------------------------------------------


def test_another_body_under_a_key_is_refused(app):
    app.create("k")

    refused = app.create("k", "b")

    assert refused.status_code == 422
    assert refused.json["errno"] == 119
    assert app.names() == ["a"]
    assert app.create("k").headers[REPLAYED] == "true"


def test_the_query_is_part_of_the_request(app):
    app.create("k")

    assert app.create("k", path="/v1/notes?x=1").status_code == 422


def test_the_bytes_of_the_body_count(app):
    app.create("k")
    headers = {**ALICE, "Idempotency-Key": "k"}
    spaced = b'{"data": {"name":  "a"}}'

    assert app.post("/v1/notes", spaced, headers=headers, status=422)


def test_a_key_of_another_user_is_another_key(app):
    app.create("k")

    assert REPLAYED not in app.create("k", user=BOB).headers
    assert app.names() == ["a", "a"]


def test_a_key_at_another_path_is_another_key(app):
    app.create("k")

    assert REPLAYED not in app.send("k", {}, path="/v1/tickets").headers


def test_nobody_has_keys(app):
    """Without a user nobody can tell whose request it is: run as if it had no key."""
    nobody = {"Content-Type": "application/json"}

    assert [app.create("k", user=nobody).status_code for _ in range(2)] == [201, 201]
    assert app.names() == ["a", "a"]


# --- Keys ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ['""', '" "', '"a', '"a" b', '"a"; p=1', "a" * 256, "é", '"\\n"']
)
def test_what_is_no_key_is_refused(app, key):
    refused = app.create(key)

    assert refused.status_code == 400
    assert refused.json["errno"] == 107
    assert refused.json["details"][0]["name"] == "Idempotency-Key"
    assert app.names() == []


@pytest.mark.parametrize(
    ("key", "same"), [("k", '"k"'), ('"a b"', "a b"), ('"a\\"b"', 'a"b')]
)
def test_quotes_may_be_left_out(app, key, same):
    app.create(key)

    assert app.create(same).headers[REPLAYED] == "true"


def test_keys_may_be_of_255_characters(app):
    app.create("x" * 255)

    assert app.create(f'"{"x" * 255}"').headers[REPLAYED] == "true"


# --- What is kept ----------------------------------------------------------------


def test_a_refusal_is_judged_anew(app):
    assert app.send("k", {"data": {}}).status_code == 400
    assert app.create("k").status_code == 201
    assert app.names() == ["a"]


def test_a_refused_key_leaves_what_was_kept(app):
    app.create("k")
    app.create("k", "b")
    app.create("k", "b")

    assert app.create("k").headers[REPLAYED] == "true"


def test_a_failure_is_judged_anew(app, meanwhile):
    def fail(name):
        raise HTTPServiceUnavailable

    meanwhile(before=fail)
    assert app.create("k").status_code == 503
    meanwhile(before=lambda name: None)

    assert REPLAYED not in app.create("k").headers
    assert app.create("k").headers[REPLAYED] == "true"


def test_a_commit_that_fails_keeps_no_answer(app, meanwhile, engine):
    """Where there are no transactions the record stays. The answer does not."""

    def fail():
        raise HTTPServiceUnavailable

    meanwhile(at_commit=fail)
    assert app.create("k").status_code == 503
    meanwhile(at_commit=lambda: None)

    again = app.create("k")

    assert again.status_code == 201
    assert REPLAYED not in again.headers
    if engine.id in TRANSACTIONAL:
        assert app.names() == ["a"]


def test_a_request_that_is_run_again_by_the_service_is_done_once(
    app, meanwhile, engine
):
    """Where nothing is undone, nothing is run again."""
    calls = []

    def fail_once(name):
        calls.append(name)
        if len(calls) == 1:
            raise TransientError(message="a deadlock")

    meanwhile(before=fail_once)
    first = app.create("k")
    if engine.id not in TRANSACTIONAL:
        assert first.status_code == 503
        first = app.create("k")
    again = app.create("k")

    assert calls == ["a", "a"]
    assert (first.status_code, REPLAYED in first.headers) == (201, False)
    assert again.headers[REPLAYED] == "true"
    assert app.names() == ["a"]


def test_answers_are_forgotten_in_time(app):
    with frozen() as clock:
        app.create("k")
        clock.advance(86_399)
        assert app.create("k").headers[REPLAYED] == "true"
        clock.advance(1)
        assert REPLAYED not in app.create("k", "b").headers
        # It is kept from its own time on.
        clock.advance(86_399)
        assert app.create("k", "b").headers[REPLAYED] == "true"
    assert app.names() == ["a", "b"]


def test_what_is_forgotten_is_removed_by_those_who_purge(app, engine):
    storage = app.app.registry.storage
    with frozen() as clock:
        app.create("old")
        clock.advance(86_400)
        app.create("new")
        found = storage.purge_answers()
        # In memory each answer that is kept removes those that expired; Redis does it.
        assert found == (1 if engine.id in TRANSACTIONAL else 0)
        assert app.create("new").headers[REPLAYED] == "true"


def test_a_flush_forgets_answers(app):
    app.create("k")
    app.app.registry.storage.flush()

    assert REPLAYED not in app.create("k").headers


# --- Two at once -----------------------------------------------------------------


def test_while_the_first_one_runs_others_are_refused_at_once(app, meanwhile):
    inside, go_on = threading.Event(), threading.Event()

    def wait(name):
        inside.set()
        assert go_on.wait(60)

    meanwhile(before=wait)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(app.create, "k")
        try:
            assert inside.wait(60)
            refused = app.create("k")
            other_body = app.create("k", "b")
            meanwhile(before=lambda name: None)
            other_key = app.create("other")
        finally:
            go_on.set()
        first = first.result()

    assert (refused.status_code, refused.json["errno"]) == (409, 120)
    assert refused.headers["Retry-After"] == "1"
    assert other_body.status_code == 409
    assert other_key.status_code == first.status_code == 201
    assert app.create("k").headers[REPLAYED] == "true"
    assert app.names() == ["a", "a"]


def test_of_many_at_once_one_is_done(app):
    start = threading.Barrier(8)

    def create(number):
        start.wait()
        return app.create("k")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(create, range(8)))

    assert {each.status_code for each in answers} <= {201, 409}
    done = [each for each in answers if each.status_code == 201]
    assert len({each.body for each in done}) == 1
    assert app.names() == ["a"]


# --- Batches ---------------------------------------------------------------------


def batch(app, key, *entries, **more):
    return app.send(key, {"requests": entries}, path="/v1/batch", **more)


def entry(name, key=None):
    headers = {"Idempotency-Key": key} if key else {}
    return {
        "method": "POST",
        "path": "/notes",
        "headers": headers,
        "body": {"data": {"name": name}},
    }


def replayed(answer):
    return [REPLAYED in each["headers"] for each in answer.json["responses"]]


def test_a_batch_is_done_once(app):
    first = batch(app, "k", entry("a"), entry("b"), entry("a"))

    again = batch(app, "k", entry("a"), entry("b"), entry("a"))

    assert again.headers[REPLAYED] == "true"
    assert again.body == first.body
    # Entries do not inherit the key: the third one is no repetition of the first.
    assert replayed(first) == [False, False, False]
    assert app.names() == ["a", "a", "b"]
    assert batch(app, "k", entry("a")).status_code == 422


def test_entries_may_have_their_own_keys(app):
    batch(app, None, entry("a", "1"), entry("b"))

    again = batch(app, None, entry("a", "1"), entry("b"), entry("c", "1"))

    assert replayed(again) == [True, False, False]
    assert [each["status"] for each in again.json["responses"]] == [201, 201, 422]
    assert app.names() == ["a", "b", "b"]


def test_a_key_is_the_same_in_an_entry_and_alone(app):
    """The entry was written as JSON by the batch: so must be what is sent alone."""
    done = batch(app, None, entry("a", "k")).json["responses"][0]

    again = app.create("k")

    assert again.headers[REPLAYED] == "true"
    assert again.json == done["body"]


def test_entries_of_one_batch_that_have_a_key_in_common_are_done_once(app):
    answer = batch(app, None, entry("a", "k"), entry("a", "k"))

    assert replayed(answer) == [False, True]
    assert app.names() == ["a"]


def test_entries_that_are_refused_keep_nothing(app):
    bad = {**entry("a", "k"), "body": {"data": {}}}
    first = batch(app, None, bad, entry("a", "k"))

    assert [each["status"] for each in first.json["responses"]] == [400, 201]
    assert replayed(batch(app, None, entry("a", "k"))) == [True]


def test_entries_with_bad_keys_are_refused_by_themselves(app):
    answer = batch(app, None, entry("a", '"'), entry("b"))

    assert [each["status"] for each in answer.json["responses"]] == [400, 201]


def test_a_batch_that_fails_keeps_no_answer_of_its_entries(app, meanwhile, engine):
    def fail(name):
        if name == "b":
            raise HTTPServiceUnavailable

    meanwhile(before=fail)
    assert batch(app, "k", entry("a", "1"), entry("b")).status_code == 503
    meanwhile(before=lambda name: None)

    again = batch(app, "k", entry("a", "1"), entry("b"))

    assert REPLAYED not in again.headers
    assert replayed(again) == [False, False]
    if engine.id in TRANSACTIONAL:
        assert app.names() == ["a", "b"]
