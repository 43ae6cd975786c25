"""PostgreSQL: the driver, and the pool of connections.

No session state is relied upon: the pool may sit in front of PgBouncer in transaction
mode. Statements are only prepared where nobody sits in between (`driver.py`).

Nor is anything left to what the server, the database, the role or the environment have
by default. The encoding is said when a connection is opened, the isolation when a
transaction is begun; neither costs a round trip, and PgBouncer knows both. Of what
cannot be said so, as the time zone, the text of our statements is independent.
"""

import warnings
from collections.abc import Callable, Mapping
from math import ceil
from types import MappingProxyType
from typing import Any

import sqlalchemy
from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool
from sqlalchemy import event
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool
from sqlalchemy.util.queue import Empty, Queue

from cliquet.dotted import resolve
from cliquet.engines.reading import current_reading
from cliquet.engines.sql.client import SQLClient
from cliquet.engines.sql.watchdog import GRACE_SECONDS, PATIENCE
from cliquet.engines.urls import check_scheme, invalid_url, read_url
from cliquet.engines.waiting import NAMES, Waits, read_waits
from cliquet.settings import SETTINGS

_CLIENTS: dict[bool, dict[str, "PostgreSQLClient"]] = {}

_SCHEMES = ("postgres", "postgresql")
EXAMPLE = "postgresql://user:password@localhost/database"
_NOT_FOR_THE_ENGINE = (
    "backend",
    "max_fetch_size",
    "max_size_bytes",
    "poolclass",
    "prefix",
    "read_url",
    "url",
)
_POSTGRESQL_OPTIONS: Mapping[str, Any] = {
    "use_native_hstore": False,
    # Writers of one collection wait for one another. Above, all but one would fail.
    "isolation_level": "READ COMMITTED",
}
_ALIASES = {"maxoverflow": "max_overflow"}
_QUEUE_OPTIONS = ("pool_size", "max_overflow", "pool_timeout", "max_backlog")


class PostgreSQLClient(SQLClient):
    """Sessions on one PostgreSQL database.

    Attributes:
        options: Those that the settings gave its engine, as they were given.
    """

    options: Mapping[str, Any] = MappingProxyType({})
    one_moment = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",)

    def begin_write(self, connection: sqlalchemy.Connection) -> None:
        """Let the request read nothing more from replicas.

        Raises:
            BehindError: It has: it is run again.
        """
        reading = current_reading()
        if reading is not None:
            reading.begin_write()


class InvalidOptionError(ConfigurationError, TypeError):
    """A setting of a backend is no option of SQLAlchemy: that raises `TypeError`."""


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
        # SQLAlchemy has a hook for the class of the queue, but not for its arguments.
        self._pool = _QueueWithMaxBacklog(self._pool.maxsize, max_backlog)

    def recreate(self) -> "QueuePoolWithMaxBacklog":
        """Return an empty pool with the same options."""
        recreated: Any = super().recreate()
        made: QueuePoolWithMaxBacklog = recreated
        made._pool = _QueueWithMaxBacklog(self._pool.maxsize, self.max_backlog)
        return made


def engine_url(url: str) -> URL:
    """Return a URL with its driver; psycopg2, if it leaves that open."""
    parsed = make_url(url)
    if parsed.drivername in _SCHEMES:
        return parsed.set(drivername="postgresql+psycopg2")
    return parsed


def create_from_config(config: Any, prefix: str = "") -> PostgreSQLClient:
    """Return the client of a URL, one for each URL and way to commit.

    Args:
        config: Configurator with the settings.
        prefix: That of the settings of one kind of backend.

    Raises:
        KeyError: there is no setting `<prefix>url`.
        InvalidURLError: it is empty, or the URL of something else.
        InvalidOptionError: a setting with the prefix is no option of SQLAlchemy's
            engines.
    """
    settings = config.get_settings()
    url = read_url(settings, prefix, EXAMPLE)
    per_request = asbool(settings.get("transaction_per_request", False))
    clients = _CLIENTS.setdefault(per_request, {})
    options = read_options(config, prefix)
    if url in clients:
        if _are_ignored(options, clients[url].options, prefix):
            # Called with this text alone: applications' tests assert it.
            warnings.warn(  # noqa: B028
                "Reuse existing PostgreSQL connection. "
                f"Parameters {prefix}* will be ignored."
            )
        return clients[url]
    parsed = parse_url(settings, prefix, url)
    clients[url] = make_client(settings, prefix, parsed, options, per_request)
    return clients[url]


