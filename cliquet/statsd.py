"""What is counted and timed, when StatsD is configured? (python-api §22)."""

import contextlib
import inspect
import types
from typing import Any
from urllib.parse import urlsplit

from pyramid.events import NewResponse
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import ISecurityPolicy

from cliquet.backends.loading import instrument
from cliquet.protocol.routing import current_service
from cliquet.settings import get_setting
from cliquet.text import classname as classname_of

try:
    import statsd as statsd_module
except ImportError:  # pragma: no cover -- the library is optional
    statsd_module = None

DEFAULT_PORT = 8125


class Client:
    """Send metrics to a StatsD server, under a common prefix."""

    def __init__(self, host: str, port: int, prefix: str) -> None:
        if statsd_module is None:
            raise ConfigurationError(
                "Setting 'statsd_url' needs the 'statsd' library: "
                "install 'cliquet[monitoring]'."
            )
        self._client = statsd_module.StatsClient(host, port, prefix=prefix)

    def watch_execution_time(
        self, obj: Any, prefix: str = "", classname: str | None = None
    ) -> None:
        """Time the public methods of an object, under ``prefix.classname.method``.

        Methods are replaced on the instance by functions: an object watched already
        has none left to wrap, so that nothing is timed twice.
        """
        classname = classname or classname_of(obj)
        for name in dir(obj):
            # Reading a property might compute something, or fail.
            is_property = inspect.isdatadescriptor(getattr(type(obj), name, None))
            if name.startswith("_") or is_property:
                continue
            method = getattr(obj, name, None)
            if isinstance(method, types.MethodType):
                timed = self.timer(f"{prefix}.{classname}.{name}")(method)
                # Objects with slots have no place for it.
                with contextlib.suppress(AttributeError):
                    setattr(obj, name, instrument(timed))

    def timer(self, key: str) -> Any:
        """Answer a timer: a decorator, a context manager, or started and stopped."""
        return self._client.timer(key)

    def count(self, key: str, unique: str | None = None) -> Any:
        """Count an occurrence; with `unique`, count how many different ones."""
        if unique is None:
            return self._client.incr(key, count=1)
        return self._client.set(key, unique)


def statsd_count(request: Any, count_key: str) -> None:
    """Count an occurrence, if StatsD is configured."""
    statsd = getattr(request.registry, "statsd", None)
    if statsd:
        statsd.count(count_key)


def load_from_config(config: Any) -> Client:
    """Make the client that ``statsd_url`` describes.

    Raises:
        ConfigurationError: when the URL has no host, or the library is missing.
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


# --- Set-up ----------------------------------------------------------------------


def setup_statsd(config: Any) -> Client | None:
    """Time backends and policies, count users and views, if ``statsd_url`` is set."""
    config.registry.statsd = None
    if not config.get_settings().get("statsd_url"):
        return None
    client = load_from_config(config)
    config.registry.statsd = client
    for kind in ("cache", "storage", "permission"):
        # Each of them is optional (rulings §2.13).
        backend = getattr(config.registry, kind, None)
        if backend is not None:
            client.watch_execution_time(backend, prefix=kind)
    _watch_authentication(config, client)

    def on_new_response(event: Any) -> None:
        _count_request(client, event.request)

    config.add_subscriber(on_new_response, NewResponse)
    return client


def _watch_authentication(config: Any, client: Client) -> None:
    config.commit()
    policy = config.registry.queryUtility(ISecurityPolicy)
    if hasattr(policy, "get_policies"):
        for name, subpolicy in policy.get_policies():
            client.watch_execution_time(
                subpolicy, prefix="authentication", classname=name
            )
    else:
        client.watch_execution_time(policy, prefix="authentication")


def _count_request(client: Client, request: Any) -> None:
    user = getattr(request, "prefixed_userid", None)
    if user:
        client.count("users", unique=user)
    authn_type = getattr(request, "authn_type", None)
    if authn_type:
        client.count(f"authn_type.{authn_type}")
    # None on URLs that match nothing, or no service.
    service = current_service(request)
    if service:
        client.count(f"view.{service.name}.{request.method}")
