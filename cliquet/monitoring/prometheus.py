"""Metrics for Prometheus (setting `metrics_backend`).

With several worker processes, `PROMETHEUS_MULTIPROC_DIR` names a directory that they
share: any of them shows the metrics of all.
"""

import functools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from pyramid.config import Configurator
from pyramid.response import Response as PyramidResponse
from pyramid.security import NO_PERMISSION_REQUIRED

from cliquet.engines.loading import KINDS
from cliquet.monitoring.instruments import (
    METRICS_ROUTE,
    Instrument,
    method_name,
    service_name,
)
from cliquet.protocol.freshness import NO_STORE
from cliquet.types import Registry, Request, Response

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_ENTRIES = (1, 2, 5, 10, 25, 50, 100)


class Prometheus(Instrument):
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

    def watch_pools(self, registry: Registry) -> None:
        """Measure how many connections of each pool are in use, when scraped."""
        gauge = Gauge(
            "cliquet_pool_connections_in_use",
            "Connections of the pool that serve a request.",
            ("backend",),
            registry=self.registry,
        )
        for kind in KINDS:
            client = getattr(getattr(registry, kind, None), "client", None)
            engine = getattr(client, "engine", None)
            if engine is not None:
                # The engine takes another pool when the server was away.
                in_use = functools.partial(_connections_in_use, engine)
                gauge.labels(kind).set_function(in_use)

    @contextmanager
    def request(self, request: Request) -> Iterator[Callable[[Response], None]]:
        """Count and time a request."""
        started = time.perf_counter()

        def conclude(response: Response) -> None:
            service = service_name(request)
            self._requests.labels(
                service, method_name(request), f"{response.status_code // 100}xx"
            ).observe(time.perf_counter() - started)
            if service == "batch":
                entries = getattr(request, "validated", {}).get("requests", ())
                self._batches.observe(len(entries))

        yield conclude

    @contextmanager
    def call(self, kind: str, method: str) -> Iterator[None]:
        """Time a call of a backend."""
        with self._calls.labels(kind, method).time():
            yield


def _connections_in_use(engine: Any) -> int:
    count: int = engine.pool.checkedout()
    return count


def load_from_config(config: Configurator) -> Prometheus:
    """Return the instrument; add the view that is scraped (setting `metrics_path`)."""
    shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    shares_metrics = shared is not None
    if shared:
        Path(shared).mkdir(parents=True, exist_ok=True)
    metrics = Prometheus()
    if not shares_metrics:
        metrics.watch_pools(config.registry)

    def scrape(request: Request) -> PyramidResponse:
        registry = metrics.registry
        if shares_metrics:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": NO_STORE}
        return PyramidResponse(generate_latest(registry), headers=headers)

    config.add_view(scrape, route_name=METRICS_ROUTE, permission=NO_PERMISSION_REQUIRED)
    return metrics
