"""What records hold."""

from typing import Any

import colander
from cliquet import resource
from cliquet.resource.schema import URL, TimeStamp, strip_whitespace


def is_isbn(node: colander.SchemaNode, value: str) -> None:
    """Refuse what is no ISBN-13."""
    if len(value) != 13 or not value.isdigit():
        raise colander.Invalid(node, "13 digits are expected")


class BookSchema(resource.ResourceSchema):
    """A book; its fields have the names of attributes of nodes, too."""

    title = colander.SchemaNode(colander.String(), validator=colander.Length(min=1))
    name = colander.SchemaNode(colander.String(), missing=colander.drop)
    description = colander.SchemaNode(colander.String(), missing="")
    isbn = colander.SchemaNode(colander.String(), validator=is_isbn, missing=None)
    pages = colander.SchemaNode(
        colander.Integer(), validator=colander.Range(min=1, max=9999), missing=None
    )
    cover = URL(missing=None)
    added = TimeStamp()
    initial = colander.SchemaNode(colander.String(), missing=colander.drop)

    @colander.instantiate(missing=())
    class authors(colander.SequenceSchema):  # noqa: N801 -- the name of a field
        """Names of authors."""

        author = colander.SchemaNode(colander.String())

    class Options:
        """Two books have not the same ISBN, and a book was added once."""

        unique_fields = ("isbn",)
        readonly_fields = ("added",)


class RareBookSchema(BookSchema):
    """A book that is not lent."""

    value = colander.SchemaNode(colander.Decimal())

    class Options(BookSchema.Options):
        """Whatever else is known of it is kept."""

        preserve_unknown = True


class ShelfSchema(resource.ResourceSchema):
    """A shelf."""

    name = colander.SchemaNode(
        colander.String(),
        preparer=strip_whitespace,
        validator=colander.All(colander.Length(max=40), colander.Regex(r"\w")),
    )

    class Options(resource.ResourceSchema.Options):
        """Undeclared fields are refused."""

        preserve_unknown = "raise"


class Until(colander.SchemaNode):
    """A day on which a book is returned."""

    schema_type = colander.Date
    title = "Until"

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """Read the day; there is one."""
        return super().deserialize(cstruct)


class LoanSchema(colander.MappingSchema):
    """The body of a loan."""

    @colander.instantiate()
    class data(colander.MappingSchema):  # noqa: N801 -- the name of a field
        """What is sent."""

        until = Until()
