"""Registration: how a class becomes two services, of the collection and of records."""

from collections.abc import Callable, Sequence
from typing import Any, TypedDict, TypeVar, Unpack

import venusian
from pyramid.config import Configurator
from pyramid.config.actions import ActionInfo
from pyramid.exceptions import ConfigurationError

from cliquet.declarations import resources as declared
from cliquet.declarations import schemas
from cliquet.declarations.report import describe, warn
from cliquet.declarations.start import permissions_of
from cliquet.resource.hooks import Hooks
from cliquet.resource.schema import ResourceSchema
from cliquet.resource.shareable import ShareableResource
from cliquet.resource.snapshot import build_service
from cliquet.resource.user import UserResource
from cliquet.resource.viewset import (
    ProtectedViewSet,
    ShareableViewSet,
    SingletonViewSet,
    ViewSet,
)
from cliquet.service import Service
from cliquet.settings.loading import load_settings_of_resource
from cliquet.types import Registry, Settings

ResourceClass = TypeVar("ResourceClass", bound=type[Hooks])

_VIEWSETS = (ViewSet, SingletonViewSet, ShareableViewSet, ProtectedViewSet)
_BASES = (UserResource, ShareableResource)


class ViewSetOptions(TypedDict, total=False):
    """What is given to `register`: a viewset, attributes of viewsets."""

    name: str
    service_name: str
    collection_path: str
    record_path: str
    parent: Any
    endpoint_types: Sequence[str]
    collection_methods: Sequence[str]
    record_methods: Sequence[str]
    validate_schema_for: Sequence[str]
    readonly_methods: Sequence[str]
    factory: Any
    viewset: ViewSet
    settings: Any
    service_arguments: dict[str, Any]
    default_arguments: dict[str, Any]
    default_collection_arguments: dict[str, Any]
    default_record_arguments: dict[str, Any]
    default_get_arguments: dict[str, Any]
    default_post_arguments: dict[str, Any]
    default_put_arguments: dict[str, Any]
    default_patch_arguments: dict[str, Any]
    default_delete_arguments: dict[str, Any]
    collection_get_arguments: dict[str, Any]
    collection_post_arguments: dict[str, Any]
    collection_delete_arguments: dict[str, Any]
    record_get_arguments: dict[str, Any]
    record_put_arguments: dict[str, Any]
    record_patch_arguments: dict[str, Any]
    record_delete_arguments: dict[str, Any]


def register(
    depth: int = 1, **kwargs: Unpack[ViewSetOptions]
) -> Callable[[ResourceClass], ResourceClass]:
    """Register the decorated class as a resource, when its module is scanned.

    Args:
        depth: How many frames above the decorator the class is written.
        **kwargs: `name`, `parent`, `collection_path`, `record_path`,
            `collection_methods`, `record_methods`, or any other attribute of its
            viewset.

    Raises:
        ConfigurationError: It is written without parentheses, or on another class.
    """
    declared.check_depth(depth)

    def decorate(resource_cls: ResourceClass) -> ResourceClass:
        register_resource(resource_cls, depth=depth + 1, **kwargs)
        return resource_cls

    return decorate


def register_resource(
    resource_cls: type[Hooks],
    settings: Any = None,
    viewset: ViewSet | None = None,
    depth: int = 1,
    **kwargs: Any,
) -> Callable[[Any, str, Any], None]:
    """Register a class as a resource, when its module is scanned.

    Args:
        resource_cls: The class; it may be registered several times.
        settings: Not used: those of the application matter.
        viewset: By default, a new one of the class.
        depth: How many frames above the class is written.
        **kwargs: Attributes of the viewset.

    Returns:
        The function that the scan calls.
    """
    if viewset is None:
        declared.check_class(resource_cls)
        viewset = resource_cls.default_viewset(**kwargs)
    else:
        viewset.update(**kwargs)

    def callback(context: Any, name: str, ob: Any) -> None:
        config = context.config.with_package(info.module)
        config.info = ActionInfo(*info.codeinfo[:3], describe(resource_cls))
        if getattr(config.registry, "storage", None) is None:
            raise ConfigurationError(
                "Mandatory storage backend is missing from configuration. Set "
                "'storage_backend', to 'cliquet.storage.memory' for instance."
            )
        _check_declaration(config.registry, resource_cls, viewset, kwargs)
        _add_services(config, resource_cls, viewset, depth)

    info = venusian.attach(resource_cls, callback, category="pyramid", depth=depth)
    return callback


