"""The interface of permission backends; engines are beside it."""

from cliquet.logs import logger
from cliquet.permission.base import PermissionBase, heartbeat
from cliquet.permission.required import require

__all__ = ["PermissionBase", "heartbeat", "logger", "require"]
