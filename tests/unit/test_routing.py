"""Paths of records are those that Pyramid would build."""

import pytest
from pyramid.config import Configurator
from pyramid.testing import DummyRequest

import cliquet
from cliquet import resource
from cliquet.framework.requests import current_service
from cliquet.protocol.routing import record_path, record_pattern


class Hens(resource.ViewSet):
    service_name = "{endpoint_type} of {resource_name}"


class Hen(resource.UserResource):
    default_viewset = Hens


@pytest.fixture
def request_of():
    settings = {"project_name": "farms", "storage_backend": "cliquet.storage.memory"}
    config = Configurator(settings=settings)
    cliquet.initialize(config, "1.0")
    viewset = Hens(
        collection_path="/farms/{{farm}}/hens", record_path="/hens/{{id}}/of/{{farm}}"
    )
    scan = type("Scan", (), {"config": config})
    resource.register_resource(Hen, viewset=viewset)(scan, "hen", Hen)
    registry = config.make_wsgi_app().registry

    def make(farm):
        request = DummyRequest(matchdict={"farm": farm})
        request.registry = registry
        request.bound_data = {}
        request.matched_route = type("Route", (), {"pattern": "v1/farms/{farm}/hens"})
        request.current_service = current_service(request)
        request.record_pattern = record_pattern(request)
        return request

    return make


@pytest.mark.parametrize("farm", ["a", "é %", "*", "id"])
@pytest.mark.parametrize(
    "record_id", ["a", "*", "é", "a b", "x%", "a/b", "a@b", "{id}"]
)
def test_paths_are_quoted_as_by_pyramid(request_of, farm, record_id):
    request = request_of(farm)

    path = record_path(request, record_id)

    name = request.current_service.viewset.get_service_name("record", Hen)
    assert "/v1" + path == request.route_path(name, farm=farm, id=record_id)
