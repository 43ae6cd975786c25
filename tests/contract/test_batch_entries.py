"""A request alone, and the same one in a batch, do the same, on every engine."""

import json
import threading
import time
import uuid
from contextlib import contextmanager

import colander
import pytest
import sqlalchemy
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPBadRequest, HTTPConflict, HTTPSeeOther
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.events import ResourceChanged
from cliquet.permission_cache import MAX_AGE
from cliquet.storage.generators import Generator
from tests.contract.backends import APP_ENGINES
from tests.sync.proof import settings_for

ALICE = {"Authorization": "Basic YWxpY2U6", "Content-Type": "application/json"}
BOB = {"Authorization": "Basic Ym9iOg==", "Content-Type": "application/json"}

WITH_TRANSACTIONS = ("sqlite", "postgresql")


class Ids(Generator):
    """Makes ids, and lets short ones through."""

    def __call__(self):
        return uuid.uuid4().hex


class _Schema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String())

    class Options:
        preserve_unknown = True
        unique_fields = ("name",)


class Log(resource.ShareableResource):
    """Its hooks write elsewhere, then refuse what is called so."""

    mapping = _Schema()

    def process_record(self, new, old=None):
        new = super().process_record(new, old)
        name = str(new["name"])
        if name.startswith("refused"):
            self.request.registry.storage.create("hook", "", {"a": 1})
            self.request.registry.permission.add_principal_to_ace("/hook", "read", "b")
            raise HTTPConflict
        return new

    def postprocess(self, result, *args, **kwargs):
        answer = super().postprocess(result, *args, **kwargs)
        if "late" in str(result):
            raise HTTPBadRequest
        return answer


class _Views:
    """Views that write, then answer something else than success."""

    def __init__(self, request):
        self.request = request
        self.storage = request.registry.storage

    def raises(self):
        self.storage.create("c", "p", {"a": 1})
        raise HTTPBadRequest

    def returns(self):
        self.storage.create("c", "p", {"a": 1})
        return HTTPConflict()

    def redirects(self):
        self.storage.create("c", "p", {"a": 1})
        raise HTTPSeeOther(f"http://localhost/v0/{self.request.GET.get('to', 'no')}")

    def keeps(self):
        self.storage.create("c", "p", {"a": 1})
        return {}

    def fails_inside(self):
        """As an application that makes a conflict of what its database refuses."""
        self.storage.create("c", "p", {"a": 1})
        try:
            with self.storage.client.connect() as connection:
                connection.run("SELECT nothing FROM nowhere")
        except Exception:
            raise HTTPConflict from None

    def by_session(self):
        self.storage.create("c", "p", {"a": 1})
        session = self.storage.client.session_factory()
        row = {"name": self.request.GET["name"]}
        session.execute(sqlalchemy.text("INSERT INTO kept VALUES (:name)"), row)
        with self.storage.client.connect() as connection:
            connection.run("INSERT INTO kept VALUES (:name)", name=f"{row['name']}2")
        if "no" in self.request.GET:
            raise HTTPBadRequest
        return {}


#: Longer than a busy machine takes.
PATIENCE = 60


class Gate:
    """Keeps a request waiting until others are done; it is open again afterwards."""

    def __init__(self):
        self._reached, self._opened = threading.Event(), threading.Event()

    def pass_through(self):
        self._reached.set()
        assert self._opened.wait(2 * PATIENCE)
        return {}

    @contextmanager
    def closed(self, work):
        """Do something in another thread, and go on when it waits at the gate."""
        self._reached.clear()
        self._opened.clear()
        other = threading.Thread(target=work)
        other.start()
        try:
            assert self._reached.wait(PATIENCE)
            yield
        finally:
            self._opened.set()
            other.join()


#: Where there is no transaction, nothing is undone.
undoes = pytest.mark.parametrize(
    "engine",
    [each for each in APP_ENGINES if each.id in WITH_TRANSACTIONS],
    ids=lambda engine: engine.id,
    indirect=True,
)


@pytest.fixture(scope="session")
def service_of_session(engine, engine_url):
    settings = {
        **settings_for(engine.id, engine_url),
        "id_generator": f"{__name__}.Ids",
    }
    for name in ("toadstool", "log", "spore"):
        settings[f"{name}_create_principals"] = "system.Authenticated"
    engine.prepare(settings)
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="0.0.1")
    config.include("cliquet.tests.testapp")
    gate = Gate()
    config.add_route("gate", "/gate")
    config.add_view(
        lambda request: gate.pass_through(),
        route_name="gate",
        renderer="json",
        permission="__no_permission_required__",
    )
    for name in (
        "raises",
        "returns",
        "redirects",
        "keeps",
        "fails_inside",
        "by_session",
    ):
        config.add_route(name, f"/{name}")
        config.add_view(
            _Views,
            attr=name,
            route_name=name,
            renderer="json",
            permission="__no_permission_required__",
        )
    resource.registration._add_services(config, Log, Log.default_viewset(), 1)
    told = []
    config.add_subscriber(lambda event: told.append(event.payload), ResourceChanged)
    return _Service(config, engine, told, gate)


