"""How often is a Redis server asked, whatever it is asked for?"""

from typing import Any

import redis


class RoundTrips:
    """What a client sends, counted: a script, a command or a pipeline is one."""

    def __init__(self, client: Any) -> None:
        self.sent: list[bytes] = []
        sent = self.sent

        class Connection(redis.Connection):
            def send_packed_command(self, command: Any, *args: Any, **kwargs: Any):
                sent.append(
                    command if isinstance(command, bytes) else b"".join(command)
                )
                return super().send_packed_command(command, *args, **kwargs)

        pool = client.connection_pool
        pool.disconnect()
        pool.reset()
        pool.connection_class = Connection

    def of(self, work: Any) -> int:
        """Count those of a piece of work."""
        self.sent.clear()
        work()
        return len(self.sent)
