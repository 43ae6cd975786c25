"""What the service keeps."""

import colander
from cliquet import resource


class ItemSchema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String())
    price = colander.SchemaNode(colander.Float(), missing=0)


@resource.register()
class Item(resource.UserResource):
    mapping = ItemSchema()
