"""Spans in OpenTelemetry (setting `opentelemetry_enabled`).

Of requests, calls of backends and entries of batches. Where they go is the
business of the SDK: `opentelemetry-instrument`, or the application's own set-up.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, StatusCode
from pyramid.config import Configurator

from cliquet.monitoring.instruments import Instrument, method_name, service_name
from cliquet.types import Request, Response


class Tracing(Instrument):
    """Spans under the one that the client sent."""

    def __init__(self) -> None:
        # Of the SDK that is set up, be it later.
        self._tracer = trace.get_tracer("cliquet")

    @contextmanager
    def request(self, request: Request) -> Iterator[Callable[[Response], None]]:
        """Open the span of a request."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        context = propagate.extract(headers)
        with self._tracer.start_as_current_span(
            f"HTTP {method_name(request)}", context=context, kind=SpanKind.SERVER
        ) as span:

            def conclude(response: Response) -> None:
                route, method = service_name(request), method_name(request)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.request.method", method)
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", response.status_code)
                identifier = getattr(request, "request_id", None)
                if identifier:
                    span.set_attribute("cliquet.request_id", identifier)
                if response.status_code >= 500:
                    span.set_status(StatusCode.ERROR)

            yield conclude

    @contextmanager
    def call(self, kind: str, method: str) -> Iterator[None]:
        """Open the span of a call of a backend."""
        name = f"{kind}.{method}"
        with self._tracer.start_as_current_span(name, kind=SpanKind.CLIENT):
            yield

    @contextmanager
    def entry(self, method: str, path: str) -> Iterator[None]:
        """Open the span of an entry of a batch."""
        with self._tracer.start_as_current_span(f"batch entry {method}") as span:
            span.set_attribute("url.path", path)
            yield


def load_from_config(config: Configurator) -> Tracing:
    """Return the instrument."""
    return Tracing()