def _add_services(
    config: Configurator, resource_cls: type[Hooks], viewset: ViewSet, depth: int
) -> None:
    # Services are made anew for each application: its settings count.
    resource_name = viewset.get_name(resource_cls)
    load_settings_of_resource(
        config.registry.settings, resource_name, permissions_of(resource_cls)
    )
    paths = {
        endpoint_type: declared.format_path(
            viewset, endpoint_type, resource_cls, resource_name
        )
        for endpoint_type in viewset.endpoint_types
    }
    # A resource without collection has one record, at the path of its own.
    paths.setdefault("collection", paths["record"])
    scope = None
    if viewset.parent is not None or declared.has_single_braces(viewset):
        scope = declared.scope_of(declared.without_patterns(paths["collection"]))
    for endpoint_type in viewset.endpoint_types:
        service = Service(
            viewset.get_service_name(endpoint_type, resource_cls),
            paths[endpoint_type],
            depth=depth,
            **viewset.get_service_arguments(),
        )
        service.viewset = viewset
        service.resource = resource_cls
        service.resource_name = resource_name
        service.record_route = viewset.get_service_name("record", resource_cls)
        service.type = endpoint_type
        service.is_first = endpoint_type == viewset.endpoint_types[0]
        service.collection_path = declared.without_patterns(paths["collection"])
        service.record_path = declared.without_patterns(paths["record"])
        service.parent = viewset.parent
        service.scope_path = scope
        _add_views(service, config.registry.settings)
        config.add_cornice_service(service)
        if endpoint_type == "collection":
            # Before records: its path could be that of one.
            snapshots = build_service(config.registry, service, depth)
            if snapshots is not None:
                config.add_cornice_service(snapshots)


def _check_declaration(
    registry: Registry, resource_cls: Any, viewset: ViewSet, given: dict[str, Any]
) -> None:
    """Refuse what cannot work, and warn of what cannot be meant (docs: mistakes)."""
    methods = [
        method
        for endpoint_type in viewset.endpoint_types
        for method in declared.check_methods(viewset, endpoint_type, resource_cls)
    ]
    declared.check_parent(resource_cls, viewset.parent)
    deleted_field = resource_cls.default_model.deleted_field
    schemas.check_mapping(resource_cls, deleted_field, set(map(str.upper, methods)))
    is_standard = type(viewset) in _VIEWSETS
    hooks = [base.process_record for base in _BASES]
    computes = resource_cls.process_record not in hooks
    for found in (
        *declared.find_unknown(viewset, given, resource_cls, is_standard),
        *declared.find_lost_ids(viewset, resource_cls, _BASES),
        *schemas.find_odd(
            resource_cls, Hooks.mapping, ResourceSchema, computes=computes
        ),
    ):
        warn(registry, found)


def _add_views(service: Service, settings: Settings) -> None:
    viewset, resource_cls = service.viewset, service.resource
    get_arguments = getattr(viewset, f"{service.type}_arguments")
    for method in getattr(viewset, f"{service.type}_methods"):
        if viewset.is_endpoint_enabled(
            service.type, service.resource_name, method.lower(), settings
        ):
            service.add_view(
                method,
                viewset.get_view(service.type, method.lower()),
                klass=resource_cls,
                **get_arguments(resource_cls, method),
            )
