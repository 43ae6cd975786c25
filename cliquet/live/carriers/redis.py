"""Publish and subscribe of Redis."""

from collections.abc import Iterator
from typing import Any

from cliquet.engines.redis import client

_CHANNEL = "cliquet_live"
_LOOK_SECONDS = 5.0
_CONNECT_SECONDS = 5


class Carrier:
    """A Redis server, one that Sentinels look after, or a cluster.

    Args:
        url: Its URL.

    Raises:
        ValueError: The URL is none.
    """

    _client: Any

    def __init__(self, url: str) -> None:
        options = {
            # One sends, one listens.
            "max_connections": 2,
            "timeout": _CONNECT_SECONDS,
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_timeout": _CONNECT_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 30,
        }
        self._client = client.create(url, options)

    def send(self, text: str) -> None:
        """Publish a text."""
        self._client.publish(_CHANNEL, text)

    def receive(self) -> Iterator[str | None]:
        """Yield None once it listens, then each text that is published."""
        with self._client.pubsub(ignore_subscribe_messages=False) as subscribed:
            subscribed.subscribe(_CHANNEL)
            while True:
                # It asks the server whether it is there, where nothing comes.
                message = subscribed.get_message(timeout=_LOOK_SECONDS)
                if message is not None:
                    is_text = message["type"] == "message"
                    yield message["data"].decode() if is_text else None
