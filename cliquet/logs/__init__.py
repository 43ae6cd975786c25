"""Logs: one logger, a context for each request, renderers (python-api §21).

``facade`` emits, ``renderers`` write lines, ``summary`` follows requests.
"""

import structlog

from cliquet.logs.facade import Logger, isolated_context, logger
from cliquet.logs.renderers import (
    ClassicLogRenderer,
    JsonLogRenderer,
    MozillaHekaRenderer,
    decode_value,
)
from cliquet.logs.summary import setup_logging

__all__ = [
    "ClassicLogRenderer",
    "JsonLogRenderer",
    "Logger",
    "MozillaHekaRenderer",
    "decode_value",
    "isolated_context",
    "logger",
    "setup_logging",
    "structlog",
]
