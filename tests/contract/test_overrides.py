"""Whatever applications override is called: a table *method x way x engine*.

Engines answer some questions in one round trip, and policies are asked with groups that are
not looked up yet. Whoever overrides one of the methods that 3.1 called expects it to be
called all the same: in a subclass, patched on the class (the one that the backend has, or
the one that defines the method), patched on the instance. A function that only measures
what it wraps changes nothing.
"""

import functools
import uuid
from contextlib import contextmanager
from typing import Any

import pytest
import transaction
from pyramid.config import Configurator
from pyramid.interfaces import IAuthorizationPolicy, ISecurityPolicy
from webtest import TestApp

from cliquet import authorization
from cliquet.engines.overrides import instrument
from cliquet.resource import model
from cliquet.tests.testapp import main as build_app
from cliquet.tests.testapp import views
from tests.sync.proof import settings_for

ALICE = {"Authorization": "Basic YWxpY2U6", "Accept": "*/*"}
BOB = {"Authorization": "Basic Ym9iOg==", "Accept": "*/*"}


class Service:
    """The sample application on one engine, with records of Alice's."""

    def __init__(self, engine: Any, url: str) -> None:
        settings = {
            **settings_for(engine.id, url),
            "toadstool_create_principals": "system.Authenticated",
        }
        engine.prepare(settings)
        self.app = TestApp(build_app(config=Configurator(settings=settings)))
        self.registry = self.app.app.registry
        self.bob = self.app.get("/v0/", headers=BOB).json["user"]["id"]
        self.group = "group:readers"
        self.fill()

    def fill(self) -> None:
        """Make what the requests need, and nothing else."""
        self.flush()
        self.registry.permission.add_user_principal(self.bob, self.group)
        transaction.commit()
        body: dict[str, Any] = {"data": {"name": "a"}}
        self.mushroom = self._post("/v0/mushrooms", body)
        body["permissions"] = {"read": [self.group]}
        self.toadstool = self._post("/v0/toadstools", body)
        self.second = self._post("/v0/toadstools", body)

    def flush(self) -> None:
        for kind in ("storage", "permission", "cache"):
            getattr(self.registry, kind).flush()

    def _post(self, path: str, body: Any) -> str:
        created = self.app.post_json(path, body, headers=ALICE).json
        return f"{path}/{created['data']['id']}"

    # --- Requests --------------------------------------------------------------------

    def get(self) -> Any:
        return self.app.get(self.mushroom, headers=ALICE)

    def get_shared(self) -> Any:
        return self.app.get(self.toadstool, headers=BOB)

    def list(self) -> Any:
        return self.app.get("/v0/mushrooms?name=a&_sort=name&_limit=1", headers=ALICE)

    def list_fields(self) -> Any:
        return self.app.get("/v0/mushrooms?_fields=name", headers=ALICE)

    def list_pages(self) -> Any:
        return self.app.get("/v0/toadstools?_limit=1", headers=BOB)

    def list_shared(self) -> Any:
        return self.app.get("/v0/toadstools", headers=BOB)

    def post(self) -> Any:
        body = {"data": {"name": "b"}}
        return self.app.post_json("/v0/mushrooms", body, headers=ALICE)

    def post_shared(self) -> Any:
        body = {"data": {"name": "b"}, "permissions": {"read": ["a"]}}
        return self.app.post_json("/v0/toadstools", body, headers=ALICE)

    def put(self) -> Any:
        body = {"data": {"name": "b"}}
        return self.app.put_json(self.mushroom, body, headers=ALICE)

    def put_new(self) -> Any:
        path = f"/v0/mushrooms/{uuid.uuid4()}"
        return self.app.put_json(path, {"data": {"name": "b"}}, headers=ALICE)

    def put_shared(self) -> Any:
        body = {"data": {"name": "b"}}
        return self.app.put_json(self.toadstool, body, headers=ALICE)

    def patch(self) -> Any:
        body = {"data": {"name": "c"}}
        return self.app.patch_json(self.mushroom, body, headers=ALICE)

    def patch_shared(self) -> Any:
        body = {"data": {"name": "c"}}
        return self.app.patch_json(self.toadstool, body, headers=ALICE)

    def delete(self) -> Any:
        return self.app.delete(self.mushroom, headers=ALICE)

    def delete_shared(self) -> Any:
        return self.app.delete(self.toadstool, headers=ALICE)

    def delete_list(self) -> Any:
        return self.app.delete("/v0/mushrooms", headers=ALICE)

    def delete_shared_list(self) -> Any:
        return self.app.delete("/v0/toadstools", headers=ALICE)

    def batch_shared(self) -> Any:
        paths = (self.toadstool, self.second)
        entries = [{"path": path} for path in paths]
        return self.app.post_json("/v0/batch", {"requests": entries}, headers=BOB)

    def heartbeat(self) -> Any:
        return self.app.get("/v0/__heartbeat__")


