"""The table of settings: name, kind, default and description of each one.

From it are derived the defaults, the refusal of wrong values, and the reference in the
documentation.
"""

from functools import partial

from cliquet.settings.backends import BACKENDS
from cliquet.settings.kinds import (
    COUNT,
    DOTTED,
    DURATION,
    FLAG,
    HEADERS,
    LIMIT,
    LIST,
    TEXT,
    Setting,
    choice,
    or_nothing,
)

_since_3_2 = partial(Setting, since="3.2")

#: The steps of a start, in order. Logs first, so that others may log; StatsD after what
#: it times (backends, authentication), and before the listeners, which it times too.
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

_PROJECT = {
    "project_name": Setting(TEXT, "", "Name shown, and prefix of settings."),
    "project_version": Setting(TEXT, "", "Version shown."),
    "project_docs": Setting(TEXT, "", "URL of the documentation."),
    "http_api_version": _since_3_2(
        TEXT,
        None,
        "``MAJOR.MINOR`` of the API, the project's by default; makes the prefix.",
    ),
    "announce_capabilities": _since_3_2(
        FLAG,
        False,
        "Name in ``capabilities`` of the hello view what is here and was not in 3.1, "
        "and the paths of collections and services; ``cliquet init`` turns it on.",
    ),
    "api_description_enabled": _since_3_2(
        FLAG,
        True,
        "Describe the service at ``/__api__``, and on the page ``/__docs__``, with the "
        "extra ``openapi``.",
    ),
    "error_info_link": Setting(
        TEXT,
        "https://github.com/mozilla-services/cliquet/issues/",
        "Link given in the body of errors 500.",
    ),
}

_START = {
    "includes": Setting(LIST, "", "Plugins included after the steps."),
    "initialization_sequence": Setting(
        LIST,
        INITIALIZATION_SEQUENCE,
        "Steps of the start: functions that take the configurator.",
    ),
    "event_listeners": Setting(LIST, "", "Names of listeners of events."),
    "metrics_backend": _since_3_2(
        or_nothing(choice("prometheus")),
        "",
        "``prometheus``, or nothing; StatsD is set by ``statsd_url``.",
    ),
    "metrics_path": _since_3_2(
        TEXT,
        "/metrics",
        "Where Prometheus scrapes: outside of the versions of the API.",
    ),
    "version_json_path": _since_3_2(
        TEXT, "", "File that ``__version__`` shows: JSON, read at start."
    ),
    "server_timing": _since_3_2(
        FLAG, False, "Report in ``Server-Timing`` where the time of a request went."
    ),
    "opentelemetry_enabled": _since_3_2(
        FLAG, False, "Record spans of requests, backend calls and batch entries."
    ),
    "sentry_dsn": _since_3_2(TEXT, None, "Where errors are reported."),
    "sentry_env": _since_3_2(TEXT, None, "Environment that Sentry shows."),
    "newrelic_config": Setting(TEXT, None, "New Relic's ini file."),
    "newrelic_env": Setting(TEXT, "dev", "New Relic's environment."),
    "profiler_enabled": Setting(FLAG, False, "Profile each request."),
    "profiler_dir": Setting(
        TEXT,
        "/tmp",  # noqa: S108 -- the default of 3.1
        "Where profiles are written.",
    ),
    "logging_renderer": Setting(
        DOTTED,
        "cliquet.logs.ClassicLogRenderer",
        "Class that renders logs; ``cliquet.logs.MozillaHekaRenderer`` gives JSON.",
    ),
    "statsd_url": Setting(TEXT, None, "``udp://host:port`` of StatsD."),
    "statsd_prefix": Setting(
        TEXT, "cliquet", "Prefix of metrics when the project has no name."
    ),
}


_HTTP = {
    "backoff": Setting(LIMIT, None, "Seconds asked for in ``Backoff``."),
    "batch_max_requests": Setting(LIMIT, 25, "Requests in one batch."),
    "cors_origins": Setting(LIST, "*", "Origins allowed; ``*`` matches."),
    "cors_max_age_seconds": Setting(LIMIT, 3600, "Preflight cache duration."),
    "cors_exposed_headers": _since_3_2(
        HEADERS, "", "Headers that scripts may read, besides those of the protocol."
    ),
    "http_host": Setting(TEXT, None, "Host forced in URLs."),
    "http_scheme": Setting(TEXT, None, "Scheme forced in URLs."),
    "idempotency_ttl_seconds": _since_3_2(
        COUNT,
        86400,
        "Seconds for which the answer to a request with an ``Idempotency-Key`` is "
        "kept.",
    ),
    "max_body_size": _since_3_2(
        LIMIT, 10 * 1024 * 1024, "Bytes accepted in a body; more is a 413."
    ),
    "retry_after_seconds": Setting(COUNT, 30, "``Retry-After`` of responses 503."),
    "vary": _since_3_2(HEADERS, "Authorization", "Names in ``Vary`` of all responses."),
    "version_prefix_redirect_enabled": Setting(
        FLAG, True, "Redirect URLs that lack the version."
    ),
    "trailing_slash_redirect_enabled": Setting(
        FLAG, True, "Redirect URLs that end with a slash."
    ),
    "eos": Setting(TEXT, None, "Date at which the service ends."),
    "eos_message": Setting(TEXT, None, "Message that announces it."),
    "eos_url": Setting(TEXT, None, "URL of a page about it."),
}

