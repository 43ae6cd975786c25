"""A listener that pushes events to a Redis list."""

import json
from typing import Any

from cliquet.engines.redis.client import create_from_config
from cliquet.listeners import ListenerBase
from cliquet.logs import logger


class Listener(ListenerBase):
    """Push the JSON payload of each event to the left of a list.

    A payload that JSON cannot hold and a server that does not answer are logged, and
    the request goes on.
    """

    def __init__(self, client: Any, listname: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._client = client
        self.listname = listname

    def __call__(self, event: Any) -> None:
        """Push the payload of an event."""
        try:
            # Not our serializer: what is no JSON has to be refused here.
            payload = json.dumps(event.payload)
        except (TypeError, ValueError, RecursionError):
            logger.error("Unable to dump the payload", exc_info=True)
            return
        try:
            self._client.lpush(self.listname, payload)
        except Exception:  # noqa: BLE001 -- whatever it is, the request goes on
            logger.error("Unable to send the payload to Redis", exc_info=True)


def load_from_config(config: Any, prefix: str) -> Listener:
    """Return a listener, from the settings `url`, `pool_size` and `listname`."""
    settings = config.get_settings()
    settings.setdefault(prefix + "url", "")
    settings.setdefault(prefix + "pool_size", 25)
    listname = settings.get(prefix + "listname", "cliquet.events")
    return Listener(create_from_config(config, prefix=prefix), listname)
