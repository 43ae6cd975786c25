"""Unique and read-only fields, and two policies at once."""

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


def test_readonly_fields_are_kept_by_a_put(app, alice):
    """On creation they are free; what is not sent has its default, or is gone."""
    url = "/v1/books/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
    app.put_json(url, {"data": {"owner": "a"}}, headers=alice, status=201)

    error = app.put_json(url, {"data": {"owner": "b"}}, headers=alice, status=400).json
    assert error["message"] == "Cannot modify owner"
    assert app.get(url, headers=alice).json["data"]["owner"] == "a"

    app.put_json(url, {"data": {"owner": "a", "isbn": "1"}}, headers=alice, status=200)
    app.put_json(url, {"data": {}}, headers=alice, status=200)
    assert "owner" not in app.get(url, headers=alice).json["data"]
    app.put_json(url, {"data": {"owner": "c"}}, headers=alice, status=200)
    app.delete(url, headers=alice)
    app.put_json(url, {"data": {"owner": "d"}}, headers=alice, status=201)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"1", b"{", b'{"data":{}}', b'{"data":null}',
        b'{"data":[]}', b'{"data":{"owner":null}}', b'{"data":{"owner":[]}}', b'{"x":1}',
    ],
)  # fmt: skip
def test_no_body_is_too_odd_for_the_options(app, alice, method, body):
    """A record of which all fields are optional may be left out."""
    url = "/v1/books/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10"
    app.put_json(url, {"data": {"owner": "a"}}, headers=alice, status=201)

    target = "/v1/books" if method == "POST" else url
    answer = app.request(
        target, method=method, body=body, headers=alice, expect_errors=True
    )

    assert answer.status_code < 500
    assert method == "PATCH" or body not in (b"", b"{}") or answer.status_code < 300


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
