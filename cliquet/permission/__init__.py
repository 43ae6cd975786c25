"""Where are principals and permissions kept? The interface; engines are beside it."""

from cliquet.logs import logger
from cliquet.permission.base import PermissionBase, heartbeat

__all__ = ["PermissionBase", "heartbeat", "logger"]