@pytest.fixture
def service(service_of_session):
    """An application without data."""
    service_of_session.reset()
    yield service_of_session
    service_of_session.flush()
    service_of_session.registry.heartbeats.pop("own", None)


class _Service:
    def __init__(self, config, engine, told, gate):
        self.engine = engine
        self.gate = gate
        self.told = told
        self.app = TestApp(config.make_wsgi_app())
        self.registry = config.registry

    def reset(self):
        self.flush()
        if self.engine.id in WITH_TRANSACTIONS:
            self._run("DROP TABLE IF EXISTS kept", "CREATE TABLE kept (name TEXT)")

    def _run(self, *statements):
        with self.registry.storage.client.connect(force_commit=True) as connection:
            for statement in statements:
                connection.run(statement)

    def _rows(self, statement):
        with self.registry.storage.client.connect(readonly=True) as connection:
            return [tuple(row) for row in connection.rows(statement)]

    def flush(self):
        for kind in ("storage", "permission", "cache"):
            getattr(self.registry, kind).flush()
        self.told.clear()

    def kept(self):
        return {name for (name,) in self._rows("SELECT name FROM kept")}

    def traces(self):
        """Return all that is stored, but times."""
        storage, permission = self.registry.storage, self.registry.permission
        records = {
            (*scope, record["id"]): {
                name: value for name, value in record.items() if name != "last_modified"
            }
            for scope in storage.scopes()
            for record in storage.get_all(*scope, include_deleted=True)[0]
            if scope.collection_id in ("toadstool", "spore", "log")
        }
        others = [
            (scope, storage.get_all(*scope)[1])
            for scope in storage.scopes()
            if scope.collection_id not in ("toadstool", "spore", "log")
        ]
        found = [records, others, sorted(permission.all_permissions())]
        if self.engine.id == "postgresql":
            rows = "SELECT parent_id, collection_id FROM timestamps ORDER BY 1, 2"
            found.append(self._rows(rows))
        if self.engine.id == "redis":
            found.append(sorted(storage._client.keys("*.timestamp")))
        return found

    def timestamps(self):
        storage = self.registry.storage
        return {
            scope: storage.collection_timestamp(*scope) for scope in storage.scopes()
        }

    def alone(self, method, path, body=None, headers=ALICE):
        answer = self.app.request(
            f"/v0{path}",
            method=method,
            body=b"" if body is None else json.dumps(body).encode(),
            headers=headers,
            expect_errors=True,
        )
        return answer.status_int

    def batch(self, *entries, headers=ALICE, status=200):
        listed = [
            {
                "method": method,
                "path": path,
                **({"body": body[0]} if body and body[0] else {}),
                **({"headers": body[1]} if len(body) > 1 else {}),
            }
            for method, path, *body in entries
        ]
        answer = self.app.post_json(
            "/v0/batch", {"requests": listed}, headers=headers, status=status
        )
        return [each["status"] for each in answer.json["responses"]]


