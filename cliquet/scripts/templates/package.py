"""The service {{name}}."""

import cliquet
from pyramid.config import Configurator


def main(global_config, **settings):
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="1.0")
    config.scan("{{name}}.resources")
    return config.make_wsgi_app()
