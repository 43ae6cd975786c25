"""What the service says of itself, at the root of the API."""

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.protocol import PROTOCOL_VERSION
from cliquet.protocol.links import add_documentation
from cliquet.service import Service
from cliquet.settings.loading import setting_names
from cliquet.types import Request

hello = Service(name="hello", path="/", description="Welcome")


@hello.get(permission=NO_PERMISSION_REQUIRED)
def get_hello(request: Request) -> dict[str, Any]:
    """Return the project, its public settings, and the user."""
    settings = request.registry.settings
    described = (_find_url(request, name) for name in ("api_description", "api_docs"))
    add_documentation(request.response, settings, *described)
    body = {
        "project_name": settings["project_name"],
        "project_version": settings["project_version"],
        "http_api_version": settings.get("http_api_version"),
        "project_docs": settings["project_docs"],
        "cliquet_protocol_version": PROTOCOL_VERSION,
        "url": request.route_url(hello.name),
    }
    eos = get_eos(request)
    if eos:
        body["eos"] = eos
    project_name = str(settings["project_name"])
    body["settings"] = {
        name: settings[setting_names(name, project_name)[0]]
        for name in request.registry.public_settings
    }
    if request.authenticated_userid is not None:
        body["user"] = request.get_user_info()
    body["capabilities"] = request.registry.api_capabilities
    return body


def _find_url(request: Request, name: str) -> str | None:
    """Return the URL of an endpoint, None if the service has no such one."""
    try:
        return str(request.route_url(name))
    except KeyError:
        return None


def get_eos(request: Request) -> Any:
    """Return the date of the end of service, as it was configured."""
    return request.registry.settings["eos"]
