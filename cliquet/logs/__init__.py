"""Logs: one logger, a context for each request, renderers (python-api §21).

``facade`` emits, ``renderers`` write lines, ``summary`` follows requests.
"""

from importlib import import_module
from typing import Any

from cliquet.logs.facade import Logger, isolated_context, logger
from cliquet.logs.renderers import (
    ClassicLogRenderer,
    JsonLogRenderer,
    MozillaHekaRenderer,
    decode_value,
)
from cliquet.logs.summary import configure_structlog, setup_logging

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


def __getattr__(name: str) -> Any:
    """Import structlog once it is asked for: it takes as long as a tenth of a start."""
    if name != "structlog":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    structlog = import_module(name)
    configure_structlog()
    return structlog
