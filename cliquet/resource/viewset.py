"""Viewsets: which endpoints a resource has, and how each is declared.

All of it is worked out when the resource is registered.
"""

from typing import Any, ClassVar

import colander
from pyramid.settings import asbool

from cliquet import authorization
from cliquet.deprecation import DeprecatedMeta
from cliquet.framework.media_types import JSON, PATCHES
from cliquet.nodes.binding import ignores_bindings, needs_binding
from cliquet.nodes.reading import deserialize
from cliquet.resource.fields import names_of, read_fields
from cliquet.resource.model import Model
from cliquet.resource.schema import PermissionsSchema
from cliquet.storage.query import FieldNames

CONTENT_TYPES = [JSON]

_RECORD_HEADERS = ("Last-Modified", "ETag", "Cache-Control", "Expires", "Pragma")


@ignores_bindings
class _PayloadSchema(colander.MappingSchema):
    """Body of a write: any other key than those added is an error."""

    names = FieldNames()
    read_elsewhere: tuple[str, ...] = ()
    """Media types of bodies that the endpoint reads."""

    @staticmethod
    def schema_type() -> Any:
        return colander.Mapping(unknown="raise")

    def read_child(self, child: Any, value: Any) -> Any:
        """Return what a child makes of its value (called by `cliquet.validation`)."""
        if child.name == "data":
            return read_fields(child, value, self.names)
        return deserialize(child, value)


class ViewSet:
    """How a user resource is served. Keywords become attributes of the instance.

    Arguments of a view are merged from `default_arguments`,
    `default_<endpoint type>_arguments`, `default_<method>_arguments` and
    `<endpoint type>_<method>_arguments`; the last wins.
    """

    service_name = "{resource_name}-{endpoint_type}"
    collection_path = "/{resource_name}s"
    record_path = "/{resource_name}s/{{id}}"
    parent: Any = None

    endpoint_types: tuple[str, ...] = ("collection", "record")

    collection_methods: tuple[str, ...] = ("GET", "POST", "DELETE")
    record_methods: tuple[str, ...] = ("GET", "PUT", "PATCH", "DELETE")
    validate_schema_for: tuple[str, ...] = ("POST", "PUT", "PATCH")
    readonly_methods: tuple[str, ...] = ("GET", "OPTIONS", "HEAD")

    service_arguments: ClassVar[dict[str, Any]] = {
        "description": "Collection of {resource_name}",
    }

    default_arguments: ClassVar[dict[str, Any]] = {
        "permission": authorization.PRIVATE,
        "accept": CONTENT_TYPES,
    }
    default_post_arguments: ClassVar[dict[str, Any]] = {"content_type": CONTENT_TYPES}
    default_put_arguments: ClassVar[dict[str, Any]] = {"content_type": CONTENT_TYPES}
    default_patch_arguments: ClassVar[dict[str, Any]] = {
        "content_type": [*CONTENT_TYPES, *PATCHES],
    }

    default_collection_arguments: ClassVar[dict[str, Any]] = {}
    default_record_arguments: ClassVar[dict[str, Any]] = {}

    collection_get_arguments: ClassVar[dict[str, Any]] = {
        "cors_headers": ("Next-Page", "Total-Records", *_RECORD_HEADERS),
    }
    record_get_arguments: ClassVar[dict[str, Any]] = {"cors_headers": _RECORD_HEADERS}

    def __init__(self, **kwargs: Any) -> None:
        self.update(**kwargs)

    def update(self, **kwargs: Any) -> None:
        """Set attributes of the instance."""
        vars(self).update(kwargs)

    def collection_arguments(self, resource_cls: Any, method: str) -> dict[str, Any]:
        """Return the view arguments of a method of the collection."""
        return self.get_view_arguments("collection", resource_cls, method)

    def record_arguments(self, resource_cls: Any, method: str) -> dict[str, Any]:
        """Return the view arguments of a method of the record."""
        return self.get_view_arguments("record", resource_cls, method)

    def get_view_arguments(
        self, endpoint_type: str, resource_cls: Any, method: str
    ) -> dict[str, Any]:
        """Merge the arguments of a view, in a new dict.

        Args:
            endpoint_type: `collection` or `record`.
            resource_cls: The class of the resource.
            method: That of HTTP, in any case.
        """
        method = method.lower()
        arguments = {
            **self.default_arguments,
            **getattr(self, f"default_{endpoint_type}_arguments", {}),
            **getattr(self, f"default_{method}_arguments", {}),
            **getattr(self, f"{endpoint_type}_{method}_arguments", {}),
        }
        arguments["schema"] = self.get_record_schema(resource_cls, method)
        return arguments

    def get_record_schema(self, resource_cls: Any, method: str) -> Any:
        """Return the schema of the body of a request."""
        simple_mapping = colander.MappingSchema(unknown="preserve")
        if method.lower() not in map(str.lower, self.validate_schema_for):
            # The body merely has to be an object.
            return simple_mapping
        if method.lower() == "patch":
            # Fields are validated once merged with those of the record.
            data = simple_mapping
        else:
            data = resource_cls.mapping
        # Naming the mapping "data" is what errors of PATCH rely on, too.
        data.name = "data"
        payload = _PayloadSchema(
            names=names_of(getattr(resource_cls, "default_model", Model))
        )
        payload.add(data)
        if data is simple_mapping:
            payload.read_elsewhere = PATCHES
        if data is simple_mapping:
            return payload
        if needs_binding(data):
            # What it accepts is known when it is bound.
            required = (data.missing, data.default)
            payload.after_bind = lambda node, kw: _accept_absence(
                node["data"], required
            )
        _accept_absence(data)
        return payload

    def get_view(self, endpoint_type: str, method: str) -> str:
        """Name the method of the resource that serves an endpoint."""
        method = method.lower()
        return method if endpoint_type == "record" else f"{endpoint_type}_{method}"

    def get_name(self, resource_cls: Any) -> str:
        """Name the resource: explicitly, or after its class."""
        for name in (vars(self).get("name"), getattr(resource_cls, "name", None)):
            if name and not callable(name):
                return str(name)
        return str(resource_cls.__name__.lower())

    def get_service_name(self, endpoint_type: str, resource_cls: Any) -> str:
        """Name the service, which is also the name of its route."""
        return self.service_name.format(
            resource_name=self.get_name(resource_cls), endpoint_type=endpoint_type
        )

    def get_service_arguments(self) -> dict[str, Any]:
        """Return the arguments of the services."""
        return dict(self.service_arguments)

    def is_endpoint_enabled(
        self, endpoint_type: str, resource_name: str, method: str, settings: Any
    ) -> bool:
        """Return True if settings leave a method on (docs: protocol-readonly)."""
        is_read = method.lower() in map(str.lower, self.readonly_methods)
        if asbool(settings.get("readonly")) and not is_read:
            return False
        setting = f"{endpoint_type}_{resource_name}_{method.lower()}_enabled"
        return bool(asbool(settings.get(setting, True)))


