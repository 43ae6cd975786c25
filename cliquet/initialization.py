"""How does an application start, step by step? (python-api §3.3, §4, §6, §7)"""

import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool, aslist

from cliquet.authentication import (
    effective_principals,
    prefixed_userid,
    setup_authentication,
)
from cliquet.backends.loading import load_backend
from cliquet.cache.base import CacheBase
from cliquet.cache.base import heartbeat as cache_heartbeat
from cliquet.events import (
    get_resource_events,
    notify_resource_event,
    setup_transaction_hook,
    veto_server_errors,
)
from cliquet.instruments import reserve_metrics_path, setup_instruments
from cliquet.listeners.registration import (
    EventActionFilter,
    EventResourceFilter,
    setup_listeners,
)
from cliquet.logs import logger, setup_logging
from cliquet.permission.base import PermissionBase
from cliquet.permission.base import heartbeat as permission_heartbeat
from cliquet.protocol.dispatch import setup_dispatch
from cliquet.protocol.end_of_life import end_of_life_tween_factory, setup_deprecation
from cliquet.protocol.limits import attempts_for, setup_limits
from cliquet.protocol.requests import setup_request_class
from cliquet.protocol.responses import (
    setup_backoff,
    setup_json_serializer,
    setup_vary_headers,
)
from cliquet.protocol.routing import (
    current_resource_name,
    current_service,
    setup_requests_scheme,
    setup_version_redirection,
)
from cliquet.protocol.subrequests import follow_subrequest, setup_request_bound_data
from cliquet.service import Service, setup_services
from cliquet.settings import DEFAULT_SETTINGS, check_settings, load_default_settings
from cliquet.statsd import setup_statsd
from cliquet.storage.base import StorageBase
from cliquet.storage.base import heartbeat as storage_heartbeat

#: Where optional names are: applications' tests replace them here.
_OPTIONAL = {
    "newrelic": "newrelic.agent",
    "ProfilerMiddleware": "werkzeug.middleware.profiler:ProfilerMiddleware",
}

#: The name of 3.1.5, for those who order tweens in their settings.
_end_of_life_tween_factory = end_of_life_tween_factory

__all__ = [
    "EventActionFilter",
    "EventResourceFilter",
    "includeme",
    "initialize",
    "initialize_cliquet",
    "install_middlewares",
    "load_default_settings",
    "setup_authentication",
    "setup_backoff",
    "setup_cache",
    "setup_deprecation",
    "setup_json_serializer",
    "setup_listeners",
    "setup_logging",
    "setup_permission",
    "setup_request_bound_data",
    "setup_requests_scheme",
    "setup_statsd",
    "setup_storage",
    "setup_transaction_hook",
    "setup_vary_headers",
    "setup_version_redirection",
]


def setup_storage(config: Any) -> None:
    """Make the id generator, and the storage if one is configured."""
    generator = config.maybe_dotted(config.get_settings()["id_generator"])
    config.registry.id_generator = generator()
    load_backend(config, "storage", StorageBase, storage_heartbeat)


def setup_permission(config: Any) -> None:
    """Make the permission backend, if one is configured."""
    load_backend(config, "permission", PermissionBase, permission_heartbeat)


def setup_cache(config: Any) -> None:
    """Make the cache, if one is configured."""
    load_backend(config, "cache", CacheBase, cache_heartbeat)


def initialize(
    config: Any,
    version: str | None = None,
    project_name: str = "",
    default_settings: Mapping[str, Any] | None = None,
) -> None:
    """Include Cliquet in an application, under the prefix of its version.

    Args:
        config: Configurator of the application.
        version: Version of the project; the setting `project_version` wins.
        project_name: Name of the project; the setting `project_name` wins.
        default_settings: Defaults of the application, over those of Cliquet.

    Raises:
        ConfigurationError: there is no version, or a setting is wrong.
        ValueError: two names of one setting have different values.
    """
    settings = config.get_settings()
    name = settings.pop("cliquet.project_name", settings.get("project_name"))
    settings["project_name"] = name or project_name
    if not settings["project_name"]:
        # Called with this text alone: applications' tests assert it (§4.1).
        warnings.warn("No value specified for `project_name`")  # noqa: B028
    load_default_settings(config, {**DEFAULT_SETTINGS, **(default_settings or {})})

    project_version = settings.get("project_version") or version
    if not project_version:
        raise ConfigurationError(f"Invalid project version: {project_version}")
    settings["project_version"] = str(project_version)

    api_version = _set_api_version(settings)
    prefix = f"v{api_version.partition('.')[0]}"
    config.include("cliquet", route_prefix=prefix)
    config.route_prefix = prefix


def _set_api_version(settings: dict[str, Any]) -> str:
    """Take the version of the API from that of the project, unless it was said."""
    api_version = settings.get("http_api_version")
    if api_version is None:
        api_version = ".".join(str(settings["project_version"]).split(".")[:2])
    settings["http_api_version"] = str(api_version)
    return str(api_version)


