"""A plugin with a service of its own, protected by a permission of its own."""

from typing import Any

from cliquet.authorization import RouteFactory
from cliquet.service import Service

attachment = Service(
    name="attachment",
    description="Attach files",
    path="/attachment",
    factory=RouteFactory,
)


@attachment.post(permission="attach")
def attachment_post(request: Any) -> dict[str, bool]:
    """Answer those who may attach."""
    return {"ok": True}


def includeme(config: Any) -> None:
    """Register the service."""
    config.add_cornice_service(attachment)
