"""A Redis server: its client, and backends on it whose errors are ours."""

import functools
from collections.abc import Callable, Sequence
from importlib import resources
from queue import Empty
from types import FunctionType
from typing import Any, ParamSpec, TypeVar

import redis

from cliquet.engines.exceptions import BackendError, BusyError, outage
from cliquet.engines.redis import cluster, sentinel
from cliquet.engines.redis.sentinel import FullPoolError
from cliquet.engines.redis.tags import Tag, tagged, untagged
from cliquet.engines.redis.urls import (
    CLUSTER,
    Address,
    check_options,
    example,
    parse,
)
from cliquet.engines.urls import invalid_url
from cliquet.engines.waiting import read_waits

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_ERRORS = (redis.RedisError, redis.exceptions.RedisClusterException)
_KEYS_AT_ONCE = 10_000
# Servers before 5 replicate scripts as such, unless told otherwise, and refuse those
# that write after they looked at keys in no order.
_REPLICATE = "if redis.replicate_commands then redis.replicate_commands() end\n"
_DEFAULTS = {"host": "localhost", "port": 6379, "db": 0}


def wrap_redis_error(
    method: Callable[_Arguments, _Result],
) -> Callable[_Arguments, _Result]:
    """Decorate a method so that errors of the driver become `BackendError`."""

    @functools.wraps(method)
    def wrapped(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        try:
            return method(*args, **kwargs)
        except _ERRORS as error:
            is_full = isinstance(error, FullPoolError) or isinstance(
                error.__context__, Empty
            )
            raise outage(error, kind=BusyError if is_full else BackendError) from error

    return wrapped


class RedisBackend:
    """Base of backends on a Redis server, to be named before that of their kind.

    Every method that a subclass defines raises `BackendError` for errors of the driver:
    methods are wrapped when the class is created.
    """

    _client: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Wrap the methods that a subclass defines, but `__init__` and the like."""
        for name, method in list(vars(cls).items()):
            if isinstance(method, FunctionType) and not name.startswith("__"):
                setattr(cls, name, wrap_redis_error(method))
        # The interface of a kind records the functions of the class: the wrapped ones.
        super().__init_subclass__(**kwargs)

    @property
    def settings(self) -> dict[str, Any]:
        """Where the server is: `host`, `port`, `db` and `password`."""
        return client_settings(self._client)


def create_from_config(config: Any, prefix: str = "") -> Any:
    """Build a client from the settings `<prefix>url`, `<prefix>pool_size`…

    It does not connect. The URL may be one of redis-py, or name several servers
    (`cliquet.engines.redis.urls`); an empty one is that of a server on this host.
    Waiting is bounded by settings, or options of the URL: for a connection of the pool,
    for the server to accept, for its answers.

    Returns:
        A `redis.Redis`, which returns bytes.

    Raises:
        KeyError: a setting is missing.
        InvalidURLError: the URL has another scheme, or none, or an option that is none.
    """
    settings = config.get_settings()
    waits = read_waits(settings, prefix)
    options = {
        "max_connections": int(settings[prefix + "pool_size"]),
        "timeout": waits.pool,
        "socket_connect_timeout": waits.connect,
        "socket_timeout": waits.answer,
    }
    try:
        return create(settings[prefix + "url"] or example(), options)
    except ValueError as error:
        raise invalid_url(
            settings, prefix, example(settings[prefix + "url"])
        ) from error


def create(url: str, options: dict[str, Any]) -> Any:
    """Build a client of one or several servers; it does not connect.

    Args:
        url: One of redis-py, or of several servers (`cliquet.engines.redis.urls`).
        options: Arguments of the pool, and of its connections.

    Raises:
        ValueError: The URL has another scheme, or none, or an option that is none.
    """
    address = parse(url)
    if address is not None:
        kind = cluster if address.kind == CLUSTER else sentinel
        return kind.create(address, options)
    pool = redis.BlockingConnectionPool.from_url(url, **options)
    check_options(pool)
    return redis.Redis(connection_pool=pool)


def client_settings(client: Any) -> dict[str, Any]:
    """Return where a client connects to: `host`, `port`, `db` and `password`.

    Of several servers it is the first one that the URL names.
    """
    address, known = _options_of(client)
    defaults = {**_DEFAULTS, "password": None}
    found = {name: known.get(name, default) for name, default in defaults.items()}
    if address is not None:
        found["host"], found["port"] = address.hosts[0]
    return found


def database_of_client(client: Any) -> tuple[Any, ...]:
    """Return which database a client uses, and as whom."""
    address, known = _options_of(client)
    if address is not None:
        return (*address.identity, known.get("db"), known.get("username"))
    where = (known.get(name) or default for name, default in _DEFAULTS.items())
    return ("redis", *where, known.get("path"), known.get("username"))


def tag_of_client(client: Any) -> Tag:
    """Return what makes the tags of keys: of a cluster, they say which are together."""
    return tagged if is_cluster(client) else untagged


def is_cluster(client: Any) -> bool:
    """Return whether keys are on several nodes."""
    return isinstance(client, cluster.Cluster)


def _options_of(client: Any) -> tuple[Address | None, dict[str, Any]]:
    """Return where several servers are, if there are, and options of connections."""
    if isinstance(client, cluster.Cluster):
        return client.address, client.address.options
    pool = client.connection_pool
    return getattr(pool, "address", None), pool.connection_kwargs


def delete_keys(client: Any, names: Sequence[str]) -> None:
    """Delete any number of keys, as many at once as a server takes."""
    for start in range(0, len(names), _KEYS_AT_ONCE):
        client.delete(*names[start : start + _KEYS_AT_ONCE])


def scan(client: Any, pattern: str) -> list[str]:
    """Return the keys that match a glob pattern, without blocking the server."""
    return [key.decode("utf-8") for key in client.scan_iter(match=pattern, count=1000)]


def load_scripts(
    package: str, folder: str = "scripts", before: str = ""
) -> dict[str, str]:
    """Return the sources of the Lua scripts in a folder of a package.

    Args:
        package: Dotted name of the package.
        folder: Path of the folder in there.
        before: Source that each of them begins with.

    Returns:
        Sources by the names of the files without `.lua`, each after what is in
        `prelude.lua`, if the folder has that.
    """
    files = resources.files(package).joinpath(folder).iterdir()
    sources = {
        file.name.removesuffix(".lua"): file.read_text(encoding="utf-8")
        for file in files
        if file.name.endswith(".lua")
    }
    shared = _REPLICATE + before + sources.pop("prelude", "")
    return {name: shared + source for name, source in sources.items()}
