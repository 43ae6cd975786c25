"""What is inherited is read at once, whatever the depth."""

import functools

import pytest
import transaction
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.engines.overrides import instrument
from cliquet.permission import require
from cliquet.tests.support import DEFAULT_SETTINGS
from tests.http.conftest import ALICE, ALICE_ID, BOB, BOB_ID

pytestmark = pytest.mark.usefixtures("unhurried")

DEPTH = 6
COLLECTION = "".join(f"/l{level}s/{level}" for level in range(DEPTH)) + "/leaves"
LEAF = f"{COLLECTION}/leaf"


class Leaf(resource.ShareableResource):
    pass


class Names:
    """Ids of any text."""

    match = staticmethod(bool)

    def __call__(self):
        return "made"


@pytest.fixture
def app(app_settings, monkeypatch):
    own = {
        "project_name": "deep",
        "id_generator": f"{__name__}.Names",
        "userid_hmac_secret": DEFAULT_SETTINGS["userid_hmac_secret"],
        "write_implies_read": "true",
        "create_implies_list": "true",
        "inherit_permissions": "true",
    }
    config = Configurator(settings={**app_settings, **own})
    cliquet.initialize(config, "1.0")
    path = "".join(f"/l{level}s/{{{{p{level}}}}}" for level in range(DEPTH))
    callback = resource.register_resource(
        Leaf,
        name="leaf",
        collection_path=f"{path}/leaves",
        record_path=f"{path}/leaves/{{{{id}}}}",
    )
    callback(type("Scan", (), {"config": config}), "Leaf", Leaf)
    required = cliquet.Service(name="required", path="/required")

    @required.get()
    def get_required(request):
        require(request, "read", LEAF)
        return {}

    config.add_cornice_service(required)
    app = TestApp(config.make_wsgi_app())
    permission = app.app.registry.permission
    app.asked = asked = []
    for name in ("read_access", "check_permission", "user_principals", "probe"):
        original = getattr(permission, name)

        @instrument
        @functools.wraps(original)
        def counted(*args, original=original, name=name, **kwargs):
            asked.append((name, args))
            return original(*args, **kwargs)

        monkeypatch.setattr(permission, name, counted)
    permission.add_principal_to_ace("/l0s", "write", BOB_ID)
    permission.add_principal_to_ace(COLLECTION, "leaf:create", ALICE_ID)
    transaction.commit()
    for number in range(5):
        app.put_json(f"/v1{LEAF}{number}", {"data": {}}, headers=ALICE)
    app.put_json(f"/v1{LEAF}", {"data": {}}, headers=ALICE)
    yield app
    monkeypatch.undo()
    for kind in ("storage", "permission", "cache"):
        getattr(app.app.registry, kind).flush()


def reads(app, ask):
    app.asked.clear()
    ask()
    return [name for name, _ in app.asked]


REQUESTS = {
    "GET": lambda app: app.get(f"/v1{LEAF}", headers=BOB),
    "list": lambda app: app.get(f"/v1{COLLECTION}", headers=BOB),
    "PUT": lambda app: app.put_json(f"/v1{LEAF}", {"data": {}}, headers=BOB),
    "PATCH": lambda app: app.patch_json(f"/v1{LEAF}", {"data": {}}, headers=BOB),
    "POST": lambda app: app.post_json(f"/v1{COLLECTION}", {"data": {}}, headers=BOB),
    "require": lambda app: app.get("/v1/required", headers=BOB),
    "batch of GET": lambda app: app.post_json(
        "/v1/batch",
        {"requests": [{"path": f"{LEAF}{number}"} for number in range(5)]},
        headers=BOB,
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_one_round_trip_reads_all_that_may_grant(app, name):
    assert reads(app, lambda: REQUESTS[name](app)) == ["read_access"]


def test_it_is_as_much_as_the_path_is_deep(app):
    reads(app, lambda: REQUESTS["GET"](app))

    ((_, (user_id, object_ids)),) = app.asked
    assert user_id == BOB_ID
    assert len(object_ids) == len(set(object_ids)) == 2 * DEPTH + 2
