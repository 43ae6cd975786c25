"""Paths of resources: variables in single braces, and those of 3.1 in double ones."""

from types import SimpleNamespace

import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from tests.declarations.run import ALICE, SETTINGS

ID = "3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"


class Task(resource.UserResource):
    mapping = resource.ResourceSchema()


class Shared(resource.ShareableResource):
    mapping = resource.ResourceSchema()


def serve(cls, collection_path, record_path=None, **options):
    settings = {"task_create_principals": "system.Authenticated"}
    config = Configurator(
        settings={**SETTINGS, "write_implies_read": "true", **settings}
    )
    cliquet.initialize(config, "1.0", "shop")
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


@pytest.mark.parametrize("path", ["%00", "x" * 1100])
def test_a_variable_that_no_engine_can_store_is_refused(path):
    app = serve(Task, "/projects/{project_id}/tasks")

    app.get(f"/v1/projects/{path}/tasks", status=400)
    app.post_json(f"/v1/projects/{path}/tasks", {"data": {}}, status=400)

    assert app.app.registry.storage.scopes() == []
