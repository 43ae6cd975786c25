"""Views that are no resources."""

from typing import Any

import cliquet
from cliquet.permission import require

from .events import list_activity

activity = cliquet.Service(
    name="activity",
    path="/projects/{id}/activity",
    description="Who did what in a project.",
)


@activity.get()
def get_activity(request: cliquet.Request) -> dict[str, Any]:
    """Return the last changes of tasks, to those who may read the project."""
    project_id = request.matchdict["id"]
    require(request, "read", "/projects/{id}", id=project_id)
    return {"data": list_activity(request.registry.storage, project_id)}