_RESOURCES = {
    "id_generator": Setting(
        DOTTED,
        "cliquet.storage.generators.UUID4",
        "Class that makes the ids of records.",
    ),
    "paginate_by": Setting(LIMIT, None, "Size of pages, and bound of ``_limit``."),
    "last_modified_max_ahead_seconds": _since_3_2(
        LIMIT,
        86400,
        "How far ahead of the clock a client may force ``last_modified``; empty for no "
        "bound.",
    ),
    "readonly": Setting(FLAG, False, "Refuse whatever writes."),
    "strict_preconditions": _since_3_2(
        FLAG, False, "Decide preconditions to the letter of RFC 9110, section 13."
    ),
    "require_preconditions": _since_3_2(
        FLAG,
        False,
        "Refuse PUT, PATCH and DELETE of a record without a precondition (428).",
    ),
    "hide_permissions": _since_3_2(
        FLAG, False, "Show permissions to those only who may write the record."
    ),
    "private_responses": _since_3_2(
        FLAG,
        True,
        "Keep caches from storing what authenticated users get, and lists of shared "
        "records; ``false``: the headers of 3.1.",
    ),
    "paginated_delete": _since_3_2(
        FLAG,
        False,
        "Honour ``_limit``, ``_sort`` and ``_token`` on DELETE of a collection.",
    ),
    "total_records": _since_3_2(
        choice("always", "head"), "always", "Which lists are counted: all, or HEAD."
    ),
    "expired_since": _since_3_2(
        choice("tell", "gone"), "tell", "Polls from before the horizon: told, or 410."
    ),
}

_SNAPSHOTS = {
    "snapshot_max_age_seconds": _since_3_2(
        COUNT, 60, "``max-age`` of snapshots: how long browsers do not ask again."
    ),
    "snapshot_shared_max_age_seconds": _since_3_2(
        COUNT, 60, "``s-maxage`` of snapshots: how long shared caches do not."
    ),
    "snapshot_stale_seconds": _since_3_2(
        COUNT,
        3600,
        "How long after that they may serve the old one, while they ask "
        "(``stale-while-revalidate``) or if nobody answers (``stale-if-error``).",
    ),
    "snapshot_max_records": _since_3_2(
        LIMIT,
        200_000,
        "Records and tombstones in one snapshot, which is made in memory; larger "
        "collections have none (404), empty for no bound.",
    ),
}

_LIVE = {
    "stream_max_clients": _since_3_2(
        LIMIT,
        0,
        "Clients that each process lets wait for changes, or follow a stream of them; "
        "none, and there is neither.",
    ),
    "stream_look_seconds": _since_3_2(
        or_nothing(DURATION),
        None,
        "How often those who wait have a look although nothing woke them, at least; "
        "30, or 120 with ``stream_wakeups_url``.",
    ),
    "stream_wakeups_url": _since_3_2(
        TEXT,
        "",
        "URL of the Redis or PostgreSQL, or of the SQLite file, by which processes "
        "wake those who wait in others; not of PgBouncer.",
    ),
}

_USERS = {
    "groups_path": _since_3_2(
        TEXT,
        "/groups",
        "Where ``cliquet.groups`` serves groups: ``/projects/{project_id}/groups`` "
        "for those of each project.",
    ),
    "write_implies_read": _since_3_2(
        FLAG, False, "Whoever may write an object may read it."
    ),
    "create_implies_list": _since_3_2(
        FLAG,
        False,
        "Whoever may create in a collection may list it: they see what they may read.",
    ),
    "inherit_permissions": _since_3_2(
        FLAG,
        False,
        "A permission on ``/projects/1`` holds for everything below its URL; whoever "
        "may write it may create below it. ``get_bound_permissions`` of a policy wins.",
    ),
    "userid_hmac_secret": Setting(
        TEXT, "", "Key which Basic Auth credentials are hashed with."
    ),
    "multiauth.policies": Setting(
        LIST, "basicauth", "Names of authentication policies."
    ),
    "multiauth.policy.basicauth.use": Setting(
        DOTTED,
        "cliquet.authentication.BasicAuthAuthenticationPolicy",
        "Class of the policy named ``basicauth``.",
    ),
    "multiauth.groupfinder": Setting(
        DOTTED,
        "cliquet.authorization.groupfinder",
        "Function that gives the principals of a user.",
    ),
    "multiauth.authorization_policy": Setting(
        DOTTED,
        "cliquet.authorization.AuthorizationPolicy",
        "Class that permits, or not.",
    ),
}

#: Every setting by theme, in the order of the documentation.
THEMES = {
    "Project": _PROJECT,
    "Start": _START,
    "Backends": BACKENDS,
    "HTTP": _HTTP,
    "Resources": _RESOURCES,
    "Snapshots": _SNAPSHOTS,
    "Live changes": _LIVE,
    "Users": _USERS,
}

#: The same, by name.
SETTINGS = {
    name: setting for theme in THEMES.values() for name, setting in theme.items()
}
