"""What happens when records change."""

import cliquet
from cliquet.events import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)
from cliquet.logs import logger
from pyramid.events import NewRequest, subscriber
from pyramid.httpexceptions import HTTPForbidden


@subscriber(ResourceChanged, for_resources=("shelf",), for_actions=(ACTIONS.DELETE,))
def keep_shelves_with_books(event: ResourceChanged) -> None:
    """Refuse to delete a shelf that has books."""
    storage = event.request.registry.storage
    for change in event.impacted_records:
        _, count = storage.get_all("book", change["before"]["id"], limit=1)
        if count:
            raise HTTPForbidden("There are books on it")


@subscriber(ResourceChanged, for_resources=("book",))
def share_with_staff(event: ResourceChanged) -> None:
    """Have the staff write every new book."""
    if event.payload["action"] != ACTIONS.CREATE.value:
        return
    permission = event.request.registry.permission
    shelf = event.payload["shelf_id"]
    for change in event.impacted_records:
        path = f"/shelves/{shelf}/books/{change['new']['id']}"
        permission.add_principal_to_ace(path, "write", "group:staff")


@subscriber(AfterResourceChanged, for_resources=("book",))
def log_books(event: AfterResourceChanged) -> None:
    """Log which titles changed."""
    for change in event.impacted_records:
        if "old" in change and "new" in change:
            before, after = change["old"]["title"], change["new"]["title"]
            logger.info("book.renamed", before=before, after=after)


@subscriber([ResourceRead, AfterResourceRead])
def count_reads(event: ResourceRead | AfterResourceRead) -> None:
    """Count what is read, once for all entries of a batch."""
    counts: dict[str, int] = event.request.bound_data.setdefault("reads", {})
    name: str = event.payload["resource_name"]
    counts[name] = counts.get(name, 0) + len(event.read_records)


class LibraryRequest(cliquet.Request):
    """Requests, with what this application adds to them."""

    branch: str


@subscriber(NewRequest)
def set_branch(event: NewRequest) -> None:
    """Remember which branch asks."""
    request: LibraryRequest = event.request
    request.branch = request.headers.get("X-Branch", "main")
