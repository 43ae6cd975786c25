"""The table of settings, first part: how the service starts and where it stores."""

from typing import Any

from cliquet.settings.kinds import (
    BACKEND,
    COUNT,
    DOTTED,
    DURATION,
    FLAG,
    LIMIT,
    LIST,
    TEXT,
)
from cliquet.settings.rows import rows

#: The ordered steps of a start (python-api §5.2). Logs first, so that others may log;
#: backends and authentication before StatsD, which times them, as the listeners.
INITIALIZATION_SEQUENCE = (
    "cliquet.initialization.setup_request_bound_data",
    "cliquet.initialization.setup_json_serializer",
    "cliquet.initialization.setup_logging",
    "cliquet.initialization.setup_storage",
    "cliquet.initialization.setup_permission",
    "cliquet.initialization.setup_cache",
    "cliquet.initialization.setup_requests_scheme",
    "cliquet.initialization.setup_vary_headers",
    "cliquet.initialization.setup_version_redirection",
    "cliquet.initialization.setup_deprecation",
    "cliquet.initialization.setup_authentication",
    "cliquet.initialization.setup_backoff",
    "cliquet.initialization.setup_statsd",
    "cliquet.initialization.setup_listeners",
    "cliquet.events.setup_transaction_hook",
)


def _backend(kind: str, engines: str) -> tuple[tuple[Any, ...], ...]:
    return (
        (
            f"{kind}_backend",
            "",
            BACKEND,
            f"Module of the {kind} backend: {engines}. Empty: no {kind}.",
            "initialization",
        ),
        (f"{kind}_url", "", TEXT, "URL of its server.", f"{kind}"),
        (
            f"{kind}_pool_size",
            25,
            COUNT,
            "Connections kept open to its server.",
            "backends",
        ),
    )


def _engines(kind: str) -> str:
    names = ("memory", "redis", "postgresql", "sqlite")
    return ", ".join(f"``cliquet.{kind}.{name}``" for name in names)


PROJECT = rows(
    "Project",
    ("project_name", "", TEXT, "Name shown, and prefix of settings.", "initialization"),
    ("project_version", "", TEXT, "Version shown.", "initialization"),
    ("project_docs", "", TEXT, "URL of the documentation.", "views.hello"),
    (
        "http_api_version",
        None,
        TEXT,
        "``MAJOR.MINOR`` of the API, the project's by default; makes the prefix.",
        "initialization",
        False,
    ),
    (
        "error_info_link",
        "https://github.com/mozilla-services/cliquet/issues/",
        TEXT,
        "Link given in the body of errors 500.",
        "views.errors",
    ),
)

START = rows(
    "Start",
    ("includes", "", LIST, "Plugins included after the steps.", "initialization"),
    (
        "initialization_sequence",
        INITIALIZATION_SEQUENCE,
        LIST,
        "Steps of the start: functions of the configurator.",
        "initialization",
    ),
    ("event_listeners", "", LIST, "Names of listeners of events.", "listeners"),
    (
        "metrics_backend",
        "",
        TEXT,
        "``prometheus``, or nothing; StatsD is set by ``statsd_url``.",
        "instruments",
        False,
    ),
    (
        "metrics_path",
        "/metrics",
        TEXT,
        "Where Prometheus scrapes: outside of the versions of the API.",
        "prometheus",
        False,
    ),
    (
        "version_json_path",
        "",
        TEXT,
        "File that ``__version__`` shows: JSON, read at start.",
        "views.version",
        False,
    ),
    (
        "server_timing",
        False,
        FLAG,
        "Tell in ``Server-Timing`` where the time of a request went.",
        "instruments",
        False,
    ),
    (
        "opentelemetry_enabled",
        False,
        FLAG,
        "Make spans of requests, backend calls and batch entries.",
        "tracing",
        False,
    ),
    ("sentry_dsn", None, TEXT, "Where Sentry is told of errors.", "sentry", False),
    ("sentry_env", None, TEXT, "Environment that Sentry shows.", "sentry", False),
    ("newrelic_config", None, TEXT, "New Relic's ini file.", "initialization"),
    ("newrelic_env", "dev", TEXT, "New Relic's environment.", "initialization"),
    ("profiler_enabled", False, FLAG, "Profile each request.", "initialization"),
    (
        "profiler_dir",
        "/tmp",  # noqa: S108 -- documented default
        TEXT,
        "Where profiles are written.",
        "initialization",
    ),
    (
        "logging_renderer",
        "cliquet.logs.ClassicLogRenderer",
        DOTTED,
        "Class that renders logs; ``cliquet.logs.MozillaHekaRenderer`` gives JSON.",
        "logs",
    ),
    ("statsd_url", None, TEXT, "``udp://host:port`` of StatsD.", "statsd"),
    (
        "statsd_prefix",
        "cliquet",
        TEXT,
        "Prefix of metrics when the project has no name.",
        "statsd",
    ),
)

BACKENDS = rows(
    "Backends",
    *_backend("storage", _engines("storage")),
    (
        "storage_max_fetch_size",
        10000,
        COUNT,
        "Records that one response may hold when no limit applies; pages follow.",
        "storage",
    ),
    *_backend("cache", _engines("cache")),
    ("cache_prefix", "", TEXT, "Put before each key of the cache.", "cache"),
    (
        "cache_max_size_bytes",
        67108864,
        LIMIT,
        "Bound of the memory cache, 0 for none; the oldest entries leave first.",
        "cache.memory",
        False,
    ),
    *_backend("permission", _engines("permission")),
    (
        "transaction_per_request",
        True,
        FLAG,
        "SQL backends commit at the end of requests, rather than of operations.",
        "backends.sql",
    ),
    (
        "retry.attempts",
        3,
        COUNT,
        "Times that a request is run when a deadlock, or a lost connection, undoes it.",
        "pyramid_retry",
        False,
    ),
    (
        "tm.annotate_user",
        False,
        FLAG,
        "Authenticate early, to name the user in transactions (pyramid_tm).",
        "pyramid_tm",
    ),
    (
        "heartbeat_timeout_seconds",
        10,
        DURATION,
        "Time left to each check of the heartbeat.",
        "views.heartbeat",
        False,
    ),
)
