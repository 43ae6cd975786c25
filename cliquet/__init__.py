"""Cliquet: a toolkit for HTTP microservices."""

from importlib.metadata import version

from cliquet import needed_quietly as needed_quietly  # isort: skip -- before Pyramid
from cliquet import authentication as authentication
from cliquet import errors as errors
from cliquet import events as events
from cliquet import initialization as initialization
from cliquet import logs as logs
from cliquet.deprecation import DEPRECATION_MESSAGE as DEPRECATION_MESSAGE
from cliquet.framework.requests import current_resource_name as current_resource_name
from cliquet.framework.requests import current_service as current_service
from cliquet.framework.subrequests import follow_subrequest as follow_subrequest
from cliquet.initialization import includeme as includeme
from cliquet.initialization import initialize as initialize
from cliquet.initialization import initialize_cliquet as initialize_cliquet
from cliquet.initialization import install_middlewares as install_middlewares
from cliquet.logs import logger as logger
from cliquet.protocol import PROTOCOL_VERSION as PROTOCOL_VERSION
from cliquet.service import Service as Service
from cliquet.settings import DEFAULT_SETTINGS as DEFAULT_SETTINGS
from cliquet.settings import load_default_settings as load_default_settings
from cliquet.types import Registry as Registry
from cliquet.types import Request as Request

from cliquet import utils as utils  # isort: skip -- re-exports what is above

__version__ = version("cliquet")
