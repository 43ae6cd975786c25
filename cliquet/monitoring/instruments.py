"""Instruments: objects that surround each request, and each call of a backend.

Settings ask for them. Without any nothing is wrapped: it costs nothing.
"""

import inspect
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    suppress,
)
from contextvars import ContextVar
from functools import partial, wraps
from importlib import import_module
from types import TracebackType
from typing import Any

from pyramid.config import Configurator
from pyramid.settings import asbool
from pyramid.tweens import INGRESS

from cliquet.dotted import naming_the_extra
from cliquet.engines.loading import KINDS
from cliquet.engines.overrides import instrument
from cliquet.framework.completion import add_response_step
from cliquet.framework.cors import allow_timing
from cliquet.framework.requests import current_service
from cliquet.logs import logger
from cliquet.settings import get_setting
from cliquet.types import Registry, Request, Response

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

METRICS_ROUTE = "cliquet.metrics"


class Instrument:
    """Something that measures: by default, nothing."""

    def request(
        self, request: Request
    ) -> AbstractContextManager[Callable[[Response], None]]:
        """Surround a request; what it yields is called with the response."""
        return nullcontext(lambda response: None)

    def call(self, kind: str, method: str) -> AbstractContextManager[None]:
        """Surround a call of a method of a backend."""
        return nullcontext()

    def entry(
        self, method: str, path: str
    ) -> AbstractContextManager[Callable[[Request, Response], None] | None]:
        """Surround an entry of a batch.

        What it yields, if anything, is called with the request that was answered (the
        last one, where it was redirected) and the response.
        """
        return nullcontext()


class Guarded(AbstractContextManager[Any]):
    """What an instrument surrounds something with, and cannot make it fail.

    Args:
        enter: Returns the context manager of the instrument.
    """

    def __init__(self, enter: Callable[[], AbstractContextManager[Any]]) -> None:
        self._enter = enter
        self._inner: AbstractContextManager[Any] = nullcontext()

    def __enter__(self) -> Any:
        entered = None
        with _failures_are_logged():
            inner = self._enter()
            entered = inner.__enter__()
            self._inner = inner
        return entered

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What is surrounded raises whatever it raised: an instrument cannot swallow it.
        with _failures_are_logged():
            self._inner.__exit__(kind, error, trace)


def conclude_all(
    conclusions: Iterable[Callable[..., None] | None], *arguments: Any
) -> None:
    """Call what instruments yielded, each whatever becomes of the others."""
    for conclude in filter(None, conclusions):
        with _failures_are_logged():
            conclude(*arguments)


@contextmanager
def _failures_are_logged() -> Iterator[None]:
    try:
        yield
    except Exception:  # noqa: BLE001 -- whatever it is, what is measured goes on
        logger.error("An instrument failed", exc_info=True)


# --- Set-up ----------------------------------------------------------------------


def setup_instruments(config: Configurator) -> None:
    """Build the instruments of the settings, and let them surround what happens.

    Raises:
        ConfigurationError: A library is missing.
    """
    instruments = list(_build(config))
    config.registry.instruments = instruments
    if any(isinstance(each, ServerTiming) for each in instruments):
        add_response_step(config.registry, allow_timing)
    if not instruments:
        return
    for kind in KINDS:
        backend = getattr(config.registry, kind, None)
        if backend is not None:
            wrap_methods(backend, partial(_surrounded, instruments, kind))
    config.add_tween(
        "cliquet.monitoring.instruments.instruments_tween_factory", under=INGRESS
    )


def reserve_metrics_path(config: Configurator) -> None:
    """Add the route that is scraped, before the one that redirects all others."""
    settings = config.get_settings()
    if get_setting(settings, "metrics_backend"):
        prefix, config.route_prefix = config.route_prefix, None
        path = str(get_setting(settings, "metrics_path"))
        config.add_route(METRICS_ROUTE, path)
        config.registry.operational_paths.add(path)
        config.route_prefix = prefix


