"""What a user would like to buy."""

import colander
from cliquet import resource
from cliquet.resource.schema import URL, TimeStamp


class WishSchema(resource.ResourceSchema):
    """What a wish has."""

    title = colander.SchemaNode(
        colander.String(), validator=colander.Length(min=1, max=100)
    )
    cents = colander.SchemaNode(colander.Integer(), validator=colander.Range(min=0))
    page = URL(missing=colander.drop)
    added = TimeStamp()

    class Options(resource.ResourceSchema.Options):
        """What is refused besides."""

        unique_fields = ("title",)
        readonly_fields = ("added",)
        unknown = "raise"


@resource.register(name="wish", collection_path="/wishes", record_path="/wishes/{id}")
class Wish(resource.UserResource):
    """Private: each user has wishes of their own, and sees no other."""

    mapping = WishSchema()