def read_options(config: Any, prefix: str) -> dict[str, Any]:
    """Return the options that settings give to the engine of a database."""
    settings, name = config.get_settings(), f"{prefix}poolclass"
    pool_class = resolve(config, name, settings.get(name)) or QueuePoolWithMaxBacklog
    return _engine_options(settings, prefix, pool_class)


def make_client(
    settings: Mapping[str, Any],
    prefix: str,
    url: URL,
    options: Mapping[str, Any],
    per_request: bool,
) -> PostgreSQLClient:
    """Return a client of one server, whatever other clients there are."""
    waits = read_waits(settings, prefix)
    engine = _make_engine(url, options, prefix, waits)
    client: PostgreSQLClient = PostgreSQLClient.on(engine, per_request)
    client.options = options
    if engine.dialect.name == "postgresql":
        client.limits = limit_statements(waits)
        if waits.statement:
            event.listen(engine, "connect", _setting_patience(waits.statement))
    return client


def parse_url(settings: Mapping[str, Any], prefix: str, url: str) -> URL:
    """Return a URL with its driver.

    Raises:
        InvalidURLError: It is none, or that of something else.
    """
    try:
        parsed = engine_url(url)
    except ArgumentError as error:
        raise invalid_url(settings, prefix, EXAMPLE) from error
    found = parsed.get_backend_name()
    check_scheme(settings, prefix, found, _SCHEMES, EXAMPLE)
    return parsed


def _setting_patience(seconds: float) -> Callable[[Any, Any], None]:
    patience = seconds + GRACE_SECONDS

    def connected(driver: Any, record: Any) -> None:
        record.info[PATIENCE] = patience

    return connected


def limit_statements(waits: Waits) -> tuple[str, ...]:
    """Return the statements that bound those of a transaction.

    They say nothing to the session: behind PgBouncer, that is another one's next.
    """
    bounds = {"lock_timeout": waits.lock, "statement_timeout": waits.statement}
    return tuple(
        f"SET LOCAL {name} = {ceil(seconds * 1000)}"
        for name, seconds in bounds.items()
        if seconds
    )


def _make_engine(
    url: URL, given: Mapping[str, Any], prefix: str, waits: Waits
) -> sqlalchemy.Engine:
    options = {name: value for name, value in given.items() if name not in NAMES}
    options["url"] = url
    if issubclass(options["poolclass"], QueuePool):
        options["pool_timeout"] = waits.pool
    if url.get_backend_name() == "postgresql":
        arguments = {**options.get("connect_args", {}), "client_encoding": "utf8"}
        if waits.connect and "connect_timeout" not in url.query:
            # Of the driver, which wants whole seconds; for each host of a URL.
            arguments.setdefault("connect_timeout", ceil(waits.connect))
        if url.get_driver_name() == "psycopg":
            # A prepared statement belongs to one connection of the server.
            arguments["prepare_threshold"] = None
        options = {**_POSTGRESQL_OPTIONS, **options, "connect_args": arguments}
        # The dialect would set it once more, by a statement.
        options.pop("client_encoding", None)
    # Messages of errors are logged: what statements were given may be secret.
    options.setdefault("hide_parameters", True)
    try:
        return sqlalchemy.engine_from_config(options, prefix="")
    except TypeError as error:
        reason = str(error).partition(",")[0]
        raise InvalidOptionError(
            f"A setting '{prefix}*' is no option of the pool of connections: {reason}."
        ) from error


def _are_ignored(
    given: Mapping[str, Any], used: Mapping[str, Any], prefix: str
) -> bool:
    """Return whether options that somebody gave differ from those that are used."""
    asked = {
        name: value
        for name, value in given.items()
        if f"{prefix}{name}" not in SETTINGS
        or str(value) != str(SETTINGS[f"{prefix}{name}"].default)
    }
    return any(str(value) != str(used.get(name)) for name, value in asked.items())


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
        options = {
            name: value for name, value in options.items() if name not in _QUEUE_OPTIONS
        }
    elif "max_backlog" in options:
        options["max_backlog"] = int(options["max_backlog"])
    return {**options, "poolclass": pool_class}