def _build(config: Configurator) -> Iterator[Instrument]:
    settings = config.get_settings()
    if get_setting(settings, "metrics_backend"):
        yield _load(config, "prometheus", "metrics_backend")
    if asbool(get_setting(settings, "opentelemetry_enabled")):
        yield _load(config, "tracing", "opentelemetry_enabled")
    if get_setting(settings, "sentry_dsn"):
        yield _load(config, "sentry", "sentry_dsn")
    if asbool(get_setting(settings, "server_timing")):
        yield ServerTiming()


def _load(config: Configurator, name: str, setting: str) -> Instrument:
    with naming_the_extra(f"Setting '{setting}'", "monitoring"):
        module = import_module(f"cliquet.monitoring.{name}")
    instrument: Instrument = module.load_from_config(config)
    return instrument


# --- Wrapping --------------------------------------------------------------------


def wrap_methods(obj: object, wrap: Callable[[str, Any], Any]) -> None:
    """Replace the public methods of an object, on the instance, by measured ones.

    Args:
        obj: Any object, `None` included.
        wrap: Returns what replaces a method, given its name and itself, or None.
    """
    for name in dir(obj):
        # Reading a property might compute something, or fail.
        is_property = inspect.isdatadescriptor(getattr(type(obj), name, None))
        if name.startswith("_") or is_property:
            continue
        method = getattr(obj, name, None)
        if inspect.ismethod(method) or hasattr(method, "__wrapped__"):
            wrapped = wrap(name, method)
            if wrapped is None:
                continue
            # Timers of a client of StatsD may be anything, mocks for instance.
            if hasattr(wrapped, "__wrapped__"):
                wrapped = instrument(wrapped)
            # Objects with slots have no place for it.
            with suppress(AttributeError):
                setattr(obj, name, wrapped)


def _surrounded(
    instruments: list[Instrument], kind: str, name: str, method: Callable[..., Any]
) -> Callable[..., Any]:
    @wraps(method)
    def surrounded(*args: Any, **kwargs: Any) -> Any:
        with ExitStack() as stack:
            for each in instruments:
                stack.enter_context(Guarded(partial(each.call, kind, name)))
            return method(*args, **kwargs)

    return surrounded


def instruments_tween_factory(
    handler: Callable[[Request], Response], registry: Registry
) -> Callable[[Request], Response]:
    """Return the tween that lets instruments surround each request."""

    def tween(request: Request) -> Response:
        with ExitStack() as stack:
            conclusions = [
                stack.enter_context(Guarded(partial(each.request, request)))
                for each in registry.instruments
            ]
            response = handler(request)
            conclude_all(conclusions, response)
            return response

    return tween


def service_name(request: Request) -> str:
    """Return the name of what a request reached; clients have no say in it."""
    if getattr(request, "matched_route", None) is None:
        return "none"
    service = current_service(request)
    return str(service.name) if service else str(request.matched_route.name)


def method_name(request: Request) -> str:
    """Return the method of a request, `other` for those that only clients know."""
    known = request.method in _METHODS
    return str(request.method) if known else "other"


class ServerTiming(Instrument):
    """Shows clients where the time went, in the header `Server-Timing` of the W3C."""

    def __init__(self) -> None:
        self._spent: ContextVar[dict[str, list[float]] | None] = ContextVar(
            "cliquet_server_timing", default=None
        )

    @contextmanager
    def request(self, request: Request) -> Iterator[Callable[[Response], None]]:
        """Measure a request, and set the header of its response."""
        started = time.perf_counter()
        spent: dict[str, list[float]] = {kind: [0, 0.0] for kind in KINDS}
        token = self._spent.set(spent)

        def conclude(response: Response) -> None:
            parts = [
                f'{kind};dur={seconds * 1000:.2f};desc="{calls:.0f} calls"'
                for kind, (calls, seconds) in spent.items()
            ]
            total = (time.perf_counter() - started) * 1000
            parts.append(f"total;dur={total:.2f}")
            response.headers["Server-Timing"] = ", ".join(parts)

        try:
            yield conclude
        finally:
            self._spent.reset(token)

    @contextmanager
    def call(self, kind: str, method: str) -> Iterator[None]:
        """Add to the calls and seconds of a kind of backend."""
        spent = self._spent.get()
        started = time.perf_counter()
        try:
            yield
        finally:
            if spent is not None:
                spent[kind][0] += 1
                spent[kind][1] += time.perf_counter() - started
