"""Resources below others, on each engine and on pairs of two.

Nothing is below a record that is not there, records of one parent are none of another,
and whoever deletes a record deletes all that is below it, with its permissions.
"""

import base64
from types import SimpleNamespace
from urllib.parse import quote

import colander
import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.events import AfterResourceChanged, ResourceChanged
from cliquet.groups import Group
from tests.contract.backends import APP_ENGINES
from tests.contract.nested import AnyText

NOBODY = "no-such-record"
PROJECTS, TASKS = "/v1/projects", "/v1/projects/{}/tasks"
COMMENTS, GROUPS, NOTES = TASKS + "/{}/comments", "/v1/projects/{}/groups", "/v1/projects/{}/notes"  # fmt: skip
DRAFTS = NOTES + "/{}/drafts"


class Fields(resource.ResourceSchema):
    n = colander.SchemaNode(colander.Integer(), missing=colander.drop)


class Project(resource.ShareableResource):
    mapping = Fields()


class Task(resource.ShareableResource):
    mapping = Fields()


class Comment(resource.ShareableResource):
    mapping = Fields()


class Note(resource.UserResource):
    mapping = Fields()


class Draft(resource.UserResource):
    mapping = Fields()


#: Children are registered before their parents, which some name.
RESOURCES = (
    (Draft, "draft", DRAFTS, "note"),
    (Comment, "comment", COMMENTS, Task),
    (Task, "task", TASKS, None),
    (Note, "note", NOTES, None),
    (Group, "team", GROUPS, None),
    (Project, "project", PROJECTS, None),
)
NAMES = {"project": "{project_id}", "task": "{task_id}", "note": "{note_id}"}


def build(places, **settings):
    known = {
        **cliquet.DEFAULT_SETTINGS,
        "project_name": "nested",
        "id_generator": "tests.contract.nested.AnyText",
        "userid_hmac_secret": "secret of nested",
        "write_implies_read": "true",
        "cache_backend": "cliquet.cache.memory",
        "cache_url": "",
    }
    for name in ("project", "task", "comment", "team"):
        known[f"{name}_create_principals"] = "system.Authenticated"
    for kind, (engine, url) in zip(("storage", "permission"), places, strict=True):
        known[f"{kind}_backend"] = f"cliquet.{kind}.{engine.id}"
        known[f"{kind}_url"] = url
    config = Configurator(settings={**known, **settings})
    cliquet.initialize(config, version="1.0")
    for cls, name, template, parent in RESOURCES:
        above = (
            [NAMES["note" if "notes" in template else "task"]]
            if template.count("{}") > 1
            else []
        )
        path = template.removeprefix("/v1").format(NAMES["project"], *above)
        scan = resource.register_resource(
            cls,
            name=name,
            collection_path=path,
            record_path=path + "/{id}",
            parent=parent,
        )
        scan(SimpleNamespace(config=config), cls.__name__, cls)
    told = []
    config.add_subscriber(told.append, ResourceChanged)
    config.add_subscriber(lambda event: None, AfterResourceChanged)
    app = TestApp(config.make_wsgi_app())
    app.told = told
    for kind in ("storage", "permission"):
        getattr(app.app.registry, kind).initialize_schema()
    return app


def user(name):
    sent = base64.b64encode(f"{name}:password".encode()).decode()
    return {"Authorization": f"Basic {sent}"}


ALICE, BOB = user("alice"), user("bob")

PAIRS = [(each, each) for each in APP_ENGINES]
PAIRS += list(zip(APP_ENGINES, APP_ENGINES[1:] + APP_ENGINES[:1], strict=True))


@pytest.fixture(
    scope="module", params=PAIRS, ids=[f"{one.id}-{other.id}" for one, other in PAIRS]
)
def app_of_module(request, services, tmp_path_factory):
    storage, permission = request.param
    url = storage.url(services, tmp_path_factory.mktemp("storage"))
    other = url
    if storage is not permission:
        other = permission.url(services, tmp_path_factory.mktemp("permission"))
    return build(((storage, url), (permission, other)))


