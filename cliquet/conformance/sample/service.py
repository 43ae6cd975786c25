"""A service with the three resources that ``cliquet conformance`` needs."""

from typing import Any

import colander
from pyramid.config import Configurator

import cliquet
from cliquet import resource


class PlaceSchema(colander.MappingSchema):
    """Fields inside of a field."""

    city = colander.SchemaNode(colander.String(), missing=colander.drop)
    floor = colander.SchemaNode(colander.Integer(), missing=colander.drop)


class NoteSchema(resource.ResourceSchema):
    """Fields that are declared, and no other."""

    title = colander.SchemaNode(colander.String())
    rank = colander.SchemaNode(colander.Integer(), missing=0)
    done = colander.SchemaNode(colander.Boolean(), missing=False)
    in_stock = colander.SchemaNode(colander.Boolean(), missing=colander.drop)
    slug = colander.SchemaNode(colander.String(), missing=colander.drop)
    tags = colander.SchemaNode(
        colander.Sequence(),
        colander.SchemaNode(colander.String()),
        missing=colander.drop,
    )
    place = PlaceSchema(missing=colander.drop)
    source = colander.SchemaNode(colander.String(), missing=colander.drop)

    class Options:
        """No two notes of a user have the same slug; a source is set once."""

        unique_fields = ("slug",)
        readonly_fields = ("source",)


class AnySchema(resource.ResourceSchema):
    """Any field, and nothing that must be there."""

    title = colander.SchemaNode(colander.String(), missing=colander.drop)
    rank = colander.SchemaNode(colander.Integer(), missing=colander.drop)
    slug = colander.SchemaNode(colander.String(), missing=colander.drop)

    class Options:
        """Keep what is not declared; no two records have the same slug."""

        preserve_unknown = True
        unique_fields = ("slug",)


@resource.register()
class Note(resource.UserResource):
    """Records of their user."""

    mapping = NoteSchema()


@resource.register()
class Article(resource.ShareableResource):
    """Records that are shared, each with its permissions."""

    mapping = AnySchema()


@resource.register()
class Page(resource.ShareableResource):
    """Records that everybody may read, and caches may keep for a minute."""

    mapping = AnySchema()


def main(global_config: Any, **settings: Any) -> Any:
    """Build the application."""
    config = Configurator(settings=settings)
    cliquet.initialize(config, version="1.0")
    config.scan(__name__)
    return cliquet.install_middlewares(config.make_wsgi_app(), config.get_settings())
