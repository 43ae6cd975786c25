"""Metrics in StatsD (setting `statsd_url`): times of backends, counts of views.

Unlike the instruments of `cliquet.monitoring`, its client is public, and it counts the
entries of batches too.
"""

import inspect
import re
from typing import Any
from urllib.parse import quote, urlsplit

from pyramid.config import Configurator
from pyramid.events import NewResponse
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import ISecurityPolicy

from cliquet.dotted import require
from cliquet.engines.loading import KINDS
from cliquet.framework.requests import current_service
from cliquet.monitoring.instruments import method_name, wrap_methods
from cliquet.settings import get_setting
from cliquet.text import classname as classname_of
from cliquet.types import Request

try:
    import statsd as statsd_module
except ImportError:  # pragma: no cover -- the library is optional
    statsd_module = None

DEFAULT_PORT = 8125

#: A packet is `name:value|type`, and knows no escapes.
_NOT_IN_NAMES = re.compile(r"[^\w.-]", re.ASCII)


class Client:
    """Sends metrics to a StatsD server, over UDP; their names have one prefix.

    Raises:
        ConfigurationError: The library is missing.
    """

    def __init__(self, host: str, port: int, prefix: str) -> None:
        library = require(statsd_module, "statsd", "Setting 'statsd_url'", "monitoring")
        self._client = library.StatsClient(host, port, prefix=_clean(prefix))

    def watch_execution_time(
        self, obj: Any, prefix: str = "", classname: str | None = None
    ) -> None:
        """Time the public methods of an object, as ``prefix.classname.method``.

        Args:
            obj: Its methods are replaced, on the instance, by functions: if it is
                watched already it has none left, and nothing is timed twice.
            prefix: First part of the names of the metrics.
            classname: Second part, by default the name of the class in lower case.
        """
        classname = classname or classname_of(obj)

        def time(name: str, method: Any) -> Any:
            if not inspect.ismethod(method):
                return None
            return self.timer(f"{prefix}.{classname}.{name}")(method)

        wrap_methods(obj, time)

    def timer(self, key: str) -> Any:
        """Return a timer: a decorator, a context manager, or started and stopped."""
        return self._client.timer(_clean(key))

    def count(self, key: str, unique: str | None = None) -> Any:
        """Count an occurrence or, with `unique`, how many different ones there are."""
        if unique is None:
            return self._client.incr(_clean(key), count=1)
        return self._client.set(_clean(key), quote(unique, safe="", errors="replace"))


def _clean(key: str) -> str:
    """Return the name of a metric without what ends it in a packet, or is no ASCII."""
    return _NOT_IN_NAMES.sub("_", key)


def statsd_count(request: Request, count_key: str) -> None:
    """Count an occurrence, if StatsD is configured.

    Args:
        request: Of the application whose client counts.
        count_key: Name of the metric, below the prefix of the application.
    """
    statsd = getattr(request.registry, "statsd", None)
    if statsd:
        statsd.count(count_key)


def load_from_config(config: Configurator) -> Client:
    """Return the client that ``statsd_url`` describes.

    Raises:
        ConfigurationError: The URL has no host, or the library is missing.
    """
    settings = config.get_settings()
    url = settings["statsd_url"]
    try:
        server = urlsplit(url)
        host, port = server.hostname, server.port
    except ValueError as error:
        raise ConfigurationError(f"Invalid 'statsd_url' {url!r}: {error}") from error
    if not host:
        raise ConfigurationError(f"Invalid 'statsd_url' {url!r}: udp://host:port")
    prefix = settings.get("project_name") or get_setting(settings, "statsd_prefix")
    return Client(host, port or DEFAULT_PORT, prefix)


def setup_statsd(config: Configurator) -> Client | None:
    """Time backends and policies, count users and views, if ``statsd_url`` is set."""
    config.registry.statsd = None
    if not config.get_settings().get("statsd_url"):
        return None
    client = load_from_config(config)
    config.registry.statsd = client
    for kind in KINDS:
        # Each of them is optional.
        backend = getattr(config.registry, kind, None)
        if backend is not None:
            client.watch_execution_time(backend, prefix=kind)
    config.commit()
    policy = config.registry.queryUtility(ISecurityPolicy)
    if hasattr(policy, "get_policies"):
        for name, each in policy.get_policies():
            client.watch_execution_time(each, prefix="authentication", classname=name)
    else:
        client.watch_execution_time(policy, prefix="authentication")
    config.add_subscriber(
        lambda event: _count_request(client, event.request), NewResponse
    )
    return client


def _count_request(client: Client, request: Request) -> None:
    user = getattr(request, "prefixed_userid", None)
    if user:
        client.count("users", unique=user)
    authn_type = getattr(request, "authn_type", None)
    if authn_type:
        client.count(f"authn_type.{authn_type}")
    # None on URLs that match nothing, or no service.
    service = current_service(request)
    if service:
        client.count(f"view.{service.name}.{method_name(request)}")
