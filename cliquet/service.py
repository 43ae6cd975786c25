"""Services: views of one URL. The one module that imports Cornice."""

import copy
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import cornice
from cornice.pyramidhook import register_service_views
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPUnsupportedMediaType
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.declarations.services import claim
from cliquet.errors import json_error_handler
from cliquet.framework.cors import (
    EXPOSED_HEADERS,
    ServiceCors,
    check_origin,
    exposed_names,
)
from cliquet.framework.media_types import PATCHES
from cliquet.framework.preflights import preflight
from cliquet.settings import get_setting
from cliquet.text import aslist, decode_value
from cliquet.types import Request, Settings
from cliquet.validation import validate_schema

View = TypeVar("View", bound=Callable[..., Any])

Validator = Callable[..., Any] | str
"""A function, or the name of a method of the class `klass`."""


#: What Cornice says of other types than those that it lists.
_WANTED = "Content-Type header should be one of"
_LISTED = re.compile(rf"^{_WANTED} \[.*\]$")


class ViewDecorator(Protocol):
    """What adds a view to a service, and returns it as it was."""

    def __call__(
        self,
        *,
        permission: str = ...,
        object_id: str = ...,
        schema: Any = ...,
        validators: Validator | Sequence[Validator] = ...,
        **arguments: Any,
    ) -> Callable[[View], View]:
        """Add it, with arguments of Cornice, or predicates of Pyramid."""


class Service(cornice.Service):
    """A Cornice service with our errors, schemas and CORS headers.

    Attributes:
        is_operational: Whether it is for those who operate the service: its responses
            are never stored, and it stays after the end of the service.
        is_public: Whether it answers everybody the same: `Vary` names nothing of the
            user.
        cors: What pages of other origins may do; None if CORS is off.
    """

    renderer = "json"
    default_cors_headers = EXPOSED_HEADERS
    default_validators = (validate_schema,)
    is_operational = False
    is_public = False
    patch_types = ""
    cors: ServiceCors | None = None
    if TYPE_CHECKING:
        # Cornice has no annotations.
        name: str
        path: str
        description: str | None
        get: ViewDecorator
        put: ViewDecorator
        post: ViewDecorator
        patch: ViewDecorator
        delete: ViewDecorator
        options: ViewDecorator
        head: ViewDecorator

    def __init__(
        self, name: str, path: str | None = None, *args: Any, **kw: Any
    ) -> None:
        self.own_cors_origins = tuple(aslist(kw.pop("cors_origins", ())))
        self.is_operational = kw.pop("is_operational", self.is_operational)
        self.is_public = kw.pop("is_public", self.is_public)
        # One frame more than Cornice: venusian looks for the caller's module.
        kw["depth"] = kw.get("depth", 1) + 1
        super().__init__(name, path, *args, **kw)

    @classmethod
    def init_from_settings(cls, settings: Settings) -> None:
        """Set the CORS policy of the application being configured, on the class."""
        cls.cors_origins, cls.cors_max_age = _cors_policy(settings)

    def error_handler(self, request: Request) -> Any:
        """Return the response to what a schema or a validator refused.

        A 415 tells what would do (RFC 9110, 15.5.16; RFC 5789, 2.2). Its message is
        that of 3.1, which had no formats of patches.
        """
        if request.method == "PATCH":
            types = [each for each in self._types_of("PATCH") if each not in PATCHES]
            for error in request.errors:
                told = decode_value(error["description"])
                error["description"] = _LISTED.sub(f"{_WANTED} {types}", told)
        response = json_error_handler(request)
        if response.status_code == HTTPUnsupportedMediaType.code:
            name = "Accept-Patch" if request.method == "PATCH" else "Accept"
            response.headers[name] = self.body_types(request.method)
        return response

    def body_types(self, method: str) -> str:
        """Return the media types that the bodies of a method may have."""
        return ", ".join(self._types_of(method))

    def _types_of(self, method: str) -> list[str]:
        return sorted(self.get_contenttypes(method, filter_callables=True))

    def add_view(self, method: str, view: Any, **kwargs: Any) -> None:
        """Add a view: a function, or the name of a method of the class `klass`."""
        before = len(self.definitions)
        if method.upper() == "OPTIONS" and callable(view):
            # It is added last, when the types are known.
            view = _tell_patches(view, self.body_types("PATCH"))
        super().add_view(method, view, **kwargs)
        if isinstance(view, str):
            # Cornice 6 would keep the method: one that is replaced later is called.
            added = self.definitions[before:]
            self.definitions[before:] = [(name, view, args) for name, _, args in added]

    def get_arguments(self, conf: Any = None) -> dict[str, Any]:
        """Return the arguments of a view; validators of one argument are accepted."""
        arguments: dict[str, Any] = super().get_arguments(conf)
        arguments["validators"] = [_adapt(item) for item in arguments["validators"]]
        return arguments

    def clone_for(self, settings: Settings) -> "Service":
        """Return a copy of the service for one application, with its CORS policy.

        Cornice completes a service while it registers it: a module's service
        registered by two applications must not share that.
        """
        clone = copy.copy(self)
        origins, clone.cors_max_age = _cors_policy(settings)
        clone.cors_origins = self.own_cors_origins or origins
        clone.defined_methods = list(self.defined_methods)
        clone.definitions = []
        for method, view, arguments in self.definitions:
            own = {**arguments, "validators": list(arguments["validators"])}
            own["cors_origins"] = list(clone.cors_origins)
            own.pop("cors_max_age", None)
            clone.definitions.append((method, view, own))
        clone.patch_types = self.body_types("PATCH")
        if clone.cors_enabled:
            clone._take_over_cors(exposed_names(settings))  # noqa: SLF001 -- ours
        return clone

    def _take_over_cors(self, exposed: Iterable[str]) -> None:
        """Have preflights, refusals and headers made by us, and not by Cornice.

        It sets headers where there is an `Origin` only, and not on all responses.
        """
        if "OPTIONS" not in self.defined_methods:
            self.add_view("OPTIONS", preflight, permission=NO_PERMISSION_REQUIRED)
        for _, _, arguments in self.definitions:
            arguments["validators"].insert(0, check_origin)
        self.cors = ServiceCors(self, exposed)
        self.cors_enabled = False


