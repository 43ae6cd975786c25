"""How long what was read of permissions may be believed, on every engine."""

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from cliquet.tests.testapp import main as build_app
from cliquet.tests.testapp import views
from tests.sync.proof import settings_for
from tests.threads import elsewhere

ALICE = {"Authorization": "Basic YWxpY2U6"}
BOB = {"Authorization": "Basic Ym9iOg=="}
GROUP = "group:writers"


class Service:
    def meanwhile(self):
        """Nothing."""


@pytest.fixture(scope="module")
def served(engine, engine_url):
    """An application whose path `/meanwhile` does what `meanwhile` is, elsewhere."""
    settings = {
        **settings_for(engine.id, engine_url),
        "toadstool_create_principals": "system.Authenticated",
    }
    engine.prepare(settings)
    config = Configurator(settings=settings)
    build_app(config=config)

    made = Service()

    def view(request):
        elsewhere(made.meanwhile)
        return {}

    config.add_route("meanwhile", "/meanwhile")
    config.add_view(view, route_name="meanwhile", renderer="json", permission=None)
    config.add_route("principals", "/principals")
    config.add_view(
        lambda request: {"found": list(request.effective_principals)},
        route_name="principals",
        renderer="json",
        permission=None,
    )
    made.app = TestApp(config.make_wsgi_app())
    made.permission = config.registry.permission
    made.storage = config.registry.storage
    made.cache = config.registry.cache
    return made


@pytest.fixture
def service(served):
    """The application, the path of a record that Bob's group may write, and Bob's id."""
    served.bob = served.app.get("/v0/", headers=BOB).json["user"]["id"]
    elsewhere(lambda: served.permission.add_user_principal(served.bob, GROUP))
    body = {"data": {"name": "a"}, "permissions": {"write": [GROUP], "read": [GROUP]}}
    created = served.app.post_json("/v0/toadstools", body, headers=ALICE).json
    served.path = f"/toadstools/{created['data']['id']}"
    yield served
    # What the test did meanwhile is for no other one.
    vars(served).pop("meanwhile", None)
    for backend in (served.storage, served.permission, served.cache):
        backend.flush()


REVOCATIONS = {
    "permission": lambda service: service.permission.remove_principal_from_ace(
        service.path, "write", GROUP
    ),
    "group": lambda service: service.permission.remove_user_principal(
        service.bob, GROUP
    ),
}


@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize("revoke", REVOCATIONS.values(), ids=REVOCATIONS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_entry_that_writes_asks_anew(service, revoke, method):
    """What another request revoked while the batch was running counts."""
    service.meanwhile = lambda: revoke(service)
    body = {} if method == "DELETE" else {"body": {"data": {"name": "b"}}}
    entries = [
        {"path": service.path},
        {"path": "/meanwhile"},
        {"method": method, "path": service.path, **body},
    ]

    answer = service.app.post_json("/v0/batch", {"requests": entries}, headers=BOB)

    statuses = [each["status"] for each in answer.json["responses"]]
    assert statuses == [200, 200, 403]


def test_an_entry_that_writes_by_any_view_believes_nothing(service):
    service.meanwhile = lambda: service.permission.remove_user_principal(
        service.bob, GROUP
    )
    entries = [
        {"path": service.path},
        {"path": "/meanwhile"},
        {"method": "POST", "path": "/principals"},
    ]

    answer = service.app.post_json("/v0/batch", {"requests": entries}, headers=BOB)

    *_, last = answer.json["responses"]
    assert last["status"] == 200
    assert GROUP not in last["body"]["found"]


def test_entries_see_what_those_before_them_changed(service):
    body = {"permissions": {"read": [service.bob], "write": [service.bob]}}
    entries = [
        {"path": service.path},
        {"method": "PATCH", "path": service.path, "body": body},
        {"path": service.path},
        {"method": "DELETE", "path": service.path},
        {"path": service.path},
    ]

    answer = service.app.post_json("/v0/batch", {"requests": entries}, headers=BOB)

    assert [each["status"] for each in answer.json["responses"]] == [
        *(200, 200, 200, 200),
        403,
    ]
    shown = answer.json["responses"][2]["body"]["permissions"]
    assert shown["read"] == [service.bob]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_that_starts_again_asks_again(service, method, monkeypatch):
    """Between the read and the write, the record becomes somebody else's."""
    carol = {"Authorization": "Basic Y2Fyb2w6"}
    private = {"data": {"name": "private"}}
    met = []

    def take_over():
        path = f"/v0{service.path}"
        service.other.delete(path, headers=ALICE)
        service.other.put_json(path, private, headers=carol, status=201)

    def meet(resource):
        is_bob = resource.request.headers["Authorization"] == BOB["Authorization"]
        if is_bob and not met:
            met.append(resource)
            elsewhere(take_over)

    service.other = TestApp(service.app.app)
    original = views.Toadstool._unchanged

    def unchanged(resource, existing):
        condition = original(resource, existing)
        meet(resource)
        return condition

    monkeypatch.setattr(views.Toadstool, "_unchanged", unchanged)
    arguments = {} if method == "DELETE" else {"params": {"data": {"name": "b"}}}
    send = getattr(service.app, f"{method.lower()}_json")

    refused = send(f"/v0{service.path}", headers=BOB, status=403, **arguments)

    assert len(met) == 1
    assert "private" not in refused.text
    stored = service.storage.get("toadstool", "", service.path.rpartition("/")[2])
    assert stored["name"] == "private"
