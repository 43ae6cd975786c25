"""Notes of readers, shelves of books, books."""

from typing import Any

import cliquet
import colander
from cliquet import resource
from cliquet.events import ACTIONS
from cliquet.types import Record, Result
from pyramid.httpexceptions import HTTPConflict

from library.schemas import BookSchema, RareBookSchema, ShelfSchema


@resource.register()
class Note(resource.UserResource):
    """Private: each reader has notes of their own."""

    class mapping(resource.ResourceSchema):  # noqa: N801 -- the name of an attribute
        """Declared in place."""

        text = colander.SchemaNode(colander.String())
        done = colander.SchemaNode(colander.Boolean(), missing=False)


@resource.register(
    name="shelf", collection_path="/shelves", record_path="/shelves/{{id}}"
)
class Shelf(resource.ShareableResource):
    """Shared: whoever creates one says who may add books."""

    mapping = ShelfSchema()
    permissions = ("read", "write", "book:create")


class CountingModel(resource.ShareableModel):
    """Records that count their versions."""

    def update_record(
        self,
        record: Record,
        parent_id: str | None = None,
        unique_fields: tuple[str, ...] | None = None,
    ) -> Record:
        """Store a record, with the number of its version."""
        versioned = {**record, "version": record.get("version", 0) + 1}
        return super().update_record(versioned, parent_id, unique_fields)


@resource.register(
    collection_path="/shelves/{{shelf_id}}/books",
    record_path="/shelves/{{shelf_id}}/books/{{id}}",
    collection_methods=("GET", "POST"),
)
class Book(resource.ShareableResource):
    """Nested, with each of the hooks."""

    mapping = BookSchema()
    default_model = CountingModel

    def get_parent_id(self, request: cliquet.Request) -> str:
        """Return the shelf."""
        return request.matchdict["shelf_id"]

    def is_known_field(self, field: str) -> bool:
        """Have lists filtered by the version as well."""
        return field == "version" or super().is_known_field(field)

    def apply_changes(self, record: Record, changes: Record) -> Record:
        """Refuse to change the book of an ISBN into another."""
        if record["isbn"] and changes.get("isbn", record["isbn"]) != record["isbn"]:
            raise HTTPConflict("An ISBN stays")
        return super().apply_changes(record, changes)

    def process_record(self, new: Record, old: Record | None = None) -> Record:
        """Compute the initial, and keep the version."""
        version = old.get("version", 0) if old else 0
        initial = new["title"][:1].upper()
        return super().process_record(
            {**new, "initial": initial, "version": version}, old
        )

    def postprocess(
        self,
        result: Result,
        action: ACTIONS = ACTIONS.READ,
        old: Record | None = None,
    ) -> dict[str, Any]:
        """Tell how many there are."""
        body = super().postprocess(result, action, old)
        return {**body, "count": len(result)} if isinstance(result, list) else body


@resource.register(name="rare")
class RareBook(resource.UserResource):
    """Without storage of its own: read-only, from elsewhere."""

    mapping = RareBookSchema

    def collection_get(self) -> dict[str, Any]:
        """Return what the archive has."""
        self.request.response.headers["X-Archive"] = "closed"
        return {"data": []}
