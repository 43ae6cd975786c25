"""Cliquet: the questions of HTTP (micro)services, answered once."""

from importlib.metadata import version

from cliquet import authentication, errors, events, initialization, logs
from cliquet.deprecation import DEPRECATION_MESSAGE
from cliquet.initialization import (
    includeme,
    initialize,
    initialize_cliquet,
    install_middlewares,
)
from cliquet.logs import logger
from cliquet.protocol import PROTOCOL_VERSION
from cliquet.protocol.routing import current_resource_name, current_service
from cliquet.protocol.subrequests import follow_subrequest
from cliquet.service import Service
from cliquet.settings import DEFAULT_SETTINGS, load_default_settings

from cliquet import utils  # isort: skip -- re-exports what is above

__all__ = [
    "DEFAULT_SETTINGS",
    "DEPRECATION_MESSAGE",
    "PROTOCOL_VERSION",
    "Service",
    "authentication",
    "current_resource_name",
    "current_service",
    "errors",
    "events",
    "follow_subrequest",
    "includeme",
    "initialization",
    "initialize",
    "initialize_cliquet",
    "install_middlewares",
    "load_default_settings",
    "logger",
    "logs",
    "utils",
]

__version__ = version("cliquet")