def _cors_policy(settings: Settings) -> tuple[tuple[str, ...], int | None]:
    """Return the allowed origins, and for how many seconds preflights are cached."""
    max_age = get_setting(settings, "cors_max_age_seconds")
    origins = tuple(aslist(get_setting(settings, "cors_origins")))
    return origins, int(max_age) if max_age else None


def _tell_patches(view: Callable[..., Any], types: str) -> Callable[..., Any]:
    """Have the response to OPTIONS name the bodies of PATCH (RFC 5789, 3.1)."""
    if not types:
        return view

    @wraps(view)
    def respond(request: Request) -> Any:
        request.response.headers["Accept-Patch"] = types
        return view(request)

    return respond


def _adapt(validator: Any) -> Any:
    """Return a validator for Cornice 6; those of Cornice 1 take the request only."""
    if not callable(validator):
        return validator
    try:
        parameters = inspect.signature(validator).parameters.values()
    except (TypeError, ValueError):
        return validator
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return validator
    return lambda request, **view_arguments: validator(request)


def setup_services(config: Configurator) -> None:
    """Include Cornice; each application registers its own copies of services."""
    config.include("cornice")
    config.add_directive("add_cornice_service", add_service)


def add_service(config: Configurator, service: cornice.Service) -> None:
    """Register the views of a service."""
    if isinstance(service, Service):
        service = service.clone_for(config.get_settings())
        if service.is_operational:
            reserve_for_operators(config, service.path)
    register_service_views(claim(config, service), service)


def reserve_for_operators(config: Configurator, path: str) -> None:
    """Have whatever is answered at a path never stored, and stay after the end.

    Its redirection to the version, and its errors, included.

    Raises:
        ConfigurationError: It has parameters.
    """
    if "{" in path:
        raise ConfigurationError(f"Endpoints for operators have no parameters: {path}")
    prefix = f"/{config.route_prefix}" if config.route_prefix else ""
    config.registry.operational_paths.update((path, prefix + path))
