"""How does Prometheus see the service? (setting `metrics_backend`)

With several worker processes, `PROMETHEUS_MULTIPROC_DIR` names a directory that they
share: any of them answers for all.
"""

import functools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.backends.loading import KINDS
from cliquet.instruments import METRICS_ROUTE, service_name

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_ENTRIES = (1, 2, 5, 10, 25, 50, 100)


class Prometheus:
    """Metrics of requests, backends and batches; no label holds what clients choose."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "cliquet_request_duration_seconds",
            "Time to answer requests.",
            ("service", "method", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._calls = Histogram(
            "cliquet_backend_duration_seconds",
            "Time that backends take.",
            ("backend", "method"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._batches = Histogram(
            "cliquet_batch_entries",
            "Requests in a batch.",
            buckets=_ENTRIES,
            registry=self.registry,
        )

    def watch_pools(self, registry: Any) -> None:
        """Tell how many connections of each pool are in use, when asked."""
        gauge = Gauge(
            "cliquet_pool_connections_in_use",
            "Connections of the pool that serve a request.",
            ("backend",),
            registry=self.registry,
        )
        for kind in KINDS:
            client = getattr(getattr(registry, kind, None), "client", None)
            if client is not None:
                engine = client.session_factory().get_bind()
                # The engine takes another pool when the server was away.
                in_use = functools.partial(_connections_in_use, engine)
                gauge.labels(kind).set_function(in_use)

    @contextmanager
    def request(self, request: Any) -> Iterator[Callable[[Any], None]]:
        """Count and time a request."""
        started = time.perf_counter()

        def tell(response: Any) -> None:
            known = request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
            service = service_name(request)
            self._requests.labels(
                service,
                request.method if known else "other",
                f"{response.status_code // 100}xx",
            ).observe(time.perf_counter() - started)
            if service == "batch":
                entries = getattr(request, "validated", {}).get("requests", ())
                self._batches.observe(len(entries))

        yield tell

    @contextmanager
    def call(self, kind: str, method: str) -> Iterator[None]:
        """Time a call of a backend."""
        with self._calls.labels(kind, method).time():
            yield

    def page(self) -> bytes:
        """Write what Prometheus reads."""
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        text: bytes = generate_latest(registry)
        return text


def _connections_in_use(engine: Any) -> int:
    count: int = engine.pool.checkedout()
    return count


def load_from_config(config: Any) -> Prometheus:
    """Build the instrument, and the view that is scraped (setting `metrics_path`)."""
    metrics = Prometheus()
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        metrics.watch_pools(config.registry)

    def scrape(request: Any) -> Response:
        return Response(metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    config.add_view(scrape, route_name=METRICS_ROUTE, permission=NO_PERMISSION_REQUIRED)
    return metrics
