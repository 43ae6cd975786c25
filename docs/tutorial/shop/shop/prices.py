"""The price history of products."""

from typing import Any

import cliquet
from cliquet.events import ACTIONS, ResourceChanged
from cliquet.permission import require
from cliquet.storage import Sort
from cliquet.types import Request
from pyramid.events import subscriber

KIND = "price"


@subscriber(
    ResourceChanged,
    for_resources=("product",),
    for_actions=(ACTIONS.CREATE, ACTIONS.UPDATE),
)
def keep_prices(event: ResourceChanged) -> None:
    """Keep each new price: it is stored with the change, or neither is."""
    storage = event.request.registry.storage
    for change in event.impacted_records:
        new, old = change["new"], change.get("old", {})
        if new["cents"] != old.get("cents"):
            storage.create(KIND, new["id"], {"cents": new["cents"]})


@subscriber(ResourceChanged, for_resources=("product",), for_actions=(ACTIONS.DELETE,))
def forget_prices(event: ResourceChanged) -> None:
    """Forget the prices of products that are deleted."""
    storage = event.request.registry.storage
    for change in event.impacted_records:
        storage.delete_all(KIND, change["before"]["id"], with_deleted=False)


prices = cliquet.Service(
    name="prices",
    path="/stores/{store_id}/products/{id}/prices",
    description="Price history of a product.",
)


@prices.get()
def get_prices(request: Request) -> dict[str, Any]:
    """Return the prices of a product, to those who may read it."""
    path, parts = "/stores/{store_id}/products/{id}", request.matchdict
    require(request, "read", path, **parts)
    newest_first = [Sort("last_modified", -1)]
    found, _ = request.registry.storage.get_all(
        KIND, parts["id"], sorting=newest_first, limit=100
    )
    return {
        "data": [
            {"cents": each["cents"], "since": each["last_modified"]} for each in found
        ]
    }
