"""Metrics for Prometheus (setting `metrics_backend`).

With several worker processes, `PROMETHEUS_MULTIPROC_DIR` names a directory that they
share: any of them shows the metrics of all.
"""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    multiprocess,
)
from pyramid.config import Configurator
from pyramid.response import Response as PyramidResponse
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import event

from cliquet.engines.loading import KINDS
from cliquet.monitoring.instruments import (
    METRICS_ROUTE,
    Instrument,
    method_name,
    service_name,
)
from cliquet.protocol.freshness import NO_STORE
from cliquet.settings import get_setting
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
        self._entries = Counter(
            "cliquet_batch_entry_responses",
            "Responses to the entries of batches.",
            ("service", "method", "status"),
            registry=self.registry,
        )
        self._in_progress = Gauge(
            "cliquet_requests_in_progress",
            "Requests that are being answered: each holds a thread.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._in_use = Gauge(
            "cliquet_pool_connections_in_use",
            "Connections of the pool that serve a request.",
            ("backend",),
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._lag = Gauge(
            "cliquet_replica_lag_seconds",
            "How far a replica is behind; not a number where it does not answer.",
            ("backend", "replica"),
            registry=self.registry,
            multiprocess_mode="mostrecent",
        )

    def measure_lags(self, registry: Registry) -> None:
        """Ask each replica how far it is behind."""
        for kind, (_, replicas) in getattr(registry, "replicas_by_kind", {}).items():
            for number, replica in enumerate(replicas.members, 1):
                lag = replica.lag()
                gauge = self._lag.labels(kind, str(number))
                gauge.set(math.nan if lag is None else lag)

    def watch_pools(self, registry: Registry) -> None:
        """Count how many connections of each pool are in use."""
        for kind in KINDS:
            client = getattr(getattr(registry, kind, None), "client", None)
            engine = getattr(client, "engine", None)
            if engine is not None:
                in_use = self._in_use.labels(kind)
                # What listens to a pool listens to the one that replaces it as well,
                # when the server was away.
                event.listen(engine.pool, "checkout", lambda *_, g=in_use: g.inc())
                event.listen(engine.pool, "checkin", lambda *_, g=in_use: g.dec())

    def tell_versions(self, registry: Registry) -> None:
        """Show which versions run, as labels of a gauge that is always 1."""
        versions = {
            "cliquet": version("cliquet"),
            "project": str(get_setting(registry.settings, "project_version") or ""),
        }
        Gauge(
            "cliquet_build_info",
            "Versions of the library and of the project.",
            tuple(versions),
            registry=self.registry,
            multiprocess_mode="livemax",
        ).labels(**versions).set(1)

    @contextmanager
    def request(self, request: Request) -> Iterator[Callable[[Response], None]]:
        """Count and time a request."""
        started = time.perf_counter()

        def conclude(response: Response) -> None:
            service = service_name(request)
            self._requests.labels(
                service, method_name(request), str(response.status_code)
            ).observe(time.perf_counter() - started)
            if service == "batch":
                entries = getattr(request, "validated", {}).get("requests", ())
                self._batches.observe(len(entries))

        with self._in_progress.track_inprogress():
            yield conclude

    @contextmanager
    def entry(
        self, method: str, path: str
    ) -> Iterator[Callable[[Request, Response], None]]:
        """Count the responses to entries of batches."""

        def conclude(request: Request, response: Response) -> None:
            self._entries.labels(
                service_name(request), method_name(request), str(response.status_code)
            ).inc()

        yield conclude

    @contextmanager
    def call(self, kind: str, method: str) -> Iterator[None]:
        """Time a call of a backend."""
        with self._calls.labels(kind, method).time():
            yield


def load_from_config(config: Configurator) -> Prometheus:
    """Return the instrument; add the view that is scraped (setting `metrics_path`)."""
    shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    shares_metrics = shared is not None
    if shared:
        Path(shared).mkdir(parents=True, exist_ok=True)
    metrics = Prometheus()
    metrics.watch_pools(config.registry)
    metrics.tell_versions(config.registry)
    if not shares_metrics:
        # Of several workers, each would tell of itself.
        ProcessCollector(registry=metrics.registry)

    def scrape(request: Request) -> PyramidResponse:
        metrics.measure_lags(request.registry)
        registry = metrics.registry
        if shares_metrics:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": NO_STORE}
        return PyramidResponse(generate_latest(registry), headers=headers)

    config.add_view(scrape, route_name=METRICS_ROUTE, permission=NO_PERMISSION_REQUIRED)
    return metrics
