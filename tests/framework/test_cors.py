"""CORS headers of other responses rely on names of Cornice's services."""

import cornice
import pytest
from pyramid.security import NO_PERMISSION_REQUIRED
from webtest import TestApp

from cliquet.service import Service

LOOK_AT = (
    "cliquet/framework/cors.py and cliquet/service.py: services of Cornice no longer have "
    "what CORS headers are taken from; compare cornice.service.Service: "
)
PAGE = {"Origin": "http://page.example"}


@pytest.mark.parametrize(
    "name", ["cors_enabled", "cors_origins_for", "cors_supported_headers_for",
             "cors_support_credentials_for", "cors_supported_methods", "cors_max_age_for", "defined_methods", "definitions"],
)  # fmt: skip
def test_services_have_what_we_use(name):
    assert hasattr(Service("service", "/service"), name), LOOK_AT + name


def test_headers_of_errors_are_those_of_responses(config):
    app = TestApp(config.make_wsgi_app())
    headers = {"Origin": "http://page.example"}

    found = app.get("/v1/", headers=headers).headers
    error = app.get("/v1/mushrooms", headers=headers, status=401).headers

    assert error["Access-Control-Allow-Origin"] == found["Access-Control-Allow-Origin"]
    assert "Alert" in error["Access-Control-Expose-Headers"], (
        LOOK_AT + "exposed headers"
    )


def test_services_of_cornice_itself_vary_too(config):
    plain = cornice.Service("plain", "/plain", cors_origins=("http://page.example",))
    plain.add_view(
        "GET", lambda request: "", renderer="json", permission=NO_PERMISSION_REQUIRED
    )
    config.add_cornice_service(plain)
    app = TestApp(config.make_wsgi_app())

    response = app.get("/v1/plain", headers=PAGE)

    assert response.headers["Access-Control-Allow-Origin"] == PAGE["Origin"]
    assert response.headers["Vary"] == "Origin, Authorization"


def test_arguments_of_services_are_those_of_cornice(config):
    service = Service(
        "mine",
        "/mine",
        cors_origins=["http://page.example"],
        cors_policy={"headers": ["X-Service"]},
    )
    service.add_view(
        "GET",
        lambda request: {},
        permission=NO_PERMISSION_REQUIRED,
        cors_headers=["X-View"],
        cors_credentials=True,
    )
    service.add_view("POST", lambda request: {}, permission=NO_PERMISSION_REQUIRED)
    config.add_cornice_service(service)
    app = TestApp(config.make_wsgi_app())

    read = app.get("/v1/mine", headers=PAGE).headers
    written = app.post("/v1/mine", headers=PAGE).headers

    assert {"X-Service", "X-View"} <= set(
        read["Access-Control-Expose-Headers"].split(", ")
    )
    assert read["Access-Control-Allow-Credentials"] == "true"
    assert read["Access-Control-Allow-Origin"] == PAGE["Origin"]
    assert "Access-Control-Allow-Credentials" not in written
    assert "X-View" not in written["Access-Control-Expose-Headers"]
    app.get("/v1/mine", headers={"Origin": "http://other"}, status=400)


@pytest.mark.parametrize("options", [
    {"cors_origins": ["http://page.example"]}, {"cors_enabled": False},
])  # fmt: skip
def test_what_a_service_refuses_is_not_granted_by_the_setting(config, options):
    service = Service("mine", "/mine", **options)
    service.add_view("GET", lambda request: {}, permission=NO_PERMISSION_REQUIRED)
    config.add_cornice_service(service)
    app = TestApp(config.make_wsgi_app())
    asked = {"Origin": "http://other", "Access-Control-Request-Method": "GET"}

    refused = app.options("/v1/mine", headers=asked, expect_errors=True)

    assert refused.status_code == (400 if "cors_origins" in options else 405)
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert "Access-Control-Allow-Methods" not in refused.headers
