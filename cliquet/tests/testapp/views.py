"""Resources of the sample application."""

from typing import Any

import colander
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from cliquet import resource
from cliquet.dotted import naming_the_extra

with naming_the_extra("The sample application", "tests"):
    import requests


class MushroomSchema(resource.ResourceSchema):
    """A mushroom has a name."""

    name = colander.SchemaNode(colander.String())


class PsilocybinSchema(resource.ResourceSchema):
    """Each field has a default."""

    name = colander.SchemaNode(colander.String(), missing="Unknown")
    edible = colander.SchemaNode(colander.Boolean(), missing=True)
    size = colander.SchemaNode(colander.Integer(), missing=-1)


class SchemaLess(resource.ResourceSchema):
    """Any field."""

    class Options:
        """Keep what is not declared."""

        preserve_unknown = True


@resource.register()
class Mushroom(resource.UserResource):
    """Records of a user."""

    mapping = MushroomSchema()


@resource.register()
class Toadstool(resource.ShareableResource):
    """Records that are shared."""

    mapping = MushroomSchema()


@resource.register()
class Moisture(resource.ShareableResource):
    """Records without fields."""

    mapping = resource.ResourceSchema()


@resource.register()
class Psilo(resource.ShareableResource):
    """Records made of defaults."""

    mapping = PsilocybinSchema()


@resource.register()
class Spore(resource.ShareableResource):
    """Records with any field."""

    mapping = SchemaLess()


@view_config(context=requests.exceptions.HTTPError, permission=NO_PERMISSION_REQUIRED)
def response_error(context: Any, request: Any) -> Any:
    """Return the 404 of another service; anything else is an error of ours."""
    if context.response is not None and context.response.status_code == 404:
        response = httpexceptions.HTTPNotFound()
        response.body = b"Handled in tests/testapp/views.py"
        response.content_type = "text/plain"
        return response
    raise context
