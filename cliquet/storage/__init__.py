"""Where are records kept? The interface; engines are modules beside it."""

from cliquet.logs import logger
from cliquet.storage import exceptions, generators
from cliquet.storage.base import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    StorageBase,
    heartbeat,
)
from cliquet.storage.query import Filter, Sort

__all__ = [
    "DEFAULT_DELETED_FIELD",
    "DEFAULT_ID_FIELD",
    "DEFAULT_MODIFIED_FIELD",
    "Filter",
    "Sort",
    "StorageBase",
    "exceptions",
    "generators",
    "heartbeat",
    "logger",
]
