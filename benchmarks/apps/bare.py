"""Bare Pyramid: one view that answers JSON."""

from pyramid.config import Configurator


def build():
    config = Configurator()
    config.add_route("hello", "/v1/")
    config.add_view(
        lambda request: {"hello": "world"}, route_name="hello", renderer="json"
    )
    return config.make_wsgi_app()
