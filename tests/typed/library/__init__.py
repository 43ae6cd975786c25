"""A library: what an application writes with cliquet, and what type checkers read."""

from collections.abc import Mapping

import cliquet
from pyramid.config import Configurator
from pyramid.router import Router

SETTINGS = {
    "write_implies_read": True,
    "create_implies_list": True,
    "inherit_permissions": True,
    "storage_backend": "cliquet.storage.memory",
    "permission_backend": "cliquet.permission.memory",
    "cache_backend": "cliquet.cache.memory",
    "id_generator": "library.ids.Readable",
    "userid_hmac_secret": "b2f7c4dd6a0f4b0e8f8e4a3d8f1c2a97",
    "multiauth.policies": "jwt card",
    "multiauth.policy.jwt.use": "library.authentication.StaffTokens",
    "multiauth.policy.jwt.secret": "d4c0e1a2b3f405968778695a4b3c2d1e",
    "multiauth.policy.card.use": "library.authentication.CardPolicy",
    "event_listeners": "audit",
    "event_listeners.audit.use": "library.listeners",
    "event_listeners.audit.resources": "book",
    "shelf_create_principals": "system.Authenticated",
    "group_create_principals": "system.Authenticated",
}


def main(global_config: Mapping[str, str], **settings: object) -> Router:
    """Return the WSGI application."""
    config = Configurator(settings={**SETTINGS, **settings})
    cliquet.initialize(config, version="1.0", project_name="library")
    config.include("cliquet.groups")
    config.add_api_capability("loans", description="Books are lent")
    config.scan("library")
    return config.make_wsgi_app()