READ = {"permissions": {"read": ["system.Authenticated"]}}
KEPT = ("PUT", "/spores/kept", {"data": {"name": "kept"}, **READ})
NAMED = {"data": {"name": "a"}}
#: Requests after that of `KEPT` and a toadstool, and what they are answered.
REQUESTS = {
    "create": ("POST", "/toadstools", {"data": {"id": "x1", "name": "a"}}, 201),
    "replace": ("PUT", "/toadstools/there", NAMED, 200),
    "change": ("PATCH", "/toadstools/there", NAMED, 200),
    "delete": ("DELETE", "/toadstools/there", None, 200),
    "delete all": ("DELETE", "/toadstools", None, 200),
    "read": ("GET", "/toadstools/there", None, 200),
    "put a collection": ("PUT", "/toadstools", NAMED, 405),
    "put a collection of users": ("PUT", "/mushrooms", NAMED, 405),
    "patch a collection": ("PATCH", "/toadstools", NAMED, 405),
    "post a record": ("POST", "/toadstools/there", NAMED, 405),
    "unknown": ("POST", "/unknown", NAMED, 404),
    "unknown record": ("PATCH", "/toadstools/none", NAMED, 403),
    "not a name": ("POST", "/toadstools", {"data": {"name": None}}, 400),
    "not a record": ("PUT", "/toadstools/x2", {"data": []}, 400),
    "empty": ("PATCH", "/toadstools/there", None, 400),
    "odd id": ("PUT", "/toadstools/;;", NAMED, 400),
    "forbidden": ("POST", "/moistures", {"data": {}}, 403),
    "forbidden record": ("PUT", "/moistures/x3", {"data": {}}, 403),
    "taken": ("PUT", "/logs/x6", {"data": {"name": "taken"}}, 409),
    "refused by a hook": ("POST", "/logs", {"data": {"name": "refused"}}, 409),
    "refused too late": ("PUT", "/logs/x5", {"data": {"name": "late"}}, 400),
    "view that raises": ("POST", "/raises", None, 400),
    "read that raises": ("GET", "/raises", None, 400),
    "view that returns": ("POST", "/returns", None, 409),
    "view that keeps": ("POST", "/keeps", None, 200),
}
#: What these write by themselves stays where nothing is undone.
OF_APPLICATIONS = (
    "refused by a hook", "refused too late",
    "view that raises", "read that raises", "view that returns",
)  # fmt: skip


@pytest.mark.long_on("sqlite")
@pytest.mark.parametrize("name", REQUESTS)
def test_alone_and_in_a_batch(service, name):
    *request, expected = REQUESTS[name]
    before = [
        ("PUT", "/toadstools/there", {"data": {"name": "there"}, **READ}),
        ("PUT", "/logs/there", {"data": {"name": "taken"}, **READ}),
    ]

    def prepare():
        service.flush()
        for each in before:
            assert service.alone(*each) == 201

    prepare()
    assert service.alone(*KEPT) == 201
    unchanged, times = service.traces(), service.timestamps()
    told = len(service.told)
    alone = service.alone(*request)
    after_alone, told_alone = service.traces(), len(service.told) - told
    times_alone = service.timestamps()
    prepare()
    told = len(service.told)
    together = service.batch(KEPT, request, ("GET", "/spores/kept"))

    assert (alone, together) == (expected, [201, expected, 200])
    assert service.traces() == after_alone
    assert len(service.told) - told - 1 == told_alone
    undoes = service.engine.id in WITH_TRANSACTIONS
    if expected >= 400 and (undoes or name not in OF_APPLICATIONS):
        assert after_alone == unchanged
        assert times_alone == times
        assert told_alone == 0


@pytest.mark.parametrize("name", REQUESTS)
def test_an_entry_that_is_refused_leaves_nothing_as_the_first_one(service, name):
    """Nothing was written before it, which would have to be kept."""
    *request, expected = REQUESTS[name]
    undoes = service.engine.id in WITH_TRANSACTIONS
    if expected < 400 or not (undoes or name not in OF_APPLICATIONS):
        return
    service.alone("PUT", "/toadstools/there", {"data": {"name": "there"}, **READ})
    service.alone("PUT", "/logs/there", {"data": {"name": "taken"}, **READ})
    before, times = service.traces(), service.timestamps()

    assert service.batch(request, ("GET", "/")) == [expected, 200]
    assert (service.traces(), service.timestamps()) == (before, times)


@undoes
def test_a_redirection_keeps_nothing(service):
    before = service.traces()

    assert service.batch(("POST", "/redirects"), ("GET", "/")) == [404, 200]
    assert service.traces() == before


@undoes
def test_what_a_redirection_leads_to_is_kept(service):
    service.alone("POST", "/keeps")
    once = service.traces()
    service.reset()

    assert service.batch(("POST", "/redirects?to=keeps"), ("GET", "/")) == [200, 200]
    assert service.traces() == once


@undoes
def test_what_the_database_refused_is_undone(service):
    """The transaction goes on: what the others wrote is kept."""
    statuses = service.batch(KEPT, ("POST", "/fails_inside"), ("POST", "/keeps"))

    assert statuses == [201, 409, 200]
    scopes = {scope.collection_id for scope in service.registry.storage.scopes()}
    assert scopes == {"spore", "c"}


