"""A Redis whose primary may change: Sentinels are asked where it is.

They are asked when a connection is opened. A primary that fails takes its connections
along, and Sentinels close those of one that was demoted: the next ones lead to the
server that was promoted.
"""

import threading
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from cliquet.engines.redis.urls import Address, check_options

#: Of connections to Sentinels: those of the servers' own, unless named `sentinel_…`.
_LIKEWISE = ("socket_", "ssl")


class FullPoolError(redis.ConnectionError):
    """All connections of the pool are in use, and stayed so for too long."""


class Pool(SentinelConnectionPool):
    """Connections to the primary, as many as there may be; others wait for a while.

    Args:
        address: Where the Sentinels are, and what they are asked for.
        sentinels: They.
        timeout: Seconds that others wait.
        max_connections: Most of them.
        options: Those of connections.
    """

    def __init__(
        self,
        address: Address,
        sentinels: Sentinel,
        *,
        timeout: float,
        max_connections: int,
        **options: Any,
    ) -> None:
        self.address = address
        self._timeout = timeout
        self._free = threading.Semaphore(max_connections)
        super().__init__(  # type: ignore[no-untyped-call]
            address.service, sentinels, max_connections=max_connections, **options
        )

    def get_connection(self, *args: Any, **options: Any) -> Any:
        """Return a connection; one that cannot be opened is released by the library."""
        if not self._free.acquire(timeout=self._timeout):
            raise FullPoolError("No connection available.")
        return super().get_connection(*args, **options)

    def release(self, connection: Any) -> None:
        """Release a connection, and let the next one in."""
        try:
            super().release(connection)
        finally:
            self._free.release()


def create(address: Address, pool_options: dict[str, Any]) -> redis.Redis:
    """Return a client of the primary that Sentinels tell of; it does not connect.

    Args:
        address: Where the Sentinels are, and what they are asked for.
        pool_options: Arguments of the pool, and of connections of both kinds.

    Raises:
        ValueError: an option is none.
    """
    options = {**pool_options, **address.options}
    asked = {
        name: value for name, value in options.items() if name.startswith(_LIKEWISE)
    }
    # The next one is asked at once.
    asked["retry"] = Retry(NoBackoff(), 0)
    try:
        sentinels = Sentinel(  # type: ignore[no-untyped-call]
            address.hosts, sentinel_kwargs={**asked, **address.sentinel_options}
        )
    except TypeError as error:
        raise ValueError(str(error)) from error
    pool = Pool(address, sentinels, **options)
    for each in (pool, *(client.connection_pool for client in sentinels.sentinels)):
        check_options(each)
    return redis.Redis(connection_pool=pool)
