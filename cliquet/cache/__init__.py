"""Values that are kept for a while: the interface. Its engines are beside it."""

from cliquet.cache.base import CacheBase, heartbeat
from cliquet.logs import logger

__all__ = ["CacheBase", "heartbeat", "logger"]
