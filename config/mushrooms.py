"""A service: mushrooms, one list per user, and bookmarks, shared on demand."""

import colander
from pyramid.config import Configurator

import cliquet
from cliquet import resource

ping = cliquet.Service(name="ping", path="/ping", description="Are you there?")


@ping.get()
def get_ping(request):
    return {"pong": request.prefixed_userid}


class MushroomSchema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String())
    rating = colander.SchemaNode(colander.Integer(), missing=0)


@resource.register()
class Mushroom(resource.UserResource):
    mapping = MushroomSchema()


@resource.register()
class Bookmark(resource.ShareableResource):
    class mapping(resource.ResourceSchema):  # noqa: N801
        url = colander.SchemaNode(colander.String())


def main(global_config, **settings):
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="1.0")
    config.scan(__name__)
    return config.make_wsgi_app()
