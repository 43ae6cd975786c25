"""Stores, each of which belongs to those who run it."""

import colander
from cliquet import resource


class StoreSchema(resource.ResourceSchema):
    """What a store has."""

    name = colander.SchemaNode(colander.String())
    city = colander.SchemaNode(colander.String(), missing="")


@resource.register()
class Store(resource.ShareableResource):
    """Shared: whoever opens one says who may look at it, and who may run it."""

    mapping = StoreSchema()
    # Those who have the last one may add products, and change their own only.
    permissions = ("read", "write", "product:create")
