"""The start of an application, step by step.

Its steps are named by the setting `initialization_sequence`, as members of this module.
"""
# ruff: noqa: F401 -- settings name what is only imported

import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool

from cliquet.authentication import (
    check_authentication,
    effective_principals,
    prefixed_userid,
    setup_authentication,
)
from cliquet.authorization.custom import setup_object_permissions
from cliquet.cache.base import CacheBase
from cliquet.cache.base import heartbeat as cache_heartbeat
from cliquet.declarations.start import setup_checks
from cliquet.declarations.users import make_generator
from cliquet.description.serving import prepare_description, setup_description
from cliquet.dotted import explaining, require, resolve
from cliquet.engines.loading import load_backend, setup_undo
from cliquet.events import (
    get_resource_events,
    notify_resource_event,
    setup_transaction_hook,
    veto_errors,
)
from cliquet.framework.completion import setup_completion
from cliquet.framework.cors import set_cors_headers
from cliquet.framework.preflights import setup_preflights
from cliquet.framework.requests import (
    setup_request_bound_data,
    setup_request_class,
    setup_service_attributes,
)
from cliquet.framework.subrequests import follow_subrequest
from cliquet.framework.views import setup_dispatch
from cliquet.listeners.registration import (
    EventActionFilter,
    EventResourceFilter,
    setup_listeners,
)
from cliquet.live.serving import setup_live
from cliquet.logs import logger, setup_logging
from cliquet.monitoring.instruments import reserve_metrics_path, setup_instruments
from cliquet.permission.base import PermissionBase
from cliquet.permission.base import heartbeat as permission_heartbeat
from cliquet.protocol.announcements import setup_announcements
from cliquet.protocol.capabilities import add_api_capability

# The name of 3.1.5, for those who order tweens in their settings.
from cliquet.protocol.end_of_life import (
    end_of_life_tween_factory as _end_of_life_tween_factory,
)
from cliquet.protocol.end_of_life import setup_deprecation
from cliquet.protocol.freshness import setup_freshness
from cliquet.protocol.health import RunningChecks
from cliquet.protocol.idempotency import setup_idempotency
from cliquet.protocol.limits import limit_attempts, setup_limits
from cliquet.protocol.problems import setup_problems
from cliquet.protocol.replicas import setup_replicas
from cliquet.protocol.responses import (
    set_missing_body,
    setup_backoff,
    setup_json_serializer,
    setup_vary_headers,
)
from cliquet.protocol.routing import (
    record_pattern,
    setup_requests_scheme,
    setup_version_redirection,
)
from cliquet.resource.snapshot import setup_snapshots
from cliquet.service import Service, setup_services
from cliquet.settings import (
    DEFAULT_SETTINGS,
    SETTINGS,
    check_settings,
    load_default_settings,
)
from cliquet.statsd import setup_statsd
from cliquet.storage.base import StorageBase
from cliquet.storage.base import heartbeat as storage_heartbeat
from cliquet.text import aslist
from cliquet.types import Settings
from cliquet.views.version import setup_views


def setup_storage(config: Configurator) -> None:
    """Create the id generator, and the storage if one is configured."""
    config.registry.id_generator = make_generator(config)
    load_backend(config, "storage", StorageBase, storage_heartbeat)


def setup_permission(config: Configurator) -> None:
    """Create the permission backend, if one is configured."""
    load_backend(config, "permission", PermissionBase, permission_heartbeat)


def setup_cache(config: Configurator) -> None:
    """Create the cache, if one is configured."""
    load_backend(config, "cache", CacheBase, cache_heartbeat)


