"""Views of applications that need a permission on an object, and what a refusal logs."""

import json
import logging

import pytest
import transaction
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.permission import require
from cliquet.tests.support import DEFAULT_SETTINGS
from tests.http.conftest import ALICE, ALICE_ID, BOB, BOB_ID

GARDEN, TASK = "/projects/a%20garden", "/projects/a%20garden/tasks/t"


class Project(resource.ShareableResource):
    pass


class Task(resource.ShareableResource):
    pass


class Names:
    """Ids of any text."""

    match = staticmethod(bool)

    def __call__(self):
        return "made"


def services():
    stats = cliquet.Service(name="stats", path="/projects/{id}/stats")
    tasks = cliquet.Service(name="plan", path="/projects/{id}/plan")
    named = cliquet.Service(name="named", path="/named")
    required = cliquet.Service(name="required", path="/required/{id}")

    @stats.get(permission="dynamic", object_id="/projects/{id}")
    @stats.post(permission="dynamic", object_id="/projects/{id}")
    @stats.delete(permission="publish", object_id="/projects/{id}")
    def of_project(request):
        return {"of": request.matchdict["id"]}

    @tasks.post(permission="dynamic", object_id="/projects/{id}/tasks")
    def of_tasks(request):
        return {}

    @named.get(permission="read", object_id=lambda request: request.GET.get("object"))
    def of_named(request):
        return {}

    @required.get()
    @required.post()
    def of_required(request):
        permission = "write" if request.method == "POST" else "read"
        require(request, permission, "/projects/{id}", id=request.matchdict["id"])
        return {}

    return stats, tasks, named, required


def build(app_settings, add=lambda config: None, **settings):
    named = {"project_name": "views", "project_version": "1.0"}
    own = {
        "id_generator": f"{__name__}.Names",
        "userid_hmac_secret": DEFAULT_SETTINGS["userid_hmac_secret"],
    }
    config = Configurator(settings={**app_settings, **named, **own, **settings})
    cliquet.initialize(config, "1.0")
    for each, path in ((Project, "/projects"), (Task, "/projects/{{project}}/tasks")):
        callback = resource.register_resource(
            each, collection_path=path, record_path=path + "/{{id}}"
        )
        callback(type("Scan", (), {"config": config}), each.__name__, each)
    for each in services():
        config.add_cornice_service(each)
    add(config)
    return TestApp(config.make_wsgi_app())


@pytest.fixture
def make(app_settings):
    made = []

    def make(*args, **settings):
        made.append(build(app_settings, *args, **settings))
        return made[-1]

    yield make
    for each in made:
        for kind in ("storage", "permission", "cache"):
            getattr(each.app.registry, kind).flush()


def grant(app, object_id, permission, principal=BOB_ID):
    app.app.registry.permission.add_principal_to_ace(object_id, permission, principal)
    transaction.commit()


def ask(app, method, path, headers=BOB, way="alone"):
    """Return the status, alone or in a batch."""
    if way == "alone":
        return app.request(
            f"/v1{path}", method=method, headers=headers, expect_errors=True
        ).status_int
    entry = {"method": method, "path": path}
    answer = app.post_json("/v1/batch", {"requests": [entry]}, headers=headers)
    return answer.json["responses"][0]["status"]


REQUESTS = {
    "dynamic GET": ("GET", f"{GARDEN}/stats", GARDEN, "read"),
    "dynamic POST": ("POST", f"{GARDEN}/stats", GARDEN, "write"),
    "a permission of one's own": ("DELETE", f"{GARDEN}/stats", GARDEN, "publish"),
    "dynamic POST on a collection": (
        "POST", f"{GARDEN}/plan", f"{GARDEN}/tasks", "task:create",
    ),
    "a function": ("GET", "/named?object=/projects/1", "/projects/1", "read"),
    "required": ("GET", "/required/a%20garden", GARDEN, "read"),
    "required to write": ("POST", "/required/a%20garden", GARDEN, "write"),
}  # fmt: skip


