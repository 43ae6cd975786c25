"""Schemas are bound to the request wherever something may look at `bindings`."""

import functools

import colander
import pytest
from pyramid.testing import DummyRequest

from cliquet import resource
from cliquet.framework.requests import ValidationErrors
from cliquet.nodes.binding import needs_binding
from cliquet.resource.schema import URL, TimeStamp
from cliquet.serialization import dumps
from cliquet.tests.testapp.views import Toadstool
from cliquet.validation import validate_schema
from cliquet.views.batch import BatchPayloadSchema


def validated(field):
    """Validate a body of one field; what came of it."""
    schema = resource.ResourceSchema()
    schema.add(field)
    body = dumps({"name": "given"}).encode()
    request = DummyRequest(environ={"CONTENT_TYPE": "application/json"}, body=body)
    request.content_type, request.errors = "application/json", ValidationErrors()
    request.validated = {}
    validate_schema(request, schema=schema)
    assert request.errors == []
    return request.validated, request


class Reading(colander.SchemaNode):
    schema_type = colander.String

    def deserialize(self, cstruct=colander.null):
        return self.bindings["request"]


class Inheriting(Reading):
    pass


class Patched(colander.SchemaNode):
    schema_type = colander.String


class WithValidator(colander.SchemaNode):
    schema_type = colander.String

    def validator(self, node, value):
        assert self.bindings["request"]


@pytest.mark.parametrize("node_class", [Reading, Inheriting])
def test_methods_of_applications_see_the_request(node_class):
    found, request = validated(node_class(name="name"))

    assert found["name"] is request


@pytest.mark.parametrize("node_class", [Patched, TimeStamp, colander.SchemaNode])
def test_methods_that_were_put_on_a_class_see_the_request(monkeypatch, node_class):
    monkeypatch.setattr(node_class, "deserialize", Reading.deserialize, raising=False)

    found, request = validated(node_class(colander.String(), name="name"))

    assert found["name"] is request


def test_validators_see_the_request():
    seen = []

    def look(node, value):
        seen.append(node.bindings["request"])

    found, request = validated(WithValidator(name="name"))
    assert found == {"name": "given"}
    for validator in (look, colander.All(colander.Length(max=9), look)):
        node = colander.SchemaNode(colander.String(), name="name", validator=validator)
        _, request = validated(node)
        assert seen.pop() is request


class Validator:
    def __call__(self, node, value):
        assert node.bindings["request"]

    method = __call__


class Type(colander.String):
    def deserialize(self, node, cstruct):
        return node.bindings["request"]


@pytest.mark.parametrize(
    "validator",
    [Validator(), Validator().method, functools.partial(Validator.method, None),
     colander.All(colander.All(Validator()))],
    ids=["object", "method", "partial", "nested"],
)  # fmt: skip
def test_validators_that_are_no_functions_see_the_request(validator):
    node = colander.SchemaNode(colander.String(), name="name", validator=validator)

    assert validated(node)[0] == {"name": "given"}


def test_types_of_applications_see_the_request():
    found, request = validated(colander.SchemaNode(Type(), name="name"))

    assert found["name"] is request


def test_deferred_values_are_computed():
    default = colander.deferred(lambda node, kw: kw["request"])

    found, request = validated(
        colander.SchemaNode(colander.String(), name="other", missing=default)
    )

    assert found["other"] is request


class Plain(resource.ResourceSchema):
    text = colander.SchemaNode(colander.String(), validator=colander.Length(max=9))
    site = URL()
    when = TimeStamp()


@pytest.mark.parametrize(
    "schema",
    [
        Plain(),
        BatchPayloadSchema(),
        resource.ShareableResource.default_viewset().get_record_schema(
            Toadstool, "PUT"
        ),
    ],
    ids=["fields", "batch", "permissions"],
)
def test_ours_need_no_binding(schema):
    """It would take 40 to 110 µs of each write."""
    assert not needs_binding(schema)


@pytest.mark.parametrize(
    ("text", "refused"),
    [(r'{"a": "\u0000"}', True), (r'{"\u0000": 1}', True), (r'{"a": "\\\u0000"}', True),
     (r'{"a": "\\u0000"}', False), (r'{"a": "\\\\u0000"}', False)],
)  # fmt: skip
def test_an_escaped_nul_is_refused(text, refused):
    request = DummyRequest(environ={"CONTENT_TYPE": "application/json"})
    request.method, request.content_type = "POST", "application/json"
    request.body = text.encode()
    request.errors, request.validated = ValidationErrors(), {}

    validate_schema(request, schema=colander.MappingSchema(unknown="preserve"))

    assert bool(request.errors) is refused