@pytest.fixture
def app(app_of_module):
    for kind in ("storage", "permission"):
        getattr(app_of_module.app.registry, kind).flush()
    app_of_module.told.clear()
    return app_of_module


def path_of(template, *ids):
    return template.format(*(quote(each, safe="") for each in ids))


def put(app, template, *ids, owner=ALICE, **body):
    path = path_of(template + "/{}", *ids)
    return app.put_json(path, {"data": {"n": 1}, **body}, headers=owner)


def ids_of(app, template, *ids, owner=ALICE, query=""):
    answer = app.get(path_of(template, *ids) + query, headers=owner, expect_errors=True)
    if answer.status_code == 403:
        # Nothing is shared with them.
        return []
    return sorted(each["id"] for each in answer.json["data"])


def populate(app, project="p"):
    put(app, PROJECTS, project)
    for task in ("1", "2"):
        put(app, TASKS, project, task)
        put(app, COMMENTS, project, task, "c")
    alice = app.get("/v1/", headers=ALICE).json["user"]["id"]
    put(app, GROUPS, project, "g", data={"members": [alice]})
    put(app, NOTES, project, "n")
    put(app, DRAFTS, project, "n", "d")


def everything(app):
    """Return all that is kept: collections with live records, permissions, groups."""
    registry = app.app.registry
    live = {
        scope: [each["id"] for each in registry.storage.get_all(*scope)[0]]
        for scope in registry.storage.scopes()
    }
    permissions = {each[0] for each in registry.permission.all_permissions()}
    groups = [principal for _, principal in registry.permission.all_user_principals()]
    return {scope: ids for scope, ids in live.items() if ids}, permissions, groups


@pytest.mark.parametrize(
    ("template", "ids"),
    [(TASKS, (NOBODY,)), (COMMENTS, ("p", NOBODY)), (COMMENTS, (NOBODY, "1")),
     (NOTES, (NOBODY,)), (DRAFTS, ("p", NOBODY)), (GROUPS, (NOBODY,))],
)  # fmt: skip
def test_nothing_is_below_what_is_not_there(app, template, ids):
    populate(app)
    before = everything(app)
    path, record = path_of(template, *ids), path_of(template + "/{}", *ids, "x")
    is_shared = template in (TASKS, COMMENTS, GROUPS)
    hidden = 403 if is_shared or ids == (NOBODY,) else 404
    created = 404 if is_shared else hidden

    app.get(path, headers=ALICE, status=hidden)
    app.delete(path, headers=ALICE, status=hidden)
    app.get(record, headers=ALICE, status=hidden)
    app.delete(record, headers=ALICE, status=hidden)
    app.patch_json(record, {"data": {}}, headers=ALICE, status=hidden)
    for send, target in ((app.post_json, path), (app.put_json, record)):
        answer = send(target, {"data": {}}, headers=ALICE, status=created)
        assert answer.json["errno"] == (111 if created == 404 else 121)

    assert everything(app) == before
    scopes = app.app.registry.storage.scopes()
    assert not any(NOBODY in scope.parent_id for scope in scopes)


def test_records_of_one_parent_are_none_of_another(app):
    for project in ("p", "q"):
        put(app, PROJECTS, project)
        put(app, TASKS, project, "same")
        put(app, NOTES, project, "same")
    put(app, TASKS, "p", "other")
    put(app, NOTES, "p", "other")

    for template in (TASKS, NOTES):
        app.delete(path_of(template + "/{}", "q", "same"), headers=ALICE)
        # The last one is of no other.
        app.get(path_of(template + "/{}", "q", "other"), headers=ALICE, status=403 if template == TASKS else 404)  # fmt: skip
        assert ids_of(app, template, "q") == []
        assert ids_of(app, template, "p") == ["other", "same"]


def test_users_have_notes_of_their_own_below_a_project_that_they_may_read(app):
    put(app, PROJECTS, "p")
    put(app, NOTES, "p", "n")
    app.get(path_of(NOTES, "p"), headers=BOB, status=403)

    bob = app.get("/v1/", headers=BOB).json["user"]["id"]
    put(app, PROJECTS, "p", permissions={"read": [bob]})

    assert ids_of(app, NOTES, "p", owner=BOB) == []
    put(app, NOTES, "p", "of-bob", owner=BOB)
    put(app, DRAFTS, "p", "of-bob", "d", owner=BOB)
    assert ids_of(app, NOTES, "p") == ["n"]
    app.get(path_of(DRAFTS, "p", "of-bob"), headers=ALICE, status=404)