class SingletonViewSet(ViewSet):
    """How a resource of one record is served: at one URL, which has no id."""

    record_path = "/{resource_name}"
    endpoint_types = ("record",)
    collection_methods: tuple[str, ...] = ()


class ShareableViewSet(ViewSet):
    """How a shareable resource is served: permissions are decided by request."""

    def get_record_schema(self, resource_cls: Any, method: str) -> Any:
        """Return the schema of the body of a request, with its permissions."""
        schema = super().get_record_schema(resource_cls, method)
        if method.lower() not in map(str.lower, self.validate_schema_for):
            return schema
        if method.lower() == "patch":
            schema["data"].missing = colander.drop
        schema.add(
            PermissionsSchema(
                name="permissions",
                missing=colander.drop,
                permissions=resource_cls.permissions,
            )
        )
        return schema

    def get_view_arguments(
        self, endpoint_type: str, resource_cls: Any, method: str
    ) -> dict[str, Any]:
        """Merge the arguments of a view; its permission depends on the request."""
        arguments = super().get_view_arguments(endpoint_type, resource_cls, method)
        arguments["permission"] = authorization.DYNAMIC
        return arguments

    def get_service_arguments(self) -> dict[str, Any]:
        """Return the arguments of the services, among them the route factory."""
        return {
            **super().get_service_arguments(),
            "factory": authorization.RouteFactory,
        }


class ProtectedViewSet(ShareableViewSet, metaclass=DeprecatedMeta):
    """Old name of `ShareableViewSet`: subclassing it warns."""

    __deprecation_warning__ = (
        "ProtectedViewSet is deprecated. Use ShareableViewSet instead."
    )


def _accept_absence(mapping: Any, required: Any = None) -> None:
    """Make `data` optional when the schema accepts an empty object.

    Args:
        mapping: The schema, bound or as it was written.
        required: Values of `missing` and `default` otherwise, if they may differ.
    """
    try:
        mapping.deserialize({})
    except (colander.Invalid, colander.UnboundDeferredError):
        if required:
            mapping.missing, mapping.default = required
        return
    mapping.missing = colander.drop
    mapping.default = {}
