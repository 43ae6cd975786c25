"""The service shop."""

from collections.abc import Mapping

import cliquet
from pyramid.config import Configurator
from pyramid.router import Router

SETTINGS = {
    "write_implies_read": True,
    "create_implies_list": True,
    "inherit_permissions": True,
    "paginate_by": 100,
    "error_info_link": "",
    "announce_capabilities": True,
}
"""What the service is, wherever it runs. Deployments have their own in files."""


def main(global_config: Mapping[str, str], **settings: object) -> Router:
    """Return the WSGI application."""
    config = Configurator(settings=settings)
    cliquet.initialize(
        config,
        version="1.0",
        project_name="shop",
        default_settings=SETTINGS,
    )
    config.scan("shop")
    return config.make_wsgi_app()