def initialize(
    config: Configurator,
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
        ConfigurationError: There is no version, or a setting is wrong.
        ValueError: Two names of one setting have different values.
    """
    settings = config.get_settings()
    name = settings.pop("cliquet.project_name", settings.get("project_name"))
    settings["project_name"] = name or project_name
    if not settings["project_name"]:
        # Tests of applications assert that it has no other argument.
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


def _set_api_version(settings: Settings) -> str:
    """Return the version of the API, by default the first numbers of the project's."""
    api_version = settings.get("http_api_version")
    if api_version is None:
        api_version = ".".join(str(settings["project_version"]).split(".")[:2])
    settings["http_api_version"] = str(api_version)
    return str(api_version)


def initialize_cliquet(*args: Any, **kwargs: Any) -> None:
    """Initialize an application, by the name of 1.x."""
    warnings.warn(  # noqa: B028 -- tests of applications assert these arguments
        "cliquet.initialize_cliquet is now deprecated. "
        'Please use "cliquet.initialize" instead',
        DeprecationWarning,
    )
    initialize(*args, **kwargs)


def includeme(config: Configurator) -> None:
    """Include the protocol in an application; defaults are loaded if they are not.

    Components come before plugins, which may use them; request helpers are committed
    in between, so that plugins may override them.
    """
    settings = _complete_settings(config)
    _prepare_registry(config)
    setup_completion(config, set_missing_body, set_cors_headers)
    setup_service_attributes(config)
    setup_services(config)
    settings.setdefault("retry.activate_hook", limit_attempts(settings))
    config.include("pyramid_retry")
    config.include("pyramid_tm")
    Service.init_from_settings(settings)
    setup_limits(config)
    setup_dispatch(config)
    setup_request_class(config)
    reserve_metrics_path(config)
    for step in aslist(settings["initialization_sequence"]):
        resolve(config, "initialization_sequence", step)(config)
    setup_problems(config)
    setup_freshness(config)
    setup_snapshots(config)
    setup_undo(config)
    setup_idempotency(config)
    setup_replicas(config)
    setup_preflights(config)
    setup_live(config)
    setup_instruments(config)
    _add_request_helpers(config)
    config.commit()
    check_authentication(config.registry)
    for plugin in aslist(settings["includes"]):
        with explaining("includes", str(plugin)):
            config.include(plugin)
    setup_views(config)
    setup_description(config)
    setup_checks(config)
    logger.info("%(project_name)s %(project_version)s starting." % settings)  # noqa: UP031


def _complete_settings(config: Configurator) -> Settings:
    """Return settings that lack nothing, also without `initialize`.

    Raises:
        ConfigurationError: One of them is wrong.
    """
    settings: Settings = config.get_settings()
    if settings is DEFAULT_SETTINGS:
        settings = config.registry.settings = {**settings}
    if not settings.keys() >= DEFAULT_SETTINGS.keys():
        name = settings.get("project_name") or settings.get("cliquet.project_name")
        settings["project_name"] = name or ""
        load_default_settings(config, DEFAULT_SETTINGS)
    _set_api_version(settings)
    check_settings(settings)
    for name, setting in SETTINGS.items():
        settings.setdefault(name, setting.default)
    if not settings.keys() & {"tm.commit_veto", "pyramid_tm.commit_veto"}:
        settings["tm.commit_veto"] = veto_errors
    return settings


def _prepare_registry(config: Configurator) -> None:
    config.registry.heartbeats = {}
    config.registry.running_checks = RunningChecks()
    config.registry.public_settings = {"batch_max_requests", "readonly"}
    config.registry.api_capabilities = {}
    config.registry.operational_paths = set()
    setup_object_permissions(config)
    config.add_directive("add_api_capability", add_api_capability, action_wrap=False)
    prepare_description(config)
    setup_announcements(config)
    config.add_request_method(get_resource_events)
    config.add_request_method(notify_resource_event)


def _add_request_helpers(config: Configurator) -> None:
    config.add_request_method(follow_subrequest)
    config.add_request_method(
        lambda request: {"id": request.prefixed_userid}, name="get_user_info"
    )
    config.add_request_method(prefixed_userid, property=True)
    config.add_request_method(effective_principals, property=True)
    config.add_request_method(record_pattern, reify=True)


def install_middlewares(
    app: Callable[..., Any], settings: Mapping[str, Any]
) -> Callable[..., Any]:
    """Wrap an application with New Relic and the profiler, if settings ask for them.

    Raises:
        ConfigurationError: What is asked for is not installed.
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
    """Import an optional library when it is needed: it takes a tenth of a second.

    Tests of applications replace them in this module.
    """
    if name not in ("newrelic", "ProfilerMiddleware"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: Any = None
    with suppress(ImportError):
        if name == "newrelic":
            found = __import__("newrelic.agent")
        else:
            found = import_module("werkzeug.middleware.profiler").ProfilerMiddleware
    return globals().setdefault(name, found)


def _require(name: str, setting: str, library: str) -> Any:
    found = getattr(sys.modules[__name__], name)
    return require(found, library, f"Setting '{setting}'", "monitoring")
