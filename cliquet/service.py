"""What is a service? The one module that knows Cornice (rulings §6)."""

import copy
import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import cornice
from cornice.pyramidhook import register_service_views

from cliquet.errors import ValidationErrors, json_error_handler
from cliquet.protocol.cors import EXPOSED_HEADERS
from cliquet.settings import get_setting
from cliquet.text import aslist
from cliquet.validation import validate_schema

_ANSWERED_BY_METHOD = ("cors_supported_headers_for", "cors_support_credentials_for")


class Service(cornice.Service):
    """A Cornice service with our errors, schemas and CORS headers."""

    renderer = "json"
    default_cors_headers = EXPOSED_HEADERS
    default_validators = (validate_schema,)

    def __init__(
        self, name: str, path: str | None = None, *args: Any, **kw: Any
    ) -> None:
        self.own_cors_origins = tuple(aslist(kw.pop("cors_origins", ())))
        # One frame more than Cornice: venusian looks for the caller's module.
        kw["depth"] = kw.get("depth", 1) + 1
        super().__init__(name, path, *args, **kw)

    @classmethod
    def init_from_settings(cls, settings: Mapping[str, Any]) -> None:
        """Remember the CORS policy of the application being configured."""
        cls.cors_origins, cls.cors_max_age = _cors_policy(settings)

    def error_handler(self, request: Any) -> Any:
        """Answer what a schema or a validator refused."""
        return json_error_handler(request)

    def get_arguments(self, conf: Any = None) -> dict[str, Any]:
        """Complete view arguments; validators of one argument are accepted."""
        arguments: dict[str, Any] = super().get_arguments(conf)
        arguments["validators"] = [_adapt(item) for item in arguments["validators"]]
        return arguments

    def clone_for(self, settings: Mapping[str, Any]) -> "Service":
        """Copy the service for one application, with its CORS policy.

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
        for name in _ANSWERED_BY_METHOD:
            # Cornice looks through all definitions, for each response.
            setattr(clone, name, lru_cache(maxsize=32)(getattr(clone, name)))
        return clone


def _cors_policy(settings: Mapping[str, Any]) -> tuple[tuple[str, ...], int | None]:
    """Read the origins that may call, and how long they may remember it."""
    max_age = get_setting(settings, "cors_max_age_seconds")
    origins = tuple(aslist(get_setting(settings, "cors_origins")))
    return origins, int(max_age) if max_age else None


def _adapt(validator: Any) -> Any:
    """Let a validator take the request only, as Cornice 1 called them."""
    if not callable(validator):
        return validator
    try:
        parameters = inspect.signature(validator).parameters.values()
    except (TypeError, ValueError):
        return validator
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return validator
    return _without_arguments(validator)


def _without_arguments(validator: Callable[[Any], Any]) -> Callable[..., Any]:
    def validate(request: Any, **view_arguments: Any) -> Any:
        return validator(request)

    return validate


def setup_services(config: Any) -> None:
    """Include Cornice; each application registers its own copies of services."""
    config.add_request_method(ValidationErrors, name="errors", reify=True)
    config.add_request_method(_cors_state, name="info", reify=True)
    config.include("cornice")
    config.add_directive("add_cornice_service", add_service)


def _cors_state(request: Any) -> dict[str, Any]:
    """Tell Cornice what was checked: without an origin, there is nothing to check."""
    if "HTTP_ORIGIN" in request.environ or _ALWAYS in request.registry.settings:
        return {}
    return {"cors_checked": True}


#: Setting of Cornice: all responses have CORS headers.
_ALWAYS = "cornice.always_cors"


def add_service(config: Any, service: Any) -> None:
    """Register the views of a service."""
    if isinstance(service, Service):
        service = service.clone_for(config.get_settings())
    register_service_views(config, service)