READS = ["get", "list", "get_shared", "list_shared"]
WRITES = ["post", "put", "patch", "delete", "post_shared", "put_shared", "patch_shared"]

#: Methods that 3.1 called, with the requests in which it did.
OF_BACKENDS = {
    "storage": {
        "collection_timestamp": ["list", "list_shared"],
        "get_all": ["list", "list_shared", "list_pages", "list_fields"],
        "get": ["get", "put", "patch", "delete", "get_shared", "put_shared"],
        "create": ["post", "put_new", "post_shared"],
        "update": ["put", "patch", "put_shared", "patch_shared"],
        "delete": ["delete", "delete_shared"],
        "delete_all": ["delete_list", "delete_shared_list"],
    },
    "permission": {
        "user_principals": [*READS, "post_shared", "batch_shared"],
        "check_permission": ["get_shared", "put_shared", "patch_shared",
                             "delete_shared", "list_shared", "batch_shared"],
        "object_permission_authorized_principals": ["get_shared", "put_shared",
                                                    "list_shared", "batch_shared"],
        "object_permissions": ["get_shared", "put_shared", "post_shared",
                               "patch_shared", "batch_shared"],
        "principals_accessible_objects": ["list_shared", "list_pages"],
        "add_principal_to_ace": ["post_shared", "put_shared", "patch_shared"],
        "replace_object_permissions": ["post_shared", "put_shared", "patch_shared"],
        "delete_object_permissions": ["delete_shared", "delete_shared_list"],
    },
    "cache": {"set": ["heartbeat"], "get": ["heartbeat"], "delete": ["heartbeat"]},
}  # fmt: skip

#: Of objects made for each request: classes only.
OF_CLASSES: list[tuple[Any, dict[str, list[str]]]] = [
    (
        views.Mushroom,
        {
            "get_parent_id": ["get", "list", "post", "put", "patch", "delete"],
            "is_known_field": ["list"],
            "process_record": ["post", "put", "put_new", "patch"],
            "apply_changes": ["patch"],
            "postprocess": ["get", "list", "post", "put", "patch", "delete"],
            "_extract_filters": ["list", "delete_list"],
            "_get_known_fields": ["list", "list_fields"],
            "_extract_partial_fields": ["get", "list_fields"],
            "_get_record_or_404": ["get", "patch", "delete"],
            "collection_get": ["list"],
            "collection_post": ["post"],
            "collection_delete": ["delete_list"],
            "get": ["get"],
            "put": ["put"],
            "patch": ["patch"],
            "delete": ["delete"],
        },
    ),
    (
        views.Toadstool,
        {
            "get_parent_id": ["get_shared", "list_shared", "put_shared"],
            "process_record": ["post_shared", "put_shared", "patch_shared"],
            "apply_changes": ["patch_shared"],
            "postprocess": ["get_shared", "list_shared", "put_shared"],
            "_extract_filters": ["list_shared"],
            "_build_pagination_token": ["list_pages"],
        },
    ),
    (
        model.Model,
        {
            "timestamp": ["list", "list_shared"],
            "get_records": ["list", "list_shared"],
            "get_record": ["get", "put", "patch", "delete"],
            "create_record": ["post", "put_new"],
            "update_record": ["put", "patch"],
            "delete_record": ["delete"],
            "delete_records": ["delete_list"],
        },
    ),
    (
        model.ShareableModel,
        {
            "get_record": ["get_shared", "put_shared", "patch_shared"],
            "create_record": ["post_shared"],
            "update_record": ["put_shared", "patch_shared"],
            "delete_record": ["delete_shared"],
            "delete_records": ["delete_shared_list"],
        },
    ),
    (
        authorization.RouteFactory,
        {
            "check_permission": ["get_shared", "put_shared", "list_shared"],
            "fetch_shared_records": ["list_shared"],
            "extract_object_id": ["list_shared"],
            "get_permission_object_id": ["get_shared", "list_shared", "put_shared"],
        },
    ),
]

OF_POLICIES = {
    IAuthorizationPolicy: {"permits": [*READS, *WRITES, "batch_shared"]},
    ISecurityPolicy: {"permits": [*READS, *WRITES], "identity": READS},
    "basicauth": {
        "authenticated_userid": [*READS, *WRITES],
        "unauthenticated_userid": [*READS, *WRITES],
        "effective_principals": [*READS, *WRITES],
    },
}


