"""No input gives a 5xx, every error is the protocol's JSON, and leaves no trace.

Requests go straight to the WSGI callable, so that no test client refuses
or repairs what a hostile client may send.
``pytest tests/http/test_fuzz.py --fuzz-examples 10000 --app-backend redis`` is the long
run, on one engine.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cliquet.tests import testapp as sample
from cliquet.tests.support import DEFAULT_SETTINGS
from tests.http.fuzzed import RECORD_ID, bodies, headers, methods, paths, queries
from tests.http.wsgi import build_environ, send

SETTINGS = {
    **DEFAULT_SETTINGS,
    "project_name": "fuzz",
    "project_version": "0.0.1",
    "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy",
    "spore_create_principals": "system.Authenticated",
    "spore_read_principals": "system.Everyone",
    "spore_write_principals": "system.Authenticated",
    "psilo_create_principals": "system.Everyone",
}


@pytest.fixture(scope="module")
def application(app_settings: dict[str, Any]) -> Iterator[Any]:
    app = sample.main({**SETTINGS, **app_settings})
    for resource in ("mushrooms", "spores", "psilos", "toadstools"):
        body = json.dumps({"data": {"name": "seed", "rank": 1}}).encode()
        environ = build_environ("PUT", f"/v0/{resource}/{RECORD_ID}", [], {}, body)
        send(app, environ)
    yield app
    for kind in ("storage", "permission", "cache"):
        getattr(app.registry, kind).flush()


def stored(registry: Any) -> tuple[Any, ...]:
    """Return what requests may change: a write moves the time of its collection."""
    storage, permission = registry.storage, registry.permission
    return (
        {
            scope: storage.collection_timestamp(*scope, initialize=False)
            for scope in storage.scopes()
        },
        sorted(permission.all_permissions()),
        sorted(permission.all_user_principals()),
    )


def test_no_request_gives_a_server_error(
    application: Any, request: pytest.FixtureRequest
) -> None:
    examples: int = request.config.getoption("--fuzz-examples")
    before = [stored(application.registry)]

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        method=methods,
        path=paths,
        query=queries,
        sent_headers=headers,
        body=bodies,
    )
    def fuzz(
        method: str,
        path: str,
        query: list[tuple[str, str, bool]],
        sent_headers: dict[str, str],
        body: bytes,
    ) -> None:
        environ = build_environ(method, path, query, sent_headers, body)

        status, answered, content = send(application, environ)

        assert status < 500, (status, content)
        if status < 400:
            before[0] = stored(application.registry)
        else:
            assert stored(application.registry) == before[0], (status, content)
        if status >= 400 and method != "HEAD":
            error = json.loads(content)
            assert answered["Content-Type"] == (
                "application/problem+json"
                if "type" in error
                else "application/json; charset=UTF-8"
            )
            assert error["code"] == status
            assert isinstance(error["errno"], int)

    fuzz()
