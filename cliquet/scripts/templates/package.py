"""The service {{name}}."""

from collections.abc import Mapping

import cliquet
from pyramid.config import Configurator
from pyramid.router import Router

SETTINGS = {
    # Whoever may write may read; whoever may create may list; and what holds for a
    # project holds for the tasks in it.
    "write_implies_read": True,
    "create_implies_list": True,
    "inherit_permissions": True,
    "project_create_principals": "system.Authenticated",
    "group_create_principals": "system.Authenticated",
    "paginate_by": 100,
    # A page that clients are sent to when they meet an error 500.
    "error_info_link": "",
    # What scripts of web pages may read besides the headers of the protocol.
    "cors_exposed_headers": "Accept-Patch, ETag, Last-Modified, Location, X-Request-Id",
    # The root URL names what clients can use besides the protocol's version 2.
    "announce_capabilities": True,
}
"""What the service is, wherever it runs. Deployments have their own in files."""


def main(global_config: Mapping[str, str], **settings: object) -> Router:
    """Return the WSGI application."""
    config = Configurator(settings=settings)
    cliquet.initialize(
        config,
        version="1.0",
        project_name="{{name}}",
        default_settings=SETTINGS,
    )
    config.include("cliquet.groups")
    config.scan("{{name}}")
    return config.make_wsgi_app()