@undoes
@pytest.mark.parametrize("first", ["/by_session?name=a", "/keeps", "/raises"])
def test_sessions_of_applications_are_undone_too(service, first):
    statuses = service.batch(
        ("POST", first),
        ("POST", "/by_session?name=b&no=1"),
        ("POST", "/by_session?name=c"),
        ("POST", "/by_session?name=d&no=1"),
        ("POST", "/by_session?name=e&no=1"),
        ("POST", "/keeps"),
        ("POST", "/by_session?name=f"),
    )

    assert statuses[1:] == [400, 200, 400, 400, 200, 200]
    expected = {"c", "c2", "f", "f2"}
    assert service.kept() == expected | ({"a", "a2"} if "=a" in first else set())


def test_a_server_error_undoes_all(service):
    service.registry.heartbeats["own"] = lambda request: False

    service.app.post_json(
        "/v0/batch",
        {"requests": [
            {"method": "PUT", "path": KEPT[1], "body": KEPT[2]},
            {"path": "/__heartbeat__"},
        ]},
        headers=ALICE,
        status=503,
    )  # fmt: skip

    undone = service.engine.id in WITH_TRANSACTIONS
    assert service.alone("GET", KEPT[1]) == (403 if undone else 200)


# --- Nobody waits for what is refused -------------------------------------------------


def finish(work):
    """Run something that would wait for ever, were it held up."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_heartbeat_in_a_batch_holds_up_nobody(service):
    checked = []
    service.registry.heartbeats["own"] = lambda request: (
        checked.append(threading.get_ident())
        or bool(service.registry.storage.create("own", "", {"a": 1}))
    )
    here = []

    def send():
        here.append(threading.get_ident())
        statuses = service.batch(
            ("POST", "/spores", NAMED), ("GET", "/__heartbeat__"), KEPT
        )
        assert statuses == [201, 200, 201]

    finish(send)

    # What others would do waits for this one.
    assert checked == here
    left = {scope.collection_id for scope in service.registry.storage.scopes()}
    assert left == {"spore", "own"}


def test_a_batch_that_is_refused_holds_up_nobody(service):
    """It takes no lock, looks for no parent, and leaves no row."""
    asked = []
    original = Log.get_parent_id
    Log.get_parent_id = lambda self, request: (
        asked.append(request.headers.get("Authorization")) or original(self, request)
    )
    anonymous = {"Content-Type": "application/json"}
    entries = [
        ("POST", "/logs", NAMED),
        ("PUT", "/toadstools", NAMED),
        ("GET", "/gate"),
        *(
            ("POST", f"/{name}", {"data": {"name": "a"}})
            for name in ("spores", "psilos")
        ),
    ]
    try:
        service.alone("PUT", "/toadstools/there", NAMED)
        service.alone("PUT", "/logs/there", NAMED)
        before = service.traces()
        asked.clear()
        answers = []
        writer = TestApp(service.app.app)
        with service.gate.closed(
            lambda: answers.append(service.batch(*entries, headers=anonymous))
        ):
            finish(
                lambda: writer.post_json(
                    "/v0/batch",
                    {"requests": [
                        {"method": "PUT", "path": "/logs/there", "body": NAMED},
                        {"method": "PUT", "path": "/toadstools/there", "body": NAMED},
                    ]},
                    headers=ALICE,
                ),
            )  # fmt: skip
    finally:
        Log.get_parent_id = original

    assert answers == [[401, 405, 200, 401, 401]]
    assert None not in asked
    assert service.traces() == before


def test_groups_and_permissions_are_those_of_the_moment(service):
    """Who waits in a batch gives nothing back that was revoked meanwhile."""
    alice, bob = (
        service.app.get("/v0/", headers=each).json["user"]["id"]
        for each in (ALICE, BOB)
    )
    both = {"read": [bob], "write": [bob]}
    own = {"read": [alice], "write": [alice]}
    path = "/spores/x"
    service.alone("PUT", path, {"data": {}, "permissions": both})
    answers = []
    entries = [
        ("GET", path),
        ("GET", "/gate"),
        ("GET", path),
        ("PATCH", path, {"permissions": both}),
        ("PUT", path, {"data": {}, "permissions": both}),
        ("POST", "/toadstools", NAMED),
        ("DELETE", path),
    ]
    with service.gate.closed(
        lambda: answers.append(service.batch(*entries, headers=BOB))
    ):
        revoked = TestApp(service.app.app).patch_json(
            f"/v0{path}", {"data": {"a": "new"}, "permissions": own}, headers=ALICE
        )
        time.sleep(2 * MAX_AGE)

    assert revoked.json["permissions"]["write"] == [alice]
    assert answers == [[200, 200, 403, 403, 403, 201, 403]]
    assert service.alone("GET", path, headers=BOB) == 403
    assert service.alone("PATCH", path, {"data": {}}) == 200
