"""Paths of resources: variables in single braces, and those of 3.1 in double ones."""

import re
from types import SimpleNamespace

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from webtest import TestApp

import cliquet
from cliquet import resource
from tests.declarations.run import ALICE, SETTINGS

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"


class Task(resource.UserResource):
    mapping = resource.ResourceSchema()


class Shared(resource.ShareableResource):
    mapping = resource.ResourceSchema()


class Project(resource.UserResource):
    mapping = resource.ResourceSchema()


class OwnTask(Task):
    def get_parent_id(self, request):
        return request.matchdict["project_id"]


def serve(cls, collection_path, record_path=None, above=None, **options):
    settings = {"task_create_principals": "system.Authenticated"}
    config = Configurator(
        settings={**SETTINGS, "write_implies_read": "true", **settings}
    )
    cliquet.initialize(config, "1.0", "shop")
    if above is not None:
        callback = resource.register_resource(Project, record_path=above)
        callback(SimpleNamespace(config=config), "project", Project)
    record_path = record_path or collection_path + "/{id}"
    options |= {"collection_path": collection_path, "record_path": record_path}
    callback = resource.register_resource(cls, name="task", **options)
    callback(SimpleNamespace(config=config), "task", cls)
    return TestApp(config.make_wsgi_app(), extra_environ={"HTTP_AUTHORIZATION": ALICE["Authorization"]})  # fmt: skip


@pytest.mark.parametrize(
    ("collection_path", "record_path", "path"),
    [
        ("/projects/{project_id}/tasks", "/projects/{project_id}/tasks/{id}", "/projects/a/tasks"),
        ("/projects/{{project_id}}/tasks", "/projects/{{project_id}}/tasks/{{id}}", "/projects/a/tasks"),
        ("/projects/{project_id}/tasks", "/projects/{{project_id}}/tasks/{id}", "/projects/a/tasks"),
        ("/{project_id}/{resource_name}s", "/{project_id}/{resource_name}s/{id}", "/a/tasks"),
        ("/{{project_id}}/{resource_name:s}", "/{{project_id}}/{resource_name!s}/{{id}}", "/a/task"),
        (r"/years/{year:\d{4}}/tasks", r"/years/{year:\d{4}}/tasks/{id}", "/years/2026/tasks"),
        (r"/years/{{year:\d+}}/tasks", r"/years/{{year:\d+}}/tasks/{{id}}", "/years/2026/tasks"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("cls", [Task, Shared])
def test_variables_may_be_written_in_single_braces(
    cls, collection_path, record_path, path
):
    app = serve(cls, collection_path, record_path)

    created = app.post_json(f"/v1{path}", {"data": {}}, status=201)
    app.put_json(f"/v1{path}/{ID}", {"data": {}}, status=201)

    found = app.get(f"/v1{path}/{created.json['data']['id']}").json["data"]
    assert found == created.json["data"]
    assert created.headers["Location"].endswith(f"/v1{path}/{found['id']}")


def test_a_variable_that_has_to_match_is_not_found_otherwise():
    app = serve(Task, r"/years/{year:\d{4}}/tasks")

    app.get("/v1/years/26/tasks", status=404)


@pytest.mark.parametrize("cls", [Task, Shared])
def test_records_of_different_paths_are_kept_apart(cls):
    app = serve(cls, "/projects/{project_id}/tasks")
    app.put_json(f"/v1/projects/a/tasks/{ID}", {"data": {}}, status=201)

    app.put_json(f"/v1/projects/b/tasks/{ID}", {"data": {}}, status=201)
    app.delete(f"/v1/projects/b/tasks/{ID}")

    app.get(f"/v1/projects/a/tasks/{ID}")


def test_records_of_double_braces_are_where_3_1_kept_them():
    app = serve(Task, "/projects/{{project_id}}/tasks", "/projects/{{project_id}}/tasks/{{id}}")  # fmt: skip
    app.put_json(f"/v1/projects/a/tasks/{ID}", {"data": {}}, status=201)

    app.get(f"/v1/projects/b/tasks/{ID}")

    [scope] = app.app.registry.storage.scopes()
    user = app.get("/v1/").json["user"]["id"]
    assert scope.parent_id == user


NESTED = "/projects/{project_id}/tasks"
DOUBLED = "/projects/{{project_id}}/tasks"
ABOVE = "/projects/{id}"


@pytest.mark.parametrize(("cls", "collection_path", "above", "is_below"), [
    (Task, NESTED, ABOVE, True),
    (Task, NESTED, "/projects/{{id}}", True),
    (OwnTask, NESTED, ABOVE, False),
    (Task, NESTED, "/projects/none", False),
    (Task, NESTED, "/projets/{id}", False),
    (Task, "/projects/{project_id}/days/{day}/tasks", ABOVE, False),
    (Task, "/projects/{project_id}/tasks/all", ABOVE, True),
    (Task, DOUBLED, ABOVE, False),
])  # fmt: skip
def test_the_parent_is_the_resource_whose_records_a_path_begins_with(
    cls, collection_path, above, is_below
):
    suffix = "/{{id}}" if "{{" in collection_path else "/{id}"
    app = serve(cls, collection_path, collection_path + suffix, above=above)
    path = re.sub(r"{+(\w+)}+", ID, collection_path)

    app.post_json(f"/v1{path}", {"data": {}}, status=404 if is_below else 201)


def test_nothing_shared_is_below_what_each_user_has():
    with pytest.raises(ConfigurationError, match=r"Shared is shareable.*Project"):
        serve(Shared, NESTED, above=ABOVE).get("/v1/")


@pytest.mark.parametrize("path", ["%00", "x" * 1100])
def test_a_variable_that_no_engine_can_store_is_refused(path):
    app = serve(Task, "/projects/{project_id}/tasks")

    app.get(f"/v1/projects/{path}/tasks", status=400)
    app.post_json(f"/v1/projects/{path}/tasks", {"data": {}}, status=400)

    assert app.app.registry.storage.scopes() == []