@pytest.mark.parametrize("way", ["alone", "batch"])
@pytest.mark.parametrize("name", REQUESTS)
def test_the_permission_is_that_on_the_object(make, name, way):
    method, path, object_id, permission = REQUESTS[name]
    app = make()
    others = {"read", "write", "publish", "task:create", "create"} - {permission}
    for other in others:
        grant(app, object_id, other)
    grant(app, "/projects/other", permission)

    assert ask(app, method, path, way=way) == 403
    assert ask(app, method, path, headers={}, way=way) == 401
    grant(app, object_id, permission)
    assert ask(app, method, path, way=way) == 200
    assert ask(app, method, path, headers=ALICE, way=way) == 403


@pytest.mark.parametrize("way", ["alone", "batch"])
def test_settings_count_as_at_the_url_of_the_object(make, way):
    app = make(
        project_read_principals="system.Authenticated", task_create_principals=BOB_ID
    )

    assert ask(app, "GET", f"{GARDEN}/stats", way=way) == 200
    assert ask(app, "GET", f"{GARDEN}/stats", headers={}, way=way) == 401
    assert ask(app, "POST", f"{GARDEN}/plan", way=way) == 200
    assert ask(app, "POST", f"{GARDEN}/plan", headers=ALICE, way=way) == 403
    assert ask(app, "POST", f"{GARDEN}/stats", way=way) == 403


@pytest.mark.parametrize("way", ["alone", "batch"])
def test_what_is_implied_counts(make, way):
    app = make(write_implies_read="true", inherit_permissions="true")
    grant(app, "/projects", "write")

    for method, path, *_ in REQUESTS.values():
        publishes = method == "DELETE"
        assert ask(app, method, path, way=way) == (403 if publishes else 200), path


def test_a_group_counts_until_it_is_left(make):
    app = make()
    backend = app.app.registry.permission
    backend.add_user_principal(BOB_ID, "group:friends")
    grant(app, GARDEN, "read", "group:friends")
    assert ask(app, "GET", f"{GARDEN}/stats") == 200

    backend.remove_user_principal(BOB_ID, "group:friends")
    transaction.commit()

    assert ask(app, "GET", f"{GARDEN}/stats") == 403


def test_no_object_permits_nothing(make):
    app = make()

    assert ask(app, "GET", "/named") == 403
    assert ask(app, "GET", "/named?object=" + "/a" * 600) == 400


