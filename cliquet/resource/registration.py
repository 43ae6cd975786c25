"""How does a class become two services, collection and record?"""

from collections.abc import Callable
from typing import Any, TypeVar

import venusian
from pyramid.exceptions import ConfigurationError

from cliquet.resource.viewset import ViewSet
from cliquet.service import Service

ResourceClass = TypeVar("ResourceClass", bound=type)

_ENDPOINT_TYPES = ("collection", "record")


def register(depth: int = 1, **kwargs: Any) -> Callable[[ResourceClass], ResourceClass]:
    """Register the decorated class as a resource, when its module is scanned.

    Args:
        depth: how many frames above the decorator the class is written.
        **kwargs: ``name``, or any attribute of its viewset.
    """

    def decorate(resource_cls: ResourceClass) -> ResourceClass:
        register_resource(resource_cls, depth=depth + 1, **kwargs)
        return resource_cls

    return decorate


def register_resource(
    resource_cls: Any,
    settings: Any = None,
    viewset: ViewSet | None = None,
    depth: int = 1,
    **kwargs: Any,
) -> Callable[[Any, str, Any], None]:
    """Register a class as a resource, when its module is scanned.

    Args:
        resource_cls: the class; it may be registered several times.
        settings: not used: those of the application matter.
        viewset: by default, a new one of the class.
        depth: how many frames above the class is written.
        **kwargs: attributes of the viewset.

    Returns:
        What the scan calls.
    """
    if viewset is None:
        viewset = resource_cls.default_viewset(**kwargs)
    else:
        viewset.update(**kwargs)

    def callback(context: Any, name: str, ob: Any) -> None:
        config = context.config.with_package(info.module)
        _add_services(config, resource_cls, viewset, depth)

    info = venusian.attach(resource_cls, callback, category="pyramid", depth=depth)
    return callback


def _add_services(config: Any, resource_cls: Any, viewset: Any, depth: int) -> None:
    # Services are made anew for each application: its settings count.
    registry = config.registry
    if getattr(registry, "storage", None) is None:
        raise ConfigurationError(
            "Mandatory storage backend is missing from configuration."
        )
    resource_name = viewset.get_name(resource_cls)
    paths = {
        endpoint_type: getattr(viewset, f"{endpoint_type}_path").format(
            resource_name=resource_name
        )
        for endpoint_type in _ENDPOINT_TYPES
    }
    for endpoint_type in _ENDPOINT_TYPES:
        service: Any = Service(
            viewset.get_service_name(endpoint_type, resource_cls),
            paths[endpoint_type],
            depth=depth,
            **viewset.get_service_arguments(),
        )
        service.viewset = viewset
        service.resource = resource_cls
        service.type = endpoint_type
        service.collection_path = paths["collection"]
        service.record_path = paths["record"]
        _add_views(service, registry.settings)
        config.add_cornice_service(service)


def _add_views(service: Any, settings: Any) -> None:
    viewset, resource_cls = service.viewset, service.resource
    resource_name = viewset.get_name(resource_cls)
    get_arguments = getattr(viewset, f"{service.type}_arguments")
    for method in getattr(viewset, f"{service.type}_methods"):
        if viewset.is_endpoint_enabled(
            service.type, resource_name, method.lower(), settings
        ):
            service.add_view(
                method,
                viewset.get_view(service.type, method.lower()),
                klass=resource_cls,
                **get_arguments(resource_cls, method),
            )
