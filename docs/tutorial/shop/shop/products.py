"""What stores sell."""

import colander
from cliquet import resource


class ProductSchema(resource.ResourceSchema):
    """What a product has."""

    title = colander.SchemaNode(colander.String())
    cents = colander.SchemaNode(colander.Integer(), validator=colander.Range(min=0))

    class Options(resource.ResourceSchema.Options):
        """What is refused besides."""

        unique_fields = ("title",)


@resource.register(
    parent="store",
    collection_path="/stores/{store_id}/products",
    record_path="/stores/{store_id}/products/{id}",
)
class Product(resource.ShareableResource):
    """Nested: whoever may read or write a store may do so with its products."""

    mapping = ProductSchema()
