"""Where are values kept for a while? The interface; engines are beside it."""

from cliquet.cache.base import CacheBase, heartbeat
from cliquet.logs import logger

__all__ = ["CacheBase", "heartbeat", "logger"]