@pytest.fixture(scope="module")
def service(engine, engine_url):
    found = Service(engine, engine_url)
    yield found
    found.flush()


def defining_class(cls: type, name: str) -> type:
    return next(each for each in cls.__mro__ if name in vars(each))


def recording(function: Any, calls: list[str]) -> Any:
    @functools.wraps(function)
    def own(*args: Any, **kwargs: Any) -> Any:
        calls.append(function.__name__)
        return function(*args, **kwargs)

    return own


@contextmanager
def overridden(owner: Any, name: str, way: str, answer: Any = None):
    """Override a method of an object, maybe by another one; the list of its calls."""
    calls: list[str] = []
    cls = type(owner)
    own = recording(answer or getattr(cls, name), calls)
    with pytest.MonkeyPatch.context() as patch:
        if way == "subclass":
            patch.setattr(owner, "__class__", type("Own", (cls,), {name: own}))
        elif way == "class":
            patch.setattr(cls, name, own)
        elif way == "definer":
            patch.setattr(defining_class(cls, name), name, own)
        elif way == "instance":
            patch.setattr(owner, name, own.__get__(owner))
        else:
            patch.setattr(owner, name, instrument(recording(getattr(owner, name), [])))
        yield calls


WAYS = ["subclass", "class", "definer", "instance"]


def rows(table):
    return [
        (owner, name, table[owner][name]) for owner in table for name in table[owner]
    ]


def names(row):
    owner, name, _ = row
    return f"{getattr(owner, '__name__', owner)}.{name}"


def check(service, calls, requests):
    missed = []
    for request in requests:
        service.fill()
        calls.clear()
        getattr(service, request)()
        if not calls:
            missed.append(request)
    assert missed == []


@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("row", rows(OF_BACKENDS), ids=names)
def test_methods_of_backends_are_called(service, row, way):
    kind, name, requests = row
    with overridden(getattr(service.registry, kind), name, way) as calls:
        check(service, calls, requests)


# Policies and resources are the same on all engines.
@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("row", rows(OF_POLICIES), ids=names)
def test_methods_of_policies_are_called(service, row, way):
    which, name, requests = row
    security = service.registry.queryUtility(ISecurityPolicy)
    if which == "basicauth":
        policy = security.get_policy("basicauth")
    else:
        policy = service.registry.queryUtility(which)
    with overridden(policy, name, way) as calls:
        check(service, calls, requests)


# Policies and resources are the same on all engines.
@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize("way", ["class", "definer"])
@pytest.mark.parametrize("row", rows(dict(OF_CLASSES)), ids=names)
def test_methods_of_what_is_made_for_a_request_are_called(
    service, row, way, monkeypatch
):
    cls, name, requests = row
    calls = []
    owner = cls if way == "class" else defining_class(cls, name)
    monkeypatch.setattr(owner, name, recording(getattr(cls, name), calls))
    check(service, calls, requests)


@pytest.mark.parametrize("way", WAYS)
def test_a_policy_that_refuses_is_obeyed(service, way):
    """What `cliquet.tests.support.authorize(permits=False)` does."""
    policy = service.registry.queryUtility(IAuthorizationPolicy)
    service.fill()
    with overridden(policy, "permits", way, lambda *args, **kwargs: False):
        for path in ("/v0/mushrooms", service.mushroom, service.toadstool):
            service.app.get(path, headers=ALICE, status=403)
        body = {"data": {"name": "x"}}
        service.app.post_json("/v0/toadstools", body, headers=ALICE, status=403)


@pytest.mark.parametrize("way", WAYS)
def test_what_an_override_says_counts(service, way):
    """Of a permission backend: groups, checks and shared records of one's own."""
    service.fill()
    backend = service.registry.permission
    answers = {
        "user_principals": lambda *args, **kwargs: set(),
        "check_permission": lambda *args, **kwargs: False,
        "object_permission_authorized_principals": lambda *args, **kwargs: set(),
    }
    for name, answer in answers.items():
        service.get_shared()
        with overridden(backend, name, way, answer):
            service.app.get(service.toadstool, headers=BOB, status=403)
    service.get_shared()


@pytest.mark.long_on("sqlite", "redis")
@pytest.mark.parametrize("row", rows(OF_BACKENDS), ids=names)
def test_instruments_change_nothing(service, row):
    kind, name, requests = row
    backend = getattr(service.registry, kind)
    for request in requests:
        service.fill()
        plain = getattr(service, request)()
        service.fill()
        with overridden(backend, name, "instrument"):
            measured = getattr(service, request)()
        assert (measured.status, sorted(measured.headers)) == (
            plain.status,
            sorted(plain.headers),
        )