def initialize_cliquet(*args: Any, **kwargs: Any) -> None:
    """Initialize an application: the name of before 2.0."""
    warnings.warn(  # noqa: B028 -- called with these two arguments alone (§4.1)
        "cliquet.initialize_cliquet is now deprecated. "
        'Please use "cliquet.initialize" instead',
        DeprecationWarning,
    )
    initialize(*args, **kwargs)


def includeme(config: Any) -> None:
    """Wire the protocol into an application; defaults are loaded if they are not.

    Components come before plugins, which may use them; request helpers are committed
    in between, so that plugins may override them.
    """
    settings = _complete_settings(config)
    _prepare_registry(config)
    setup_services(config)
    settings.setdefault("retry.activate_hook", attempts_for)
    config.include("pyramid_retry")
    config.include("pyramid_tm")
    Service.init_from_settings(settings)
    setup_limits(config)
    setup_dispatch(config)
    setup_request_class(config)
    reserve_metrics_path(config)
    for step in aslist(settings["initialization_sequence"]):
        config.maybe_dotted(step)(config)
    setup_instruments(config)
    _add_request_helpers(config)
    config.commit()
    for plugin in aslist(settings["includes"]):
        config.include(plugin)
    config.scan("cliquet.views")
    config.include("cliquet.views.version")
    logger.info("%(project_name)s %(project_version)s starting." % settings)  # noqa: UP031


def _complete_settings(config: Any) -> dict[str, Any]:
    """Answer settings which lack nothing, for who included us without `initialize`.

    Raises:
        ConfigurationError: when one of them is wrong.
    """
    settings: dict[str, Any] = config.get_settings()
    if settings is DEFAULT_SETTINGS:
        settings = config.registry.settings = {**settings}
    if not settings.keys() >= DEFAULT_SETTINGS.keys():
        name = settings.get("project_name") or settings.get("cliquet.project_name")
        settings["project_name"] = name or ""
        load_default_settings(config, DEFAULT_SETTINGS)
    _set_api_version(settings)
    check_settings(settings)
    if not settings.keys() & {"tm.commit_veto", "pyramid_tm.commit_veto"}:
        settings["tm.commit_veto"] = veto_server_errors
    return settings


def _prepare_registry(config: Any) -> None:
    config.registry.heartbeats = {}
    config.registry.public_settings = {"batch_max_requests", "readonly"}
    config.registry.api_capabilities = {}
    config.add_directive("add_api_capability", add_api_capability, action_wrap=False)
    config.add_request_method(get_resource_events)
    config.add_request_method(notify_resource_event)


def add_api_capability(
    config: Any, identifier: str, description: str = "", url: str = "", **kw: Any
) -> None:
    """Tell clients of something that this service can do, in the hello view.

    Raises:
        ValueError: when it was told already.
    """
    capabilities = config.registry.api_capabilities
    existing = capabilities.get(identifier)
    if existing is not None:
        raise ValueError(
            f"The '{identifier}' API capability was already registered ({existing})."
        )
    capabilities[identifier] = {"description": description, "url": url, **kw}


def _add_request_helpers(config: Any) -> None:
    config.add_request_method(follow_subrequest)
    config.add_request_method(_get_user_info, name="get_user_info")
    config.add_request_method(prefixed_userid, property=True)
    config.add_request_method(effective_principals, property=True)
    config.add_request_method(current_resource_name, reify=True)
    config.add_request_method(current_service, reify=True)


def _get_user_info(request: Any) -> dict[str, Any]:
    return {"id": request.prefixed_userid}


def install_middlewares(
    app: Callable[..., Any], settings: Mapping[str, Any]
) -> Callable[..., Any]:
    """Wrap an application with New Relic and the profiler, if settings ask for them.

    Raises:
        ConfigurationError: when what is asked for is not installed.
    """
    if settings.get("newrelic_config"):
        agent = _require("newrelic", "newrelic_config", "newrelic").agent
        agent.initialize(settings["newrelic_config"], settings["newrelic_env"])
        app = agent.WSGIApplicationWrapper(app)
    if asbool(settings.get("profiler_enabled")):
        profiler = _require("ProfilerMiddleware", "profiler_enabled", "werkzeug")
        app = profiler(
            app, profile_dir=settings["profiler_dir"], restrictions="*cliquet*"
        )
    return app


def __getattr__(name: str) -> Any:
    """Import what is optional once somebody wants it: it takes a tenth of a second."""
    if name not in _OPTIONAL:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _OPTIONAL[name].partition(":")
    try:
        imported = import_module(module)
    except ImportError:
        return globals().setdefault(name, None)
    found = getattr(imported, attribute) if attribute else sys.modules[name]
    return globals().setdefault(name, found)


def _require(name: str, setting: str, library: str) -> Any:
    found = getattr(sys.modules[__name__], name)
    if found is None:
        raise ConfigurationError(
            f"Setting '{setting}' needs the '{library}' library: "
            "pip install 'cliquet[monitoring]'."
        )
    return found
