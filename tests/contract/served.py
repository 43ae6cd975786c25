"""Resources of a test, served on an engine."""

from typing import Any

from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.serialization import dumps, loads
from tests.sync.proof import settings_for

ALICE = {"Authorization": "Basic bWF0OjE="}


def serve(settings: dict[str, Any], *resources: Any) -> TestApp:
    """Return an application that serves some resources at `/v1`."""
    named = {"project_name": "served", "project_version": "1.0"}
    config = Configurator(settings={**settings, **named})
    cliquet.initialize(config, "1.0")
    for each in resources:
        callback = resource.register_resource(each)
        callback(type("Scan", (), {"config": config}), each.__name__, each)
    return TestApp(config.make_wsgi_app())


def engine_settings(engine: Any, url: str) -> dict[str, Any]:
    """Return settings of an application, its schemas created."""
    settings = settings_for(engine.id, url)
    engine.prepare(settings)
    return settings


def send(app: TestApp, method: str, url: str, **body: Any) -> Any:
    """Send a body and return the record of the answer; numbers are exact both ways."""
    response = app.request(
        url,
        method=method,
        body=dumps(body).encode(),
        headers={**ALICE, "Content-Type": "application/json"},
    )
    return loads(response.body)["data"]


def fetch(app: TestApp, url: str) -> Any:
    """Return the record, or records, at a URL; numbers are exact."""
    return loads(app.get(url, headers=ALICE).body)["data"]
