"""What is told besides the response."""

from cliquet.events import ResourceChanged, ResourceRead
from cliquet.listeners import ListenerBase
from pyramid.config import Configurator


class Audit(ListenerBase):
    """Who changed which book; what somebody reads is nobody's business."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.lines: list[str] = []

    def __call__(self, event: ResourceChanged | ResourceRead) -> None:
        """Keep a line of a change."""
        if isinstance(event, ResourceRead) or len(self.lines) >= self.limit:
            return
        ids = [
            (each.get("new") or each["old"])["id"] for each in event.impacted_records
        ]
        user, action = event.payload["user_id"], event.payload["action"]
        self.lines.append(f"{event.request_id}: {user} {action} {', '.join(ids)}")


def load_from_config(config: Configurator, prefix: str) -> Audit:
    """Return the listener, as settings describe it."""
    settings = config.get_settings()
    return Audit(int(settings.get(f"{prefix}limit", 1000)))
