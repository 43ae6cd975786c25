"""Cliquet, as a developer would use it."""

import colander
from pyramid.config import Configurator

import cliquet
from cliquet import resource
from cliquet.authorization import AuthorizationPolicy


class ItemSchema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String())
    kind = colander.SchemaNode(colander.Integer(), missing=colander.drop)


@resource.register()
class Item(resource.UserResource):
    mapping = ItemSchema()


@resource.register()
class Note(resource.ShareableResource):
    mapping = ItemSchema()


class Policy(AuthorizationPolicy):
    """Who may write a record may read it: owners see what they wrote."""

    def get_bound_permissions(self, object_id, permission):
        if permission == "read":
            return [(object_id, "write"), (object_id, "read")]
        return [(object_id, permission)]


def build(url, engine="postgresql", install=True):
    settings = {
        "project_name": "bench",
        "multiauth.authorization_policy": f"{__name__}.Policy",
        "note_create_principals": "system.Authenticated",
    }
    for kind in ("storage", "permission", "cache"):
        settings[f"{kind}_backend"] = f"cliquet.{kind}.{engine}"
        settings[f"{kind}_url"] = url
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="1.0")
    config.scan(__name__)
    application = config.make_wsgi_app()
    if install:
        for kind in ("storage", "permission", "cache"):
            getattr(config.registry, kind).initialize_schema()
    return application
