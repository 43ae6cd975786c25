"""What does the service say of itself? (protocol §5)"""

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.protocol import PROTOCOL_VERSION
from cliquet.service import Service

hello = Service(name="hello", path="/", description="Welcome")


@hello.get(permission=NO_PERMISSION_REQUIRED)
def get_hello(request: Any) -> dict[str, Any]:
    """Present the project, its public settings, and the user."""
    settings = request.registry.settings
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
    body["settings"] = _public_settings(request.registry)
    if request.authenticated_userid is not None:
        body["user"] = request.get_user_info()
    body["capabilities"] = request.registry.api_capabilities
    return body


def get_eos(request: Any) -> Any:
    """Tell the date of the end of service, as it was configured."""
    return request.registry.settings["eos"]


def _public_settings(registry: Any) -> dict[str, Any]:
    settings = registry.settings
    prefixes = ("cliquet.", f"{settings['project_name']}.")
    values = {}
    for name in registry.public_settings:
        bare = name
        for prefix in prefixes:
            if name.startswith(prefix):
                bare = name.removeprefix(prefix)
                break
        values[name] = settings[bare]
    return values
