"""What happens when records change."""

from cliquet.events import ACTIONS, ResourceChanged
from cliquet.storage import Sort, StorageBase
from cliquet.types import Record
from pyramid.events import subscriber

_KIND = "activity"


@subscriber(ResourceChanged, for_resources=("task",))
def keep_activity(event: ResourceChanged) -> None:
    """Keep who did what, in the transaction of the change: both are stored, or none."""
    storage = event.request.registry.storage
    for change in event.impacted_records:
        task = change["before"] if "before" in change else change["new"]
        told = {"action": event.payload["action"], "title": task["title"]}
        told["user"] = event.payload["user_id"]
        storage.create(_KIND, event.payload["project_id"], told)


@subscriber(ResourceChanged, for_resources=("project",), for_actions=(ACTIONS.DELETE,))
def forget_activity(event: ResourceChanged) -> None:
    """Forget what happened in projects that are deleted."""
    storage = event.request.registry.storage
    for change in event.impacted_records:
        storage.delete_all(_KIND, change["before"]["id"], with_deleted=False)


def list_activity(storage: StorageBase, project_id: str) -> list[Record]:
    """Return the last changes in a project, the newest first."""
    newest_first = [Sort("last_modified", -1)]
    found, _ = storage.get_all(_KIND, project_id, sorting=newest_first, limit=50)
    return found
