"""How is PostgreSQL reached: by which driver, through which pool? (backends §14)

No session state is relied upon: the pool of connections may sit in front of PgBouncer
in transaction mode. Statements are only prepared where nobody sits in between
(statements.py).
"""

import warnings
from collections.abc import Mapping
from typing import Any

import sqlalchemy
from pyramid.settings import asbool
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.pool import QueuePool
from sqlalchemy.util.queue import Empty, Queue

from cliquet.backends.sql import SQLClient

_CLIENTS: dict[bool, dict[str, "PostgreSQLClient"]] = {}

_SCHEMES = ("postgres", "postgresql")
_NOT_FOR_THE_ENGINE = ("backend", "max_fetch_size", "prefix", "url", "poolclass")
_ALIASES = {"maxoverflow": "max_overflow"}
_QUEUE_OPTIONS = ("pool_size", "max_overflow", "pool_timeout", "max_backlog")


class PostgreSQLClient(SQLClient):
    """Sessions on one PostgreSQL database."""


class _QueueWithMaxBacklog(Queue[Any]):
    """A queue that refuses to make more than `max_backlog` threads wait."""

    def __init__(self, maxsize: int = 0, max_backlog: int = -1) -> None:
        super().__init__(maxsize)
        self.max_backlog = max_backlog
        self.cur_backlog = 0

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take an item, or wait for one if not too many wait already.

        Raises:
            Empty: there is none, in time.
        """
        if not block:
            return super().get(block=False)
        with self.mutex:
            is_full = 0 <= self.max_backlog <= self.cur_backlog
            if is_full and self._empty():
                raise Empty
            self.cur_backlog += 1
        try:
            return super().get(block, timeout)
        finally:
            with self.mutex:
                self.cur_backlog -= 1


class QueuePoolWithMaxBacklog(QueuePool):
    """A pool of connections that fails at once when too many threads wait for one.

    Args:
        creator: Opens a connection.
        max_backlog: Threads that may wait, any number if negative.
        kw: Options of SQLAlchemy's `QueuePool`.
    """

    def __init__(self, creator: Any, max_backlog: int = -1, **kw: Any) -> None:
        super().__init__(creator, **kw)
        self.max_backlog = max_backlog
        # SQLAlchemy tells the class of the queue, but not its arguments.
        self._pool = _QueueWithMaxBacklog(self._pool.maxsize, max_backlog)

    def recreate(self) -> "QueuePoolWithMaxBacklog":
        """Make an empty pool with the same options."""
        recreated: Any = super().recreate()
        made: QueuePoolWithMaxBacklog = recreated
        made._pool = _QueueWithMaxBacklog(self._pool.maxsize, self.max_backlog)
        return made


def engine_url(url: str) -> URL:
    """Choose the driver of a URL that leaves it open: psycopg2."""
    parsed = make_url(url)
    if parsed.drivername in _SCHEMES:
        return parsed.set(drivername="postgresql+psycopg2")
    return parsed


def create_from_config(config: Any, prefix: str = "") -> PostgreSQLClient:
    """Answer the client of a URL, one for each URL and way to commit.

    Args:
        config: Configurator with the settings.
        prefix: That of the settings of one kind of backend.

    Raises:
        KeyError: there is no setting `<prefix>url`.
        TypeError: a setting with the prefix is no option of SQLAlchemy's engines.
    """
    settings = config.get_settings()
    url = settings[f"{prefix}url"]
    per_request = asbool(settings.get("transaction_per_request", False))
    clients = _CLIENTS.setdefault(per_request, {})
    if url in clients:
        # Called with this text alone: applications' tests assert it (backends §14.3).
        warnings.warn(  # noqa: B028
            "Reuse existing PostgreSQL connection. "
            f"Parameters {prefix}* will be ignored."
        )
        return clients[url]
    name = f"{prefix}poolclass"
    pool_class = config.maybe_dotted(settings.get(name)) or QueuePoolWithMaxBacklog
    options = _engine_options(settings, prefix, pool_class)
    options["url"] = engine_url(url)
    if options["url"].drivername == "postgresql+psycopg":
        # A prepared statement belongs to one connection of the server.
        options["connect_args"] = {"prepare_threshold": None}
    if options["url"].get_backend_name() == "postgresql":
        options["use_native_hstore"] = False
    # Messages of errors are logged: what statements were given may be secret.
    options.setdefault("hide_parameters", True)
    engine = sqlalchemy.engine_from_config(options, prefix="", poolclass=pool_class)
    client: PostgreSQLClient = PostgreSQLClient.on(engine, per_request)
    clients[url] = client
    return client


def _engine_options(
    settings: Mapping[str, Any], prefix: str, pool_class: Any
) -> dict[str, Any]:
    named = {
        name.removeprefix(prefix): value
        for name, value in settings.items()
        if name.startswith(prefix)
    }
    options = {
        _ALIASES.get(name, name): value
        for name, value in named.items()
        if name not in _NOT_FOR_THE_ENGINE
    }
    if not issubclass(pool_class, QueuePool):
        # The size is always set: by default, where nobody asked for it.
        return {
            name: value for name, value in options.items() if name not in _QUEUE_OPTIONS
        }
    if "max_backlog" in options:
        options["max_backlog"] = int(options["max_backlog"])
    return options
