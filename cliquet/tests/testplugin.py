"""A plugin with a service of its own, protected by a permission of its own."""

from pyramid.config import Configurator

from cliquet.authorization import RouteFactory
from cliquet.service import Service
from cliquet.types import Request

attachment = Service(
    name="attachment",
    description="Attach files",
    path="/attachment",
    factory=RouteFactory,
)


@attachment.post(permission="attach")
def attachment_post(request: Request) -> dict[str, bool]:
    """Return a value to those who may attach."""
    return {"ok": True}


def includeme(config: Configurator) -> None:
    """Register the service."""
    config.add_cornice_service(attachment)
