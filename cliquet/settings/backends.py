"""The settings of backends, a row each: those of each kind, and of all of them."""

from functools import partial

from cliquet.settings.kinds import (
    BACKEND,
    COUNT,
    DURATION,
    FLAG,
    LIMIT,
    TEXT,
    WAIT,
    Setting,
    or_nothing,
)

_since_3_2 = partial(Setting, since="3.2")


def _replicas(kind: str) -> dict[str, Setting]:
    """Return the setting of the replicas that a backend may be read from."""
    if kind == "cache":
        return {}
    return {
        f"{kind}_read_url": _since_3_2(
            TEXT,
            "",
            "URLs of its replicas, separated by blanks, which answer what only reads "
            "(PostgreSQL).",
        )
    }


def _server(kind: str) -> dict[str, Setting]:
    """Return the settings that each of the three backends has."""
    names = ("memory", "redis", "postgresql", "sqlite")
    modules = ", ".join(f"``cliquet.{kind}.{name}``" for name in names)
    return {
        f"{kind}_backend": Setting(
            BACKEND, "", f"Module of the {kind} backend: {modules}. Empty: no {kind}."
        ),
        f"{kind}_url": Setting(TEXT, "", "URL of its server."),
        **_replicas(kind),
        f"{kind}_pool_size": Setting(COUNT, 25, "Connections kept open to its server."),
        f"{kind}_pool_timeout": _since_3_2(
            WAIT, 5, "Seconds that a request waits for one of them."
        ),
        f"{kind}_connect_timeout": _since_3_2(
            or_nothing(DURATION), 5, "Seconds that opening one may take."
        ),
        f"{kind}_lock_timeout": _since_3_2(
            or_nothing(DURATION),
            10,
            "Seconds that a statement waits for what another transaction has locked "
            "(PostgreSQL, SQLite). Nothing: as the server says.",
        ),
        f"{kind}_statement_timeout": _since_3_2(
            or_nothing(DURATION),
            30,
            "Seconds that a statement may take (PostgreSQL). Nothing: as the server "
            "says.",
        ),
        f"{kind}_answer_timeout": _since_3_2(
            or_nothing(DURATION), 10, "Seconds that an answer may take (Redis)."
        ),
    }


BACKENDS = {
    **_server("storage"),
    "storage_max_fetch_size": Setting(
        COUNT,
        10000,
        "Records that one response may hold when no limit applies; pages follow.",
    ),
    "postgresql_triggers": _since_3_2(
        FLAG,
        True,
        "Triggers on the tables of records serve those who write to them by SQL of "
        "their own (PostgreSQL). ``cliquet migrate`` creates or drops them.",
    ),
    **_server("cache"),
    "cache_prefix": Setting(TEXT, "", "Put before each key of the cache."),
    "cache_max_size_bytes": _since_3_2(
        LIMIT,
        64 * 1024 * 1024,
        "Bound of the memory cache, 0 for none; the oldest entries leave first.",
    ),
    **_server("permission"),
    "transaction_per_request": Setting(
        FLAG,
        True,
        "SQL backends commit at the end of requests, rather than of operations.",
    ),
    "retry.attempts": _since_3_2(
        COUNT,
        3,
        "Times that a request is run when a deadlock, or a lost connection, undoes it.",
    ),
    "tm.annotate_user": Setting(
        FLAG,
        False,
        "Authenticate early, to name the user in transactions (pyramid_tm).",
    ),
    "heartbeat_timeout_seconds": _since_3_2(
        DURATION, 10, "Time left to each check of the heartbeat."
    ),
}
