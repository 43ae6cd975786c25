"""Logs: one logger, a context for each request, and renderers.

How a line comes to be: ``summary`` starts the context of a request and logs the line
that sums it up. Anybody logs meanwhile with ``logger``, of ``facade``, which adds the
context and hands the text that a renderer (``renderers``) makes to the standard
``logging``: levels and handlers are set there. Loggers of structlog do alike.
"""

from importlib import import_module
from typing import Any

from cliquet.logs.facade import configure_structlog
from cliquet.logs.facade import isolated_context as isolated_context
from cliquet.logs.facade import logger as logger
from cliquet.logs.renderers import ClassicLogRenderer as ClassicLogRenderer
from cliquet.logs.renderers import JsonLogRenderer as JsonLogRenderer
from cliquet.logs.renderers import MozillaHekaRenderer as MozillaHekaRenderer
from cliquet.logs.summary import forget_handled_error as forget_handled_error
from cliquet.logs.summary import setup_logging as setup_logging
from cliquet.text import decode_value as decode_value


def __getattr__(name: str) -> Any:
    """Import structlog once it is asked for: it takes as long as a tenth of a start."""
    if name != "structlog":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    structlog = import_module(name)
    configure_structlog()
    return structlog
