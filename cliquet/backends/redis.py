"""How is a Redis server reached? (backends §13.1)"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import redis

from cliquet.backends.exceptions import BackendError
from cliquet.logs import logger

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")

POOL_WAIT_SECONDS = 20
CONNECT_SECONDS = 5
ANSWER_SECONDS = 30
_PART = 10_000


def create_from_config(config: Any, prefix: str = "") -> Any:
    """Build a client from the settings `<prefix>url` and `<prefix>pool_size`.

    It does not connect. The URL may be `redis://`, `rediss://` or `unix://`; empty, it
    is that of a server on this host. Waiting is bounded: for a connection of the pool,
    for the server to accept, for its answers.
    """
    settings = config.get_settings()
    pool = redis.BlockingConnectionPool.from_url(
        settings[prefix + "url"] or "redis://localhost:6379/0",
        max_connections=int(settings[prefix + "pool_size"]),
        timeout=POOL_WAIT_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
    )
    return redis.Redis(connection_pool=pool)


def delete_keys(client: Any, names: Sequence[str]) -> None:
    """Delete any number of keys, in parts that a server takes."""
    for start in range(0, len(names), _PART):
        client.delete(*names[start : start + _PART])


def wrap_redis_error(
    method: Callable[_Arguments, _Answer],
) -> Callable[_Arguments, _Answer]:
    """Decorate a method so that errors of the driver become `BackendError`."""

    @functools.wraps(method)
    def wrapped(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Answer:
        try:
            return method(*args, **kwargs)
        except redis.RedisError as error:
            logger.exception(error)
            raise BackendError(original=error) from error

    return wrapped


def client_settings(client: Any) -> dict[str, Any]:
    """Tell where a client connects to."""
    known = client.connection_pool.connection_kwargs
    defaults = {"host": "localhost", "port": 6379, "db": 0, "password": None}
    return {name: known.get(name, default) for name, default in defaults.items()}


def scan(client: Any, pattern: str) -> list[str]:
    """List the keys that match a glob pattern, without blocking the server."""
    return [key.decode("utf-8") for key in client.scan_iter(match=pattern, count=1000)]


def cut_scripts(file: Any) -> dict[str, str]:
    """Read the scripts of a file, by their names.

    Each begins with a line `-- script: <name>`; what comes before the first one is
    common to all.
    """
    common, *parts = file.read_text(encoding="utf-8").split("-- script: ")
    bodies = (part.partition("\n") for part in parts)
    return {name: common + body for name, _, body in bodies}
