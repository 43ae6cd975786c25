"""The sample application that tests run on."""

from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.static import static_view

import cliquet


def includeme(config: Configurator) -> None:
    """Register the resources, and a directory of static files."""
    config.scan("cliquet.tests.testapp.views")
    config.add_route("catchall_static", "/static/*subpath")
    static = static_view("cliquet:tests/testapp/static", use_subpath=True)
    config.add_view(static, route_name="catchall_static")


def main(
    settings: Mapping[str, Any] | None = None,
    config: Any = None,
    *args: Any,
    **additional_settings: Any,
) -> Any:
    """Build the application; a configurator that is given has its own settings."""
    if config is None:
        config = Configurator(settings={**(settings or {}), **additional_settings})
    cliquet.initialize(config, version="0.0.1")
    config.include(includeme)
    app = config.make_wsgi_app()
    return cliquet.install_middlewares(app, config.get_settings())
