"""Nodes of a cluster, each with some slots: keys say which, the library asks it.

Nothing is connected before it is used, as with a single server. Nothing is sent again
that may have been done: a node that fails is a failure of the request, and the next one
reaches the replica that was promoted.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.commands.core import Script
from redis.exceptions import ClusterError
from redis.retry import Retry

from cliquet.engines.redis.tags import tag_of
from cliquet.engines.redis.urls import Address, check_options

# No slot has it: as long as a slot moves, no node has all keys of a script, and none
# runs it on a part of them.
_ABSENT = "absent"
_TAKE_AWAY = "table.remove(KEYS)\n"
_PATIENCE = 10.0


class _Client(RedisCluster):
    """The client of the library, whose threads change its map while others read it."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command; a map that changed meanwhile is a failure of the connection.

        Raises:
            redis.ConnectionError: As of a node that fails, which the map changes for.
        """
        try:
            return super().execute_command(  # type: ignore[no-untyped-call]
                *args, **options
            )
        except RuntimeError as error:
            raise redis.ConnectionError(str(error)) from error


class Cluster:
    """A client of a cluster that connects when it is first used.

    Args:
        address: Some nodes.
        connect: Returns the client of the library.
        patience: Seconds that scripts wait for a slot that moves.
    """

    def __init__(
        self,
        address: Address,
        connect: Callable[[], RedisCluster],
        patience: float = _PATIENCE,
    ) -> None:
        self.address = address
        self._connect = connect
        self._patience = patience
        self._lock = threading.Lock()
        self._client: RedisCluster | None = None

    def __getattr__(self, name: str) -> Any:
        """Return what the client of the library has."""
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = self._connect()
        return getattr(self._client, name)

    def register_script(self, source: str) -> Callable[..., Any]:
        """Return a script, to be called with keys of one slot."""
        client: Any = self
        script = Script(client, (_TAKE_AWAY + source).encode())

        def run(keys: Sequence[str], args: Sequence[Any] = ()) -> Any:
            absent = f"{tag_of(keys[0])}{_ABSENT}"
            deadline = time.monotonic() + self._patience
            while True:
                try:
                    return script(keys=[*keys, absent], args=args, client=client)
                except ClusterError as error:
                    # The library has tried again for half a second.
                    is_moving = "TTL exhausted" in str(error)
                    if not is_moving or time.monotonic() > deadline:
                        raise

        return run


def create(address: Address, options: dict[str, Any]) -> Cluster:
    """Return a client; it does not connect.

    Args:
        address: Some nodes.
        options: Arguments of the pool of each node.

    Raises:
        ValueError: an option is none.
    """
    check_options(redis.BlockingConnectionPool.from_url(address.url, **options))

    def connect() -> RedisCluster:
        return _Client(
            url=address.url,
            startup_nodes=[
                ClusterNode(*host)  # type: ignore[no-untyped-call]
                for host in address.hosts[1:]
            ],
            connection_pool_class=redis.BlockingConnectionPool,
            retry=Retry(NoBackoff(), 0),
            **options,
        )

    return Cluster(address, connect, options["socket_timeout"] or _PATIENCE)
