"""What is measured of requests and backends, when settings ask for it?

An *instrument* is told of each request and of each call of a backend. Without any,
nothing is wrapped and nobody is told: it costs nothing. StatsD has names of its own
(statsd.py).
"""

import functools
import inspect
import time
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool
from pyramid.tweens import INGRESS

from cliquet.backends.loading import KINDS, instrument
from cliquet.protocol.routing import current_service
from cliquet.settings import get_setting

METRICS_ROUTE = "cliquet.metrics"


class Instrument(Protocol):
    """Something that measures."""

    def request(self, request: Any) -> AbstractContextManager[Callable[[Any], None]]:
        """Surround a request; what is given is called with its response."""

    def call(self, kind: str, method: str) -> AbstractContextManager[Any]:
        """Surround a call of a backend."""


def setup_instruments(config: Any) -> None:
    """Build the instruments of the settings, and let them see.

    Raises:
        ConfigurationError: a library is missing, or a setting is wrong.
    """
    instruments = list(_build(config))
    config.registry.instruments = instruments
    if not instruments:
        return
    for kind in KINDS:
        backend = getattr(config.registry, kind, None)
        if backend is not None:
            _watch(backend, kind, instruments)
    config.add_tween("cliquet.instruments.instruments_tween_factory", under=INGRESS)


def reserve_metrics_path(config: Any) -> None:
    """Route the path that is scraped, before the one that redirects all others."""
    settings = config.get_settings()
    if get_setting(settings, "metrics_backend"):
        prefix, config.route_prefix = config.route_prefix, None
        config.add_route(METRICS_ROUTE, str(get_setting(settings, "metrics_path")))
        config.route_prefix = prefix


def _build(config: Any) -> Iterator[Instrument]:
    settings = config.get_settings()
    metrics = get_setting(settings, "metrics_backend")
    if metrics == "prometheus":
        module = _require("cliquet.prometheus", "metrics_backend", "prometheus-client")
        yield module.load_from_config(config)
    elif metrics:
        raise ConfigurationError(
            f"Invalid value {metrics!r} for setting 'metrics_backend': "
            "'prometheus' or nothing is expected."
        )
    if asbool(get_setting(settings, "opentelemetry_enabled")):
        library = "opentelemetry-api"
        module = _require("cliquet.tracing", "opentelemetry_enabled", library)
        yield module.Tracing()
    if get_setting(settings, "sentry_dsn"):
        module = _require("cliquet.sentry", "sentry_dsn", "sentry-sdk")
        yield module.load_from_config(config)
    if asbool(get_setting(settings, "server_timing")):
        yield ServerTiming()


def _require(name: str, setting: str, library: str) -> Any:
    try:
        return __import__(name, fromlist=["*"])
    except ImportError as error:
        raise ConfigurationError(
            f"Setting '{setting}' needs the '{library}' library: "
            "pip install 'cliquet[monitoring]'."
        ) from error


def _watch(backend: Any, kind: str, instruments: list[Instrument]) -> None:
    for name in dir(backend):
        is_property = inspect.isdatadescriptor(getattr(type(backend), name, None))
        if name.startswith("_") or is_property:
            continue
        method = getattr(backend, name)
        if isinstance(method, types.MethodType) or hasattr(method, "__wrapped__"):
            setattr(backend, name, _watched(method, kind, name, instruments))


def _watched(
    method: Any, kind: str, name: str, instruments: list[Instrument]
) -> Callable[..., Any]:
    @instrument
    @functools.wraps(method)
    def watched(*args: Any, **kwargs: Any) -> Any:
        with ExitStack() as stack:
            for each in instruments:
                stack.enter_context(each.call(kind, name))
            return method(*args, **kwargs)

    return watched


def instruments_tween_factory(
    handler: Callable[[Any], Any], registry: Any
) -> Callable[[Any], Any]:
    """Let instruments surround each request."""

    def tween(request: Any) -> Any:
        with ExitStack() as stack:
            answered = [
                stack.enter_context(instrument.request(request))
                for instrument in registry.instruments
            ]
            response = handler(request)
            for tell in answered:
                tell(response)
            return response

    return tween


def service_name(request: Any) -> str:
    """Name what a request reached; clients have no say in it."""
    if getattr(request, "matched_route", None) is None:
        return "none"
    service = current_service(request)
    return str(service.name) if service else str(request.matched_route.name)


class ServerTiming:
    """Tells the client where the time went (W3C Server Timing)."""

    def __init__(self) -> None:
        self._spent: ContextVar[dict[str, list[float]] | None] = ContextVar(
            "cliquet_server_timing", default=None
        )

    @contextmanager
    def request(self, request: Any) -> Iterator[Callable[[Any], None]]:
        """Measure a request, and write the header of its response."""
        started = time.perf_counter()
        spent: dict[str, list[float]] = {kind: [0, 0.0] for kind in KINDS}
        token = self._spent.set(spent)

        def tell(response: Any) -> None:
            parts = [
                f'{kind};dur={seconds * 1000:.2f};desc="{calls:.0f} calls"'
                for kind, (calls, seconds) in spent.items()
            ]
            total = (time.perf_counter() - started) * 1000
            response.headers["Server-Timing"] = ", ".join(
                [*parts, f"total;dur={total:.2f}"]
            )

        try:
            yield tell
        finally:
            self._spent.reset(token)

    @contextmanager
    def call(self, kind: str, method: str) -> Iterator[None]:
        """Add to what a kind of backend took; calls inside calls count once."""
        spent = self._spent.get()
        started = time.perf_counter()
        try:
            yield
        finally:
            if spent is not None:
                spent[kind][0] += 1
                spent[kind][1] += time.perf_counter() - started
