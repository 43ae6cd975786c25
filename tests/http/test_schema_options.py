"""Unique and read-only fields (protocol §14.4, §17.3, §18.3), two policies (§9.1)."""

import colander
import pytest
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource


class BookSchema(resource.ResourceSchema):
    isbn = colander.SchemaNode(colander.String(), missing=colander.drop)
    owner = colander.SchemaNode(colander.String(), missing=colander.drop)

    class Options:
        unique_fields = ("isbn",)
        readonly_fields = ("owner",)


class Book(resource.UserResource):
    mapping = BookSchema()


@pytest.fixture
def app(app_settings):
    config = Configurator(settings={**app_settings, "project_name": "books"})
    cliquet.initialize(config, "1.0")
    resource.register_resource(Book)(type("Scan", (), {"config": config}), "book", Book)
    app = TestApp(config.make_wsgi_app())
    yield app
    config.registry.storage.flush()


def test_a_value_of_another_record_is_a_conflict(app, alice):
    first = app.post_json("/v1/books", {"data": {"isbn": "1"}}, headers=alice).json[
        "data"
    ]
    other = app.post_json("/v1/books", {"data": {"isbn": "2"}}, headers=alice).json[
        "data"
    ]
    url = f"/v1/books/{other['id']}"

    for send in (app.put_json, app.patch_json):
        error = send(url, {"data": {"isbn": "1"}}, headers=alice, status=409).json
        assert error["errno"] == 122
        assert error["message"] == f"Conflict of field isbn on record {first['id']}"
        assert error["details"] == {"field": "isbn", "existing": first}
    shown = app.post_json(
        "/v1/books", {"data": {"isbn": "1"}}, headers=alice, status=200
    )
    assert shown.json["data"] == first
    app.put_json(url, {"data": {"isbn": "2"}}, headers=alice)


def test_readonly_fields_are_set_once(app, alice):
    created = app.post_json("/v1/books", {"data": {}}, headers=alice).json["data"]
    url = f"/v1/books/{created['id']}"

    app.patch_json(url, {"data": {"owner": "a"}}, headers=alice)
    app.patch_json(url, {"data": {"owner": "a"}}, headers=alice)
    error = app.patch_json(
        url, {"data": {"owner": "b"}}, headers=alice, status=400
    ).json

    assert error["message"] == "Cannot modify owner"
    assert error["details"] == [
        {"location": "body", "name": "owner", "description": "Cannot modify owner"}
    ]
