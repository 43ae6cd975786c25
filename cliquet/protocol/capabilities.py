"""What a service can do besides the protocol, as the hello view shows it."""

from typing import Any

from pyramid.config import Configurator


def add_api_capability(
    config: Configurator,
    identifier: str,
    description: str = "",
    url: str = "",
    **kw: Any,
) -> None:
    """Declare something that this service can do, which the hello view shows.

    Args:
        config: The configurator, also after the application was created.
        identifier: Name of the capability.
        description: What it is, for people.
        url: Of its documentation.
        **kw: Further members of its entry.

    Raises:
        ValueError: It was declared already.
    """
    capabilities = config.registry.api_capabilities
    existing = capabilities.get(identifier)
    if existing is not None:
        raise ValueError(
            f"The '{identifier}' API capability was already registered ({existing})."
        )
    capabilities[identifier] = {"description": description, "url": url, **kw}