@pytest.mark.parametrize("segment", ["x%2Ftasks%2Ft", ".", "..", "%25", "%2525"])
def test_a_part_of_a_template_is_one_segment(make, segment):
    def add(config):
        config.add_route("odd", "/odd/*rest")
        config.add_view(
            lambda request: Response("seen"),
            route_name="odd",
            permission="read",
            object_id="/projects/{rest}",
        )

    app = make(add)
    grant(app, "/projects/x/tasks/t", "read")
    grant(app, "/projects/", "read")

    status = ask(app, "GET", f"/required/{segment}")
    assert status in (403, 404)
    assert ask(app, "GET", "/odd/x/tasks/t") == 200
    assert ask(app, "GET", "/odd/x%252Ftasks/t") == 403


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"object_id": "/projects/{id}"}, "which permission"),
        ({"object_id": "/projects/{id}", "permission": "private"}, "which permission"),
        ({"object_id": "projects/{id}", "permission": "read"}, "begins with a slash"),
        ({"object_id": "/projects/{pid}", "permission": "read"}, "{pid}"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_start(make, arguments, said):
    def add(config):
        config.add_route("wrong", "/wrong/{id}")
        config.add_view(lambda request: {}, route_name="wrong", **arguments)

    with pytest.raises(ConfigurationError, match="lambda") as failure:
        make(add)
    assert said in str(failure.value)


# --- The log -----------------------------------------------------------------------


@pytest.fixture
def refusals(caplog):
    caplog.set_level(logging.INFO)

    def refusals():
        lines = [
            json.loads(record.getMessage())
            for record in caplog.records
            if record.getMessage().startswith("{")
        ]
        caplog.clear()
        keys = ("permission", "object_id", "principals", "level")
        return [
            {key: line[key] for key in keys}
            for line in lines
            if line["event"] == "permission.refused"
        ]

    return refusals


REFUSED = {
    "GET": ("GET", GARDEN, None, "read", GARDEN),
    "PATCH": ("PATCH", GARDEN, {}, "write", GARDEN),
    "PUT": ("PUT", GARDEN, {}, "write", GARDEN),
    "PUT of a new one": ("PUT", "/projects/new", {}, "project:create", "/projects"),
    "POST": ("POST", "/projects", {}, "project:create", "/projects"),
    "list": ("GET", "/projects", None, "read", "/projects"),
    "DELETE of a list": ("DELETE", "/projects", None, "write", "/projects"),
    "task": ("GET", TASK, None, "read", TASK),
    "a view": ("GET", f"{GARDEN}/stats", None, "read", GARDEN),
    "required": ("GET", "/required/a%20garden", None, "read", GARDEN),
}


@pytest.mark.parametrize("way", ["alone", "batch"])
@pytest.mark.parametrize("implied", ["false", "true"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_once_what_was_missing(make, refusals, name, way, implied):
    method, path, data, permission, object_id = REFUSED[name]
    app = make(
        logging_renderer="cliquet.logs.JsonLogRenderer",
        inherit_permissions=implied,
        write_implies_read=implied,
        create_implies_list=implied,
    )
    grant(app, "/projects", "project:create", ALICE_ID)
    app.put_json(f"/v1{GARDEN}", {"data": {}}, headers=ALICE)
    app.app.registry.permission.add_user_principal(BOB_ID, "group:friends")
    transaction.commit()
    refusals()

    body = None if data is None else {"data": data}
    if way == "alone":
        text = json.dumps(body or {}).encode()
        status = app.request(
            f"/v1{path}", method=method, headers=BOB, body=text, expect_errors=True
        ).status_int
    else:
        entry = {"method": method, "path": path, **({"body": body} if body else {})}
        batch = app.post_json("/v1/batch", {"requests": [entry]}, headers=BOB)
        status = batch.json["responses"][0]["status"]

    assert status == 403
    (line,) = refusals()
    principals = line.pop("principals")
    assert line == {"permission": permission, "object_id": object_id, "level": "info"}
    assert {BOB_ID, "group:friends", "system.Authenticated"} <= set(principals)
    assert "nati" not in str(principals)


def test_who_finds_a_record_that_they_may_not_read_is_refused_to_read_it(
    make, refusals
):
    app = make(logging_renderer="cliquet.logs.JsonLogRenderer")
    grant(app, "/projects", "project:create", "system.Authenticated")
    app.put_json(f"/v1{GARDEN}", {"data": {}}, headers=ALICE)
    refusals()
    body = {"data": {"id": "a garden"}}

    app.post_json("/v1/projects", body, headers=BOB, status=403)
    (line,) = refusals()
    assert (line["permission"], line["object_id"]) == ("read", GARDEN)

    more = {**BOB, "If-Match": '"1"'}
    app.post_json("/v1/projects", body, headers=more, status=403)
    (line,) = refusals()
    assert (line["permission"], line["object_id"]) == ("read", GARDEN)


def test_what_is_only_asked_is_no_refusal(make, refusals):
    app = make(logging_renderer="cliquet.logs.JsonLogRenderer", hide_permissions="true")
    grant(app, GARDEN, "write")
    grant(app, "/projects", "project:create", ALICE_ID)
    app.put_json(f"/v1{GARDEN}", {"data": {}}, headers=ALICE)

    app.patch_json(f"/v1{GARDEN}", {"data": {"a": 1}}, headers=BOB)

    assert refusals() == []