@pytest.mark.parametrize(
    ("way", "project"),
    [("record", "p"), ("record", 'a"b\\'), ("list", "p"), ("batch", "é %")],
)
def test_all_that_is_below_is_deleted_with_a_record(app, way, project):
    populate(app, "other")
    before = everything(app)
    populate(app, project)
    bob = app.get("/v1/", headers=BOB).json["user"]["id"]
    put(app, PROJECTS, project, permissions={"read": [bob]})
    put(app, NOTES, project, "n", owner=BOB)
    put(app, DRAFTS, project, "n", "d", owner=BOB)
    path = path_of(PROJECTS + "/{}", project)

    if way == "record":
        app.delete(path, headers=ALICE)
    elif way == "batch":
        entries = [{"method": "DELETE", "path": path}]
        entries.append({"path": path_of(TASKS, project), "method": "GET"})
        answer = app.post_json("/v1/batch", {"requests": entries}, headers=ALICE)
        assert [each["status"] for each in answer.json["responses"]] == [200, 403]
    else:
        populate(app, "third")
        app.delete(f"{PROJECTS}?in_id={project},third", headers=ALICE)

    assert everything(app) == before


def test_who_polls_is_told_of_what_was_deleted_below(app):
    populate(app)
    since = app.get(path_of(TASKS, "p"), headers=ALICE).headers["ETag"]

    app.delete(path_of(PROJECTS + "/{}", "p"), headers=ALICE)
    app.get(path_of(NOTES, "p"), headers=ALICE, status=403)
    put(app, PROJECTS, "p")
    put(app, TASKS, "p", "3")

    # The tombstones are those of the tasks, above what was known.
    storage = app.app.registry.storage
    found, _ = storage.get_all("task", "/projects/p", include_deleted=True)
    gone = {each["id"]: each["last_modified"] for each in found if "deleted" in each}
    assert set(gone) == {"1", "2"}
    assert min(gone.values()) > int(since.strip('"'))
    assert ids_of(app, TASKS, "p") == ["3"]
    assert ids_of(app, NOTES, "p") == []


def test_one_event_tells_of_each_collection_below(app):
    populate(app)
    app.told.clear()

    app.delete(path_of(PROJECTS + "/{}", "p"), headers=ALICE)

    told = {
        event.payload["uri"]: (
            event.payload["resource_name"],
            event.payload["action"],
            sorted(each["before"]["id"] for each in event.impacted_records),
            sorted(each["old"]["id"] for each in event.impacted_records),
        )
        for event in app.told
    }
    assert told == {
        "/projects/p": ("project", "delete", ["p"], ["p"]),
        "/projects/p/tasks": ("task", "delete", ["1", "2"], ["1", "2"]),
        "/projects/p/tasks/1/comments": ("comment", "delete", ["c"], ["c"]),
        "/projects/p/tasks/2/comments": ("comment", "delete", ["c"], ["c"]),
        "/projects/p/groups": ("team", "delete", ["g"], ["g"]),
        "/projects/p/notes": ("note", "delete", ["n"], ["n"]),
        "/projects/p/notes/n/drafts": ("draft", "delete", ["d"], ["d"]),
    }
    ids = {each.payload["uri"]: each.payload for each in app.told}
    comments = ids["/projects/p/tasks/1/comments"]
    assert (comments["project_id"], comments["task_id"]) == ("p", "1")


def test_a_refused_deletion_deletes_nothing_below(app):
    populate(app)
    before = everything(app)
    path = path_of(PROJECTS + "/{}", "p")

    app.delete(path, headers=BOB, status=403)
    app.delete(path, headers={**ALICE, "If-Match": '"12345"'}, status=412)

    assert everything(app) == before


def test_ids_of_tests_may_be_anything():
    assert AnyText().match("é %")
