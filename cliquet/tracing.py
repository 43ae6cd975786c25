"""How does a request look in OpenTelemetry? (setting `opentelemetry_enabled`)

Spans of requests, calls of backends and entries of batches. Where they go is the
business of the SDK: `opentelemetry-instrument`, or the application's own set-up.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, StatusCode

from cliquet.instruments import service_name


class Tracing:
    """Spans under the one that the client sent."""

    @contextmanager
    def request(self, request: Any) -> Iterator[Callable[[Any], None]]:
        """Make the span of a request."""
        tracer = trace.get_tracer("cliquet")
        headers = {name.lower(): value for name, value in request.headers.items()}
        context = propagate.extract(headers)
        with tracer.start_as_current_span(
            f"HTTP {request.method}", context=context, kind=SpanKind.SERVER
        ) as span:

            def tell(response: Any) -> None:
                route = service_name(request)
                span.update_name(f"{request.method} {route}")
                span.set_attribute("http.request.method", request.method)
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", response.status_code)
                identifier = getattr(request, "request_id", None)
                if identifier:
                    span.set_attribute("cliquet.request_id", identifier)
                if response.status_code >= 500:
                    span.set_status(StatusCode.ERROR)

            yield tell

    @contextmanager
    def call(self, kind: str, method: str) -> Iterator[None]:
        """Make the span of a call of a backend."""
        tracer = trace.get_tracer("cliquet")
        with tracer.start_as_current_span(f"{kind}.{method}", kind=SpanKind.CLIENT):
            yield

    @contextmanager
    def entry(self, method: str, path: str) -> Iterator[None]:
        """Make the span of an entry of a batch."""
        tracer = trace.get_tracer("cliquet")
        with tracer.start_as_current_span(f"batch entry {method}") as span:
            span.set_attribute("url.path", path)
            yield
